/**
 * Arrays by slot, in pages: growing adds a page and never copies, so that it never pauses the task.
 */
export const PAGE_BITS = 12;
export const PAGE_SIZE = 1 << PAGE_BITS;
export const PAGE_MASK = PAGE_SIZE - 1;

/** Numbers by slot, as columns of several kinds of state keep them. */
export type NumberPage = Float64Array | Int32Array | Uint8Array;

export class Float64Pages {
  readonly pages: Float64Array[] = [];
  get(slot: number): number {
    return this.pages[slot >>> PAGE_BITS]![slot & PAGE_MASK]!;
  }
  set(slot: number, value: number): void {
    while (slot >>> PAGE_BITS >= this.pages.length) this.pages.push(new Float64Array(PAGE_SIZE));
    this.pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] = value;
  }
}

export class Int32Pages {
  readonly pages: Int32Array[] = [];
  get(slot: number): number {
    return this.pages[slot >>> PAGE_BITS]![slot & PAGE_MASK]!;
  }
  set(slot: number, value: number): void {
    while (slot >>> PAGE_BITS >= this.pages.length) this.pages.push(new Int32Array(PAGE_SIZE));
    this.pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] = value;
  }
}

export class ObjectPages<T> {
  readonly pages: (T | undefined)[][] = [];
  get(slot: number): T {
    return this.pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] as T;
  }
  set(slot: number, value: T | undefined): void {
    while (slot >>> PAGE_BITS >= this.pages.length)
      this.pages.push(new Array<T | undefined>(PAGE_SIZE).fill(undefined));
    this.pages[slot >>> PAGE_BITS]![slot & PAGE_MASK] = value;
  }
}

/** Hands out dense slots; freed ones first, so that memory follows what is live. */
export class SlotAllocator {
  /** every slot ever handed out is below it */
  limit = 0;
  #free = new Int32Array(64);
  #freeCount = 0;

  allocate(): number {
    return this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.limit++;
  }
  free(slot: number): void {
    if (this.#freeCount === this.#free.length) {
      const grown = new Int32Array(this.#free.length * 2);
      grown.set(this.#free);
      this.#free = grown;
    }
    this.#free[this.#freeCount++] = slot;
  }
}
