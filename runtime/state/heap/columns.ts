/** One value per slot, laid out by the kind of value. A state is a column plus what its kind does with it. */
import type { ColumnKind } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { detach } from '../../contract/detached-string.js';
import { detacherOf, type Detacher } from './detach-value.js';
import { notInt32 } from '../scope-faults.js';
import type { ChangedSlots } from './changed-slots.js';
import type { CopyOnWrite } from './copy-on-write.js';
import { PAGE_BITS, PAGE_MASK, PAGE_SIZE, type NumberPage } from './pages.js';

export abstract class Column<T> {
  /** 1 where there is a value. Apart from the values, because every bit pattern of them can be a value. */
  readonly present: Uint8Array[] = [];
  capacity = 0;
  /** slots with a value */
  count = 0;
  /** while a snapshot is being written */
  copyOnWrite: CopyOnWrite | null = null;
  /** with a changelog */
  changes: ChangedSlots | null = null;

  has(slot: number): boolean {
    return slot < this.capacity && this.present[slot >>> PAGE_BITS]![slot & PAGE_MASK] === 1;
  }
  /** The slot must have a value. */
  abstract get(slot: number): T;
  /** True when the slot had none before. */
  put(slot: number, value: T): boolean {
    while (slot >= this.capacity) {
      this.present.push(new Uint8Array(PAGE_SIZE));
      this.addPage();
      this.capacity += PAGE_SIZE;
    }
    if (this.copyOnWrite !== null) this.copyOnWrite.touch(slot);
    this.write(slot, value);
    const page = this.present[slot >>> PAGE_BITS]!;
    if (page[slot & PAGE_MASK] === 1) {
      if (this.changes !== null) this.changes.changed(slot);
      return false;
    }
    page[slot & PAGE_MASK] = 1;
    this.count++;
    if (this.changes !== null) this.changes.added(slot);
    return true;
  }
  /** True when the slot had a value. */
  remove(slot: number): boolean {
    if (!this.has(slot)) return false;
    if (this.copyOnWrite !== null) this.copyOnWrite.release(slot);
    if (this.changes !== null) this.changes.removed(slot);
    this.present[slot >>> PAGE_BITS]![slot & PAGE_MASK] = 0;
    this.forget(slot);
    this.count--;
    return true;
  }
  /** Next slot ≥ from with a value, or -1. */
  next(from: number): number {
    for (let slot = from; slot < this.capacity;) {
      const found = this.present[slot >>> PAGE_BITS]!.indexOf(1, slot & PAGE_MASK);
      if (found >= 0) return (slot & ~PAGE_MASK) + found;
      slot = (slot & ~PAGE_MASK) + PAGE_SIZE;
    }
    return -1;
  }
  /** Like next, but does not leave the page of `from`. */
  nextInPage(from: number): number {
    if (from >= this.capacity) return -1;
    const found = this.present[from >>> PAGE_BITS]!.indexOf(1, from & PAGE_MASK);
    return found < 0 ? -1 : (from & ~PAGE_MASK) + found;
  }
  /** First slot of the page after the one of `slot`, or 0 behind the last page. */
  pageAfter(slot: number): number {
    const next = (slot & ~PAGE_MASK) + PAGE_SIZE;
    return next < this.capacity ? next : 0;
  }
  /** The values, when they lie in typed arrays; null: they are objects. */
  get numbers(): readonly NumberPage[] | null {
    return null;
  }
  protected abstract addPage(): void;
  protected abstract write(slot: number, value: T): void;
  protected abstract forget(slot: number): void;
}

class Float64Column extends Column<number> {
  readonly #pages: Float64Array[] = [];
  override get numbers(): readonly Float64Array[] {
    return this.#pages;
  }
  get(slot: number): number {
    return this.#pages[slot >>> PAGE_BITS]![slot & PAGE_MASK]!;
  }
  protected addPage(): void {
    this.#pages.push(new Float64Array(PAGE_SIZE));
  }
  protected write(slot: number, value: number): void {
    this.#pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] = value;
  }
  protected forget(): void {}
}

class Int32Column extends Column<number> {
  readonly #pages: Int32Array[] = [];
  override get numbers(): readonly Int32Array[] {
    return this.#pages;
  }
  get(slot: number): number {
    return this.#pages[slot >>> PAGE_BITS]![slot & PAGE_MASK]!;
  }
  protected addPage(): void {
    this.#pages.push(new Int32Array(PAGE_SIZE));
  }
  protected write(slot: number, value: number): void {
    // The array would wrap the value silently.
    if ((value | 0) !== value) throw notInt32(value);
    this.#pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] = value;
  }
  protected forget(): void {}
}

class BooleanColumn extends Column<boolean> {
  readonly #pages: Uint8Array[] = [];
  override get numbers(): readonly Uint8Array[] {
    return this.#pages;
  }
  get(slot: number): boolean {
    return this.#pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] === 1;
  }
  protected addPage(): void {
    this.#pages.push(new Uint8Array(PAGE_SIZE));
  }
  protected write(slot: number, value: boolean): void {
    this.#pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] = value ? 1 : 0;
  }
  protected forget(): void {}
}

export class ObjectColumn<T> extends Column<T> {
  readonly #pages: (T | undefined)[][] = [];
  get(slot: number): T {
    // Whoever gets an object may change it, and only then say so.
    if (this.copyOnWrite !== null) this.copyOnWrite.touch(slot);
    return this.#pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] as T;
  }
  protected addPage(): void {
    this.#pages.push(new Array<T | undefined>(PAGE_SIZE).fill(undefined));
  }
  protected write(slot: number, value: T): void {
    this.#pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] = value;
  }
  protected forget(slot: number): void {
    this.#pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] = undefined; // else it would never be collected
  }
}

/** A text that was cut from a decoded batch would keep the whole batch's text alive for as long as it is in state. */
class StringColumn extends ObjectColumn<string> {
  protected override write(slot: number, value: string): void {
    super.write(slot, detach(value));
  }
}

/** Structs, lists and so on, with strings somewhere inside. */
class TextHoldingColumn<T> extends ObjectColumn<T> {
  readonly #detach: Detacher;
  constructor(detacher: Detacher) {
    super();
    this.#detach = detacher;
  }
  protected override write(slot: number, value: T): void {
    super.write(slot, this.#detach(value, !this.has(slot)) as T);
  }
}

/** int64 stays with the objects: a BigInt64Array allocates a bigint on every read. */
export function createColumn<T>(layout: ColumnKind, schema: Schema): Column<T> {
  switch (layout) {
    case 'float64':
      return new Float64Column() as unknown as Column<T>;
    case 'int32':
      return new Int32Column() as unknown as Column<T>;
    case 'bool':
      return new BooleanColumn() as unknown as Column<T>;
    case 'string':
      return new StringColumn() as unknown as Column<T>;
    case 'float32':
    case 'int64':
      return new ObjectColumn<T>();
    case 'object': {
      const detacher = detacherOf(schema);
      return detacher ? new TextHoldingColumn<T>(detacher) : new ObjectColumn<T>();
    }
  }
}
