/** Key → dense slot, by the kind of key. Slots address the columns that hold the states of a key. */
import type { Schema } from '../../../plugins/api/schema.js';
import { detach } from '../../contract/detached-string.js';
import { structuralEquality } from '../../contract/key-equality.js';
import { keyHasher } from '../../contract/key-hash.js';
import { DenseKeys } from './dense-keys.js';
import {
  Float64Pages,
  Int32Pages,
  ObjectPages,
  PAGE_BITS,
  PAGE_MASK,
  PAGE_SIZE,
  SlotAllocator,
} from './pages.js';
import { SlotTable, spread, spreadNumber } from './slot-table.js';

export interface KeyIndex<K> {
  /** Slot of the key, or -1. */
  find(key: K): number;
  /** The key must be absent. */
  insert(key: K): number;
  remove(slot: number): void;
  keyOf(slot: number): K;
  readonly size: number;
}

export function createKeyIndex(schema: Schema): KeyIndex<unknown> {
  switch (schema.kind) {
    case 'int32':
    case 'float32':
    case 'float64':
    case 'timestamp':
      return new NumberKeyIndex() as KeyIndex<unknown>;
    case 'string':
      return new StringKeyIndex() as KeyIndex<unknown>;
    case 'bool':
    case 'int64':
    case 'bigint':
    case 'decimal':
    case 'enum':
    case 'null':
    case 'undefined':
      return new PrimitiveKeyIndex();
    case 'nullable':
      return isPrimitive(schema.of) ? new PrimitiveKeyIndex() : new StructuralKeyIndex(schema);
    case 'bytes':
    case 'date':
    case 'struct':
    case 'list':
    case 'tuple':
    case 'map':
    case 'set':
    case 'record':
    case 'union':
    case 'recursive':
    case 'ref':
    case 'json':
      return new StructuralKeyIndex(schema);
  }
}

/** Values that a JavaScript Map compares as keys the way the schema does. */
export function isPrimitive(schema: Schema): boolean {
  switch (schema.kind) {
    case 'nullable':
      return isPrimitive(schema.of);
    case 'bool':
    case 'string':
    case 'int32':
    case 'int64':
    case 'bigint':
    case 'float32':
    case 'float64':
    case 'decimal':
    case 'timestamp':
    case 'enum':
    case 'null':
    case 'undefined':
      return true;
    case 'bytes':
    case 'date':
    case 'struct':
    case 'list':
    case 'tuple':
    case 'map':
    case 'set':
    case 'record':
    case 'union':
    case 'recursive':
    case 'ref':
    case 'json':
      return false;
  }
}

/** HOT: bench/micro/keyed-state.ts */
export class NumberKeyIndex extends SlotTable implements KeyIndex<number> {
  readonly #keys = new Float64Pages();
  readonly #dense = new DenseKeys();
  readonly #slots = new SlotAllocator();
  /** NaN is one key, but never equal to itself. */
  #nan = -1;

  /** by slot */
  get keyPages(): readonly Float64Array[] {
    return this.#keys.pages;
  }
  find(key: number): number {
    const page = this.#dense.pageOf(key);
    if (page !== undefined) return page[key & PAGE_MASK]! - 1;
    if (key !== key) return this.#nan;
    const hash = spreadNumber(key);
    const segment = this.directory[hash >>> this.shift]!;
    const table = segment.table;
    const mask = segment.mask;
    const pages = this.#keys.pages;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const slot = table[i]! - 1;
      if (slot < 0) return -1;
      if (pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] === key) return slot;
    }
  }
  insert(key: number): number {
    const slot = this.#slots.allocate();
    this.#keys.set(slot, key + 0); // -0 + 0 is 0
    const page = this.#dense.pageOf(key);
    if (page !== undefined) {
      page[key & PAGE_MASK] = slot + 1;
      this.size++;
    } else if (key !== key) {
      this.#nan = slot;
      this.size++;
    } else this.add(spreadNumber(key), slot);
    if (this.#dense.added(key)) this.#toPage(key);
    return slot;
  }
  remove(slot: number): void {
    const key = this.#keys.get(slot);
    const page = this.#dense.pageOf(key);
    if (page !== undefined) {
      page[key & PAGE_MASK] = 0;
      this.size--;
    } else if (slot === this.#nan) {
      this.#nan = -1;
      this.size--;
    } else this.delete(this.hashOf(slot), slot);
    this.#slots.free(slot);
    if (this.#dense.removed(key)) this.#toTable(key);
  }
  /** The keys around this one have become dense. */
  #toPage(key: number): void {
    const page = new Int32Array(PAGE_SIZE);
    const first = key - (key & PAGE_MASK);
    for (let i = 0; i < PAGE_SIZE; i++) {
      const slot = this.find(first + i);
      if (slot < 0) continue;
      this.delete(spreadNumber(first + i), slot);
      page[i] = slot + 1;
      this.size++;
    }
    this.#dense.install(key, page);
  }
  /** Only few of the keys around this one are left. */
  #toTable(key: number): void {
    const page = this.#dense.dissolve(key);
    for (const entry of page) {
      if (entry === 0) continue;
      this.size--;
      this.add(this.hashOf(entry - 1), entry - 1);
    }
  }
  keyOf(slot: number): number {
    return this.#keys.get(slot);
  }
  protected override hashOf(slot: number): number {
    return spreadNumber(this.#keys.get(slot));
  }
}

