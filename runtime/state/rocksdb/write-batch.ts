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

export type StoreOperation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer }
  | { readonly type: 'delRange'; readonly prefix: Buffer };

/** The other end: what a batch says, in order. Views into its bytes. */
export function* operationsOf(bytes: Uint8Array): IterableIterator<StoreOperation> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const slice = (): Buffer => {
    let length = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = buffer[at++]!;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    const part = buffer.subarray(at, at + length);
    at += length;
    return part;
  };
  while (at < buffer.length) {
    const type = buffer[at++]!;
    const key = slice();
    if (type === PUT) yield { type: 'put', key, value: slice() };
    else if (type === DELETE) yield { type: 'del', key };
    else yield { type: 'delRange', prefix: key };
  }
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
