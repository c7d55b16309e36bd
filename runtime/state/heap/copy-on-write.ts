import { PAGE_BITS, PAGE_MASK, PAGE_SIZE } from './pages.js';

/** How many slots are written between two looks at the clock. */
const STRIDE = 64;

/**
 * The slots of a table as of a barrier. Each is written once, by whoever comes first: the scan that goes on in the
 * background, or an access that may change what is in the slot.
 */
export class CopyOnWrite {
  readonly #pending: readonly Uint8Array[];
  readonly #write: (slot: number) => void;
  #scanned = 0;

  /** `present`: 1 for every slot that belongs to the snapshot, in pages. Copied. */
  constructor(present: readonly Uint8Array[], write: (slot: number) => void) {
    this.#pending = present.map(page => page.slice());
    this.#write = write;
  }
  /** Before the slot is read by somebody who may change it, is overwritten or removed. */
  touch(slot: number): void {
    const page = this.#pending[slot >>> PAGE_BITS];
    if (page === undefined || page[slot & PAGE_MASK] === 0) return;
    page[slot & PAGE_MASK] = 0;
    this.#write(slot);
  }
  /** Goes on until the time (of performance.now()) has come; true when every slot is written. */
  step(until: number): boolean {
    for (let left = STRIDE; this.#scanned < this.#pending.length * PAGE_SIZE;) {
      const page = this.#pending[this.#scanned >>> PAGE_BITS]!;
      const found = page.indexOf(1, this.#scanned & PAGE_MASK);
      if (found < 0) {
        this.#scanned = (this.#scanned & ~PAGE_MASK) + PAGE_SIZE;
        continue;
      }
      this.#scanned = (this.#scanned & ~PAGE_MASK) + found + 1;
      page[found] = 0;
      this.#write(this.#scanned - 1);
      if (--left > 0) continue;
      if (performance.now() >= until) return false;
      left = STRIDE;
    }
    return true;
  }
}