/** A Map throws beyond 2^24 entries, and rehashing a large one takes long: one that is full gets another beside it. */
const FULL_MAP = 1 << 20;

/**
 * HOT: bench/state. Keys of records are fresh strings, whose hash V8 would have to compute as well, and a Map is asked
 * through a call. The factor is drawn, so that nobody can choose keys that collide.
 */
class StringKeyIndex extends SlotTable implements KeyIndex<string> {
  readonly #keys = new ObjectPages<string>();
  readonly #hashes = new Int32Pages();
  readonly #slots = new SlotAllocator();
  // ≡ 5 (mod 8): powers of it run through a quarter of all words before they repeat
  readonly #factor = ((Math.random() * 2 ** 29) << 3) | 5;

  find(key: string): number {
    const hash = this.#hash(key);
    const { table, mask } = this.directory[hash >>> this.shift]!;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const slot = table[i]! - 1;
      if (slot < 0) return -1;
      if (this.#hashes.get(slot) === hash && this.#keys.get(slot) === key) return slot;
    }
  }
  insert(key: string): number {
    const slot = this.#slots.allocate();
    const hash = this.#hash(key);
    this.#keys.set(slot, detach(key));
    this.#hashes.set(slot, hash);
    this.add(hash, slot);
    return slot;
  }
  remove(slot: number): void {
    this.delete(this.hashOf(slot), slot);
    this.#keys.set(slot, undefined);
    this.#slots.free(slot);
  }
  keyOf(slot: number): string {
    return this.#keys.get(slot);
  }
  protected override hashOf(slot: number): number {
    return this.#hashes.get(slot);
  }
  #hash(key: string): number {
    const factor = this.#factor;
    let h = 0;
    for (let i = 0; i < key.length; i++) h = (Math.imul(h, factor) + key.charCodeAt(i)) | 0;
    return spread(h);
  }
}

class PrimitiveKeyIndex implements KeyIndex<unknown> {
  readonly #maps: Map<unknown, number>[] = [new Map()];
  readonly #keys = new ObjectPages<unknown>();
  readonly #slots = new SlotAllocator();
  size = 0;

  find(key: unknown): number {
    for (let i = 0; i < this.#maps.length; i++) {
      const slot = this.#maps[i]!.get(key);
      if (slot !== undefined) return slot;
    }
    return -1;
  }
  insert(key: unknown): number {
    const slot = this.#slots.allocate();
    let room = this.#maps.find(map => map.size < FULL_MAP);
    if (!room) this.#maps.push((room = new Map()));
    room.set(key, slot);
    this.#keys.set(slot, key);
    this.size++;
    return slot;
  }
  remove(slot: number): void {
    for (const map of this.#maps) if (map.delete(this.#keys.get(slot))) break;
    this.#keys.set(slot, undefined);
    this.#slots.free(slot);
    this.size--;
  }
  keyOf(slot: number): unknown {
    return this.#keys.get(slot);
  }
}

/** Composite keys: hashed and compared field by field, never turned into a string. */
class StructuralKeyIndex extends SlotTable implements KeyIndex<unknown> {
  readonly #keys = new ObjectPages<unknown>();
  readonly #hashes = new Int32Pages();
  readonly #slots = new SlotAllocator();
  readonly #hash: (key: unknown) => number;
  readonly #equal: (a: unknown, b: unknown) => boolean;

  constructor(schema: Schema) {
    super();
    this.#hash = keyHasher(schema);
    this.#equal = structuralEquality(schema);
  }
  find(key: unknown): number {
    const hash = spread(this.#hash(key));
    const { table, mask } = this.directory[hash >>> this.shift]!;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const slot = table[i]! - 1;
      if (slot < 0) return -1;
      if (this.#hashes.get(slot) === hash && this.#equal(this.#keys.get(slot), key)) return slot;
    }
  }
  insert(key: unknown): number {
    const slot = this.#slots.allocate();
    const hash = spread(this.#hash(key));
    this.#keys.set(slot, key);
    this.#hashes.set(slot, hash);
    this.add(hash, slot);
    return slot;
  }
  remove(slot: number): void {
    this.delete(this.hashOf(slot), slot);
    this.#keys.set(slot, undefined);
    this.#slots.free(slot);
  }
  keyOf(slot: number): unknown {
    return this.#keys.get(slot);
  }
  protected override hashOf(slot: number): number {
    return this.#hashes.get(slot);
  }
}
