/**
 * Rows of the database as blocks of canonical entries, on their way from the store thread to a state file. The store
 * thread makes the entries, from bytes alone; what has expired can be told by codecs only, which the slot has, so rows
 * of states that are filtered travel as they are.
 */
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import { CanonicalRows } from './canonical-rows.js';
import type { Cursor } from './database.js';
import type { StoredState } from './state-directory.js';

const BLOCK_BYTES = 64 << 10;
/** Key group and state id u32, length u32, what follows u8. */
const HEADER_BYTES = 9;
const ENTRIES = 0;
const ROWS = 1;

export interface EntriesRequest {
  readonly states: readonly StoredState[];
  /** ids of states whose rows are wanted as they are */
  readonly asRows: readonly number[];
  /** rows of [from, to), in bytes as characters */
  readonly from: string;
  readonly to: string;
}
export interface Block {
  readonly keyGroup: number;
  readonly stateId: number;
  /** Whole canonical entries, or keys and values of rows, each behind its length. */
  readonly isEntries: boolean;
  readonly bytes: Uint8Array;
}

/** In the store thread. */
export class EntryPages {
  readonly #cursor: Cursor;
  readonly #states: ReadonlyMap<number, StoredState>;
  readonly #asRows: ReadonlySet<number>;
  readonly #to: Buffer;
  readonly #out = new ByteWriter(BLOCK_BYTES);
  #prefix = -1;
  /** of the block that is being written; -1: of none */
  #start = -1;
  #rows: CanonicalRows | null = null;

  constructor(cursor: Cursor, { states, asRows, from, to }: EntriesRequest) {
    this.#cursor = cursor;
    this.#states = new Map(states.map(state => [state.id, state]));
    this.#asRows = new Set(asRows);
    this.#to = Buffer.from(to, 'latin1');
    cursor.seek(Buffer.from(from, 'latin1'));
  }
  /** The next blocks, about so many bytes of them; none: that was all. HOT: bench/savepoints */
  async next(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const out = this.#out;
    out.reset();
    for (;;) {
      const isWhole = this.#rows === null || this.#rows.atBoundary;
      if (out.length >= bytes && isWhole) break;
      const ahead = this.#cursor.next();
      const row = ahead instanceof Promise ? await ahead : ahead;
      if (row === null || row.key.compare(this.#to) >= 0) {
        this.#finish();
        break;
      }
      const { key, value } = row;
      const prefix = key.readUInt32BE(0);
      if (prefix !== this.#prefix) this.#owner(prefix);
      const state = this.#states.get(prefix & 0xffff);
      if (state === undefined) continue;
      if (this.#start < 0 || (isWhole && out.length - this.#start >= BLOCK_BYTES)) this.#open();
      if (this.#rows) this.#rows.write(out, key, value);
      else {
        out.bytesValue(key);
        out.bytesValue(value);
      }
    }
    this.#close();
    return out.toBytes() as Uint8Array<ArrayBuffer>;
  }
  /** What the rows of a key group and state may still hold back. */
  #finish(): void {
    if (!this.#rows?.holdsBack) return;
    if (this.#start < 0) this.#open();
    this.#rows.finish(this.#out);
  }
  #owner(prefix: number): void {
    this.#finish();
    this.#close();
    this.#prefix = prefix;
    const state = this.#states.get(prefix & 0xffff);
    this.#rows = state && !this.#asRows.has(state.id) ? new CanonicalRows(state, null) : null;
  }
  #open(): void {
    this.#close();
    const out = this.#out;
    this.#start = out.length;
    out.i32(this.#prefix | 0);
    out.i32(0);
    out.u8(this.#rows ? ENTRIES : ROWS);
  }
  #close(): void {
    if (this.#start < 0) return;
    const { bytes, length } = this.#out;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(this.#start + 4, length - this.#start - HEADER_BYTES, true);
    this.#start = -1;
  }
}

/** In the slot: the blocks of a page. */
export function* blocksOf(page: Uint8Array): IterableIterator<Block> {
  const from = new ByteReader(page);
  while (from.remaining > 0) {
    const prefix = from.i32();
    const length = from.i32();
    const isEntries = from.u8() === ENTRIES;
    const at = from.take(length);
    yield {
      keyGroup: prefix >>> 16,
      stateId: prefix & 0xffff,
      isEntries,
      bytes: page.subarray(at, at + length),
    };
  }
}
