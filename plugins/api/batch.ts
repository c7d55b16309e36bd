/**
 * Columnar batches: what flows from decoders to tasks and between tasks. Structs are flattened to leaf
 * columns as far as the layout says; whatever cannot be flattened is one 'object' column.
 */
import type { Schema } from './schema.js';

export type ColumnKind = 'float64' | 'int32' | 'float32' | 'int64' | 'bool' | 'string' | 'object';

export interface ColumnSpec {
  /** Property path from the record; [] when the column is the whole record. */
  readonly path: readonly string[];
  /**
   * float64/timestamp → 'float64', int32 → 'int32', bool → 'bool', string → 'string', int64 → 'int64' …;
   * nullable leaves, enums of mixed type, decimals, dates, lists, maps, unions → 'object'.
   */
  readonly kind: ColumnKind;
  /** Schema of the values in this column. For a presence column: bool. */
  readonly schema: Schema;
  /**
   * A 'bool' column that says whether the nullable or optional struct at `path` is there (1), null (0)
   * or undefined/absent (2). The columns below that path hold garbage when it is not 1.
   */
  readonly presence?: true;
  /** An 'object' column that holds undefined where the property, or the struct it belongs to, is absent. */
  readonly optional?: true;
}

export interface BatchLayout {
  readonly columns: readonly ColumnSpec[];
}

export type ColumnData =
  Float64Array | Int32Array | Float32Array | BigInt64Array | Uint8Array | string[] | unknown[];

/** Rows [0, length) of `columns` and `timestamps` are valid. Owned by one holder at a time; reused through a pool. */
export class Batch {
  length = 0;
  readonly capacity: number;
  readonly layout: BatchLayout;
  /** Event timestamps in ms; MIN_TIMESTAMP where a record has none. */
  readonly timestamps: Float64Array;
  readonly columns: ColumnData[];
  /** Set by sources: the split the rows come from, and where row i stands in it (for error messages). */
  splitId: string | null = null;
  describeRow: ((row: number) => string) | null = null;
  /** What a source with computed rows hands out instead of columns; see source-rows.ts. */
  rows: object | null = null;

  constructor(layout: BatchLayout, capacity: number) {
    this.layout = layout;
    this.capacity = capacity;
    this.timestamps = new Float64Array(capacity);
    // Pushed and not mapped: V8's two ways of mapping make two kinds of arrays, and loops are compiled for one.
    this.columns = [];
    for (const { kind } of layout.columns) this.columns.push(allocateColumn(kind, capacity));
  }
}

export function allocateColumn(kind: ColumnKind, capacity: number): ColumnData {
  switch (kind) {
    case 'float64':
      return new Float64Array(capacity);
    case 'int32':
      return new Int32Array(capacity);
    case 'float32':
      return new Float32Array(capacity);
    case 'int64':
      return new BigInt64Array(capacity);
    case 'bool':
      return new Uint8Array(capacity);
    case 'string':
      return new Array<string>(capacity).fill('');
    case 'object':
      return new Array<unknown>(capacity).fill(null);
  }
}

/** TypeScript type of a column's data, for generated decoders. */
export const columnDataTypes: Readonly<Record<ColumnKind, string>> = {
  float64: 'Float64Array',
  int32: 'Int32Array',
  float32: 'Float32Array',
  int64: 'BigInt64Array',
  bool: 'Uint8Array',
  string: 'string[]',
  object: 'unknown[]',
};
