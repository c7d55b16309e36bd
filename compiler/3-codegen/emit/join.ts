import type { OpOf } from '../../ir/index.js';
import {
  callOperator,
  freshValue,
  functionValue,
  keyTypeOf,
  libraryOperator,
  ownState,
  spec,
  stateSpecs,
} from '../library-operator.js';
import { code } from '../library-operator.js';
import type { OperatorSite } from '../task-writer.js';

export function emitCoGroup(site: OperatorSite<OpOf<'coGroup' | 'windowJoin'>>): void {
  const { writer, op } = site;
  const kind = op.kind === 'coGroup' ? 'coGroup' : 'join';
  const name = libraryOperator(
    site,
    'CoGroupOperator',
    () =>
      spec(
        ['key', keyTypeOf(site)],
        ['assigner', freshValue(writer, op.window.assigner, 'assigner')],
        ['trigger', freshValue(writer, op.window.trigger, 'trigger')],
        ['evictor', freshValue(writer, op.window.evictor, 'evictor')],
        ['allowedLateness', String(op.window.allowedLateness)],
        ['first', ownState(site, 'left-contents')],
        ['second', ownState(site, 'right-contents')],
        [
          'function',
          code(`{ kind: '${kind}', function: `, functionValue(writer, op.fn, op.name ?? kind), ' }'),
        ],
        ['states', stateSpecs(site, ['left-contents', 'right-contents'])],
      ),
    { keyEnd: true },
  );
  callOperator(site, name, true);
}

export function emitIntervalJoin(site: OperatorSite<OpOf<'intervalJoin'>>): void {
  const { writer, op } = site;
  const tag = (value: string | null): string => JSON.stringify(value);
  const name = libraryOperator(
    site,
    'IntervalJoinOperator',
    () =>
      spec(
        ['key', keyTypeOf(site)],
        ['lower', String(op.lower)],
        ['upper', String(op.upper)],
        ['lowerExclusive', String(op.lowerExclusive)],
        ['upperExclusive', String(op.upperExclusive)],
        ['leftLateTag', tag(op.leftLateTag)],
        ['rightLateTag', tag(op.rightLateTag)],
        ['function', functionValue(writer, op.fn, op.name ?? 'join')],
        ['left', ownState(site, 'LEFT_BUFFER')],
        ['right', ownState(site, 'RIGHT_BUFFER')],
        ['states', stateSpecs(site, ['LEFT_BUFFER', 'RIGHT_BUFFER'])],
      ),
    { keyEnd: true },
  );
  callOperator(site, name, true);
}
