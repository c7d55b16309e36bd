/** Life cycle of function objects in stateless operators; stateful ones leave it to their library operator. */
import type { Op, Value } from '../ir/index.js';
import { instanceOf } from './functions.js';
import type { OperatorSite } from './task-writer.js';

/** Instances of classes may have open, close and setRuntimeContext. */
export function openRich(site: OperatorSite<Op>, fn: Value, method: string): void {
  const { writer, index } = site;
  if (fn.t !== 'new' && fn.t !== 'object') return;
  if (
    fn.t === 'object' &&
    !fn.entries.some(([name]) => name === 'open' || name === 'close' || name === 'setRuntimeContext')
  )
    return;
  const name = instanceOf(writer, fn, site.op.name ?? method);
  writer.hook(
    'open',
    index,
    `${writer.module.contract('openFunction')}(${name}, ${writer.context(index)}.runtimeContext({}, null));`,
  );
  writer.hook('close', index, `${writer.module.contract('closeFunction')}(${name});`);
}
