import type { ListState } from '../../../plugins/api/state.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { StateSpec } from '../../contract/state.js';
import { ObjectColumn } from './columns.js';
import { elementDetacher, listDetacher } from './detach-value.js';
import type { Scope } from './scope.js';
import type { StateTable } from './table.js';

export class ListTable<T> implements StateTable, ListState<T> {
  readonly spec: StateSpec;
  readonly scope: Scope;
  readonly hasTimes = false;
  readonly column = new ObjectColumn<T[]>();
  readonly #detach: (element: T) => T;
  readonly #detachAll: (list: T[], isNew: boolean) => T[];

  constructor(spec: StateSpec, scope: Scope) {
    this.spec = spec;
    this.scope = scope;
    this.#detach = elementDetacher(spec.schema);
    this.#detachAll = listDetacher(spec.schema);
  }
  get(): Iterable<T> {
    const slot = this.#slot();
    // A copy, because the reader may add to the list while walking it.
    return slot >= 0 && this.column.has(slot) ? this.column.get(slot).slice() : [];
  }
  add(value: T): void {
    this.#own().push(this.#detach(value));
  }
  addAll(values: Iterable<T>): void {
    const added = [...values];
    if (added.length === 0) return;
    const list = this.#own();
    for (const value of added) list.push(this.#detach(value));
  }
  update(values: Iterable<T>): void {
    const list = [...values];
    if (list.length === 0) {
      this.clear();
      return;
    }
    const slot = this.#acquire();
    this.#put(slot, this.#detachAll(list, !this.column.has(slot)));
  }
  clear(): void {
    const slot = this.#slot();
    if (slot >= 0) this.removeSlot(slot);
  }

  #slot(): number {
    const slot = this.scope.cursor.slot;
    return slot < 0 ? this.scope.resolve() : slot;
  }
  #acquire(): number {
    const slot = this.scope.cursor.slot;
    return slot < 0 ? this.scope.acquire() : slot;
  }
  #own(): T[] {
    const slot = this.#acquire();
    if (this.column.has(slot)) {
      this.column.changes?.changed(slot);
      return this.column.get(slot);
    }
    const list: T[] = [];
    this.#put(slot, list);
    return list;
  }
  #put(slot: number, list: T[]): void {
    if (this.column.put(slot, list)) this.scope.retain(slot);
  }

  nextSlot(from: number): number {
    return this.column.next(from);
  }
  removeSlot(slot: number): void {
    if (this.column.remove(slot)) this.scope.release(slot);
  }
  isLive(_slot: number): boolean {
    return true;
  }
  writeSlot(out: ByteWriter, slot: number): void {
    const list = this.column.get(slot);
    out.varint(list.length);
    for (const value of list) this.spec.value.write(out, value);
  }
  readSlot(from: ByteReader, slot: number, hasTimes: boolean): void {
    const list: T[] = [];
    for (let left = from.varint(); left > 0; left--) {
      list.push(this.spec.value.read(from) as T);
      if (hasTimes) from.f64();
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
