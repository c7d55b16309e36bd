import type { ValueState } from '../../../plugins/api/state.js';
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { StateSpec } from '../../contract/state.js';
import { createColumn, type Column } from './columns.js';
import type { Cursor, Scope } from './scope.js';
import type { StateTable } from './table.js';

/** Single values: a column by slot. Also what reducing and aggregating states keep their accumulator in. */
export class ValueTable<T> implements StateTable {
  readonly spec: StateSpec;
  readonly scope: Scope;
  readonly cursor: Cursor;
  readonly column: Column<T>;
  readonly hasTimes: boolean = false;

  constructor(spec: StateSpec, scope: Scope) {
    this.spec = spec;
    this.scope = scope;
    this.cursor = scope.cursor;
    this.column = createColumn<T>(spec.layout);
  }
  /** The value of the current scope, or null. */
  read(): T | null {
    let slot = this.cursor.slot;
    if (slot < 0 && (slot = this.scope.resolve()) < 0) return null;
    return this.column.has(slot) ? this.column.get(slot) : null;
  }
  write(value: T): void {
    let slot = this.cursor.slot;
    if (slot < 0) slot = this.scope.acquire();
    if (this.column.put(slot, value)) this.scope.retain(slot);
  }
  clear(): void {
    let slot = this.cursor.slot;
    if (slot < 0 && (slot = this.scope.resolve()) < 0) return;
    this.removeSlot(slot);
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
    this.spec.value.write(out, this.column.get(slot));
  }
  readSlot(from: ByteReader, slot: number, hasTimes: boolean): void {
    const value = this.spec.value.read(from) as T;
    if (hasTimes) from.f64(); // written with TTL, which has been switched off since
    if (this.column.put(slot, value)) this.scope.retain(slot);
  }
  mergeSlots(target: number, source: number, combine: ((a: unknown, b: unknown) => unknown) | null): void {
    if (!this.column.has(source)) return;
    const value = this.column.get(source);
    const merged =
      this.column.has(target) && combine ? (combine(this.column.get(target), value) as T) : value;
    if (this.column.put(target, merged)) this.scope.retain(target);
    this.removeSlot(source);
  }
}

export class HeapValueState<T> implements ValueState<T> {
  readonly #table: ValueTable<T>;
  readonly #defaultValue: () => T | null;

  constructor(table: ValueTable<T>, defaultValue: T | undefined) {
    this.#table = table;
    this.#defaultValue = defaultFactory(table.spec, defaultValue);
  }
  value(): T | null {
    const value = this.#table.read();
    return value === null ? this.#defaultValue() : value;
  }
  update(value: T | null): void {
    if (value === null || value === undefined) this.#table.clear();
    else this.#table.write(value);
  }
  clear(): void {
    this.#table.clear();
  }
}

/** A default that is an object is made anew for every reader: one of them may change it. */
function defaultFactory<T>(spec: StateSpec, value: T | undefined): () => T | null {
  if (value === undefined || value === null) return () => null;
  if (typeof value !== 'object') return () => value;
  const out = new ByteWriter();
  spec.value.write(out, value);
  const bytes = out.toBytes();
  return () => spec.value.read(new ByteReader(bytes)) as T;
}
