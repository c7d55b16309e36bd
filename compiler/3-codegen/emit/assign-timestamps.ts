import type { OpOf } from '../../ir/index.js';
import { textOf } from '../code.js';
import { applyExpression, nameOf, recordArgument } from '../lambda.js';
import { freshValue } from '../library-operator.js';
import type { Leaf } from '../record.js';
import { named } from '../record.js';
import { strategyParts } from '../../ir/strategy.js';
import type { OperatorSite } from '../task-writer.js';

/**
 * Time begins anew here: watermarks of the input end at this operator, its own go on. Bounded generators look at
 * timestamps only, so the chain stays in one loop; generators of the user's see whole records.
 */
export function emitAssignTimestamps(site: OperatorSite<OpOf<'assignTimestamps'>>): void {
  const { writer, op, planOp, block, index, record } = site;
  const { module } = writer;
  const parts = strategyParts(op.strategy);
  const inline = parts.generator !== 'custom';
  const name = writer.operator(op, () => {
    const made = module.names.fresh(`op${index}`);
    const target = module.names.fresh(`time${index}`);
    const strategy = textOf(freshValue(writer, op.strategy, 'strategy'));
    const specOf = op.strategy.t === 'api' ? `${strategy}.spec` : strategy;
    const emit = inline ? '() => {}' : writer.continuation(index, planOp.types.output!);
    writer.timeBegins(index, target, false);
    const own = inline ? `{ ...${specOf}, timestampAssigner: undefined }` : specOf;
    writer.create(
      `const ${made} = new ${module.operators('AssignTimestampsOperator')}<any>(${writer.context(index)}, { strategy: ${own}, target: ${target} }, ${emit});`,
    );
    writer.hook('open', index, `${made}.open();`);
    writer.hook('watermark', index, `${made}.advanceWatermark(watermark);`);
    writer.hook('periodic', index, `${made}.onPeriodicEmit();`);
    writer.hook('finish', index, `${made}.finish();`);
    writer.hook('close', index, `${made}.close();`);
    return made;
  });
  const before = writer.timestampOf(site);
  if (!inline) {
    block.line(`${name}.processElement(${recordArgument(block, record, 'all', true)}, ${before});`);
    return;
  }
  let timestamp: Leaf = site.timestamp;
  if (parts.assigner) {
    const code = applyExpression({
      writer,
      block,
      fn: parts.assigner,
      method: 'extractTimestamp',
      hint: 'timestamp',
      args: [record, named(before, { kind: 'float64' })],
    });
    timestamp = { hint: 'ts', name: nameOf(block, 'ts', code), read: null, column: 'float64' };
  }
  block.line(`${name}.processElement(undefined, ${timestamp.name ?? before});`);
  writer.emit(index, record, timestamp, block);
}
