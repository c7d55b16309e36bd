/** About what rows of columns take in memory, from their widths and from accumulators that were measured. */
import type { ColumnKind } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';

/** One of so many rows is measured where it has to be written for that. */
const interval = 64;
/** An object beside its contents, a decoded value for a byte of it. */
const objectBytes = 48;
const decoded = 2;

export class RowSizes {
  /** bytes */
  row: number;
  readonly #fixed: number;
  readonly #varies: boolean;
  #calls = 0;

  constructor(key: Schema, kinds: readonly ColumnKind[]) {
    this.#varies = kinds.some(kind => kind === 'object' || kind === 'string');
    // Numbers lie in open addressing that is at most half full, other keys in a Map.
    const isNumber = key.kind === 'int32' || key.kind === 'float64' || key.kind === 'timestamp';
    this.#fixed = (isNumber ? 24 : 128) + 8 * kinds.length;
    this.row = this.#fixed + (this.#varies ? objectBytes : 0);
  }
  isDue(): boolean {
    return this.#varies && this.#calls++ % interval === 0;
  }
  /** Bytes that an accumulator takes when it is written. */
  add(written: number): void {
    if (this.#varies) this.row += (this.#fixed + objectBytes + decoded * written - this.row) / 16;
  }
}
