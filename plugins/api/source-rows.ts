/**
 * Sources that know a record by its position. Their readers hand out positions (Batch.rows), and the generated loop asks
 * for each field where the program first reads it: what only records behind a filter need is not made for the others, and
 * nothing is written into columns to be read back.
 */
import type { Batch, BatchLayout } from './batch.js';

/** A value of a row: a method of Batch.rows, called with the row's index and other values of the row. Pure. */
export interface RowValue {
  readonly method: string;
  /** names of the other values */
  readonly of?: readonly string[];
}

export interface RowAccess {
  readonly values: Readonly<Record<string, RowValue>>;
  /** per column of the layout its value, in the representation of the column; no two share a method */
  readonly columns: readonly string[];
  /** Called with the index of each row, in order, before its values; absent: nothing moves with the row. */
  readonly seek?: string;
  /** value with the event timestamp; absent: records have none */
  readonly timestamp?: string;
  /** method for the largest timestamp of the first `length` rows; there is one when there are timestamps */
  readonly maxTimestamp?: string;
}

/** The compile-time half of such a source. Registered in plugins/compilers.ts. */
export interface SourceCompiler {
  /** 'flinkc/nexmark#NexmarkSource' */
  readonly source: string;
  rowAccess(layout: BatchLayout): RowAccess;
}

type Rows = Readonly<Record<string, (row: number, ...values: readonly unknown[]) => unknown>>;

/** Columns and timestamps of `count` rows behind those that are there, for whoever wants them: `rows` begins with row 0. */
export function fillRows(batch: Batch, access: RowAccess, rows: object, count: number): void {
  const methods = rows as Rows;
  const from = batch.length;
  const value = (name: string, row: number): unknown => {
    const { method, of = [] } = access.values[name]!;
    return methods[method]!(row, ...of.map(other => value(other, row)));
  };
  for (let row = 0; row < count; row++) {
    if (access.seek !== undefined) methods[access.seek]!(row);
    access.columns.forEach((name, column) => {
      batch.columns[column]![from + row] = value(name, row) as never;
    });
    if (access.timestamp !== undefined) batch.timestamps[from + row] = value(access.timestamp, row) as number;
  }
  batch.length = from + count;
}

/** The other way round: what generated code asks of a batch whose columns were filled, as tests do. */
export function rowsOf(batch: Batch, access: RowAccess): unknown {
  if (batch.rows !== null) return batch.rows;
  const rows: Record<string, (row: number) => unknown> = {};
  for (const { method } of Object.values(access.values)) rows[method] = () => 0;
  if (access.seek !== undefined) rows[access.seek] = () => undefined;
  access.columns.forEach((name, column) => {
    rows[access.values[name]!.method] = row => batch.columns[column]![row];
  });
  if (access.timestamp !== undefined)
    rows[access.values[access.timestamp]!.method] = row => batch.timestamps[row];
  if (access.maxTimestamp !== undefined)
    rows[access.maxTimestamp] = length =>
      batch.timestamps.subarray(0, length).reduce((a, b) => Math.max(a, b));
  return rows;
}
