/** Fires windows of slices for all their keys at once, from memory or from disk. */
import { TimeWindow } from '../../../plugins/api/windowing.js';
import type { AccumulatorColumns } from './accumulator-columns.js';
import type { FiredRows, FireRows } from './fired-rows.js';
import type { MergedSlices, MergeSpec } from './merged-slices.js';
import type { Slice } from './slice.js';
import type { Slices } from './slices.js';
import type { SpilledSlices, StoredAccumulator } from './spilled-slices.js';
import type { WindowResults } from './window-results.js';

export interface SliceFiringSpec<IN, K, ACC, OUT> extends MergeSpec<K, ACC> {
  readonly results: WindowResults<IN, K, ACC, OUT>;
  /** null: results() is asked row by row */
  readonly fireRows: FireRows<K> | null;
}

export class SliceFiring<IN, K, ACC, OUT> {
  /** on backends that outgrow memory */
  spilled: SpilledSlices<K, ACC> | null = null;
  readonly #slices: Slices<K>;
  readonly #merged: MergedSlices<K, ACC>;
  readonly #spec: SliceFiringSpec<IN, K, ACC, OUT>;
  readonly #columns: AccumulatorColumns<ACC>;
  /** Windows may have several slices. Then all are merged, so that who fires them sees rows of one kind. */
  readonly #overlaps: boolean;

  constructor(slices: Slices<K>, merged: MergedSlices<K, ACC>, spec: SliceFiringSpec<IN, K, ACC, OUT>) {
    this.#slices = slices;
    this.#merged = merged;
    this.#spec = spec;
    this.#columns = spec.columns;
    this.#overlaps = slices.grid.width < slices.grid.size;
  }

  /** @param restored after a restore some rows may have fired already */
  fire(end: number, restored: boolean): void {
    const slices = this.#slices.of(end);
    const start = end - this.#slices.grid.size;
    const { fireRows, results } = this.#spec;
    if (isSpilled(slices)) {
      const window = new TimeWindow(start, end);
      for (const { key, accumulator, firedUpTo } of this.#spilledRows(slices))
        if (firedUpTo < end - 1) results.fire(key, window, accumulator);
      return;
    }
    const [only] = slices;
    if (this.#overlaps) {
      const merged = this.#merged.merge(slices);
      if (restored) merged.markFired(slices, end - 1);
      if (fireRows !== null) fireRows(merged, start, end);
      else this.#fireEach(merged, start, end);
    } else if (only !== undefined) {
      const { firedUpTo, copyOnWrite } = only;
      // Functions are given the accumulator itself.
      const isWatched = copyOnWrite !== null && this.#columns.shared;
      if (fireRows !== null && firedUpTo === null && !isWatched) fireRows(only, start, end);
      else
        this.#fireEach(only, start, end, row => {
          if (isWatched) copyOnWrite.touch(row);
          return firedUpTo === null || firedUpTo[row]! < end - 1;
        });
    }
  }

  /** Fires a window for one key, once more. */
  refire(key: K, end: number): void {
    let accumulator: ACC | undefined;
    for (const slice of this.#slices.of(end)) {
      const part = this.#accumulatorOf(slice, key);
      if (part === undefined) continue;
      accumulator = accumulator === undefined ? part : this.#spec.merge(accumulator, part);
    }
    this.#spec.results.fire(key, new TimeWindow(end - this.#slices.grid.size, end), accumulator!);
  }

  /** The window function deletes what it keeps for the window. */
  clear(end: number): void {
    const slices = this.#slices.of(end);
    const { results } = this.#spec;
    const window = new TimeWindow(end - this.#slices.grid.size, end);
    if (isSpilled(slices)) {
      for (const { key } of this.#spilledRows(slices)) results.clear(key, window);
      return;
    }
    const { keys, due } = this.#merged.merge(slices);
    for (let row = 0; row < keys.size; row++) if (due[row] !== 0) results.clear(keys.keyAt(row), window);
  }

  /** There are no slices any more. */
  forget(): void {
    this.#merged.forget();
  }

  #fireEach(
    { keys, columns, due }: FiredRows<K>,
    start: number,
    end: number,
    isDue: (row: number) => boolean = row => due![row] === 1,
  ): void {
    const window = new TimeWindow(start, end);
    for (let row = 0; row < keys.size; row++)
      if (isDue(row)) this.#spec.results.fire(keys.keyAt(row), window, this.#columns.load(columns, row));
  }

  #accumulatorOf(slice: Slice<K>, key: K): ACC | undefined {
    const slot = slice.keys.find(key);
    if (slot < 0) return this.spilled?.read(slice, key);
    return this.#spec.own(this.#columns.load(slice.columns, slot));
  }

  /** Merged by key. The slices are on disk then as a whole. */
  #spilledRows(slices: readonly Slice<K>[]): Iterable<StoredAccumulator<K, ACC>> {
    for (const slice of slices) this.spilled!.store(slice);
    return this.spilled!.merged(slices, this.#spec.merge);
  }
}

function isSpilled<K>(slices: readonly Slice<K>[]): boolean {
  return slices.some(({ isComplete }) => !isComplete);
}
