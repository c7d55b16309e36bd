import type { OpOf } from '../../ir/index.js';
import { instanceOf } from '../functions.js';
import { recordArgument } from '../lambda.js';
import type { OperatorSite } from '../task-writer.js';

export function emitSink(site: OperatorSite<OpOf<'sink'>>): void {
  const { writer, op, planOp, block, index } = site;
  const { module } = writer;
  const sinkWriter = writer.operator(op, () => {
    const sink = instanceOf(writer, op.sink, `sink${index}`);
    const name = module.names.fresh(`writer${index}`);
    writer.create(
      `const ${name} = ctx.openSink(${index}, ${sink}, ${module.schema(planOp.types.inputs[0]!)});`,
    );
    // One context object for all calls: writers read it during write().
    writer.create(
      `const ${name}Context = { timestamp: null as number | null, currentWatermark: ${module.contract('MIN_TIMESTAMP')} };`,
    );
    writer.hook('watermark', index, `${name}Context.currentWatermark = watermark;`);
    writer.hook('watermark', index, `${name}.writeWatermark?.(watermark);`);
    return name;
  });
  const ts = writer.timestampOf(site);
  block.line(
    `${sinkWriter}Context.timestamp = ${ts} === ${module.contract('MIN_TIMESTAMP')} ? null : ${ts};`,
  );
  // Writers keep records until they are flushed.
  block.line(
    `${sinkWriter}.write(${recordArgument(block, site.record, 'all', true)}, ${sinkWriter}Context);`,
  );
}
