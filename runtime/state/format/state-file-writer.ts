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
  write(bytes: Uint8Array): Promise<void>;
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
    const at = this.#buffered;
    this.#view.setUint32(at, section, true);
    this.#view.setUint32(at + 4, keyGroup, true);
    this.#view.setUint32(at + 8, payload.length, true);
    const crc = crc32(payload, crc32(this.#buffer.subarray(at, at + 12)));
    this.#view.setUint32(at + 12, crc, true);
    this.#buffered += blockHeaderBytes;
    this.#position += blockHeaderBytes;
    await this.#append(payload);
    const index = this.#index;
    const last = index.length - 4;
    if (last >= 0 && index[last] === section && index[last + 1] === keyGroup)
      index[last + 3] = this.#position;
    else index.push(section, keyGroup, start, this.#position);
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
