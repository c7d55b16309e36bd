/** Keys of one window slice → dense slots 0, 1, 2, … in order of arrival. Nothing is ever removed but all at once. */
import type { Schema } from '../../../plugins/api/schema.js';
import { ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import type { KeyType } from '../../contract/state.js';

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
export function keySlots<K>(type: KeyType): () => KeySlots<K> {
  const { schema, codec } = type;
  if (isNumeric(schema)) return () => new NumberKeySlots() as unknown as KeySlots<K>;
  if (isPrimitive(schema)) return () => new PrimitiveKeySlots<K>();
  return () => new EncodedKeySlots<K>(codec as ValueCodec<K>);
}

function isNumeric(schema: Schema): boolean {
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

function spread(key: number): number {
  const integer = key | 0;
  if (integer === key) return Math.imul(integer, golden);
  bits64[0] = key;
  return Math.imul(words[0]! ^ Math.imul(words[1]!, golden), golden);
}

/** HOT: bench/micro/sliced-windows.ts. Open addressing with linear probing, at most half full. */
export class NumberKeySlots implements KeySlots<number> {
  size = 0;
  /** slot + 1; 0 is empty */
  #table = new Int32Array(2 * initialCapacity);
  #keys = new Float64Array(initialCapacity);
  #shift = 32 - Math.log2(2 * initialCapacity);

  slotOf(key: number): number {
    const table = this.#table;
    const keys = this.#keys;
    const mask = table.length - 1;
    for (let at = spread(key) >>> this.#shift; ; at = (at + 1) & mask) {
      const slot = table[at]! - 1;
      if (slot < 0) return this.#insert(key, at);
      const known = keys[slot]!;
      if (known === key || (known !== known && key !== key)) return slot;
    }
  }

  find(key: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = spread(key) >>> this.#shift; ; at = (at + 1) & mask) {
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
    let at = spread(key) >>> this.#shift;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    return at;
  }
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
    this.#slots.set(key, slot);
    this.#keys.push(key);
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

/** Composite keys are equal when their encodings are. */
class EncodedKeySlots<K> implements KeySlots<K> {
  readonly #codec: ValueCodec<K>;
  readonly #writer = new ByteWriter(64);
  readonly #slots = new Map<string, number>();
  readonly #keys: K[] = [];

  constructor(codec: ValueCodec<K>) {
    this.#codec = codec;
  }
  get size(): number {
    return this.#keys.length;
  }
  slotOf(key: K): number {
    const encoded = this.#encode(key);
    const known = this.#slots.get(encoded);
    if (known !== undefined) return known;
    const slot = this.#keys.length;
    this.#slots.set(encoded, slot);
    this.#keys.push(key);
    return slot;
  }
  find(key: K): number {
    return this.#slots.get(this.#encode(key)) ?? -1;
  }
  keyAt(slot: number): K {
    return this.#keys[slot]!;
  }
  clear(): void {
    this.#slots.clear();
    this.#keys.length = 0;
  }
  #encode(key: K): string {
    const writer = this.#writer;
    writer.reset();
    this.#codec.write(writer, key);
    let text = '';
    for (let i = 0; i < writer.length; i++) text += String.fromCharCode(writer.bytes[i]!);
    return text;
  }
}
