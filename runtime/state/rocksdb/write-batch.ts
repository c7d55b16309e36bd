/** Puts and deletes on their way to the store: packed, because a message with an object per operation costs more. */
import { ByteWriter } from '../../contract/bytes.js';

const PUT = 0;
const DELETE = 1;
const DELETE_RANGE = 2;

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
    this.#out.raw(this.#value.bytes.subarray(0, length));
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
    out.raw(bytes.subarray(start, end));
    out.varint(endOfValue - end);
    out.raw(bytes.subarray(end, endOfValue));
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

/** The other end: what a batch says, in order. */
export class OperationReader {
  readonly #bytes: Buffer;
  #at = 0;
  type: 'put' | 'delete' | 'deleteRange' = 'put';
  /** Views into the bytes. The value is that of a put, the key of a deleteRange a prefix. */
  key!: Buffer;
  value!: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  /** Where the next operation begins. */
  get position(): number {
    return this.#at;
  }
  next(): boolean {
    if (this.#at >= this.#bytes.length) return false;
    const type = this.#bytes[this.#at++]!;
    this.key = this.#part();
    if (type === PUT) {
      this.type = 'put';
      this.value = this.#part();
    } else this.type = type === DELETE ? 'delete' : 'deleteRange';
    return true;
  }
  #part(): Buffer {
    let length = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++]!;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return this.#bytes.subarray(this.#at, (this.#at += length));
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
    const keyGroup = key.readUInt16BE(0);
    if (keyGroup < firstKeyGroup || keyGroup > lastKeyGroup) {
      out.raw(bytes.subarray(run, start));
      run = operation.position;
      continue;
    }
    const id = ids.get(key.readUInt16BE(2));
    if (id !== undefined) key.writeUInt16BE(id, 2);
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
