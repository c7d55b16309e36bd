/**
 * Canonical entries as rows of the database, from their bytes: a row holds the canonical form of its contents already,
 * and only where an entry's parts end has to be found. The opposite of canonical-rows.ts.
 */
import type { Schema } from '../../../plugins/api/schema.js';
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { KeyedSection, SectionSchema } from '../../contract/state.js';
import { parseSchema } from '../schema/parse-schema.js';
import { schemaCodec } from '../schema/schema-codec.js';
import { skipperOf } from '../schema/skip-value.js';
import { canonicalKey } from './canonical-key.js';
import { keyGroupText, stateIdText } from './key-context.js';
import { chunkText, INLINE, LARGEST_INLINE, SPREAD } from './list-table.js';
import { timestampText } from './sortable-timestamp.js';
import type { WriteBatch } from './write-batch.js';

type Skip = (from: ByteReader) => void;
/** Numbers per entry. */
const PLACES = 4;

/**
 * Maps, of which one may come as several entries, and what operators lay out themselves are not among them; they become
 * rows when the operator has registered the state.
 */
export function haveEntryRows(kind: KeyedSection['kind'], schema: SectionSchema): boolean {
  return kind !== 'map' && schema.layout === '' && schema.key !== null;
}

export class EntryRows {
  readonly #kind: KeyedSection['kind'];
  readonly #idText: string;
  readonly #key: Skip;
  readonly #namespace: Skip | null;
  readonly #value: Skip;
  readonly #times: boolean;
  /** Keys that are equal may have come with different bytes. */
  readonly #rewrite: ((key: Uint8Array) => Uint8Array) | null;
  /** Whether those of the key that begins there need not be rewritten. */
  readonly #isCanonical: (entries: Uint8Array, at: number) => boolean;
  /** Of each entry: where its key begins, where it ends, where the namespace ends, where the contents end. */
  #places = new Int32Array(1024 * PLACES);

  constructor(id: number, kind: KeyedSection['kind'], schema: SectionSchema) {
    this.#kind = kind;
    this.#idText = stateIdText(id);
    const key = parseSchema(schema.key!);
    this.#key = skipperOf(key);
    this.#namespace = schema.namespace === null ? null : skipperOf(parseSchema(schema.namespace));
    this.#value = skipperOf(parseSchema(schema.value));
    this.#times = schema.times;
    this.#rewrite = rewriterOf(key);
    this.#isCanonical = canonicalTest(key, this.#rewrite);
  }

