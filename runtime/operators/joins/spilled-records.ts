/**
 * Windows of two inputs on backends that outgrow memory. Lists only grow, so what memory has no room for goes to disk as
 * a further part of each list, and nothing is read before the window fires.
 */
import type { ByteWriter } from '../../contract/bytes.js';
import { ByteWriter as Writer } from '../../contract/bytes.js';
import type { KeyType, SpilledRows, StateSpec } from '../../contract/state.js';
import type { AccumulatorColumns } from '../windows/accumulator-columns.js';
import { RowSizes } from '../windows/row-sizes.js';
import type { RecordLists } from './record-lists.js';
import { Tagged } from './tagged.js';
import type { WindowRecords } from './window-records.js';

export interface SpilledRecordsSpec<A, B> {
  readonly key: KeyType;
  /** milliseconds */
  readonly size: number;
  readonly firstColumns: AccumulatorColumns<A>;
  readonly secondColumns: AccumulatorColumns<B>;
  /** records with their side */
  readonly contents: StateSpec;
}
export interface KeyRecords<K, A, B> {
  readonly key: K;
  readonly first: A[];
  readonly second: B[];
}

export class SpilledRecords<K, A, B> {
  readonly #rows: SpilledRows<K>;
  readonly #spec: SpilledRecordsSpec<A, B>;
  readonly #first: RowSizes;
  readonly #second: RowSizes;
  readonly #scratch = new Writer();
  /** bytes */
  #inMemory = 0;

  constructor(rows: SpilledRows<K>, spec: SpilledRecordsSpec<A, B>) {
    this.#rows = rows;
    this.#spec = spec;
    this.#first = new RowSizes(spec.key.schema, spec.firstColumns.kinds);
    this.#second = new RowSizes(spec.key.schema, spec.secondColumns.kinds);
  }

  /** Memory has no room for another record. */
  get isFull(): boolean {
    return this.#inMemory > this.#rows.memory;
  }
  /** Before a record is appended to one of the window's sides. Now and then the size of the one before is looked at. */
  adds({ first, second }: WindowRecords<K>, toFirst: boolean): void {
    const sizes = toFirst ? this.#first : this.#second;
    const { size } = toFirst ? first : second;
    if (size > 0 && sizes.isDue()) {
      this.#scratch.reset();
      if (toFirst) this.#write(this.#scratch, true, this.#spec.firstColumns.load(first.columns, size - 1));
      else this.#write(this.#scratch, false, this.#spec.secondColumns.load(second.columns, size - 1));
      sizes.add(this.#scratch.length);
    }
    this.#inMemory += sizes.row;
  }

  /** The disk then has all records of the window. */
  store(window: WindowRecords<K>): void {
    const { start, keys, first, second, stored } = window;
    if (stored.first === first.size && stored.second === second.size) return;
    const { firstColumns, secondColumns, size } = this.#spec;
    for (let slot = 0; slot < keys.size; slot++) {
      const ofFirst = rowsFrom(first, slot, stored.first);
      const ofSecond = rowsFrom(second, slot, stored.second);
      const count = ofFirst.length + ofSecond.length;
      if (count === 0) continue;
      const write = (out: ByteWriter): void => {
        out.f64(start + size);
        out.varint(count);
        for (const row of ofFirst) this.#write(out, true, firstColumns.load(first.columns, row));
        for (const row of ofSecond) this.#write(out, false, secondColumns.load(second.columns, row));
      };
      this.#rows.put(start, keys.keyAt(slot), write, stored.parts);
    }
    stored.first = first.size;
    stored.second = second.size;
    stored.parts++;
  }
  /** ... and memory none. */
  evict(window: WindowRecords<K>): void {
    this.store(window);
    window.clear();
    window.isComplete = false;
  }
  /** Memory is empty, but for what the windows have that are given. */
  recount(windows: readonly WindowRecords<K>[]): void {
    this.#inMemory = 0;
    for (const { first, second } of windows)
      this.#inMemory += first.size * this.#first.row + second.size * this.#second.row;
  }
  /** Nobody needs the window any more. */
  delete(window: WindowRecords<K>): void {
    this.#rows.delete(window.start);
  }

  /** The records of a window, which the disk must have, key by key. */
  *read(window: WindowRecords<K>): IterableIterator<KeyRecords<K, A, B>> {
    let order = '';
    let current: KeyRecords<K, A, B> | null = null;
    for (const row of this.#rows.scan(window.start)) {
      if (current === null || row.order !== order) {
        if (current !== null) yield current;
        current = { key: row.key, first: [], second: [] };
        order = row.order;
      }
      row.value.f64();
      for (let n = row.value.count(1); n > 0; n--) {
        const { first, value } = this.#spec.contents.value.read(row.value) as Tagged<A, B>;
        if (first) current.first.push(value as A);
        else current.second.push(value as B);
      }
    }
    if (current !== null) yield current;
  }

  #write(out: ByteWriter, first: boolean, value: A | B): void {
    this.#spec.contents.value.write(out, new Tagged<A, B>(first, value));
  }
}

/** Rows of a list, those before `from` left out. */
function rowsFrom(lists: RecordLists, list: number, from: number): readonly number[] {
  const rows: number[] = [];
  for (let row = lists.first(list); row >= 0; row = lists.next(row)) if (row >= from) rows.push(row);
  return rows;
}
