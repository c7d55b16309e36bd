/**
 * Slices on backends that outgrow memory. Memory holds the rows that were used lately, in columns as ever; when it is
 * full they are written to disk and forgotten. A slice of which nothing was forgotten is read from memory alone.
 */
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import { ByteWriter, type ByteReader } from '../../contract/bytes.js';
import type { KeyType, SpilledRow, SpilledRows, StateSpec } from '../../contract/state.js';
import type { AccumulatorColumns } from './accumulator-columns.js';
import { RowSizes } from './row-sizes.js';
import type { Slice } from './slice.js';

export interface StoredAccumulator<K, ACC> {
  readonly key: K;
  accumulator: ACC;
  /** see {@link Slice.firedUpTo}; of several rows the earliest */
  firedUpTo: number;
}

export class SpilledSlices<K, ACC> {
  /** Whether the last slot() call made the slot; its accumulator is then that of nobody knows whom. */
  inserted = false;
  readonly #isTimed: boolean;
  readonly #rows: SpilledRows<K>;
  readonly #columns: AccumulatorColumns<ACC>;
  readonly #state: StateSpec;
  readonly #sizes: RowSizes;
  readonly #scratch = new ByteWriter();
  /** Keys of the coming batch that the slice is known not to have. */
  readonly #absent = new Set<K>();
  #absentFrom: Slice<K> | null = null;
  /** rows */
  #inMemory = 0;

  constructor(
    rows: SpilledRows<K>,
    form: 'slices' | 'values',
    { key, columns, state }: { key: KeyType; columns: AccumulatorColumns<ACC>; state: StateSpec },
  ) {
    this.#isTimed = form === 'slices';
    this.#rows = rows;
    this.#columns = columns;
    this.#state = state;
    this.#sizes = new RowSizes(key.schema, columns.kinds);
  }

  /** Memory has no room for another row. */
  get isFull(): boolean {
    return this.#inMemory * this.#sizes.row > this.#rows.memory;
  }
  /** Whether this one takes most of the memory. */
  isLarge({ keys }: Slice<K>): boolean {
    return keys.size * this.#sizes.row * 2 > this.#rows.memory;
  }
  /** The size of accumulators is not known: now and then one is looked at. */
  measure(slice: Slice<K>): void {
    if (slice.keys.size === 0 || !this.#sizes.isDue()) return;
    this.#scratch.reset();
    const slot = Math.floor(Math.random() * slice.keys.size);
    this.#state.value.write(this.#scratch, this.#columns.load(slice.columns, slot));
    this.#sizes.add(this.#scratch.length);
  }

  /** Row of the key's accumulator, from memory or disk, for somebody who changes it. */
  slot(slice: Slice<K>, key: K): number {
    let slot = slice.keys.find(key);
    this.inserted = false;
    if (slot < 0) {
      // Before there is a row without an accumulator.
      this.measure(slice);
      slot = this.add(slice, key);
      this.inserted = !this.#fetch(slice, key, slot);
    }
    slice.changed[slot] = 1;
    return slot;
  }
  /** A new row, of which the disk has nothing to say. */
  add(slice: Slice<K>, key: K): number {
    const slot = slice.keys.slotOf(key);
    slice.reserve(slot);
    slice.changed[slot] = 1;
    this.#inMemory++;
    return slot;
  }
  /** Fills a new row with what the disk has of the key; false when that is nothing. */
  #fetch(slice: Slice<K>, key: K, slot: number): boolean {
    if (slice.isComplete || (this.#absentFrom === slice && this.#absent.has(key))) return false;
    const from = this.#rows.get(slice.start, key);
    if (from !== null) this.#fill(slice, slot, from);
    return from !== null;
  }
  /** The accumulator of a key that memory does not have. */
  read(slice: Slice<K>, key: K): ACC | undefined {
    const from = slice.isComplete ? null : this.#rows.get(slice.start, key);
    if (from === null) return undefined;
    from.f64();
    return this.#state.value.read(from) as ACC;
  }
  /** Reads what the slice has of these keys. */
  prefetch(slice: Slice<K>, keys: ArrayLike<unknown>, length: number): void {
    this.#absent.clear();
    this.#absentFrom = slice;
    if (slice.isComplete) return;
    const missing = new Set<K>();
    for (let i = 0; i < length; i++) {
      const key = keys[i] as K;
      if (slice.keys.find(key) < 0) missing.add(key);
    }
    if (missing.size === 0) return;
    this.#rows.getMany(slice.start, [...missing], (key, from) => {
      if (from === null) {
        this.#absent.add(key);
        return;
      }
      // Equal objects are several elements of the set.
      if (slice.keys.find(key) < 0) this.#fill(slice, this.add(slice, key), from);
    });
  }

  /** The disk then has all rows of the slice. */
  store(slice: Slice<K>): void {
    const { keys, columns, changed, firedUpTo } = slice;
    for (let slot = changed.indexOf(1); slot >= 0 && slot < keys.size; slot = changed.indexOf(1, slot + 1)) {
      changed[slot] = 0;
      this.#rows.put(slice.start, keys.keyAt(slot), out => {
        if (this.#isTimed) out.f64(firedUpTo?.[slot] ?? MIN_TIMESTAMP);
        this.#state.value.write(out, this.#columns.load(columns, slot));
        this.#sizes.add(out.length);
      });
    }
  }
  /** ... and memory none. */
  evict(slice: Slice<K>): void {
    this.store(slice);
    this.forget(slice);
    slice.clear();
    slice.isComplete = false;
  }
  /** Memory is going to let go of what it has of the slice. */
  forget(slice: Slice<K>): void {
    this.#inMemory -= slice.keys.size;
    this.#absent.clear();
  }
  /** Nobody needs the slice any more. */
  delete(slice: Slice<K>): void {
    this.forget(slice);
    this.#rows.delete(slice.start);
  }
  firedUpTo(watermark: number): void {
    this.#rows.firedUpTo(watermark);
  }

  /** The rows of these slices, which the disk must have, merged by key. */
  *merged(
    slices: readonly Slice<K>[],
    merge: (a: ACC, b: ACC) => ACC,
  ): IterableIterator<StoredAccumulator<K, ACC>> {
    const scans = slices.map(({ start }) => this.#rows.scan(start));
    const heads = scans.map(next);
    for (;;) {
      let order: string | null = null;
      for (const head of heads)
        if (head !== null && (order === null || head.order < order)) order = head.order;
      if (order === null) return;
      let merged: StoredAccumulator<K, ACC> | null = null;
      for (const [i, head] of heads.entries()) {
        if (head?.order !== order) continue;
        const firedUpTo = head.value.f64();
        const part = this.#state.value.read(head.value) as ACC;
        if (merged === null) merged = { key: head.key, accumulator: part, firedUpTo };
        else {
          merged.accumulator = merge(merged.accumulator, part);
          merged.firedUpTo = Math.min(merged.firedUpTo, firedUpTo);
        }
        heads[i] = next(scans[i]!);
      }
      yield merged!;
    }
  }

  #fill(slice: Slice<K>, slot: number, from: ByteReader): void {
    const firedUpTo = this.#isTimed ? from.f64() : MIN_TIMESTAMP;
    if (firedUpTo > MIN_TIMESTAMP) slice.setFiredUpTo(slot, firedUpTo, MIN_TIMESTAMP);
    this.#columns.store(slice.columns, slot, this.#state.value.read(from) as ACC);
    slice.changed[slot] = 0;
  }
}

function next<K>(rows: Iterator<SpilledRow<K>>): SpilledRow<K> | null {
  const { done, value } = rows.next();
  return done === true ? null : value;
}
