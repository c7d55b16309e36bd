/** The records of one stretch of time that every window holds entirely or not at all, aggregated per key. */
import type { ColumnKind } from '../../../plugins/api/batch.js';
import type { CopyOnWrite, Watched } from '../../contract/copy-on-write.js';
import type { FiredRows } from './fired-rows.js';
import type { KeySlots } from './key-slots.js';
import { Rows } from './rows.js';

export class Slice<K> extends Rows implements Watched, FiredRows<K> {
  /** NaN is a double, as all times are: an integer would make V8 change the shape of slices later. */
  start = NaN;
  readonly keys: KeySlots<K>;
  /**
   * After a restore: up to which time windows with this row fired before. A restored operator has no watermark yet, and
   * without this it would fire windows again that are only kept for late records. Null: up to the watermark.
   */
  firedUpTo: Float64Array | null = null;
  /** Set while a snapshot of the slice is written. The slice then belongs to the snapshot too. */
  copyOnWrite: CopyOnWrite | null = null;
  readonly due = null;
  /** Rows of {@link MergedSlices} by slot, for the first `located` slots, as of its `generation`. */
  mergedRows = new Int32Array(0);
  located = 0;
  generation = 0;
  /** Memory has all its rows. */
  isComplete = true;
  /** Rows that the disk does not have as they are, on backends that have one: 1. */
  changed = new Uint8Array(this.capacity);

  constructor(keys: KeySlots<K>, kinds: readonly ColumnKind[]) {
    super(kinds);
    this.keys = keys;
  }

  setFiredUpTo(slot: number, time: number, otherwise: number): void {
    let fired = this.firedUpTo;
    if (fired === null || slot >= fired.length) {
      const grown = new Float64Array(this.capacity).fill(otherwise);
      if (fired !== null) grown.set(fired);
      this.firedUpTo = fired = grown;
    }
    fired[slot] = time;
  }

  override reserve(row: number): void {
    if (row < this.capacity) return;
    super.reserve(row);
    const changed = new Uint8Array(this.capacity);
    changed.set(this.changed);
    this.changed = changed;
  }

  clear(): void {
    this.changed.fill(0);
    this.isComplete = true;
    this.keys.clear();
    this.firedUpTo = null;
    this.located = 0;
    this.releaseAll();
  }
}
