/**
 * Rows of the database as entries of the canonical form, from their bytes alone: what a row holds already is the
 * canonical form of its contents, and its key ends with the entry's key and namespace.
 */
import { ByteReader, type ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import type { TtlClock } from '../ttl.js';
import { SPREAD } from './list-table.js';
import { ROW_PREFIX } from './key-context.js';
import { decodeTimestamp, TIMESTAMP_BYTES } from './sortable-timestamp.js';
import { PART_BYTES } from './spilled-rows.js';
import type { StoredState } from './state-directory.js';

/** Leaves out what has expired. Needs the codecs, to tell one element from the next. */
export interface ExpiryFilter {
  readonly ttl: TtlClock;
  readonly value: ValueCodec;
  readonly userKey: ValueCodec | null;
}

export class CanonicalRows {
  readonly #state: StoredState;
  readonly #filter: ExpiryFilter | null;
  /** of the large list or map whose rows are being read: key and namespace */
  #head: Buffer | null = null;
  /** of a large list that is filtered: its rows so far */
  #listRows: Uint8Array[] = [];
  #listRowsLeft = 0;
  /** of `lists`: one whose parts are being read */
  #list: {
    readonly row: Buffer;
    readonly key: Buffer;
    readonly start: number;
    readonly end: number;
    count: number;
    readonly parts: Uint8Array[];
  } | null = null;
  /** of slices: what the first row of the key group says */
  #firedUpTo = -Infinity;

  constructor(state: StoredState, filter: ExpiryFilter | null) {
    this.#state = state;
    this.#filter = filter;
  }
  /** False while an entry is not complete. */
  get atBoundary(): boolean {
    return this.#listRowsLeft === 0;
  }

  /** There are rows of which nothing is written yet. */
  get holdsBack(): boolean {
    return this.#list !== null;
  }
  /** After the last row of a key group. */
  finish(out: ByteWriter): void {
    const list = this.#list;
    if (list === null) return;
    this.#list = null;
    out.raw(list.key);
    out.f64(list.start);
    out.f64(list.end);
    out.varint(list.count);
    for (const part of list.parts) out.raw(part);
  }

  /** Rows must come in the order of the database. */
  write(out: ByteWriter, key: Buffer, value: Uint8Array): void {
    if (this.#state.packed) {
      out.raw(value);
      return;
    }
    if (this.#state.form === 'slices') {
      this.#slice(out, key, value);
      return;
    }
    if (this.#state.form === 'lists') {
      this.#part(out, key, value);
      return;
    }
    if (this.#state.form === 'sessions') {
      for (const from = new ByteReader(value); from.remaining > 0;) {
        const length = from.varint();
        const at = from.take(length);
        out.raw(key.subarray(ROW_PREFIX));
        out.raw(value.subarray(at, at + length));
      }
      return;
    }
    switch (this.#state.kind) {
      case 'timer':
        out.raw(key.subarray(ROW_PREFIX + TIMESTAMP_BYTES));
        out.f64(decodeTimestamp(key.toString('latin1', ROW_PREFIX, ROW_PREFIX + TIMESTAMP_BYTES)));
        return;
      case 'value':
      case 'reducing':
      case 'aggregating':
        if (this.#hasExpired(value)) return;
        out.raw(key.subarray(ROW_PREFIX));
        out.raw(value);
        return;
      case 'list':
      case 'map':
        this.#collection(out, key.subarray(ROW_PREFIX), value);
        return;
    }
  }

  #slice(out: ByteWriter, key: Buffer, value: Uint8Array): void {
    const from = new ByteReader(value);
    const firedUpTo = from.f64();
    if (key.length === ROW_PREFIX) {
      this.#firedUpTo = firedUpTo;
      return;
    }
    out.raw(key.subarray(ROW_PREFIX + TIMESTAMP_BYTES));
    out.f64(decodeTimestamp(key.toString('latin1', ROW_PREFIX, ROW_PREFIX + TIMESTAMP_BYTES)));
    out.f64(Math.max(firedUpTo, this.#firedUpTo));
    out.raw(value.subarray(from.position));
  }

  #part(out: ByteWriter, key: Buffer, value: Uint8Array): void {
    const row = key.subarray(ROW_PREFIX, key.length - PART_BYTES);
    const from = new ByteReader(value);
    const end = from.f64();
    const count = from.varint();
    if (this.#list === null || !row.equals(this.#list.row)) {
      this.finish(out);
      const start = decodeTimestamp(row.toString('latin1', 0, TIMESTAMP_BYTES));
      const copy = Buffer.from(row);
      this.#list = { row: copy, key: copy.subarray(TIMESTAMP_BYTES), start, end, count: 0, parts: [] };
    }
    this.#list.count += count;
    this.#list.parts.push(value.slice(from.position));
  }

  #collection(out: ByteWriter, key: Buffer, value: Uint8Array): void {
    const head = this.#head;
    if (head !== null && key.length > head.length && key.subarray(0, head.length).equals(head)) {
      if (this.#state.kind === 'list') this.#listRow(out, head, value);
      else if (!this.#hasExpired(value)) {
        out.raw(head);
        out.varint(1);
        out.raw(key.subarray(head.length));
        out.raw(value);
      }
      return;
    }
    this.#head = null;
    if (value[0] === SPREAD) {
      this.#head = Buffer.from(key);
      if (this.#state.kind === 'map') return;
      const from = new ByteReader(value, 1);
      this.#listRowsLeft = from.varint();
      this.#listRows = [];
      if (this.#filter) return;
      out.raw(key);
      out.varint(from.varint());
      return;
    }
    if (this.#filter) this.#filtered(out, key, [value.subarray(1)], true);
    else {
      out.raw(key);
      out.raw(value.subarray(1));
    }
  }
  #listRow(out: ByteWriter, head: Buffer, value: Uint8Array): void {
    this.#listRowsLeft--;
    if (!this.#filter) {
      out.raw(value);
      return;
    }
    this.#listRows.push(value.slice());
    if (this.#listRowsLeft > 0) return;
    this.#filtered(out, head, this.#listRows, false);
    this.#listRows = [];
  }

  /** A list, or a small map, without what has expired. */
  #filtered(out: ByteWriter, key: Uint8Array, parts: readonly Uint8Array[], counted: boolean): void {
    const { ttl, value, userKey } = this.#filter!;
    const now = ttl.now();
    const live: Uint8Array[] = [];
    for (const part of parts) {
      const from = new ByteReader(part);
      if (counted) from.varint();
      while (from.remaining > 0) {
        const start = from.position;
        userKey?.read(from);
        value.read(from);
        if (!ttl.isExpired(from.f64(), now)) live.push(part.subarray(start, from.position));
      }
    }
    if (live.length === 0) return;
    out.raw(key);
    out.varint(live.length);
    for (const element of live) out.raw(element);
  }
  #hasExpired(value: Uint8Array): boolean {
    if (!this.#filter) return false;
    const time = new ByteReader(value, value.length - 8).f64();
    return this.#filter.ttl.isExpired(time, this.#filter.ttl.now());
  }
}
