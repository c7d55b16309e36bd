/**
 * The bytes of a batch, column by column. Fixed-width columns are their typed array; a string column is one blob
 * for the whole batch plus lengths, Latin-1 where possible; object columns go through their value codec.
 *
 *   u32 rows | u32 flags | [f64 timestamps] | columns, each starting on a multiple of 8
 *   string column: u32 bytes per unit | u32 units in all | i32 length × rows | blob
 *   object column: u32 bytes | u32 0 | encoded values
 *
 * Native byte order: both ends are threads of one machine. HOT: bench/micro/exchange.ts.
 */
import type { Batch, BatchLayout } from '../../plugins/api/batch.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { ByteReader, ByteWriter } from '../contract/bytes.js';
import type { ValueCodec } from '../contract/codec.js';
import type { Codecs } from './codecs.js';

const HAS_TIMESTAMPS = 1;
const HEADER = 8;
const notLatin1 = /[\u0100-\uffff]/;

const align8 = (n: number): number => (n + 7) & ~7;

/** A piece of memory with the views that the codec writes and reads through. It must start on a multiple of 8. */
export class CodecMemory {
  readonly bytes: Buffer;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;

  constructor(memory: ArrayBufferLike, offset = 0, length = memory.byteLength - offset) {
    const whole = length & ~7;
    this.bytes = Buffer.from(memory as ArrayBuffer, offset, whole);
    this.u32 = new Uint32Array(memory, offset, whole >> 2);
    this.i32 = new Int32Array(memory, offset, whole >> 2);
    this.f32 = new Float32Array(memory, offset, whole >> 2);
    this.f64 = new Float64Array(memory, offset, whole >> 3);
    this.i64 = new BigInt64Array(memory, offset, whole >> 3);
  }

  get length(): number {
    return this.bytes.length;
  }
}

/** Two steps, so that the caller can find memory that is big enough: measure(), then write() of the same rows. */
export class BatchEncoder {
  readonly #layout: BatchLayout;
  readonly #codecs: Codecs;
  readonly #blobs: string[];
  readonly #twoByte: boolean[];
  /** by string column: of each text */
  readonly #lengths: Int32Array[];
  readonly #objects: (ByteWriter | null)[];
  #hasTimestamps = false;
  #from = 0;
  #to = 0;

  constructor(layout: BatchLayout, codecs: Codecs) {
    this.#layout = layout;
    this.#codecs = codecs;
    this.#blobs = layout.columns.map(() => '');
    this.#twoByte = layout.columns.map(() => false);
    this.#lengths = layout.columns.map(() => new Int32Array(0));
    this.#objects = layout.columns.map(c => (c.kind === 'object' ? new ByteWriter() : null));
  }

