/** Life cycle and state of function objects in map, filter and flatMap; other operators leave it to their library operator. */
import type { Op, Value } from '../ir/index.js';
import { instanceOf } from './functions.js';
import { keyTypeOf, stateSpecs } from './library-operator.js';
import type { OperatorSite } from './task-writer.js';

const lifecycleMethods: ReadonlySet<string> = new Set([
  'open',
  'close',
  'setRuntimeContext',
  'initializeState',
  'snapshotState',
  'notifyCheckpointComplete',
]);

/** Instances of classes may have any of these methods; on a keyed stream they may also open keyed state. */
export function openRich(site: OperatorSite<Op>, fn: Value, method: string): void {
  const { writer, index, planOp, block } = site;
  if (fn.t !== 'new' && fn.t !== 'object') return;
  if (fn.t === 'object' && !fn.entries.some(([name]) => lifecycleMethods.has(name))) return;
  const { names } = writer.module;
  const instance = instanceOf(writer, fn, site.op.name ?? method);
  const context = writer.context(index);
  let keyed = 'null';
  if (site.key !== null && planOp.states.length > 0) {
    keyed = names.fresh(`keyed${index}`);
    writer.create(`const ${keyed} = ${context}.keyedState<any>(${keyTypeOf(site)});`);
    block.line(`${keyed}.setCurrentKey(${site.key});`);
  }
  const lifecycle = names.fresh(`lifecycle${index}`);
  writer.create(
    `const ${lifecycle} = new ${writer.module.operators('FunctionLifecycle')}(${instance}, ${context}, ${stateSpecs(site)}, ${keyed});`,
  );
  writer.hook('open', index, `${lifecycle}.open();`);
  writer.hook('prepareSnapshot', index, `${lifecycle}.prepareSnapshot(checkpointId);`);
  writer.hook('close', index, `${lifecycle}.close();`);
}
