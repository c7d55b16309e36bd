/**
 * Reduce and aggregate in tumbling, sliding and session windows with the default trigger. Tumbling and sliding windows are
 * cut into slices, sessions are rows; the user's `add` is pasted over their columns, so that a record makes no object.
 */
import { columnKind } from '../../ir/batch-layout.js';
import type { LoweredProgram, OpOf, Value } from '../../ir/index.js';
import type { CodeLike } from '../code.js';
import { recordArgument } from '../lambda.js';
import {
  code,
  functionValue,
  keyTypeOf,
  libraryOperator,
  loweredMethod,
  ownState,
  spec,
  stateSpecs,
} from '../library-operator.js';
import { accumulatorColumns, settles, type AccumulatorColumns } from '../../ir/accumulator-columns.js';
import type { Schema } from '../../../plugins/api/index.js';
import { windowsOf, type ColumnarWindows } from '../../ir/window-shape.js';
import { AccumulatorRow, columnsCode, fieldColumn, fillsColumns, handsOn } from './accumulator.js';
import type { Block } from '../block.js';
import { arrayTypes } from '../outputs.js';
import { use } from '../record.js';
import { fireFunction } from './window-fire.js';
import { CONTENTS, reduction, windowFunction, type WindowSite } from './window-parts.js';

/** A window of many slices would merge them all when it fires: then one accumulator per window is cheaper. */
const maxSlicesPerWindow = 100;