  /** Bytes that write() will need for the rows [from, to). */
  measure(batch: Batch, from = 0, to = batch.length): number {
    const rows = to - from;
    this.#from = from;
    this.#to = to;
    this.#hasTimestamps = anyTimestamp(batch.timestamps, from, to);
    let size = HEADER + (this.#hasTimestamps ? rows * 8 : 0);
    const { columns } = this.#layout;
    for (let c = 0; c < columns.length; c++) {
      const data = batch.columns[c]!;
      switch (columns[c]!.kind) {
        case 'float64':
        case 'int64':
          size += rows * 8;
          break;
        case 'int32':
        case 'float32':
          size += align8(rows * 4);
          break;
        case 'bool':
          size += align8(rows);
          break;
        case 'string': {
          if (this.#lengths[c]!.length < rows) this.#lengths[c] = new Int32Array(batch.capacity);
          const blob = concat(data as string[], from, to, this.#lengths[c]!);
          const twoByte = notLatin1.test(blob);
          this.#blobs[c] = blob;
          this.#twoByte[c] = twoByte;
          size += align8(8 + rows * 4 + blob.length * (twoByte ? 2 : 1));
          break;
        }
        case 'object': {
          const writer = this.#objects[c]!;
          encodeObjects(writer, codecOf(this.#codecs, c), data as unknown[], from, to);
          size += align8(8 + writer.length);
          break;
        }
      }
    }
    return size;
  }

  /** Writes the rows that were measured last to the start of `memory`. */
  write(batch: Batch, memory: CodecMemory): void {
    const from = this.#from;
    const to = this.#to;
    const rows = to - from;
    memory.u32[0] = rows;
    memory.u32[1] = this.#hasTimestamps ? HAS_TIMESTAMPS : 0;
    let at = HEADER;
    if (this.#hasTimestamps) {
      memory.f64.set(batch.timestamps.subarray(from, to), at >> 3);
      at += rows * 8;
    }
    const { columns } = this.#layout;
    for (let c = 0; c < columns.length; c++) {
      const data = batch.columns[c]!;
      switch (columns[c]!.kind) {
        case 'float64':
          memory.f64.set((data as Float64Array).subarray(from, to), at >> 3);
          at += rows * 8;
          break;
        case 'int64':
          memory.i64.set((data as BigInt64Array).subarray(from, to), at >> 3);
          at += rows * 8;
          break;
        case 'int32':
          memory.i32.set((data as Int32Array).subarray(from, to), at >> 2);
          at += align8(rows * 4);
          break;
        case 'float32':
          memory.f32.set((data as Float32Array).subarray(from, to), at >> 2);
          at += align8(rows * 4);
          break;
        case 'bool':
          memory.bytes.set((data as Uint8Array).subarray(from, to), at);
          at += align8(rows);
          break;
        case 'string':
          at = this.#writeStrings(c, rows, memory, at);
          break;
        case 'object': {
          const writer = this.#objects[c]!;
          memory.u32[at >> 2] = writer.length;
          memory.bytes.set(writer.bytes.subarray(0, writer.length), at + 8);
          at += align8(8 + writer.length);
          break;
        }
      }
    }
  }

  #writeStrings(c: number, rows: number, memory: CodecMemory, at: number): number {
    const blob = this.#blobs[c]!;
    const twoByte = this.#twoByte[c]!;
    memory.u32[at >> 2] = twoByte ? 2 : 1;
    memory.u32[(at >> 2) + 1] = blob.length;
    memory.i32.set(this.#lengths[c]!.subarray(0, rows), (at >> 2) + 2);
    const text = at + 8 + rows * 4;
    if (twoByte) memory.bytes.write(blob, text, 'utf16le');
    else memory.bytes.write(blob, text, 'latin1');
    this.#blobs[c] = '';
    return at + align8(8 + rows * 4 + blob.length * (twoByte ? 2 : 1));
  }
}

/** Fills a batch with what a {@link BatchEncoder} of the same layout wrote. Nothing refers to the bytes afterwards. */
export class BatchDecoder {
  readonly #layout: BatchLayout;
  readonly #codecs: Codecs;

  constructor(layout: BatchLayout, codecs: Codecs) {
    this.#layout = layout;
    this.#codecs = codecs;
  }

  decode(from: CodecMemory, batch: Batch): void {
    const rows = from.u32[0]!;
    if (rows > batch.capacity)
      throw new RangeError(`batch of ${rows} rows for a receiver with room for ${batch.capacity}`);
    let at = HEADER;
    if (from.u32[1]! & HAS_TIMESTAMPS) {
      batch.timestamps.set(from.f64.subarray(at >> 3, (at >> 3) + rows));
      at += rows * 8;
    } else {
      batch.timestamps.fill(MIN_TIMESTAMP, 0, rows);
    }
    const { columns } = this.#layout;
    for (let c = 0; c < columns.length; c++) {
      const data = batch.columns[c]!;
      switch (columns[c]!.kind) {
        case 'float64':
          (data as Float64Array).set(from.f64.subarray(at >> 3, (at >> 3) + rows));
          at += rows * 8;
          break;
        case 'int64':
          (data as BigInt64Array).set(from.i64.subarray(at >> 3, (at >> 3) + rows));
          at += rows * 8;
          break;
        case 'int32':
          (data as Int32Array).set(from.i32.subarray(at >> 2, (at >> 2) + rows));
          at += align8(rows * 4);
          break;
        case 'float32':
          (data as Float32Array).set(from.f32.subarray(at >> 2, (at >> 2) + rows));
          at += align8(rows * 4);
          break;
        case 'bool':
          (data as Uint8Array).set(from.bytes.subarray(at, at + rows));
          at += align8(rows);
          break;
        case 'string':
          at = readStrings(data as string[], rows, from, at);
          break;
        case 'object':
          at = readObjects(codecOf(this.#codecs, c), data as unknown[], rows, from, at);
          break;
      }
    }
    batch.length = rows;
  }
}

function anyTimestamp(timestamps: Float64Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (timestamps[i] !== MIN_TIMESTAMP) return true;
  return false;
}

// A rope that is flattened by the one native write is as fast as join() and needs no copy of the column's prefix.
function concat(data: readonly string[], from: number, to: number, lengths: Int32Array): string {
  let blob = '';
  for (let i = from; i < to; i++) {
    const text = data[i]!;
    lengths[i - from] = text.length;
    blob += text;
  }
  return blob;
}

function encodeObjects(
  writer: ByteWriter,
  codec: ValueCodec,
  data: readonly unknown[],
  from: number,
  to: number,
): void {
  writer.reset();
  for (let i = from; i < to; i++) codec.write(writer, data[i]);
}

function readStrings(data: string[], rows: number, from: CodecMemory, at: number): number {
  const width = from.u32[at >> 2]!;
  const units = from.u32[(at >> 2) + 1]!;
  const lengths = (at >> 2) + 2;
  const text = at + 8 + rows * 4;
  const end = text + units * width;
  const blob = from.bytes.toString(width === 2 ? 'utf16le' : 'latin1', text, end);
  const { i32 } = from;
  let start = 0;
  for (let i = 0; i < rows; i++) {
    const stop = start + i32[lengths + i]!;
    data[i] = blob.substring(start, stop);
    start = stop;
  }
  return at + align8(8 + rows * 4 + units * width);
}

function readObjects(
  codec: ValueCodec,
  data: unknown[],
  rows: number,
  from: CodecMemory,
  at: number,
): number {
  const length = from.u32[at >> 2]!;
  // Text decoders refuse shared memory, and values may keep views of their bytes: decode from a private copy.
  const reader = new ByteReader(new Uint8Array(from.bytes.subarray(at + 8, at + 8 + length)));
  for (let i = 0; i < rows; i++) data[i] = codec.read(reader);
  return at + align8(8 + length);
}

function codecOf(codecs: Codecs, column: number): ValueCodec {
  const codec = codecs[column];
  if (!codec) throw new Error(`no codec for object column ${column}`);
  return codec;
}
