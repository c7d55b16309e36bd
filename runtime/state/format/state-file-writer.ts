/** Writes a canonical state file front to back, holding a buffer and the index only. */
import { crc32 } from './crc32.js';
import {
  blockHeaderBytes,
  headMagic,
  noKeyGroup,
  STATE_FORMAT,
  tailMagic,
  trailerBytes,
  type SectionHeader,
  type StateFileHeader,
} from './layout.js';

export interface ByteSink {
  /** `crc32`: of the bytes, where it is known already */
  write(bytes: Uint8Array, crc32?: number): Promise<void>;
}

/** Blocks of one section, one behind the other, as putBlock() makes them. */
export interface BlockRun {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly crc32: number;
  /** key group, start and end of each block; three numbers a block */
  readonly index: Int32Array;
}

/** Puts a block with its header at that place. */
export function putBlock(
  to: Uint8Array,
  at: number,
  section: number,
  keyGroup: number,
  payload: Uint8Array,
): void {
  putHeader(new DataView(to.buffer, to.byteOffset), to, at, section, keyGroup, payload);
  to.set(payload, at + blockHeaderBytes);
}
function putHeader(
  view: DataView,
  to: Uint8Array,
  at: number,
  section: number,
  keyGroup: number,
  payload: Uint8Array,
): void {
  view.setUint32(at, section, true);
  view.setUint32(at + 4, keyGroup, true);
  view.setUint32(at + 8, payload.length, true);
  view.setUint32(at + 12, crc32(payload, crc32(to.subarray(at, at + 12))), true);
}

/** Small blocks are collected up to this size. */
const bufferBytes = 256 << 10;

export class StateFileWriter {
  readonly #out: ByteSink;
  readonly #buffer = new Uint8Array(bufferBytes);
  readonly #view = new DataView(this.#buffer.buffer);
  readonly #sections: SectionHeader[] = [];
  /** section, key group, start, end; four numbers an entry */
  readonly #index: number[] = [];
  #buffered = 0;
  #position = 0;

  private constructor(out: ByteSink) {
    this.#out = out;
  }

  static async begin(out: ByteSink, header: StateFileHeader): Promise<StateFileWriter> {
    const writer = new StateFileWriter(out);
    const text = Buffer.from(JSON.stringify(header));
    await writer.#append(headMagic);
    await writer.#numbers(STATE_FORMAT, text.length);
    await writer.#append(text);
    await writer.#numbers(crc32(text));
    return writer;
  }

  /** No entry and no element so far. */
  get isEmpty(): boolean {
    return this.#index.length === 0;
  }

  /** Sections may be written one after the other or in turns. The answer is what write() calls it by. */
  section(header: SectionHeader): number {
    return this.#sections.push(header) - 1;
  }

  /** Whole entries of one key group. */
  keyed(section: number, keyGroup: number, entries: Uint8Array): Promise<void> {
    return this.#block(section, keyGroup, entries);
  }

  /** What was made elsewhere. */
  async blocks(section: number, { bytes, crc32, index }: BlockRun): Promise<void> {
    await this.#flush();
    const start = this.#position;
    for (let i = 0; i < index.length; i += 3)
      this.#addToIndex(section, index[i]!, start + index[i + 1]!, start + index[i + 2]!);
    this.#position += bytes.length;
    await this.#out.write(bytes, crc32);
  }

  /** One element of state that is not keyed. */
  element(section: number, element: Uint8Array): Promise<void> {
    return this.#block(section, noKeyGroup, element);
  }

  async finish(): Promise<void> {
    const start = this.#position;
    const footer = Buffer.from(JSON.stringify({ sections: this.#sections, index: this.#index }));
    await this.#append(footer);
    const trailer = new DataView(new ArrayBuffer(trailerBytes));
    trailer.setBigUint64(0, BigInt(start), true);
    trailer.setUint32(8, footer.length, true);
    trailer.setUint32(12, crc32(footer), true);
    await this.#append(new Uint8Array(trailer.buffer, 0, 16));
    await this.#append(tailMagic);
    await this.#flush();
  }

  async #block(section: number, keyGroup: number, payload: Uint8Array): Promise<void> {
    const start = this.#position;
    await this.#reserve(blockHeaderBytes);
    putHeader(this.#view, this.#buffer, this.#buffered, section, keyGroup, payload);
    this.#buffered += blockHeaderBytes;
    this.#position += blockHeaderBytes;
    await this.#append(payload);
    this.#addToIndex(section, keyGroup, start, this.#position);
  }

  #addToIndex(section: number, keyGroup: number, start: number, end: number): void {
    const index = this.#index;
    const last = index.length - 4;
    if (last >= 0 && index[last] === section && index[last + 1] === keyGroup) index[last + 3] = end;
    else index.push(section, keyGroup, start, end);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#position += bytes.length;
    if (bytes.length >= bufferBytes) {
      await this.#flush();
      await this.#out.write(bytes);
      return;
    }
    await this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
  }

  async #numbers(...values: readonly number[]): Promise<void> {
    const bytes = new DataView(new ArrayBuffer(values.length * 4));
    values.forEach((value, i) => bytes.setUint32(i * 4, value, true));
    await this.#append(new Uint8Array(bytes.buffer));
  }

  async #reserve(bytes: number): Promise<void> {
    if (this.#buffered + bytes > bufferBytes) await this.#flush();
  }

  async #flush(): Promise<void> {
    if (this.#buffered === 0) return;
    await this.#out.write(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }
}
