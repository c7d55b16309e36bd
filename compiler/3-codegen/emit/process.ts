import type { OpOf } from '../../ir/index.js';
import {
  callOperator,
  functionValue,
  isKeyed,
  keyTypeOf,
  libraryOperator,
  spec,
  stateSpecs,
} from '../library-operator.js';
import type { OperatorSite } from '../task-writer.js';

export function emitProcess(site: OperatorSite<OpOf<'process'>>): void {
  const fn = () => functionValue(site.writer, site.op.fn, site.op.name ?? 'process');
  const name = isKeyed(site)
    ? libraryOperator(
        site,
        'KeyedProcessOperator',
        () => spec(['key', keyTypeOf(site)], ['fn', fn()], ['states', stateSpecs(site)]),
        { keyEnd: true },
      )
    : libraryOperator(site, 'ProcessOperator', () => spec(['fn', fn()], ['states', stateSpecs(site)]));
  callOperator(site, name);
}
