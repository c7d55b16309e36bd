/** Growing writer and bounds-checked reader for codecs. Multi-byte numbers are little endian; lengths are LEB128. */

export class CodecError extends Error {
  override readonly name = 'CodecError';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

export class ByteWriter {
  bytes: Uint8Array;
  #view: DataView;
  length = 0;

  constructor(initialCapacity = 256) {
    this.bytes = new Uint8Array(initialCapacity);
    this.#view = new DataView(this.bytes.buffer);
  }
  reset(): void {
    this.length = 0;
  }
  /** Copy of what was written. */
  toBytes(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
  #reserve(n: number): number {
    const at = this.length;
    if (at + n > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.bytes.length * 2, at + n));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.length = at + n;
    return at;
  }
  u8(v: number): void {
    const at = this.#reserve(1);
    this.bytes[at] = v;
  }
  i32(v: number): void {
    const at = this.#reserve(4);
    this.#view.setInt32(at, v, true);
  }
  f32(v: number): void {
    const at = this.#reserve(4);
    this.#view.setFloat32(at, v, true);
  }
  f64(v: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, v, true);
  }
  i64(v: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, v, true);
  }
  /** 0 ≤ v < 2^53 */
  varint(v: number): void {
    while (v >= 0x80) {
      this.u8((v % 0x80) | 0x80);
      v = Math.floor(v / 0x80);
    }
    this.u8(v);
  }
  /**
   * Any size. Zig-zag, so that small negative numbers are short: below 2^52 a varint of 2·z, else 2·n+1 with the
   * length of z in bytes, then z little endian.
   */
  bigint(v: bigint): void {
    if (v >= -0x8_0000_0000_0000n && v < 0x8_0000_0000_0000n) {
      const n = Number(v);
      this.varint((n < 0 ? -2 * n - 1 : 2 * n) * 2);
      return;
    }
    const zigzag = v < 0n ? -2n * v - 1n : 2n * v;
    const hex = zigzag.toString(16);
    const n = (hex.length + 1) >> 1;
    this.varint(2 * n + 1);
    const at = this.#reserve(n);
    for (let i = 0; i < n; i++) {
      const end = hex.length - 2 * i;
      this.bytes[at + i] = Number.parseInt(hex.slice(Math.max(end - 2, 0), end), 16);
    }
  }
  raw(v: Uint8Array): void {
    const at = this.#reserve(v.length);
    if (v.length > 32) this.bytes.set(v, at);
    else for (let i = 0; i < v.length; i++) this.bytes[at + i] = v[i]!; // sooner done than set() is called
  }
  /** One byte per character; all of them below 256. */
  latin1(v: string): void {
    const at = this.#reserve(v.length);
    if (v.length > 32) {
      Buffer.from(this.bytes.buffer, this.bytes.byteOffset + at, v.length).write(v, 'latin1');
      return;
    }
    for (let i = 0; i < v.length; i++) this.bytes[at + i] = v.charCodeAt(i);
  }
  bytesValue(v: Uint8Array): void {
    this.varint(v.length);
    this.raw(v);
  }
  /**
   * Length in UTF-8 bytes, then the bytes. Lone surrogates cannot be UTF-8 encoded without loss, so such
   * strings are written as UTF-16 behind a marker (length field 2·n+1; plain strings use 2·n).
   */
  string(v: string): void {
    if (v.length <= 64) {
      // One pass: most strings are short and ASCII, and this is what a snapshot of them consists of.
      const start = this.length;
      this.varint(v.length * 2);
      const at = this.#reserve(v.length);
      const { bytes } = this;
      let i = 0;
      for (; i < v.length; i++) {
        const c = v.charCodeAt(i);
        if (c > 0x7f) break;
        bytes[at + i] = c;
      }
      if (i === v.length) return;
      this.length = start;
    }
    if (v.isWellFormed?.() ?? wellFormed(v)) {
      const encoded = encoder.encode(v);
      this.varint(encoded.length * 2);
      this.raw(encoded);
      return;
    }
    this.varint(v.length * 2 + 1);
    const at = this.#reserve(v.length * 2);
    for (let i = 0; i < v.length; i++) this.#view.setUint16(at + 2 * i, v.charCodeAt(i), true);
  }
}

declare global {
  interface String {
    isWellFormed?(): boolean;
  }
}
function wellFormed(v: string): boolean {
  for (let i = 0; i < v.length; i++) {
    const c = v.charCodeAt(i);
    if (c < 0xd800 || c > 0xdfff) continue;
    if (c > 0xdbff) return false;
    const d = v.charCodeAt(++i);
    if (!(d >= 0xdc00 && d <= 0xdfff)) return false;
  }
  return true;
}

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  position: number;
  readonly end: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = from;
    this.end = to;
  }
  get remaining(): number {
    return this.end - this.position;
  }
  take(n: number): number {
    const at = this.position;
    if (n < 0 || at + n > this.end)
      throw new CodecError(`${n} bytes wanted at offset ${at}, ${this.end - at} left`);
    this.position = at + n;
    return at;
  }
  u8(): number {
    return this.bytes[this.take(1)]!;
  }
  i32(): number {
    return this.#view.getInt32(this.take(4), true);
  }
  f32(): number {
    return this.#view.getFloat32(this.take(4), true);
  }
  f64(): number {
    return this.#view.getFloat64(this.take(8), true);
  }
  i64(): bigint {
    return this.#view.getBigInt64(this.take(8), true);
  }
  varint(): number {
    let result = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (result > Number.MAX_SAFE_INTEGER) throw new CodecError('length does not fit');
      if (byte < 0x80) return result;
      if (scale > 2 ** 49) throw new CodecError('length is too long');
    }
  }
  bigint(): bigint {
    const marked = this.varint();
    if (marked % 2 === 0) {
      const zigzag = marked / 2;
      return BigInt(zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2);
    }
    const n = (marked - 1) / 2;
    const at = this.take(n);
    let hex = '0x0';
    for (let i = at + n - 1; i >= at; i--) hex += this.bytes[i]!.toString(16).padStart(2, '0');
    const zigzag = BigInt(hex);
    return zigzag % 2n === 0n ? zigzag / 2n : -(zigzag + 1n) / 2n;
  }
  /** Element count of a collection whose elements take at least `minBytes` each: bounded by what is left. */
  count(minBytes: number): number {
    const n = this.varint();
    if (n * Math.max(minBytes, 0) > this.remaining)
      throw new CodecError(`${n} elements announced, ${this.remaining} bytes left`);
    return n;
  }
  bytesValue(): Uint8Array {
    const n = this.varint();
    const at = this.take(n);
    return this.bytes.slice(at, at + n);
  }
  string(): string {
    const marked = this.varint();
    if (marked % 2 === 1) {
      const units = (marked - 1) / 2;
      const at = this.take(units * 2);
      let text = '';
      for (let i = 0; i < units; i++) text += String.fromCharCode(this.#view.getUint16(at + 2 * i, true));
      return text;
    }
    const n = marked / 2;
    const at = this.take(n);
    if (n < 32) {
      let text = '';
      for (let i = 0; i < n; i++) {
        const c = this.bytes[at + i]!;
        if (c > 0x7f) return this.#utf8(at, n);
        text += String.fromCharCode(c);
      }
      return text;
    }
    return this.#utf8(at, n);
  }
  #utf8(at: number, n: number): string {
    try {
      return utf8.decode(this.bytes.subarray(at, at + n));
    } catch {
      throw new CodecError(`invalid UTF-8 at offset ${at}`);
    }
  }
}
