import type { OpOf } from '../../ir/index.js';
import { textOf } from '../code.js';
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

type Connected = OpOf<'coMap' | 'coFlatMap' | 'coProcess'>;

export function emitConnected(site: OperatorSite<Connected>): void {
  const keyed = isKeyed(site);
  const fn = () => functionValue(site.writer, site.op.fn, site.op.name ?? 'connected');
  const name =
    site.op.kind === 'coProcess'
      ? keyed
        ? libraryOperator(
            site,
            'KeyedCoProcessOperator',
            () => spec(['key', keyTypeOf(site)], ['fn', fn()], ['states', stateSpecs(site)]),
            { keyEnd: true },
          )
        : libraryOperator(site, 'CoProcessOperator', () => spec(['fn', fn()], ['states', stateSpecs(site)]))
      : libraryOperator(
          site,
          site.op.kind === 'coMap' ? 'CoMapOperator' : 'CoFlatMapOperator',
          () => spec(['key', keyed ? keyTypeOf(site) : 'null'], ['fn', fn()], ['states', stateSpecs(site)]),
          { keyEnd: true },
        );
  callOperator(site, name, true);
}

export function emitBroadcastProcess(site: OperatorSite<OpOf<'broadcastProcess'>>): void {
  const keyed = isKeyed(site);
  const broadcast = site.planOp.states.filter(s => s.kind === 'broadcast').map(s => s.name);
  const others = site.planOp.states.filter(s => s.kind !== 'broadcast').map(s => s.name);
  const name = libraryOperator(
    site,
    keyed ? 'KeyedBroadcastProcessOperator' : 'BroadcastProcessOperator',
    () =>
      spec(
        ...(keyed ? [['key', keyTypeOf(site)] as const] : []),
        ['fn', textOf(functionValue(site.writer, site.op.fn, site.op.name ?? 'broadcastProcess'))],
        ['broadcastStates', stateSpecs(site, others)],
        ['states', stateSpecs(site, broadcast)],
      ),
    keyed ? { keyEnd: true } : {},
  );
  callOperator(site, name, true);
}
