/**
 * Where the slices of overlapping windows are merged. A key keeps its row from window to window and slices remember the
 * rows of theirs, so a key is looked up once per slice, and not again in every window that has the slice.
 */
import type { AccumulatorColumns } from './accumulator-columns.js';
import type { FiredRows } from './fired-rows.js';
import type { KeySlots } from './key-slots.js';
import { Rows } from './rows.js';
import type { Slice } from './slice.js';

/** Rows of keys that no window has any more are not worth a thought as long as there are so few. */
const fewRows = 64;
const fired = 2;

export interface MergeSpec<K, ACC> {
  readonly newKeys: () => KeySlots<K>;
  readonly columns: AccumulatorColumns<ACC>;
  readonly merge: (a: ACC, b: ACC) => ACC;
  /** merge may change either of its arguments, but a slice is merged into several windows */
  readonly own: (accumulator: ACC) => ACC;
}

export class MergedSlices<K, ACC> extends Rows implements FiredRows<K> {
  readonly keys: KeySlots<K>;
  /** 0: the window does not have the key. 1: a part of the row has not fired. 2: all have. */
  due = new Uint8Array(this.capacity);
  readonly #spec: MergeSpec<K, ACC>;
  #generation = 1;
  /** rows of the last window */
  #live = 0;

  constructor(spec: MergeSpec<K, ACC>) {
    super(spec.columns.kinds);
    this.#spec = spec;
    this.keys = spec.newKeys();
  }

  merge(slices: readonly Slice<K>[]): this {
    if (this.keys.size > 2 * this.#live + fewRows) this.forget();
    this.due.fill(0, 0, this.keys.size);
    this.releaseAll();
    this.#live = 0;
    for (const slice of slices) this.#add(slice);
    return this;
  }

  /** After merge(): the row of a key is due when some part of it has not fired up to this time. */
  markFired(slices: readonly Slice<K>[], maxTimestamp: number): void {
    for (let row = 0; row < this.keys.size; row++) if (this.due[row] === 1) this.due[row] = fired;
    for (const { keys, firedUpTo, mergedRows } of slices)
      for (let slot = 0; slot < keys.size; slot++)
        if (firedUpTo === null || firedUpTo[slot]! < maxTimestamp) this.due[mergedRows[slot]!] = 1;
  }

  /** Keys get rows anew. */
  forget(): void {
    this.keys.clear();
    this.due.fill(0);
    this.#generation++;
  }

  override reserve(row: number): void {
    if (row < this.capacity) return;
    super.reserve(row);
    const due = new Uint8Array(this.capacity);
    due.set(this.due);
    this.due = due;
  }

  #add(slice: Slice<K>): void {
    this.#locate(slice);
    const { columns, merge, own } = this.#spec;
    const { due, columns: merged } = this;
    const { columns: parts, mergedRows: rows } = slice;
    const { size } = slice.keys;
    let added = 0;
    for (let slot = 0; slot < size; slot++) {
      const row = rows[slot]!;
      const part = own(columns.load(parts, slot));
      if (due[row] === 0) {
        due[row] = 1;
        added++;
        columns.store(merged, row, part);
      } else columns.store(merged, row, merge(columns.load(merged, row), part));
    }
    this.#live += added;
  }

  /** Finds the rows of the keys that the slice got since it was merged last. */
  #locate(slice: Slice<K>): void {
    if (slice.generation !== this.#generation) slice.located = 0;
    slice.generation = this.#generation;
    if (slice.mergedRows.length < slice.capacity) {
      const grown = new Int32Array(slice.capacity);
      grown.set(slice.mergedRows);
      slice.mergedRows = grown;
    }
    const { keys, mergedRows } = slice;
    const { size } = keys;
    for (let slot = slice.located; slot < size; slot++) {
      const row = this.keys.slotOf(keys.keyAt(slot));
      this.reserve(row);
      mergedRows[slot] = row;
    }
    slice.located = size;
  }
}
