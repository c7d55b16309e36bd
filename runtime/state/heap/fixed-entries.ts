import type { ColumnKind } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { keyGroupOf } from '../../contract/key-groups.js';
import { keyHasher } from '../../contract/key-hash.js';
import { PAGE_SIZE, type NumberPage } from './pages.js';
import type { EntryBlock } from './section-pass.js';

/** All key groups together; of one key group at most. */
const BUFFER_BYTES = 4 << 20;
const LARGEST_BLOCK = 32 << 10;
const SMALLEST_BLOCK = 1 << 10;

type Width = 'u8' | 'i32' | 'f32' | 'f64';
const widths: Readonly<Record<Width, number>> = { u8: 1, i32: 4, f32: 4, f64: 8 };

/** How entries of a fixed width are encoded; null: key or value has none, or is not kept in a typed array. */
export interface FixedLayout {
  readonly key: Width;
  readonly value: Width;
  readonly hash: (key: unknown) => number;
}
export function fixedLayout(keySchema: Schema, valueSchema: Schema, column: ColumnKind): FixedLayout | null {
  const key = keyWidth(keySchema);
  const value = valueWidth(valueSchema, column);
  return key && value && { key, value, hash: keyHasher(keySchema) };
}
function keyWidth({ kind }: Schema): Width | null {
  if (kind === 'int32') return 'i32';
  if (kind === 'float32') return 'f32';
  return kind === 'float64' || kind === 'timestamp' ? 'f64' : null;
}
function valueWidth({ kind }: Schema, column: ColumnKind): Width | null {
  if (column === 'int32' && kind === 'int32') return 'i32';
  if (column === 'bool' && kind === 'bool') return 'u8';
  return column === 'float64' && (kind === 'float64' || kind === 'timestamp') ? 'f64' : null;
}

/**
 * Encodes pages of keys and values as canonical entries, into a block for each key group: what the codecs write, without
 * a call for each entry.
 */
export class FixedEntries {
  readonly #layout: FixedLayout;
  readonly #maxParallelism: number;
  readonly #capacity: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** by key group: where its next entry goes */
  readonly #next: Int32Array;

  constructor(layout: FixedLayout, maxParallelism: number) {
    this.#layout = layout;
    this.#maxParallelism = maxParallelism;
    const share = Math.floor(BUFFER_BYTES / maxParallelism);
    this.#capacity = Math.min(Math.max(share, SMALLEST_BLOCK), LARGEST_BLOCK);
    // Key groups of other subtasks have a place too, but memory that is never touched does not exist.
    this.#bytes = new Uint8Array(this.#capacity * maxParallelism);
    this.#view = new DataView(this.#bytes.buffer);
    this.#next = Int32Array.from({ length: maxParallelism }, (_, keyGroup) => keyGroup * this.#capacity);
  }

  /** From slot `from` of the page on. The slot that found no room, or the size of a page. HOT: bench/checkpoints */
  encode(present: Uint8Array, keys: Float64Array, values: NumberPage, from: number): number {
    const { key: keyWidth, value: valueWidth, hash } = this.#layout;
    const maxParallelism = this.#maxParallelism;
    const capacity = this.#capacity;
    const room = capacity - widths[keyWidth] - widths[valueWidth];
    const next = this.#next;
    const view = this.#view;
    for (let slot = from; slot < PAGE_SIZE; slot++) {
      if (present[slot] === 0) continue;
      const key = keys[slot]!;
      const keyGroup = keyGroupOf(hash(key), maxParallelism);
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
