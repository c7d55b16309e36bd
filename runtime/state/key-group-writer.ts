import { ByteWriter } from '../contract/bytes.js';

/** Entries are packed into chunks of about this size: an array per entry would cost more than the entry. */
const CHUNK = 64 * 1024;

/** Collects self-delimiting entries by key group. */
export class KeyGroupWriter {
  readonly #open = new Map<number, ByteWriter>();
  readonly #chunks = new Map<number, Uint8Array[]>();

  /** Where the next entry of the key group goes. Valid until the next call. */
  entry(keyGroup: number): ByteWriter {
    let writer = this.#open.get(keyGroup);
    if (!writer) this.#open.set(keyGroup, (writer = new ByteWriter()));
    else if (writer.length >= CHUNK) this.#flush(keyGroup, writer);
    return writer;
  }
  finish(): Map<number, Uint8Array[]> {
    for (const [keyGroup, writer] of this.#open) if (writer.length > 0) this.#flush(keyGroup, writer);
    return this.#chunks;
  }
  #flush(keyGroup: number, writer: ByteWriter): void {
    const chunks = this.#chunks.get(keyGroup);
    if (chunks) chunks.push(writer.toBytes());
    else this.#chunks.set(keyGroup, [writer.toBytes()]);
    writer.reset();
  }
}
