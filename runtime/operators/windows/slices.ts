/** The slices of a window operator in order of time. They are few, because time moves on. */
import type { Slice } from './slice.js';
import type { SliceGrid } from './slice-grid.js';

/** Slices kept for reuse: their tables have the right size already. */
const maxSpare = 4;

export class Slices<K> {
  readonly grid: SliceGrid;
  readonly #make: () => Slice<K>;
  readonly #slices: Slice<K>[] = [];
  readonly #spare: Slice<K>[] = [];

  constructor(grid: SliceGrid, make: () => Slice<K>) {
    this.grid = grid;
    this.#make = make;
  }

  get all(): readonly Slice<K>[] {
    return this.#slices;
  }

  /** The slice that starts at this time, made if need be. */
  at(start: number): Slice<K> {
    const at = this.#firstFrom(start);
    const found = this.#slices[at];
    if (found !== undefined && found.start === start) return found;
    const slice = this.#spare.pop() ?? this.#make();
    slice.start = start;
    this.#slices.splice(at, 0, slice);
    return slice;
  }

  /** Those of the window that ends at this time. */
  of(end: number): readonly Slice<K>[] {
    return this.#slices.slice(this.#firstFrom(end - this.grid.size), this.#firstFrom(end));
  }

  /** End of the first window after this time that has a slice; Infinity when there is none. */
  nextEnd(time: number): number {
    const next = this.grid.endAfter(time);
    for (const { start } of this.#slices) {
      const end = Math.max(this.grid.endAfter(start), next);
      if (end <= this.grid.lastEnd(start)) return end;
    }
    return Infinity;
  }

  /** A slice of the same time whose rows are on disk: a new one has no large tables. */
  replace(slice: Slice<K>): void {
    const empty = this.#make();
    empty.start = slice.start;
    empty.isComplete = false;
    this.#slices[this.#slices.indexOf(slice)] = empty;
  }

  /** Takes out the slices of which no window ends later. */
  takeUntil(lastEnd: number): readonly Slice<K>[] {
    let passed = 0;
    while (passed < this.#slices.length && this.grid.lastEnd(this.#slices[passed]!.start) <= lastEnd)
      passed++;
    return this.#slices.splice(0, passed);
  }

  /** Nobody else has the slice any more. */
  reuse(slice: Slice<K>): void {
    if (!slice.isComplete || slice.copyOnWrite !== null || this.#spare.length === maxSpare) return;
    slice.clear();
    this.#spare.push(slice);
  }

  /** Index of the first slice that starts at this time or later. From the end, because records are mostly recent. */
  #firstFrom(start: number): number {
    let at = this.#slices.length;
    while (at > 0 && this.#slices[at - 1]!.start >= start) at--;
    return at;
  }
}
