/** Rows of columns that grow together; generated code addresses the columns directly. */
import { allocateColumn, type ColumnData, type ColumnKind } from '../../../plugins/api/batch.js';

const initialCapacity = 64;

export class Rows {
  /** The array stays the same when its columns grow, so it may be kept while the rows are in use. */
  readonly columns: ColumnData[];
  readonly #kinds: readonly ColumnKind[];
  capacity = initialCapacity;

  constructor(kinds: readonly ColumnKind[]) {
    this.#kinds = kinds;
    this.columns = kinds.map(kind => allocateColumn(kind, initialCapacity));
  }

  /** Makes room for a row; capacity doubles, so one call is enough for the next row. */
  reserve(row: number): void {
    if (row < this.capacity) return;
    this.capacity *= 2;
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c]!;
      const kind = this.#kinds[c]!;
      // Strings and objects are plain arrays, which grow by themselves.
      if (kind === 'string' || kind === 'object') continue;
      const grown = allocateColumn(kind, this.capacity) as Float64Array;
      grown.set(column as Float64Array);
      this.columns[c] = grown;
    }
  }

  /** Lets go of what the row held. */
  release(row: number): void {
    for (let c = 0; c < this.columns.length; c++) {
      if (this.#kinds[c] === 'object') this.columns[c]![row] = null as never;
      else if (this.#kinds[c] === 'string') this.columns[c]![row] = '' as never;
    }
  }

  releaseAll(): void {
    for (let c = 0; c < this.columns.length; c++) {
      if (this.#kinds[c] === 'object') this.columns[c]!.fill(null as never);
      else if (this.#kinds[c] === 'string') this.columns[c]!.fill('' as never);
    }
  }
}
