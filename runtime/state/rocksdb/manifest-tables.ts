/**
 * Which tables a database consists of, as its MANIFEST says: a log of edits, each of which adds and deletes files. Format:
 * db/log_format.h and db/version_edit.cc of RocksDB.
 */
const BLOCK = 32 << 10;
const HEADER = 7;

/** How a record is one of an edit's pieces. */
const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** Newer engines may add tags from here on: all that RocksDB 6 writes of them are length-prefixed. */
const IGNORABLE = 1 << 13;

/**
 * Numbers of the tables that the log says there are, ascending. Null: it ends in the middle of a record, or has something
 * in it that is not known here.
 */
export function tablesInManifest(log: Uint8Array): readonly number[] | null {
  const edits = editsOf(log);
  if (edits === null) return null;
  const tables = new Set<number>();
  for (const edit of edits) if (!new EditReader(edit).apply(tables)) return null;
  return [...tables].sort((a, b) => a - b);
}

function editsOf(log: Uint8Array): readonly Uint8Array[] | null {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const edits: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  for (let at = 0; at < log.length;) {
    // No header begins in the last bytes of a block.
    const left = BLOCK - (at % BLOCK);
    if (left < HEADER) {
      at += left;
      continue;
    }
    if (at + HEADER > log.length) return null;
    const length = view.getUint16(at + 4, true);
    const type = view.getUint8(at + 6);
    at += HEADER;
    if (type < FULL || type > LAST || at + length > log.length) return null;
    if ((type === FULL || type === FIRST) !== (pieces.length === 0)) return null;
    pieces.push(log.subarray(at, at + length));
    at += length;
    if (type === FIRST || type === MIDDLE) continue;
    edits.push(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
    pieces = [];
  }
  return pieces.length === 0 ? edits : null;
}

class EditReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  /** False when it cannot be read to its end. */
  apply(tables: Set<number>): boolean {
    while (this.#at < this.#bytes.length) if (!this.#field(this.#varint(), tables)) return false;
    return this.#at === this.#bytes.length;
  }
  #field(tag: number, tables: Set<number>): boolean {
    switch (tag) {
      case 1: // comparator
      case 201: // column family added
        this.#skipText();
        return true;
      case 2: // log number
      case 3: // next file number
      case 4: // last sequence number
      case 9: // previous log number
      case 10: // least log number to keep
      case 200: // column family
      case 203: // largest column family
      case 300: // edits left in an atomic group
        this.#varint();
        return true;
      case 202: // column family dropped
        return true;
      case 5: // where a compaction goes on: level, key
        this.#varint();
        this.#skipText();
        return true;
      case 6: // deleted file: level, number
        this.#varint();
        tables.delete(this.#varint());
        return true;
      case 7:
      case 100:
      case 102:
      case 103:
        this.#newFile(tag, tables);
        return true;
      default:
        if (tag < IGNORABLE) return false;
        this.#skipText();
        return true;
    }
  }
  /** Level, number, size, smallest and largest key and, by tag, more. */
  #newFile(tag: number, tables: Set<number>): void {
    this.#varint();
    tables.add(this.#varint());
    if (tag === 102) this.#varint();
    this.#varint();
    this.#skipText();
    this.#skipText();
    if (tag === 7) return;
    this.#varint();
    this.#varint();
    if (tag === 103) while (this.#varint() !== 1) this.#skipText();
  }
  /** Exact up to 2^53, which file numbers do not reach. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      // Beyond the end: 1 ends every loop, and the position tells.
      const byte = this.#bytes[this.#at++] ?? 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
  #skipText(): void {
    const length = this.#varint();
    this.#at += length;
  }
}