  /** `blocks`: whole entries of one key group. `send` is called when there is something in the batch. */
  write(batch: WriteBatch, keyGroup: number, blocks: readonly Uint8Array[], send: () => void): void {
    const prefix = keyGroupText(keyGroup) + this.#idText;
    const entries = blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
    const count = this.#find(entries);
    const places = this.#places;
    const isSingle = this.#kind !== 'timer' && this.#kind !== 'list';
    const order = this.#kind === 'timer' ? null : inOrder(entries, places, count);
    for (let k = 0; k < count; k++) {
      const at = (order === null ? k : order[k]!) * PLACES;
      const start = places[at]!;
      const end = places[at + 2]!;
      // Mostly a row is the entry as it is, behind a prefix.
      if (isSingle && this.#isCanonical(entries, start))
        batch.putRange(prefix, entries, start, end, places[at + 3]!);
      else this.#row(batch, prefix, entries, start, places[at + 1]!, end);
      send();
    }
  }
  /** Fills in the places. Returns how many entries there are. */
  #find(entries: Uint8Array): number {
    let places = this.#places;
    let at = 0;
    for (const from = new ByteReader(entries); from.remaining > 0;) {
      if (at === places.length) {
        places = new Int32Array(2 * at);
        places.set(this.#places);
        this.#places = places;
      }
      places[at++] = from.position;
      this.#key(from);
      places[at++] = from.position;
      this.#namespace?.(from);
      places[at++] = from.position;
      this.#skipContents(from);
      places[at++] = from.position;
    }
    return at / PLACES;
  }
  #skipContents(from: ByteReader): void {
    if (this.#kind === 'timer') from.take(8);
    else for (let left = this.#kind === 'list' ? from.varint() : 1; left > 0; left--) this.#element(from);
  }
  #row(
    batch: WriteBatch,
    prefix: string,
    entries: Uint8Array,
    start: number,
    endOfKey: number,
    end: number,
  ): void {
    const stored = entries.subarray(start, endOfKey);
    const key = this.#rewrite ? this.#rewrite(stored) : stored;
    const namespace = this.#namespace ? entries.subarray(endOfKey, end) : empty;
    const from = new ByteReader(entries, end);
    if (this.#kind === 'timer')
      batch.putParts(prefix + timestampText(from.f64()), key, namespace, empty, empty);
    else if (this.#kind === 'list') this.#list(batch, prefix, key, namespace, from);
    else {
      this.#element(from);
      batch.putParts(prefix, key, namespace, empty, entries.subarray(end, from.position));
    }
  }
  #list(batch: WriteBatch, prefix: string, key: Uint8Array, namespace: Uint8Array, from: ByteReader): void {
    const start = from.position;
    const count = from.varint();
    const elements = from.position;
    for (let left = count; left > 0; left--) this.#element(from);
    const { bytes } = from;
    if (from.position - elements <= LARGEST_INLINE) {
      batch.putParts(prefix, key, namespace, inline, bytes.subarray(start, from.position));
      return;
    }
    const head = batch.value();
    head.u8(SPREAD);
    head.varint(1);
    head.varint(count);
    const row = prefix + latin1(key) + latin1(namespace);
    batch.put(row);
    batch.value().raw(bytes.subarray(elements, from.position));
    batch.put(row + chunkText(0));
  }
  #element(from: ByteReader): void {
    this.#value(from);
    if (this.#times) from.take(8);
  }
}

/**
 * Entries in about the order of their keys: what is put in order costs the database half of what it costs otherwise.
 * Four bytes of each key and its number make one exact double. Null: as they are, which rows of a database come in.
 */
function inOrder(entries: Uint8Array, places: Int32Array, count: number): Int32Array | null {
  if (count > 1 << 20) return null;
  const at = firstDifference(entries, places, count);
  const order = new Float64Array(count);
  let last = -1;
  let isOrdered = true;
  for (let i = 0; i < count; i++) {
    const end = places[i * PLACES + 1]!;
    let bytes = 0;
    for (let from = places[i * PLACES]! + at, left = 4; left > 0; left--, from++)
      bytes = bytes * 256 + (from < end ? entries[from]! : 0);
    if (bytes < last) isOrdered = false;
    last = bytes;
    order[i] = bytes * 2 ** 20 + i;
  }
  if (isOrdered) return null;
  order.sort();
  const numbers = new Int32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = order[i]! % 2 ** 20;
  return numbers;
}
/** How many bytes all keys begin with. */
function firstDifference(entries: Uint8Array, places: Int32Array, count: number): number {
  const start = places[0]!;
  let common = places[1]! - start;
  for (let i = 1; i < count && common > 0; i++) {
    const other = places[i * PLACES]!;
    common = Math.min(common, places[i * PLACES + 1]! - other);
    for (let k = 0; k < common; k++) if (entries[start + k] !== entries[other + k]) common = k;
  }
  return common;
}

const empty = new Uint8Array(0);
const inline = Uint8Array.of(INLINE);

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function rewriterOf(schema: Schema): ((key: Uint8Array) => Uint8Array) | null {
  const canonical = canonicalKey(schema);
  if (canonical === null) return null;
  const codec = schemaCodec(schema);
  const out = new ByteWriter(64);
  const rewrite = (key: Uint8Array): Uint8Array => {
    out.reset();
    codec.write(out, canonical(codec.read(new ByteReader(key))));
    return out.bytes.subarray(0, out.length);
  };
  if (schema.kind !== 'float64' && schema.kind !== 'timestamp') return rewrite;
  return key => (isCanonicalNumber(key, 0) ? key : rewrite(key));
}
function canonicalTest(
  { kind }: Schema,
  rewrite: ((key: Uint8Array) => Uint8Array) | null,
): (entries: Uint8Array, at: number) => boolean {
  if (kind === 'float64' || kind === 'timestamp') return isCanonicalNumber;
  return rewrite === null ? () => true : () => false;
}
/** Nearly all numbers are: only -0 and NaN with other bits are not. */
function isCanonicalNumber(bytes: Uint8Array, at: number): boolean {
  const top = (bytes[at + 7]! << 8) | bytes[at + 6]!;
  return top !== 0x8000 && (top & 0x7ff0) !== 0x7ff0;
}
