import type { OpOf } from '../../ir/index.js';
import { callCode } from '../lambda.js';
import { openRich } from '../rich.js';
import { typeOf } from '../types.js';
import type { OperatorSite } from '../task-writer.js';

/**
 * The function gets a collector that was made once; its body is the rest of the chain, which V8 inlines into the call.
 * What the function returns is iterated as well: both styles are allowed.
 */
export function emitFlatMap(site: OperatorSite<OpOf<'flatMap'>>): void {
  const { writer, op, planOp, block, index } = site;
  openRich(site, op.fn, 'flatMap');
  const output = planOp.types.output!;
  const after = writer.continuation(index, output);
  const collector = writer.module.names.fresh(`collector${index}`);
  const stamp = writer.module.names.fresh(`ts${index}`);
  writer.create(`let ${stamp} = 0;`);
  writer.create(
    `const ${collector} = { collect(value: ${typeOf(output)}): void { ${after}(value, ${stamp}); } };`,
  );
  block.line(`${stamp} = ${site.writer.timestampOf(site)};`);
  const call = callCode(
    { writer, block, fn: op.fn, method: 'flatMap', hint: op.name ?? 'flatMap', args: [site.record] },
    [collector],
  );
  const results = block.declare('results', call);
  block.line(
    `if (${results} !== undefined) for (const value of ${results} as Iterable<any>) ${after}(value, ${stamp});`,
  );
}
