/** Puts and deletes on their way to the store: packed, because a message with an object per operation costs more. */
import { ByteWriter } from '../../contract/bytes.js';

const PUT = 0;
const DELETE = 1;
const DELETE_RANGE = 2;
/** bytes */
const SHORT = 64;

/** Keys are strings of one character per byte: a Map finds them, and their order is that of the bytes. */
export class WriteBatch {
  readonly #out = new ByteWriter(64 * 1024);
  readonly #value = new ByteWriter();
  count = 0;

  get bytes(): number {
    return this.#out.length;
  }
  /** Where the value of the next put is written; put() takes it from there. */
  value(): ByteWriter {
    this.#value.reset();
    return this.#value;
  }
  /** Puts what was written to value(). Returns its length. */
  put(key: string): number {
    const { length } = this.#value;
    this.#out.u8(PUT);
    this.#key(key);
    this.#out.varint(length);
    rawRange(this.#out, this.#value.bytes, 0, length);
    return length;
  }
  /** Puts a row whose key begins with characters and goes on with bytes. */
  putParts(
    prefix: string,
    key: Uint8Array,
    namespace: Uint8Array,
    marker: Uint8Array,
    value: Uint8Array,
  ): void {
    const out = this.#out;
    this.count++;
    out.u8(PUT);
    out.varint(prefix.length + key.length + namespace.length);
    out.latin1(prefix);
    out.raw(key);
    out.raw(namespace);
    out.varint(marker.length + value.length);
    out.raw(marker);
    out.raw(value);
  }
  /** Puts a row that lies in the bytes: the rest of its key in [start, end), and the value from there. */
  putRange(prefix: string, bytes: Uint8Array, start: number, end: number, endOfValue: number): void {
    const out = this.#out;
    this.count++;
    out.u8(PUT);
    out.varint(prefix.length + end - start);
    out.latin1(prefix);
    rawRange(out, bytes, start, end);
    out.varint(endOfValue - end);
    rawRange(out, bytes, end, endOfValue);
  }
  delete(key: string): void {
    this.#out.u8(DELETE);
    this.#key(key);
  }
  /** All keys that begin with the prefix. */
  deleteRange(prefix: string): void {
    this.#out.u8(DELETE_RANGE);
    this.#key(prefix);
  }
  /** The operations so far; the batch is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#out.toBytes() as Uint8Array<ArrayBuffer>;
    this.#out.reset();
    this.count = 0;
    return bytes;
  }
  #key(key: string): void {
    this.count++;
    this.#out.varint(key.length);
    this.#out.latin1(key);
  }
}

/** A part of the bytes; a short one is sooner copied than a view of it is made. */
function rawRange(out: ByteWriter, bytes: Uint8Array, start: number, end: number): void {
  const at = out.length;
  const length = end - start;
  if (length > SHORT || at + length > out.bytes.length) {
    out.raw(bytes.subarray(start, end));
    return;
  }
  out.length = at + length;
  const to = out.bytes;
  for (let i = 0; i < length; i++) to[at + i] = bytes[start + i]!;
}

/** The other end: what a batch says, in order. */
export class OperationReader {
  readonly bytes: Buffer;
  type: 'put' | 'delete' | 'deleteRange' = 'put';
  /** Where the key begins and ends. */
  key = 0;
  endOfKey = 0;
  /** Where the value of a put begins. It ends where the next operation begins. */
  value = 0;
  /** Where the next operation begins. */
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  next(): boolean {
    if (this.position >= this.bytes.length) return false;
    const type = this.bytes[this.position++]!;
    const keyBytes = this.#length();
    this.key = this.position;
    this.endOfKey = this.position += keyBytes;
    if (type === PUT) {
      this.type = 'put';
      const valueBytes = this.#length();
      this.value = this.position;
      this.position += valueBytes;
    } else this.type = type === DELETE ? 'delete' : 'deleteRange';
    return true;
  }
  /** Views into the bytes. The key of a deleteRange is a prefix. */
  keyBytes(): Buffer {
    return this.bytes.subarray(this.key, this.endOfKey);
  }
  valueBytes(): Buffer {
    return this.bytes.subarray(this.value, this.position);
  }
  #length(): number {
    const { bytes } = this;
    let length = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[this.position++]!;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) return length;
    }
  }
}

/**
 * The operations on rows of some key groups, with the ids of states as `ids` says; ids that it does not know stay. Changes
 * the bytes.
 */
export function operationsWithin(
  bytes: Uint8Array,
  firstKeyGroup: number,
  lastKeyGroup: number,
  ids: ReadonlyMap<number, number>,
): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(bytes.length);
  const operation = new OperationReader(bytes);
  let run = 0;
  for (let start = 0; operation.next(); start = operation.position) {
    const { key } = operation;
    const keyGroup = operation.bytes.readUInt16BE(key);
    if (keyGroup < firstKeyGroup || keyGroup > lastKeyGroup) {
      out.raw(bytes.subarray(run, start));
      run = operation.position;
      continue;
    }
    const id = ids.get(operation.bytes.readUInt16BE(key + 2));
    if (id !== undefined) operation.bytes.writeUInt16BE(id, key + 2);
  }
  out.raw(bytes.subarray(run));
  return out.toBytes() as Uint8Array<ArrayBuffer>;
}

/** The first key after all that begin with the prefix; null: there is none. */
export function prefixEnd(prefix: Buffer): Buffer | null {
  const end = Buffer.from(prefix);
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i]! === 0xff) continue;
    end[i]!++;
    return end.subarray(0, i + 1);
  }
  return null;
}
