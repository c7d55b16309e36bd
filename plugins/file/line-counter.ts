/** Line numbers for messages. Nobody counts lines on the hot path: plain files are read again when a number is wanted. */
import { openBytes } from './byte-stream.js';

const newline = 10;

export interface LineCounter {
  /** The first `count` bytes of the window are left behind. */
  passed(bytes: Uint8Array, count: number): void;
  /** Lines that end before this offset of the file. */
  linesBefore(offset: number): number;
}

/** A packed stream cannot be read again cheaply; next to unpacking, counting costs little. */
export class PassingLineCounter implements LineCounter {
  #lines = 0;
  passed(bytes: Uint8Array, count: number): void {
    this.#lines += countNewlines(bytes, 0, count);
  }
  linesBefore(): number {
    return this.#lines;
  }
}

export class RereadingLineCounter implements LineCounter {
  readonly #path: string;
  #offset = 0;
  #lines = 0;
  constructor(path: string) {
    this.#path = path;
  }
  passed(): void {}
  linesBefore(offset: number): number {
    const stream = openBytes(this.#path, false, this.#offset);
    const chunk = new Uint8Array(1 << 20);
    try {
      while (this.#offset < offset) {
        const count = Math.min(stream.read(chunk, 0), offset - this.#offset);
        if (count <= 0) break;
        this.#lines += countNewlines(chunk, 0, count);
        this.#offset += count;
      }
    } finally {
      stream.close();
    }
    return this.#lines;
  }
}

export function countNewlines(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline, from); at >= 0 && at < to; at = bytes.indexOf(newline, at + 1))
    lines++;
  return lines;
}
