/** bytes; longer ones are not copied */
const LONGEST = 64;

/**
 * Buffers for somebody who copies what is in them at once, as batches of the engine do: one for every length, all over the
 * same memory. Making a Buffer costs several times what copying a short key does.
 */
export class ScratchBuffer {
  readonly #memory = Buffer.alloc(LONGEST);
  readonly #ofLength = Array.from({ length: LONGEST + 1 }, (_, length) => this.#memory.subarray(0, length));

  /** Holds [start, end) until the next call. */
  copyOf(bytes: Buffer, start: number, end: number): Buffer {
    const length = end - start;
    if (length > LONGEST) return bytes.subarray(start, end);
    const memory = this.#memory;
    for (let i = 0; i < length; i++) memory[i] = bytes[start + i]!;
    return this.#ofLength[length]!;
  }
}
