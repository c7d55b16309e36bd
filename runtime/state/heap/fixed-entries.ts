import type { ColumnKind } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { keyGroupOf } from '../../contract/key-groups.js';
import { hashFloat64, keyHasher } from '../../contract/key-hash.js';
import { PAGE_SIZE, type NumberPage } from './pages.js';
import type { EntryBlock } from './section-pass.js';

/** All key groups together; of one key group at most. */
const BUFFER_BYTES = 4 << 20;
const LARGEST_BLOCK = 32 << 10;
const SMALLEST_BLOCK = 1 << 10;

type Width = 'u8' | 'i32' | 'f32' | 'f64';
const widths: Readonly<Record<Width, number>> = { u8: 1, i32: 4, f32: 4, f64: 8 };

type NumberKey = 'int32' | 'float32' | 'float64' | 'timestamp';
const keyWidths: Readonly<Record<NumberKey, Width>> = {
  int32: 'i32',
  float32: 'f32',
  float64: 'f64',
  timestamp: 'f64',
};

/** How entries of a fixed width are encoded. Plain data. */
export interface FixedLayout {
  readonly key: NumberKey;
  readonly value: Width;
}
/** null: key or value has no fixed width, or is not kept in a typed array */
export function fixedLayout(keySchema: Schema, valueSchema: Schema, column: ColumnKind): FixedLayout | null {
  const { kind: key } = keySchema;
  const value = valueWidth(valueSchema, column);
  return value && isNumberKey(key) ? { key, value } : null;
}
function isNumberKey(kind: string): kind is NumberKey {
  return kind in keyWidths;
}
function valueWidth({ kind }: Schema, column: ColumnKind): Width | null {
  if (column === 'int32' && kind === 'int32') return 'i32';
  if (column === 'bool' && kind === 'bool') return 'u8';
  return column === 'float64' && (kind === 'float64' || kind === 'timestamp') ? 'f64' : null;
}

/** What pages of the layout's values are. */
export function pageTypeOf({ value }: FixedLayout): PageType {
  if (value === 'f64') return Float64Array;
  return value === 'i32' ? Int32Array : Uint8Array;
}
type PageType = new (buffer: ArrayBuffer, offset: number, length: number) => NumberPage;

/** Typed arrays are in the byte order of the machine, entries are little endian. */
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Encodes pages of keys and values as canonical entries, into a block for each key group: what the codecs write, without
 * a call for each entry.
 */
export class FixedEntries {
  readonly #key: Width;
  readonly #value: Width;
  readonly #hash: ((key: unknown) => number) | null;
  readonly #maxParallelism: number;
  readonly #capacity: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #numbers: Float64Array;
  /** of the page's slots */
  readonly #keyGroups = new Uint16Array(PAGE_SIZE);
  /** by key group: where its next entry goes */
  readonly #next: Int32Array;

  constructor(layout: FixedLayout, maxParallelism: number) {
    this.#key = keyWidths[layout.key];
    this.#value = layout.value;
    this.#hash = layout.key === 'float64' ? null : keyHasher({ kind: layout.key });
    this.#maxParallelism = maxParallelism;
    const share = Math.floor(BUFFER_BYTES / maxParallelism);
    this.#capacity = Math.min(Math.max(share, SMALLEST_BLOCK), LARGEST_BLOCK) & ~15;
    // Key groups of other subtasks have a place too, but memory that is never touched does not exist.
    this.#bytes = new Uint8Array(this.#capacity * maxParallelism);
    this.#view = new DataView(this.#bytes.buffer);
    this.#numbers = new Float64Array(this.#bytes.buffer);
    this.#next = Int32Array.from({ length: maxParallelism }, (_, keyGroup) => keyGroup * this.#capacity);
  }

  /**
   * From slot `from` of the page on; what is not 0 continues the page of the last call. The slot that found no room, or
   * the size of a page. HOT: bench/checkpoints
   */
  encode(present: Uint8Array, keys: Float64Array, values: NumberPage, from: number): number {
    if (from === 0) this.#setKeyGroups(keys);
    return isLittleEndian && this.#key === 'f64' && this.#value === 'f64'
      ? this.#encodeNumbers(present, keys, values, from)
      : this.#encodeAny(present, keys, values, from);
  }
  #setKeyGroups(keys: Float64Array): void {
    const hash = this.#hash;
    const maxParallelism = this.#maxParallelism;
    const keyGroups = this.#keyGroups;
    if (hash === null)
      for (let slot = 0; slot < PAGE_SIZE; slot++)
        keyGroups[slot] = keyGroupOf(hashFloat64(keys[slot]!), maxParallelism);
    else
      for (let slot = 0; slot < PAGE_SIZE; slot++)
        keyGroups[slot] = keyGroupOf(hash(keys[slot]!), maxParallelism);
  }
  #encodeNumbers(present: Uint8Array, keys: Float64Array, values: NumberPage, from: number): number {
    const capacity = this.#capacity;
    const next = this.#next;
    const numbers = this.#numbers;
    const keyGroups = this.#keyGroups;
    for (let slot = from; slot < PAGE_SIZE; slot++) {
      if (present[slot] === 0) continue;
      const keyGroup = keyGroups[slot]!;
      const at = next[keyGroup]!;
      if (at === (keyGroup + 1) * capacity) return slot;
      numbers[at >>> 3] = keys[slot]!;
      numbers[(at >>> 3) + 1] = values[slot]!;
      next[keyGroup] = at + 16;
    }
    return PAGE_SIZE;
  }
  #encodeAny(present: Uint8Array, keys: Float64Array, values: NumberPage, from: number): number {
    const keyWidth = this.#key;
    const valueWidth = this.#value;
    const capacity = this.#capacity;
    const room = capacity - widths[keyWidth] - widths[valueWidth];
    const next = this.#next;
    const view = this.#view;
    const keyGroups = this.#keyGroups;
    for (let slot = from; slot < PAGE_SIZE; slot++) {
      if (present[slot] === 0) continue;
      const key = keys[slot]!;
      const keyGroup = keyGroups[slot]!;
      let at = next[keyGroup]!;
      if (at - keyGroup * capacity > room) return slot;
      if (keyWidth === 'f64') {
        view.setFloat64(at, key, true);
        at += 8;
      } else {
        if (keyWidth === 'i32') view.setInt32(at, key, true);
        else view.setFloat32(at, key, true);
        at += 4;
      }
      const value = values[slot]!;
      if (valueWidth === 'f64') {
        view.setFloat64(at, value, true);
        at += 8;
      } else if (valueWidth === 'i32') {
        view.setInt32(at, value, true);
        at += 4;
      } else view.setUint8(at++, value);
      next[keyGroup] = at;
    }
    return PAGE_SIZE;
  }

  /** Blocks with something in them, or only those that will soon be full. Their room is free from now on. */
  take(all: boolean): readonly EntryBlock[] {
    const blocks: EntryBlock[] = [];
    const least = all ? 1 : this.#capacity >> 1;
    for (let keyGroup = 0; keyGroup < this.#maxParallelism; keyGroup++) {
      const start = keyGroup * this.#capacity;
      const end = this.#next[keyGroup]!;
      if (end - start < least) continue;
      blocks.push({ keyGroup, entries: this.#bytes.subarray(start, end) });
      this.#next[keyGroup] = start;
    }
    return blocks;
  }
}
