import type { OpOf } from '../../ir/index.js';
import {
  callOperator,
  freshValue,
  functionValue,
  keyTypeOf,
  libraryOperator,
  loweredMethod,
  ownState,
  spec,
  stateSpecs,
} from '../library-operator.js';
import { code } from '../library-operator.js';
import type { Schema } from '../../../plugins/api/index.js';
import type { CodeLike } from '../code.js';
import type { OperatorSite } from '../task-writer.js';
import { accumulatorColumns } from '../../ir/accumulator-columns.js';
import { windowsOf } from '../../ir/window-shape.js';
import { AccumulatorRow, columnsCode, fillsColumns } from './accumulator.js';

/** states that hold the records of each input */
const SIDES: readonly string[] = ['left-contents', 'right-contents'];

type CoGroupSite = OperatorSite<OpOf<'coGroup' | 'windowJoin'>>;

export function emitCoGroup(site: CoGroupSite): void {
  const tumbling = tumblingWindows(site.op);
  if (tumbling) emitTumblingCoGroup(site, tumbling.size, tumbling.offset);
  else emitGeneralCoGroup(site);
}

/** Windows whose records are kept in columns; null when the general operator is needed. */
export function tumblingWindows({
  window,
}: OpOf<'coGroup' | 'windowJoin'>): { readonly size: number; readonly offset: number } | null {
  const windows = windowsOf(window.assigner);
  const isSimple = window.trigger === null && window.evictor === null && window.allowedLateness === 0;
  if (!isSimple || windows?.kind !== 'slices' || windows.time !== 'event') return null;
  return windows.slide === windows.size ? windows : null;
}

/** The records of a window in columns: they become objects when it fires. */
function emitTumblingCoGroup(site: CoGroupSite, size: number, offset: number): void {
  const { writer, block, record, key, input } = site;
  const columns = SIDES.map(state => accumulatorColumns(contents(site, state)));
  const name = libraryOperator(
    site,
    'TumblingCoGroup',
    () =>
      spec(
        ['key', keyTypeOf(site)],
        ['size', String(size)],
        ['offset', String(offset)],
        ['first', ownState(site, SIDES[0]!)],
        ['second', ownState(site, SIDES[1]!)],
        ['firstColumns', columnsCode(writer.module, columns[0]!)],
        ['secondColumns', columnsCode(writer.module, columns[1]!)],
        ['function', coGroupFunction(site)],
        ...takenRecords(site),
        ['states', stateSpecs(site, SIDES)],
      ),
    { keyEnd: true },
  );
  if (!fillsColumns(record, columns[input]!)) return callOperator(site, name, true);
  const row = block.declare('row', `${name}.row${input + 1}(${key}, ${writer.timestampOf(site)})`);
  block.line(`if (${row} >= 0) {`);
  new AccumulatorRow(writer, name, row, columns[input]!, contents(site, SIDES[input]!)).store(
    block.nested(),
    record,
  );
  block.line('}');
}

/** `(persons, [bid], out) => …` needs no more than the first bid. */
function takenRecords({ writer, op }: CoGroupSite): readonly (readonly [string, string])[] {
  const taken = op.kind === 'coGroup' ? loweredMethod(writer, op.fn, 'coGroup')?.taken : undefined;
  return ['firstTaken', 'secondTaken'].flatMap((name, side) => {
    const count = taken?.[side] ?? null;
    return count === null ? [] : [[name, String(count)] as const];
  });
}

function contents(site: CoGroupSite, state: string): Schema {
  return site.planOp.states.find(s => s.name === state)!.value;
}

function coGroupFunction({ writer, op }: CoGroupSite): CodeLike {
  const kind = op.kind === 'coGroup' ? 'coGroup' : 'join';
  return code(`{ kind: '${kind}', function: `, functionValue(writer, op.fn, op.name ?? kind), ' }');
}

function emitGeneralCoGroup(site: CoGroupSite): void {
  const { writer, op } = site;
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
        ['first', ownState(site, SIDES[0]!)],
        ['second', ownState(site, SIDES[1]!)],
        ['function', coGroupFunction(site)],
        ['states', stateSpecs(site, SIDES)],
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
