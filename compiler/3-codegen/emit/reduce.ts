import type { Block } from '../block.js';
import type { OpOf } from '../../ir/index.js';
import {
  callOperator,
  functionValue,
  keyTypeOf,
  libraryOperator,
  loweredMethod,
  ownState,
  spec,
  stateSpecs,
} from '../library-operator.js';
import type { CodeLike } from '../code.js';
import { literal } from '../module.js';
import type { OperatorSite } from '../task-writer.js';
import { accumulatorColumns, settles } from '../../ir/accumulator-columns.js';
import { AccumulatorRow, columnsCode, fieldColumn, fillsColumns } from './accumulator.js';

const STATE = '_op_state';

export function emitReduce(site: OperatorSite<OpOf<'reduce'>>): void {
  const { writer, op, record } = site;
  const fn = functionValue(writer, op.fn, op.name ?? 'reduce');
  const columns = stateColumns(site);
  if (columns === null) {
    const name = libraryOperator(
      site,
      'ReduceOperator',
      () =>
        spec(
          ['key', keyTypeOf(site)],
          ['fn', fn],
          ['state', ownState(site, STATE)],
          ['states', stateSpecs(site, [STATE])],
        ),
      { keyEnd: true },
    );
    return callOperator(site, name);
  }
  const pasted = settles(loweredMethod(writer, op.fn, 'reduce'), columns) && fillsColumns(record, columns);
  emitColumns(
    site,
    fn,
    pasted ? (row, block) => row.apply(block, op.fn, 'reduce', accumulator => [accumulator, record]) : null,
  );
}

export function emitRollingAggregate(site: OperatorSite<OpOf<'rollingAggregate'>>): void {
  const { writer, op, record } = site;
  const columns = stateColumns(site);
  if (columns === null) {
    const name = libraryOperator(
      site,
      'RollingAggregateOperator',
      () =>
        spec(
          ['key', keyTypeOf(site)],
          ['aggregation', literal(op.aggregation)],
          ['state', ownState(site, STATE)],
        ),
      { keyEnd: true },
    );
    return callOperator(site, name);
  }
  const index = fillsColumns(record, columns) ? fieldColumn(op.aggregation, columns) : null;
  emitColumns(
    site,
    `${writer.module.operators('fieldCombiner')}<any>(${literal(op.aggregation)})`,
    index === null ? null : (row, block) => row.aggregate(block, record, op.aggregation, index),
  );
}

/** Flat records of fixed width are kept in columns. Decided by the schema alone: it is also the layout of snapshots. */
function stateColumns(site: OperatorSite): ReturnType<typeof accumulatorColumns> | null {
  const columns = accumulatorColumns(site.planOp.states.find(s => s.name === STATE)!.value);
  return columns.some(c => c.kind === 'object') ? null : columns;
}

/** `update` adds a record that is not the key's first; null: the operator calls the function. */
function emitColumns(
  site: OperatorSite,
  fn: CodeLike,
  update: ((row: AccumulatorRow, block: Block) => void) | null,
): void {
  const { writer, block, record, key } = site;
  const state = site.planOp.states.find(s => s.name === STATE)!;
  const columns = accumulatorColumns(state.value);
  const name = libraryOperator(
    site,
    'KeyedColumnsOperator',
    () =>
      spec(
        ['key', keyTypeOf(site)],
        ['fn', fn],
        ['state', ownState(site, STATE)],
        ['columns', columnsCode(writer.module, columns)],
        ['states', stateSpecs(site, [STATE])],
      ),
    { keyEnd: true },
  );
  if (!update) return callOperator(site, name);
  const row = new AccumulatorRow(
    writer,
    name,
    block.declare('slot', `${name}.slot(${key})`),
    columns,
    state.value,
  );
  row.startOr(block, record, later => update(row, later));
  // The result is what stands in the columns now; only what is read of it is loaded.
  writer.emit(site.index, row.read(), site.timestamp, block);
}
