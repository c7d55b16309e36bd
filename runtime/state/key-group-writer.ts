import { ByteWriter } from '../contract/bytes.js';

/** Entries are packed into chunks of about this size: an array per entry would cost more than the entry. */
const CHUNK = 64 * 1024;

/** Collects self-delimiting entries by key group. */
export class KeyGroupWriter {
  readonly #open: (ByteWriter | undefined)[] = [];
  /** key groups in the order of their first entries: timers of one time come back as they were registered */
  readonly #order = new Set<number>();
  #full = new Map<number, ByteWriter[]>();
  #taken: ByteWriter[] = [];
  readonly #spare: ByteWriter[] = [];

  /** Where the next entry of the key group goes. Valid until the next call. */
  entry(keyGroup: number): ByteWriter {
    const writer = this.#open[keyGroup];
    if (writer !== undefined && writer.length < CHUNK) return writer;
    while (this.#open.length < keyGroup) this.#open.push(undefined); // no holes: reads would be slow
    if (writer !== undefined) this.#put(keyGroup, writer);
    this.#order.add(keyGroup);
    return (this.#open[keyGroup] = this.#spare.pop() ?? new ByteWriter());
  }
  /** Chunks that are full, or everything. What was taken before may be overwritten now. */
  take(all: boolean): readonly { readonly keyGroup: number; readonly entries: Uint8Array }[] {
    for (const writer of this.#taken.splice(0)) {
      writer.reset();
      this.#spare.push(writer);
    }
    if (all) this.#close();
    const chunks: { readonly keyGroup: number; readonly entries: Uint8Array }[] = [];
    for (const [keyGroup, writers] of this.#full) {
      for (const writer of writers)
        chunks.push({ keyGroup, entries: writer.bytes.subarray(0, writer.length) });
      this.#taken.push(...writers);
    }
    this.#full = new Map();
    return chunks;
  }
  /** Everything, in memory of its own. */
  finish(): Map<number, Uint8Array[]> {
    this.#close();
    const chunks = new Map<number, Uint8Array[]>();
    for (const [keyGroup, writers] of this.#full)
      chunks.set(
        keyGroup,
        writers.map(writer => writer.toBytes()),
      );
    this.#full = new Map();
    return chunks;
  }
  #close(): void {
    for (const keyGroup of this.#order) {
      const writer = this.#open[keyGroup];
      if (writer !== undefined && writer.length > 0) this.#put(keyGroup, writer);
      this.#open[keyGroup] = undefined;
    }
  }
  #put(keyGroup: number, writer: ByteWriter): void {
    const full = this.#full.get(keyGroup);
    if (full) full.push(writer);
    else this.#full.set(keyGroup, [writer]);
  }
}
