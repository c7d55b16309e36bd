import { KeyGroupWriter } from '../key-group-writer.js';
import { PAGE_BITS, PAGE_MASK, PAGE_SIZE } from './pages.js';
import type { EntryBlock, SectionPass } from './section-pass.js';

/** How many slots are written between two looks at the clock. */
const STRIDE = 64;

/**
 * The slots of a table as of a barrier. Each is encoded once, by whoever comes first: the scan that goes on in the
 * background, or an access that may change what is in the slot.
 */
export class SlotPass implements SectionPass {
  readonly #pending: readonly (Uint8Array | undefined)[];
  readonly #write: (writer: KeyGroupWriter, slot: number) => void;
  readonly #writer = new KeyGroupWriter();
  #scanned = 0;

  /** `pending`: 1 for every slot that belongs to the snapshot, in pages. Taken over. `write` encodes a slot as it is now. */
  constructor(
    pending: readonly (Uint8Array | undefined)[],
    write: (writer: KeyGroupWriter, slot: number) => void,
  ) {
    this.#pending = pending;
    this.#write = write;
  }
  touch(slot: number): void {
    const page = this.#pending[slot >>> PAGE_BITS];
    if (page === undefined || page[slot & PAGE_MASK] === 0) return;
    page[slot & PAGE_MASK] = 0;
    this.#write(this.#writer, slot);
  }
  release(slot: number): void {
    this.touch(slot);
  }
  step(until: number): boolean {
    for (let left = STRIDE; this.#hasMore();) {
      const page = this.#pending[this.#scanned >>> PAGE_BITS];
      const found = page === undefined ? -1 : page.indexOf(1, this.#scanned & PAGE_MASK);
      if (page === undefined || found < 0) {
        this.#scanned = (this.#scanned & ~PAGE_MASK) + PAGE_SIZE;
        continue;
      }
      this.#scanned = (this.#scanned & ~PAGE_MASK) + found + 1;
      page[found] = 0;
      this.#write(this.#writer, this.#scanned - 1);
      if (--left > 0) continue;
      if (performance.now() >= until) return false;
      left = STRIDE;
    }
    return true;
  }
  takeBlocks(): readonly EntryBlock[] {
    return this.#writer.take(!this.#hasMore());
  }
  #hasMore(): boolean {
    return this.#scanned < this.#pending.length * PAGE_SIZE;
  }
}
