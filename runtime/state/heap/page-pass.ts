import type { PageBatch } from '../encoder/page-batch.js';
import { FixedEntries, type FixedLayout } from './fixed-entries.js';
import { PAGE_BITS, PAGE_SIZE, type NumberPage } from './pages.js';
import type { EntryBlock, SectionPass } from './section-pass.js';

/** Keys and values by slot, in typed arrays. */
export interface FixedTable {
  readonly layout: FixedLayout;
  readonly present: readonly Uint8Array[];
  readonly keys: readonly Float64Array[];
  readonly values: readonly NumberPage[];
  /** Used again and again: memory that is fresh costs several times as much as the copy. */
  readonly copies: PageCopy[];
}
/** A page as of the barrier. */
interface PageCopy {
  readonly present: Uint8Array;
  readonly values: NumberPage;
  keys: Float64Array | null;
  /** The page's keys are what they were, until a slot of it is released. */
  hasKeys: boolean;
}

/** The slots of a table of numbers as of a barrier: a page is copied when the first of its slots is about to change. */
export class PagePass implements SectionPass {
  readonly #table: FixedTable;
  readonly #maxParallelism: number;
  readonly #pages: number;
  readonly #copies: (PageCopy | undefined)[] = [];
  #entries: FixedEntries | null = null;
  /** the page that is being encoded, and how far it is */
  #page = 0;
  #slot = 0;

  constructor(table: FixedTable, maxParallelism: number) {
    this.#table = table;
    this.#maxParallelism = maxParallelism;
    this.#pages = table.present.length;
    for (let page = 0; page < this.#pages; page++) this.#copies.push(undefined);
  }
  touch(slot: number): void {
    const page = slot >>> PAGE_BITS;
    if (page < this.#page || page >= this.#pages || this.#copies[page] !== undefined) return;
    this.#copies[page] = this.#copy(page);
  }
  release(slot: number): void {
    this.touch(slot);
    const copy = this.#copies[slot >>> PAGE_BITS];
    if (copy === undefined || copy.hasKeys) return;
    copy.keys ??= new Float64Array(PAGE_SIZE);
    copy.keys.set(this.#table.keys[slot >>> PAGE_BITS]!);
    copy.hasKeys = true;
  }
  step(until: number): boolean {
    const entries = (this.#entries ??= new FixedEntries(this.#table.layout, this.#maxParallelism));
    while (this.#page < this.#pages) {
      const { present, keys, values } = this.#asOfBarrier(this.#page);
      this.#slot = entries.encode(present, keys, values, this.#slot);
      if (this.#slot < PAGE_SIZE) return false;
      this.#nextPage();
      if (performance.now() >= until) break;
    }
    return this.#page === this.#pages;
  }
  get layout(): FixedLayout {
    return this.#table.layout;
  }
  get maxParallelism(): number {
    return this.#maxParallelism;
  }
  /** What is not encoded yet. */
  get pagesLeft(): number {
    return this.#pages - this.#page;
  }
  /** Instead of step(): the next page is copied for somebody else to encode. There must be one. */
  copyPage(to: PageBatch): void {
    const { present, keys, values } = this.#asOfBarrier(this.#page);
    to.add(present, keys, values);
    this.#nextPage();
  }
  takeBlocks(): readonly EntryBlock[] {
    return this.#entries?.take(this.#page === this.#pages) ?? [];
  }

  #asOfBarrier(page: number): {
    readonly present: Uint8Array;
    readonly keys: Float64Array;
    readonly values: NumberPage;
  } {
    const { present, keys, values } = this.#table;
    const copy = this.#copies[page];
    if (copy === undefined) return { present: present[page]!, keys: keys[page]!, values: values[page]! };
    return {
      present: copy.present,
      keys: copy.hasKeys ? copy.keys! : keys[page]!,
      values: copy.values,
    };
  }
  #nextPage(): void {
    const copy = this.#copies[this.#page];
    this.#copies[this.#page] = undefined;
    if (copy) this.#table.copies.push(copy);
    this.#page++;
    this.#slot = 0;
  }
  #copy(page: number): PageCopy {
    const present = this.#table.present[page]!;
    const values = this.#table.values[page]!;
    const copy = this.#table.copies.pop();
    if (!copy) return { present: present.slice(), values: values.slice(), keys: null, hasKeys: false };
    copy.present.set(present);
    copy.values.set(values as never);
    copy.hasKeys = false;
    return copy;
  }
}
