/**
 * Lists. A short one is one row: 0, then its canonical form (count, elements). A long one is a row per flush: adding to
 * it reads nothing and writes only what was added. Its head says 1, number of rows, number of elements; the rows
 * follow it, numbered by 4 bytes.
 */
import type { ListState } from '../../../plugins/api/state.js';
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import { scanRows } from './scan.js';
import type { Unit } from './unit-store.js';
import { UnitTable } from './unit-table.js';
import type { WriteBatch } from './write-batch.js';

export const INLINE = 0;
export const SPREAD = 1;
/** Bytes above which a list or map becomes rows of its own. */
export const LARGEST_INLINE = 4096;

interface Body<T> {
  /** rows in the database, and elements in them */
  chunks: number;
  stored: number;
  /** the database has rows that are to be deleted */
  wipe: boolean;
  /** elements behind those; all of them when there are no rows */
  tail: T[];
  /** last access of each; empty without TTL */
  times: number[];
}
/** What an element is assumed to take until its size is known. */
const ELEMENT_BYTES = 64;
/** ... of a list whose elements are all in the database */
const EMPTY_LIST_BYTES = 400;

export class StoredListTable<T> extends UnitTable<Body<T>> implements ListState<T> {
  readonly #scratch = new ByteWriter();

  get(): Iterable<T> {
    const unit = this.unit();
    const { body } = unit;
    if (body.chunks === 0 && this.ttl === null) return body.tail.slice();
    const { values, times } = this.#all(unit);
    if (this.ttl === null) return values;
    const now = this.ttl.now();
    const live = times.map(time => !this.ttl!.isExpired(time, now));
    const liveValues = values.filter((_, i) => live[i]);
    if (liveValues.length < values.length || (this.ttl.updateOnRead && values.length > 0)) {
      const kept = this.ttl.updateOnRead ? liveValues.map(() => now) : times.filter((_, i) => live[i]);
      this.#replace(unit, liveValues.slice(), kept);
    }
    return this.ttl.returnExpired ? values : liveValues;
  }
  add(value: T): void {
    this.addAll([value]);
  }
  addAll(values: Iterable<T>): void {
    const added = [...values];
    if (added.length === 0) return;
    const unit = this.unit();
    for (const value of added) {
      unit.body.tail.push(value);
      if (this.ttl !== null) unit.body.times.push(this.ttl.now());
    }
    this.store.changed(unit as Unit<never>, added.length * this.sizeOf(added[0]));
  }
  update(values: Iterable<T>): void {
    const list = [...values];
    const now = this.ttl?.now();
    this.#replace(this.unit(), list, now === undefined ? [] : list.map(() => now));
  }
  clear(): void {
    this.update([]);
  }

  override read(unit: Unit<Body<T>>, from: ByteReader | null): void {
    const body: Body<T> = { chunks: 0, stored: 0, wipe: false, tail: [], times: [] };
    unit.body = body;
    if (from === null) return;
    if (from.u8() === SPREAD) {
      body.chunks = from.varint();
      body.stored = from.varint();
      return;
    }
    from.varint();
    this.#readElements(from, body.tail, body.times);
  }
  override write(unit: Unit<Body<T>>, batch: WriteBatch): void {
    const { body } = unit;
    if (body.wipe) {
      batch.deleteRange(unit.key);
      body.wipe = false;
    } else if (body.chunks === 0 && body.tail.length === 0) {
      batch.delete(unit.key);
      return;
    }
    if (body.tail.length === 0 && body.chunks === 0) return;
    const out = this.#scratch;
    out.reset();
    body.tail.forEach((value, i) => {
      this.spec.value.write(out, value);
      if (this.ttl !== null) out.f64(body.times[i]!);
    });
    if (body.chunks === 0 && out.length <= LARGEST_INLINE) {
      const value = batch.value();
      value.u8(INLINE);
      value.varint(body.tail.length);
      value.raw(out.bytes.subarray(0, out.length));
      batch.put(unit.key);
      return;
    }
    if (body.tail.length > 0) {
      batch.value().raw(out.bytes.subarray(0, out.length));
      batch.put(unit.key + chunkText(body.chunks));
      this.store.resize(unit as Unit<never>, EMPTY_LIST_BYTES);
      body.chunks++;
      body.stored += body.tail.length;
      body.tail = [];
      body.times = [];
    }
    const head = batch.value();
    head.u8(SPREAD);
    head.varint(body.chunks);
    head.varint(body.stored);
    batch.put(unit.key);
  }
  override restore(unit: Unit<Body<T>>, from: ByteReader, hasTimes: boolean): void {
    const values: T[] = [];
    const times: number[] = [];
    for (let left = from.varint(); left > 0; left--) {
      values.push(this.spec.value.read(from) as T);
      const time = hasTimes ? from.f64() : null;
      if (this.ttl !== null) times.push(time ?? this.ttl.now());
    }
    this.#replace(unit, values, times);
  }
  override merge(target: Unit<Body<T>>, source: Unit<Body<T>>): void {
    const { values, times } = this.#all(source);
    if (values.length === 0) return;
    for (const value of values) target.body.tail.push(value);
    for (const time of times) target.body.times.push(time);
    this.store.changed(target as Unit<never>, values.length * ELEMENT_BYTES);
    this.#replace(source, [], []);
  }
  /** The elements, with their times when there is a TTL; used by snapshots too. */
  elementsOf(unit: Unit<Body<T>>): { readonly values: readonly T[]; readonly times: readonly number[] } {
    return this.#all(unit);
  }

  #all(unit: Unit<Body<T>>): { values: T[]; times: number[] } {
    const { body } = unit;
    const values: T[] = [];
    const times: number[] = [];
    if (body.chunks > 0) {
      // The rows are written before they are counted, so the database has them all.
      this.store.send();
      for (const row of scanRows(this.store.db, unit.key)) this.#readElements(row.value, values, times);
    }
    for (const value of body.tail) values.push(value);
    for (const time of body.times) times.push(time);
    return { values, times };
  }
  #replace(unit: Unit<Body<T>>, values: T[], times: number[]): void {
    const { body } = unit;
    body.wipe ||= body.chunks > 0;
    body.chunks = 0;
    body.stored = 0;
    this.store.changed(unit as Unit<never>, (values.length - body.tail.length) * ELEMENT_BYTES);
    body.tail = values;
    body.times = times;
  }
  #readElements(from: ByteReader, values: T[], times: number[]): void {
    while (from.remaining > 0) {
      values.push(this.spec.value.read(from) as T);
      if (this.ttl !== null) times.push(from.f64());
    }
  }
}

export function chunkText(chunk: number): string {
  return String.fromCharCode(
    (chunk >>> 24) & 0xff,
    (chunk >>> 16) & 0xff,
    (chunk >>> 8) & 0xff,
    chunk & 0xff,
  );
}
