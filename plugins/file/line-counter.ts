/**
 * Line numbers for messages. Nobody counts lines on the hot path: plain files are read again when a number is wanted.
 * Offsets that are asked for only rise, so each line is counted once.
 */
import { openBytes } from './byte-stream.js';

const newline = 10;

export class LineCounter {
  readonly #path: string;
  /** what is left behind cannot be read again cheaply; next to unpacking, counting costs little */
  readonly #packed: boolean;
  #offset: number;
  /** lines that end before #offset */
  #lines: number;

  constructor(path: string, packed: boolean, offset: number, lines: number) {
    this.#path = path;
    this.#packed = packed;
    this.#offset = offset;
    this.#lines = lines;
  }
  /** The window, whose first byte is byte `base` of the file, is about to lose its first `count` bytes. */
  leave(bytes: Uint8Array, base: number, count: number): void {
    if (this.#packed) this.linesBefore(bytes, base, count);
  }
  /** Lines that end before byte `at` of the window. */
  linesBefore(bytes: Uint8Array, base: number, at: number): number {
    if (this.#offset < base) {
      this.#lines += newlinesOfFile(this.#path, this.#offset, base);
      this.#offset = base;
    }
    if (base + at > this.#offset) {
      this.#lines += newlines(bytes, this.#offset - base, at);
      this.#offset = base + at;
    }
    return this.#lines;
  }
}

/** Lines that end in bytes [from, to) of a plain file. */
export function newlinesOfFile(path: string, from: number, to: number): number {
  const stream = openBytes(path, false, from);
  const chunk = new Uint8Array(1 << 20);
  let lines = 0;
  try {
    for (let offset = from; offset < to;) {
      const count = Math.min(stream.read(chunk, 0), to - offset);
      if (count <= 0) break;
      lines += newlines(chunk, 0, count);
      offset += count;
    }
  } finally {
    stream.close();
  }
  return lines;
}

function newlines(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline, from); at >= 0 && at < to; at = bytes.indexOf(newline, at + 1))
    lines++;
  return lines;
}
