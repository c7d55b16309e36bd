import type { ListState } from '../../../plugins/api/state.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { StateSpec } from '../../contract/state.js';
import { ObjectColumn } from './columns.js';
import { elementDetacher } from './detach-value.js';
import type { Scope } from './scope.js';
import type { StateTable } from './table.js';
import { Sweeper, type Expiring, type TtlClock } from '../ttl.js';

interface Element<T> {
  readonly value: T;
  time: number;
}

/** Lists whose elements expire one by one. */
export class TtlListTable<T> implements StateTable, Expiring, ListState<T> {
  readonly spec: StateSpec;
  readonly scope: Scope;
  readonly hasTimes = true;
  readonly onRecord?: () => void;
  readonly column = new ObjectColumn<Element<T>[]>();
  readonly #detach: (element: T) => T;
  readonly #clock: TtlClock;
  readonly #sweeper: Sweeper;

  constructor(spec: StateSpec, scope: Scope, clock: TtlClock) {
    this.spec = spec;
    this.scope = scope;
    this.#detach = elementDetacher(spec.schema);
    this.#clock = clock;
    this.#sweeper = new Sweeper(this, clock);
    if (clock.cleanupForEveryRecord) this.onRecord = () => this.#sweeper.sweep();
  }
  get(): Iterable<T> {
    this.#sweeper.sweep();
    const slot = this.#slot();
    if (slot < 0 || !this.column.has(slot)) return [];
    const now = this.#clock.now();
    const before = this.column.get(slot);
    this.expireSlot(slot, now);
    const live = this.column.has(slot) ? this.column.get(slot) : [];
    if (this.#clock.updateOnRead && live.length > 0) {
      for (const element of live) element.time = now;
      this.column.changes?.changed(slot);
    }
    return (this.#clock.returnExpired ? before : live).map(element => element.value);
  }
  add(value: T): void {
    this.addAll([value]);
  }
  addAll(values: Iterable<T>): void {
    this.#sweeper.sweep();
    const added = this.#elements(values);
    if (added.length === 0) return;
    const slot = this.#acquire();
    this.#put(slot, this.column.has(slot) ? this.column.get(slot).concat(added) : added);
  }
  update(values: Iterable<T>): void {
    this.#sweeper.sweep();
    const elements = this.#elements(values);
    if (elements.length === 0) this.clear();
    else this.#put(this.#acquire(), elements);
  }
  clear(): void {
    const slot = this.#slot();
    if (slot >= 0) this.removeSlot(slot);
  }

  #elements(values: Iterable<T>): Element<T>[] {
    const time = this.#clock.now();
    return Array.from(values, value => ({ value: this.#detach(value), time }));
  }
  #slot(): number {
    const slot = this.scope.cursor.slot;
    return slot < 0 ? this.scope.resolve() : slot;
  }
  #acquire(): number {
    const slot = this.scope.cursor.slot;
    return slot < 0 ? this.scope.acquire() : slot;
  }
  #put(slot: number, list: Element<T>[]): void {
    if (this.column.put(slot, list)) this.scope.retain(slot);
  }

  nextSlot(from: number): number {
    return this.column.next(from);
  }
  nextSlotInPage(from: number): number {
    return this.column.nextInPage(from);
  }
  pageAfter(slot: number): number {
    return this.column.pageAfter(slot);
  }
  expireSlot(slot: number, now: number): void {
    const list = this.column.get(slot);
    const live = list.filter(element => !this.#clock.isExpired(element.time, now));
    if (live.length === 0) this.removeSlot(slot);
    else if (live.length < list.length) this.#put(slot, live);
  }
  removeSlot(slot: number): void {
    if (this.column.remove(slot)) this.scope.release(slot);
  }
  isLive(slot: number): boolean {
    return this.#snapshotElements(slot).length > 0;
  }
  #snapshotElements(slot: number): readonly Element<T>[] {
    const list = this.column.get(slot);
    if (!this.#clock.cleanupFullSnapshot) return list;
    const now = this.#clock.now();
    return list.filter(element => !this.#clock.isExpired(element.time, now));
  }
  writeSlot(out: ByteWriter, slot: number): void {
    const list = this.#snapshotElements(slot);
    out.varint(list.length);
    for (const { value, time } of list) {
      this.spec.value.write(out, value);
      out.f64(time);
    }
  }
  readSlot(from: ByteReader, slot: number, hasTimes: boolean): void {
    const list: Element<T>[] = [];
    for (let left = from.varint(); left > 0; left--) {
      const value = this.spec.value.read(from) as T;
      list.push({ value, time: hasTimes ? from.f64() : this.#clock.now() });
    }
    this.#put(slot, list);
  }
  mergeSlots(target: number, source: number): void {
    if (!this.column.has(source)) return;
    const moved = this.column.get(source);
    this.#put(target, this.column.has(target) ? this.column.get(target).concat(moved) : moved);
    this.removeSlot(source);
  }
}
