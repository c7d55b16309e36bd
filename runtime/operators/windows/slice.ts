/** The records of one stretch of time that every window holds entirely or not at all, aggregated per key. */
import { allocateColumn, type ColumnData, type ColumnKind } from '../../../plugins/api/batch.js';
import type { KeySlots } from './key-slots.js';

const initialCapacity = 64;

export class Slice<K> {
  start = 0;
  readonly keys: KeySlots<K>;
  /** The array stays the same when its columns grow, so it may be kept while the slice is in use. */
  readonly columns: ColumnData[];
  readonly #kinds: readonly ColumnKind[];
  #capacity = initialCapacity;
  /**
   * After a restore: up to which time windows with this row fired before. A restored operator has no watermark yet, and
   * without this it would fire windows again that are only kept for late records. Null: up to the watermark.
   */
  firedUpTo: Float64Array | null = null;

  constructor(keys: KeySlots<K>, kinds: readonly ColumnKind[]) {
    this.keys = keys;
    this.#kinds = kinds;
    this.columns = kinds.map(kind => allocateColumn(kind, initialCapacity));
  }

  /** Makes room for a row. */
  reserve(slot: number): void {
    if (slot < this.#capacity) return;
    this.#capacity *= 2;
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c]!;
      const kind = this.#kinds[c]!;
      // Strings and objects are plain arrays, which grow by themselves.
      if (kind === 'string' || kind === 'object') continue;
      const grown = allocateColumn(kind, this.#capacity) as Float64Array;
      grown.set(column as Float64Array);
      this.columns[c] = grown;
    }
  }

  setFiredUpTo(slot: number, time: number, otherwise: number): void {
    let fired = this.firedUpTo;
    if (fired === null || slot >= fired.length) {
      const grown = new Float64Array(this.#capacity).fill(otherwise);
      if (fired !== null) grown.set(fired);
      this.firedUpTo = fired = grown;
    }
    fired[slot] = time;
  }

  clear(): void {
    this.keys.clear();
    this.firedUpTo = null;
    for (let c = 0; c < this.columns.length; c++) {
      // Lets go of what the rows held.
      if (this.#kinds[c] === 'object') this.columns[c]!.fill(null as never);
      else if (this.#kinds[c] === 'string') this.columns[c]!.fill('' as never);
    }
  }
}