/** How the accumulators of a window operator lie in columns, or null when it needs the general one. */
export function columnarWindows(
  { window, function: fn }: OpOf<'window'>,
  program: LoweredProgram,
): ColumnarWindows | null {
  if (window.trigger !== null || window.evictor !== null || fn.kind === 'process' || fn.kind === 'apply')
    return null;
  const windows = windowsOf(window.assigner);
  if (windows?.kind !== 'slices') return windows;
  if (windows.size / greatestCommonDivisor(windows.size, windows.slide) > maxSlicesPerWindow) return null;
  // Only overlapping windows merge accumulators; many aggregates say they cannot.
  if (windows.slide !== windows.size && fn.kind === 'aggregate' && !mergeIsUsable(program, fn.aggregate))
    return null;
  return windows;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The text of merge is there and does not begin by refusing. */
function mergeIsUsable(program: LoweredProgram, aggregate: Value): boolean {
  const merge = program.methods.get(aggregate)?.['merge'];
  if (!merge) return false;
  if (merge.inline) return true;
  return merge.lifted !== null && !merge.lifted.some(f => f.kind === 'text' && /\bthrow\b/.test(f.text));
}

export function emitColumnarWindow(site: WindowSite, windows: ColumnarWindows): void {
  const { writer, op, block, key } = site;
  const fn = op.function;
  const inProcessingTime = windows.kind === 'slices' && windows.time === 'processing';
  const state = site.planOp.states.find(s => s.name === CONTENTS)!;
  const update = pastedUpdate(site, arrivesCombined(site) ? 'merge' : 'add');
  // Functions that are called take and return whole accumulators: in columns they would be taken apart each time.
  const columns = update
    ? accumulatorColumns(state.value)
    : [{ name: null, kind: columnKind(state.value), schema: state.value }];
  const aggregation = (): CodeLike =>
    fn.kind === 'aggregate'
      ? code("{ kind: 'aggregate', aggregate: ", aggregate(site, fn.aggregate), ' }')
      : code(
          "{ kind: 'reduce', reduce: ",
          reduction(site, fn as Extract<typeof fn, { kind: 'reduce' | 'field' }>),
          ' }',
        );
  // Nothing is late in processing time.
  const allowedLateness = inProcessingTime ? 0 : op.window.allowedLateness;
  const name = libraryOperator(
    site,
    windows.kind === 'slices' ? 'SlicedWindowAggregate' : 'SessionWindowAggregate',
    () =>
      spec(
        ['key', keyTypeOf(site)],
        ...boundsOf(windows),
        ['allowedLateness', String(allowedLateness)],
        ['lateTag', JSON.stringify(op.window.lateTag)],
        ['aggregation', aggregation()],
        ['columns', columnsCode(writer.module, columns)],
        ['state', ownState(site, CONTENTS)],
        ['function', windowFunction(site)],
        ['states', stateSpecs(site, [CONTENTS])],
      ),
    { keyEnd: true },
    after => (windows.kind === 'slices' ? firing(site, columns, state.value, after) : []),
  );
  const ts = inProcessingTime ? nowIn(block, name) : writer.timestampOf(site);
  const pasted = update ?? (windows.kind === 'slices' ? calledAdd(site) : null);
  if (!pasted) {
    block.line(`${name}.processElement(${recordArgument(block, site.record, 'all', true)}, ${ts}, ${key});`);
    return;
  }
  const last = site.last ? `, ${use(block, site.last)}` : '';
  const call = `${name}.slot(${key}, ${ts}${last})`;
  const row =
    op.all && windows.kind === 'slices' && block.scope.prelude
      ? slotInLocals(site, name, call, ts, columns, state.value)
      : new AccumulatorRow(writer, name, block.declare('slot', call), columns, state.value);
  block.line(`if (${row.slot} < 0) {`);
  const late = block.nested();
  const lateRecord =
    op.window.lateTag === null ? 'undefined' : recordArgument(late, site.record, 'all', true);
  late.line(`${name}.skip(${lateRecord}, ${ts});`);
  block.line('} else {');
  const open = block.nested();
  pasted(row, open);
  if (allowedLateness > 0) open.line(`if (${name}.refires) ${name}.refire(${key});`);
  block.line('}');
}

/** Everything is on one key: a row stays the same for as long as its slice does. */
function slotInLocals(
  { writer, block, op }: WindowSite,
  operator: string,
  call: string,
  ts: string,
  columns: AccumulatorColumns,
  accumulator: Schema,
): AccumulatorRow {
  const local = (hint: string, value: string): string =>
    block.hoist(`${operator} ${hint}`, hint, value, true);
  const slot = local('slot', '-1');
  const from = local('from', `Infinity`);
  const to = local('to', `-Infinity`);
  const cells = columns.map(({ name, kind }, index) => {
    const part = `${operator}.columns[${index}] as ${arrayTypes[kind]}`;
    return { part, name: local(`${name ?? 'accumulator'}s`, part) };
  });
  // A row that is known is not new, whatever the last call said.
  const inserted = op.function.kind === 'aggregate' ? 'false' : block.fresh('inserted');
  if (inserted !== 'false') block.line(`let ${inserted} = false;`);
  block.line(`if (!(${ts} >= ${from} && ${ts} < ${to})) {`);
  const choose = block.nested();
  choose.line(`${slot} = ${call};`);
  choose.line(`${from} = ${operator}.from;`);
  choose.line(`${to} = ${operator}.to;`);
  for (const { name, part } of cells) choose.line(`${name} = ${part};`);
  if (inserted !== 'false') choose.line(`${inserted} = ${operator}.inserted;`);
  block.line('}');
  return new AccumulatorRow(writer, operator, slot, columns, accumulator, {
    columns: cells.map(({ name }) => name),
    inserted,
  });
}

/** The whole accumulator is in one column: `add` is called with it and gives the next one. */
function calledAdd({ op, record }: WindowSite): ((row: AccumulatorRow, block: Block) => void) | null {
  const fn = op.function;
  if (fn.kind !== 'aggregate') return null;
  return (row, block) => row.apply(block, fn.aggregate, 'add', accumulator => [record, accumulator]);
}

function firing(
  site: WindowSite,
  columns: AccumulatorColumns,
  accumulator: Schema,
  after: string,
): readonly (readonly [string, string])[] {
  const fire = fireFunction(site, columns, accumulator, after);
  return fire === null ? [] : [['fire', fire]];
}

function boundsOf(windows: ColumnarWindows): readonly (readonly [string, string])[] {
  if (windows.kind === 'sessions') return [['gap', String(windows.gap)]];
  const { time, size, slide, offset } = windows;
  return [
    ['time', JSON.stringify(time)],
    ['size', String(size)],
    ['slide', String(slide)],
    ['offset', String(offset)],
  ];
}

/** The clock is read once per batch where there is one: reading it costs more than an update. */
function nowIn(block: Block, operator: string): string {
  const now = `${operator}.now()`;
  return block.scope.prelude ? block.hoist(now, 'now', now) : block.declare('now', now);
}

function arrivesCombined({ writer, input, index }: WindowSite): boolean {
  return index === 0 && writer.task.inputs[input]!.combined;
}

function aggregate(site: WindowSite, value: Value): CodeLike {
  const { writer } = site;
  const given = functionValue(writer, value, 'aggregate');
  return arrivesCombined(site) ? code(`${writer.module.operators('mergingAggregate')}(`, given, ')') : given;
}

/** Code that adds the record (or merges the accumulator) into the columns in place; null: the function must be called. */
export function pastedUpdate(
  site: Pick<WindowSite, 'writer' | 'record' | 'planOp' | 'op'>,
  method: 'add' | 'merge',
): ((row: AccumulatorRow, block: Block) => void) | null {
  const { writer, record } = site;
  const columns = accumulatorColumns(site.planOp.states.find(s => s.name === CONTENTS)!.value);
  const fn = site.op.function;
  switch (fn.kind) {
    case 'aggregate': {
      const lowered = loweredMethod(writer, fn.aggregate, method);
      const param = method === 'add' ? 0 : 1;
      if (!settles(lowered, columns) || (handsOn(lowered, param) && !fillsColumns(record, columns)))
        return null;
      return (row, block) =>
        row.apply(block, fn.aggregate, method, accumulator =>
          method === 'add' ? [record, accumulator] : [accumulator, record],
        );
    }
    case 'reduce':
      if (!settles(loweredMethod(writer, fn.reduce, 'reduce'), columns) || !fillsColumns(record, columns))
        return null;
      return (row, block) =>
        row.startOr(block, record, later =>
          row.apply(later, fn.reduce, 'reduce', accumulator => [accumulator, record]),
        );
    case 'field': {
      if (!fillsColumns(record, columns)) return null;
      const index = fieldColumn(fn.aggregation, columns);
      if (index === null) return null;
      return (row, block) =>
        row.startOr(block, record, later => row.aggregate(later, record, fn.aggregation, index));
    }
    default:
      return null;
  }
}
