/** Keys of one window slice → dense slots 0, 1, 2, … in order of arrival. Nothing is ever removed but all at once. */
import type { Schema } from '../../../plugins/api/schema.js';
import { detach } from '../../contract/detached-string.js';
import { structuralEquality } from '../../contract/key-equality.js';
import { keyHasher } from '../../contract/key-hash.js';

export interface KeySlots<K> {
  /** Number of keys, and the slot that the next new key gets. */
  readonly size: number;
  /** Slot of the key, made if need be: it is new when it equals the size from before. */
  slotOf(key: K): number;
  /** -1 when the key is not there. */
  find(key: K): number;
  keyAt(slot: number): K;
  clear(): void;
}

/** NaN equals NaN and -0 equals 0, as in a JavaScript Map. */
export function keySlots<K>(schema: Schema): () => KeySlots<K> {
  if (isNumeric(schema)) {
    practise();
    return () => new NumberKeySlots() as unknown as KeySlots<K>;
  }
  if (isPrimitive(schema)) return () => new PrimitiveKeySlots<K>();
  return () => new StructuralKeySlots<K>(schema);
}

export function isNumeric(schema: Schema): boolean {
  switch (schema.kind) {
    case 'int32':
    case 'float32':
    case 'float64':
    case 'timestamp':
      return true;
    default:
      return false;
  }
}

/** Values that a Map tells apart as the key type does. */
function isPrimitive(schema: Schema): boolean {
  switch (schema.kind) {
    case 'bool':
    case 'string':
    case 'int64':
    case 'bigint':
    case 'decimal':
    case 'enum':
    case 'null':
    case 'undefined':
      return true;
    case 'nullable':
      return isNumeric(schema.of) || isPrimitive(schema.of);
    default:
      return false;
  }
}

const initialCapacity = 64;
const bits64 = new Float64Array(1);
const words = new Int32Array(bits64.buffer);
/** 2^32 divided by the golden ratio: spreads consecutive integers over the table. */
const golden = 0x9e3779b1 | 0;
/** Entries of the table in one cache line, less one. */
const neighbours = 15;

/**
 * Where the search for a key begins. Consecutive integers, which ids often are, share a cache line: those of one time
 * are looked up together. Lines are spread over the table, so that regular gaps between keys make no long runs.
 */
function home(key: number, shift: number): number {
  const integer = key | 0;
  if (integer === key)
    return ((Math.imul(integer >> 4, golden) >>> shift) & ~neighbours) | (integer & neighbours);
  bits64[0] = key;
  return Math.imul(words[0]! ^ Math.imul(words[1]!, golden), golden) >>> shift;
}

/** HOT: bench/micro/sliced-windows.ts. Open addressing with linear probing, at most half full. */
class NumberKeySlots implements KeySlots<number> {
  size = 0;
  /** slot + 1; 0 is empty */
  #table = new Int32Array(2 * initialCapacity);
  #keys = new Float64Array(initialCapacity);
  #shift = 32 - Math.log2(2 * initialCapacity);

  slotOf(key: number): number {
    const table = this.#table;
    const keys = this.#keys;
    const mask = table.length - 1;
    for (let at = home(key, this.#shift); ; at = (at + 1) & mask) {
      const slot = table[at]! - 1;
      if (slot < 0) return this.#insert(key, at);
      const known = keys[slot]!;
      if (known === key || (known !== known && key !== key)) return slot;
    }
  }

  find(key: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = home(key, this.#shift); ; at = (at + 1) & mask) {
      const slot = table[at]! - 1;
      if (slot < 0) return -1;
      const known = this.#keys[slot]!;
      if (known === key || (known !== known && key !== key)) return slot;
    }
  }

  keyAt(slot: number): number {
    return this.#keys[slot]!;
  }

  clear(): void {
    this.size = 0;
    this.#table.fill(0);
  }

  #insert(key: number, at: number): number {
    const slot = this.size++;
    if (slot === this.#keys.length) {
      this.#grow();
      at = this.#free(key);
    }
    this.#keys[slot] = key + 0; // -0 + 0 is 0
    this.#table[at] = slot + 1;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    this.#keys = new Float64Array(2 * keys.length);
    this.#keys.set(keys);
    this.#table = new Int32Array(2 * this.#table.length);
    this.#shift--;
    for (let slot = 0; slot < keys.length; slot++) this.#table[this.#free(keys[slot]!)] = slot + 1;
  }

