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
    for (; this.#page < this.#pages; this.#page++, this.#slot = 0) {
      const page = this.#page;
      const copy = this.#copies[page];
      const { present, values } = copy ?? {
        present: this.#table.present[page]!,
        values: this.#table.values[page]!,
      };
      const keys = copy?.hasKeys ? copy.keys! : this.#table.keys[page]!;
      this.#slot = entries.encode(present, keys, values, this.#slot);
      if (this.#slot < PAGE_SIZE) return false;
      this.#copies[page] = undefined;
      if (copy) this.#table.copies.push(copy);
      if (performance.now() < until) continue;
      this.#page++;
      this.#slot = 0;
      return this.#page === this.#pages;
    }
    return true;
  }
  takeBlocks(): readonly EntryBlock[] {
    return this.#entries?.take(this.#page === this.#pages) ?? [];
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
