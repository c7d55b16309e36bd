/** The accumulators of one slice of time that a sender holds, one row per key. */
import { allocateColumn, type ColumnData, type ColumnKind } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { isNumeric, keySlots, type KeySlots } from './key-slots.js';

export interface CombinedRows<K> {
  /** of the slice; NaN before it has one */
  start: number;
  readonly columns: readonly ColumnData[];
  /**
   * With numbers as keys: the key of each row; a key that is not where {@link homeOf} says is looked for by slotOf().
   * Empty: only slotOf() knows.
   */
  readonly keys: Float64Array;
  /** Whether the last slotOf() made the row. */
  readonly inserted: boolean;
  readonly size: number;
  /** Row of the key, made if need be; -1 when there is no room for another. */
  slotOf(key: K): number;
  /** -1 when the key has none */
  find(key: K): number;
  /** Row `n` in the order in which they were made, and its key. */
  slotAt(n: number): number;
  keyAt(n: number): K;
  clear(): void;
}

/** Rows at most: few enough for the cache of a core. */
const maxRows = 4096;
/** With fewer records per row than this, looking keys up costs more than sending the records one by one. */
export const worthwhile = 2;
/** How many times as many rows are sent without looking keys up until it is tried again. */
export const restTurns = 16;
const noKeys = new Float64Array(0);

export function combinedRows<K>(key: Schema | null, kinds: readonly ColumnKind[]): CombinedRows<K> {
  if (key === null) return new OneRow(kinds);
  return isNumeric(key)
    ? (new NumberRows(kinds) as unknown as CombinedRows<K>)
    : new SlotRows(keySlots<K>(key)(), kinds);
}

const homes = 4096;
/** Rows in one cache line of their keys, less one. */
const neighbours = 7;
/** How far from its home a key may lie. */
const reach = 16;

/**
 * Where the row of a number is, if nothing else was there first. Consecutive integers, which ids often are, lie side by
 * side; blocks of them are spread, so that regular gaps between keys do not bring all of them to the same place.
 */
export function homeOf(key: number): number {
  return ((Math.imul(key >> 3, 0x9e3779b1) >>> 20) & ~neighbours) | (key & neighbours);
}

/** Open addressing over the rows themselves: NaN is no key but an empty row. */
class NumberRows implements CombinedRows<number> {
  start = NaN;
  size = 0;
  inserted = false;
  readonly keys = new Float64Array(homes + reach).fill(NaN);
  readonly columns: readonly ColumnData[];
  readonly #order = new Int32Array(homes + reach);

  constructor(kinds: readonly ColumnKind[]) {
    this.columns = kinds.map(kind => allocateColumn(kind, homes + reach));
  }
  slotOf(key: number): number {
    const { keys } = this;
    const home = homeOf(key);
    for (let slot = home; slot < home + reach; slot++) {
      const known = keys[slot]!;
      if (known === key) {
        this.inserted = false;
        return slot;
      }
      if (known !== known && key === key) {
        this.inserted = true;
        this.#order[this.size++] = slot;
        keys[slot] = key + 0; // -0 + 0 is 0
        return slot;
      }
    }
    return -1;
  }
  find(key: number): number {
    const home = homeOf(key);
    const slot = this.keys.subarray(home, home + reach).indexOf(key);
    return slot < 0 ? -1 : home + slot;
  }
  slotAt(n: number): number {
    return this.#order[n]!;
  }
  keyAt(n: number): number {
    return this.keys[this.#order[n]!]!;
  }
  clear(): void {
    for (let n = 0; n < this.size; n++) this.keys[this.#order[n]!] = NaN;
    this.size = 0;
  }
}

/** Columns that grow. */
abstract class GrowingRows {
  start = NaN;
  inserted = false;
  readonly keys = noKeys;
  readonly columns: ColumnData[];
  readonly #kinds: readonly ColumnKind[];
  #capacity = 64;

  constructor(kinds: readonly ColumnKind[]) {
    this.#kinds = kinds;
    this.columns = kinds.map(kind => allocateColumn(kind, this.#capacity));
  }
  slotAt(n: number): number {
    return n;
  }
  protected reserve(row: number): void {
    if (row < this.#capacity) return;
    this.#capacity *= 2;
    this.columns.forEach((column, c) => {
      const grown = allocateColumn(this.#kinds[c]!, this.#capacity);
      for (let i = 0; i < row; i++) grown[i] = column[i] as never;
      this.columns[c] = grown;
    });
  }
}

class SlotRows<K> extends GrowingRows implements CombinedRows<K> {
  readonly #slots: KeySlots<K>;

  constructor(slots: KeySlots<K>, kinds: readonly ColumnKind[]) {
    super(kinds);
    this.#slots = slots;
  }
  get size(): number {
    return this.#slots.size;
  }
  slotOf(key: K): number {
    const { size } = this.#slots;
    const slot = size < maxRows ? this.#slots.slotOf(key) : this.#slots.find(key);
    this.inserted = slot === size;
    if (this.inserted) this.reserve(slot);
    return slot;
  }
  find(key: K): number {
    return this.#slots.find(key);
  }
  keyAt(n: number): K {
    return this.#slots.keyAt(n);
  }
  clear(): void {
    this.#slots.clear();
  }
}

/** For everything on one key: the row is 0. */
class OneRow<K> extends GrowingRows implements CombinedRows<K> {
  size = 0;
  slotOf(): number {
    this.inserted = this.size === 0;
    this.size = 1;
    return 0;
  }
  find(): number {
    return this.size - 1;
  }
  keyAt(): K {
    return 0 as K;
  }
  clear(): void {
    this.size = 0;
  }
}

/** Records that stay by themselves, each with its own time. */
export class SingleRows<K> extends GrowingRows implements CombinedRows<K> {
  override readonly inserted = true;
  readonly times: number[] = [];
  readonly #keys: K[] = [];

  get size(): number {
    return this.#keys.length;
  }
  slotOf(key: K): number {
    const slot = this.#keys.length;
    if (slot >= maxRows) return -1;
    this.#keys.push(key);
    this.reserve(slot);
    return slot;
  }
  find(): number {
    return -1;
  }
  keyAt(n: number): K {
    return this.#keys[n]!;
  }
  clear(): void {
    this.#keys.length = 0;
    this.times.length = 0;
  }
}