  #free(key: number): number {
    const mask = this.#table.length - 1;
    let at = home(key, this.#shift);
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    return at;
  }
}

let practised = false;
/**
 * Shows V8 what else happens to keys than being new or found at once. Ids are dense, so that the first collision may come
 * long after the loops that look keys up have been compiled, and they would be compiled again.
 */
function practise(): void {
  if (practised) return;
  practised = true;
  const slots = new NumberKeySlots();
  // All of them want to be first in their cache line, and there are few lines.
  for (let n = 0; n < 2 * initialCapacity; n++) slots.slotOf(16 * n);
  for (let n = 0; n < 16; n++) slots.slotOf(NaN);
}

class PrimitiveKeySlots<K> implements KeySlots<K> {
  readonly #slots = new Map<K, number>();
  readonly #keys: K[] = [];

  get size(): number {
    return this.#keys.length;
  }
  slotOf(key: K): number {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#keys.length;
    const kept = typeof key === 'string' ? (detach(key) as K) : key;
    this.#slots.set(kept, slot);
    this.#keys.push(kept);
    return slot;
  }
  find(key: K): number {
    return this.#slots.get(key) ?? -1;
  }
  keyAt(slot: number): K {
    return this.#keys[slot]!;
  }
  clear(): void {
    this.#slots.clear();
    this.#keys.length = 0;
  }
}

/** Composite keys: open addressing over their hash codes, which are compared before the keys. */
class StructuralKeySlots<K> implements KeySlots<K> {
  readonly #hash: (key: unknown) => number;
  readonly #equal: (a: unknown, b: unknown) => boolean;
  readonly #keys: K[] = [];
  #hashes = new Int32Array(initialCapacity);
  /** slot + 1; 0 is empty */
  #table = new Int32Array(2 * initialCapacity);
  #shift = 32 - Math.log2(2 * initialCapacity);

  constructor(schema: Schema) {
    this.#hash = keyHasher(schema);
    this.#equal = structuralEquality(schema);
  }
  get size(): number {
    return this.#keys.length;
  }
  slotOf(key: K): number {
    const hash = this.#hash(key);
    const at = this.#locate(key, hash);
    const known = this.#table[at]! - 1;
    return known >= 0 ? known : this.#insert(key, hash, at);
  }
  find(key: K): number {
    return this.#table[this.#locate(key, this.#hash(key))]! - 1;
  }
  keyAt(slot: number): K {
    return this.#keys[slot]!;
  }
  clear(): void {
    this.#keys.length = 0;
    this.#table.fill(0);
  }

  /** Where the key is, or where it belongs. */
  #locate(key: K, hash: number): number {
    const mask = this.#table.length - 1;
    for (let at = Math.imul(hash, golden) >>> this.#shift; ; at = (at + 1) & mask) {
      const slot = this.#table[at]! - 1;
      if (slot < 0 || (this.#hashes[slot] === hash && this.#equal(this.#keys[slot], key))) return at;
    }
  }

  #insert(key: K, hash: number, at: number): number {
    const slot = this.#keys.length;
    if (slot === this.#hashes.length) {
      this.#grow();
      at = this.#locate(key, hash);
    }
    this.#keys.push(key);
    this.#hashes[slot] = hash;
    this.#table[at] = slot + 1;
    return slot;
  }

  #grow(): void {
    const hashes = this.#hashes;
    this.#hashes = new Int32Array(2 * hashes.length);
    this.#hashes.set(hashes);
    this.#table = new Int32Array(2 * this.#table.length);
    this.#shift--;
    const mask = this.#table.length - 1;
    for (let slot = 0; slot < hashes.length; slot++) {
      let at = Math.imul(hashes[slot]!, golden) >>> this.#shift;
      while (this.#table[at] !== 0) at = (at + 1) & mask;
      this.#table[at] = slot + 1;
    }
  }
}
