import { PAGE_SIZE, type NumberPage } from '../heap/pages.js';

/** What is posted at a time: the bytes of a page are worth a fraction of what a message costs. */
const PAGES = 16;
/** of a page: keys, values, and what is present */
const PAGE_BYTES = PAGE_SIZE * (8 + 8 + 1);

/** Pages of a table of numbers on their way to the thread that encodes them. */
export class PageBatch {
  readonly buffer: ArrayBuffer;
  count: number;

  /** `buffer`: one that came from a batch before. */
  constructor(buffer = new ArrayBuffer(PAGES * PAGE_BYTES), count = 0) {
    this.buffer = buffer;
    this.count = count;
  }
  get isFull(): boolean {
    return this.count === PAGES;
  }
  add(present: Uint8Array, keys: Float64Array, values: NumberPage): void {
    const at = this.count++ * PAGE_BYTES;
    new Float64Array(this.buffer, at, PAGE_SIZE).set(keys);
    new Uint8Array(this.buffer, at + 8 * PAGE_SIZE, values.byteLength).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    new Uint8Array(this.buffer, at + 16 * PAGE_SIZE, PAGE_SIZE).set(present);
  }
  page(
    index: number,
    values: new (buffer: ArrayBuffer, offset: number, length: number) => NumberPage,
  ): { readonly present: Uint8Array; readonly keys: Float64Array; readonly values: NumberPage } {
    const at = index * PAGE_BYTES;
    return {
      present: new Uint8Array(this.buffer, at + 16 * PAGE_SIZE, PAGE_SIZE),
      keys: new Float64Array(this.buffer, at, PAGE_SIZE),
      values: new values(this.buffer, at + 8 * PAGE_SIZE, PAGE_SIZE),
    };
  }
}
