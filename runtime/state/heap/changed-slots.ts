import type { CopyOnWrite } from '../../contract/copy-on-write.js';
import { PAGE_BITS, PAGE_MASK, PAGE_SIZE } from './pages.js';

const CHANGED = 1;
const ADDED = 2;

/**
 * What happened to the slots of a table since the last segment of the changelog. How often does not matter: only the
 * contents at the end are logged. Removals are logged at once, because a slot is soon another key's; those of what
 * was added since are not logged at all.
 */
export class ChangedSlots implements CopyOnWrite {
  readonly #onRemoved: (slot: number) => void;
  #pages: (Uint8Array | undefined)[] = [];

  /** `onRemoved` is called while the slot still has its key and contents. */
  constructor(onRemoved: (slot: number) => void) {
    this.#onRemoved = onRemoved;
  }
  /** Of tables that tell before they change something. */
  touch(slot: number): void {
    this.changed(slot);
  }
  release(slot: number): void {
    this.removed(slot);
  }
  /** The slot had contents before. */
  changed(slot: number): void {
    const page = this.#page(slot);
    if (page[slot & PAGE_MASK] === 0) page[slot & PAGE_MASK] = CHANGED;
  }
  /** The slot had no contents before. */
  added(slot: number): void {
    this.#page(slot)[slot & PAGE_MASK] = ADDED;
  }
  removed(slot: number): void {
    const page = this.#pages[slot >>> PAGE_BITS];
    const before = page === undefined ? 0 : page[slot & PAGE_MASK]!;
    if (before !== 0) page![slot & PAGE_MASK] = 0;
    if (before !== ADDED) this.#onRemoved(slot);
  }
  /** 1 for every slot that changed and has contents, in pages; those without any are missing. Begins anew. */
  take(): readonly (Uint8Array | undefined)[] {
    const pages = this.#pages;
    this.#pages = [];
    for (const page of pages) {
      if (page === undefined) continue;
      for (let i = page.indexOf(ADDED); i >= 0; i = page.indexOf(ADDED, i + 1)) page[i] = CHANGED;
    }
    return pages;
  }

  #page(slot: number): Uint8Array {
    const index = slot >>> PAGE_BITS;
    let page = this.#pages[index];
    if (page === undefined) {
      while (this.#pages.length <= index) this.#pages.push(undefined);
      this.#pages[index] = page = new Uint8Array(PAGE_SIZE);
    }
    return page;
  }
}
