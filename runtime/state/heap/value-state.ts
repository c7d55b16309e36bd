import type { Schema } from '../../../plugins/api/schema.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { StateSpec } from '../../contract/state.js';
import type { ValueCell } from '../value-cell.js';
import { createColumn, type Column } from './columns.js';
import { fixedLayout } from './fixed-entries.js';
import { NumberKeyIndex, type KeyIndex } from './key-index.js';
import type { FixedTable } from './page-pass.js';
import type { Cursor, Scope } from './scope.js';
import type { StateTable } from './table.js';

/** Single values: a column by slot. Also what reducing and aggregating states keep their accumulator in. */
export class ValueTable<T> implements StateTable, ValueCell<T> {
  readonly spec: StateSpec;
  readonly scope: Scope;
  readonly cursor: Cursor;
  readonly column: Column<T>;
  readonly hasTimes: boolean = false;
  #fixed: FixedTable | null = null;

  constructor(spec: StateSpec, scope: Scope) {
    this.spec = spec;
    this.scope = scope;
    this.cursor = scope.cursor;
    this.column = createColumn<T>(spec.layout, spec.schema);
  }
  /** The value of the current scope, or null. */
  get(): T | null {
    let slot = this.cursor.slot;
    if (slot < 0 && (slot = this.scope.resolve()) < 0) return null;
    return this.column.has(slot) ? this.column.get(slot) : null;
  }
  put(value: T): void {
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
  fixedTable(keySchema: Schema, keys: KeyIndex<unknown>): FixedTable | null {
    const { numbers: values, present } = this.column;
    if (this.#fixed || this.hasTimes || values === null || !(keys instanceof NumberKeyIndex))
      return this.#fixed;
    const layout = fixedLayout(keySchema, this.spec.schema, this.spec.layout);
    this.#fixed = layout && { layout, present, keys: keys.keyPages, values, copies: [] };
    return this.#fixed;
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
