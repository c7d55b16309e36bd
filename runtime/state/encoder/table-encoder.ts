import { crc32 } from '../format/crc32.js';
import { putBlock, type BlockRun } from '../format/state-file-writer.js';
import { blockHeaderBytes } from '../format/layout.js';
import { FixedEntries, pageTypeOf } from '../heap/fixed-entries.js';
import { PAGE_SIZE } from '../heap/pages.js';
import type { EncodingJob } from './encoder-messages.js';
import type { PageBatch } from './page-batch.js';

export const RUN_BYTES = 1 << 20;

/** Makes blocks of a state file of the pages of one table. */
export class TableEncoder {
  readonly #job: EncodingJob;
  readonly #entries: FixedEntries;
  readonly #nextBuffer: () => Promise<ArrayBuffer>;
  readonly #emit: (run: BlockRun) => void;
  #bytes: Uint8Array<ArrayBuffer> | null = null;
  #length = 0;
  #index: number[] = [];

  /** `nextBuffer`: of RUN_BYTES, as soon as there is one. It is given away with the blocks. */
  constructor(job: EncodingJob, nextBuffer: () => Promise<ArrayBuffer>, emit: (run: BlockRun) => void) {
    this.#job = job;
    this.#entries = new FixedEntries(job.layout, job.maxParallelism);
    this.#nextBuffer = nextBuffer;
    this.#emit = emit;
  }
  async encode(batch: PageBatch): Promise<void> {
    const type = pageTypeOf(this.#job.layout);
    for (let i = 0; i < batch.count; i++) {
      const { present, keys, values } = batch.page(i, type);
      for (let slot = 0; ;) {
        slot = this.#entries.encode(present, keys, values, slot);
        if (slot === PAGE_SIZE) break;
        await this.#takeBlocks(false);
      }
    }
  }
  async end(): Promise<void> {
    await this.#takeBlocks(true);
    this.#send();
  }
  async #takeBlocks(all: boolean): Promise<void> {
    for (const { keyGroup, entries } of this.#entries.take(all)) {
      const bytes = blockHeaderBytes + entries.length;
      if (this.#length + bytes > RUN_BYTES) this.#send();
      this.#bytes ??= new Uint8Array(await this.#nextBuffer());
      putBlock(this.#bytes, this.#length, this.#job.section, keyGroup, entries);
      this.#index.push(keyGroup, this.#length, this.#length + bytes);
      this.#length += bytes;
    }
  }
  #send(): void {
    if (this.#bytes === null || this.#length === 0) return;
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#emit({ bytes, crc32: crc32(bytes), index: Int32Array.from(this.#index) });
    this.#bytes = null;
    this.#length = 0;
    this.#index = [];
  }
}
