import type { OpOf } from '../../ir/index.js';
import { callCode, pasteStatements } from '../lambda.js';
import { openRich } from '../rich.js';
import { typeOf } from '../types.js';
import type { OperatorSite } from '../task-writer.js';

/**
 * A function with one `out.collect(…)` is pasted around the rest of the chain. Any other gets a collector that was made
 * once; its body is the rest of the chain, which V8 inlines into the call. What the function returns is iterated as
 * well: both styles are allowed.
 */
export function emitFlatMap(site: OperatorSite<OpOf<'flatMap'>>): void {
  const { writer, op, planOp, block, index } = site;
  openRich(site, op.fn, 'flatMap');
  const output = planOp.types.output!;
  const hint = op.name ?? 'flatMap';
  const application = { writer, block, fn: op.fn, method: 'flatMap', hint, args: [site.record] };
  // What the function does after it handed a record on is its own doing again.
  const afterEmit = writer.consumers(index, null).ops.length > 0 ? `op = ${index};` : '';
  const isPasted = pasteStatements(
    application,
    output,
    planOp.demand,
    (value, inner) => writer.emit(index, value, site.timestamp, inner),
    afterEmit,
  );
  if (isPasted) return;
  const after = writer.continuation(index, output);
  const collector = writer.module.names.fresh(`collector${index}`);
  const stamp = writer.module.names.fresh(`ts${index}`);
  writer.create(`let ${stamp} = 0;`);
  writer.create(
    `const ${collector} = { collect(value: ${typeOf(output)}): void { ${after}(value, ${stamp}); } };`,
  );
  block.line(`${stamp} = ${site.writer.timestampOf(site)};`);
  const call = callCode(application, [collector]);
  const results = block.declare('results', call);
  block.line(
    `if (${results} !== undefined) for (const value of ${results} as Iterable<any>) ${after}(value, ${stamp});`,
  );
}
