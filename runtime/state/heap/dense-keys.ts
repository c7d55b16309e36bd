import { PAGE_BITS } from './pages.js';

/** Keys below 2^28 can be dense: the directory has an entry per page. */
const PAGES = 1 << 16;
/** A page pays off when an eighth of its keys exist: no more memory per key than the table takes. */
const DENSE = 512;
/** Far below that, so that a page does not come and go. */
const SPARSE = 64;

/**
 * Integer keys that lie close together (ids that were counted up) need no hashing: a page of slots + 1, addressed by
 * the key. Saves the probe of the table and the comparison, which are two cache misses per record.
 */
export class DenseKeys {
  readonly #pages: (Int32Array | undefined)[] = [];
  /** keys per page, whether the page is there or they are in the table */
  readonly #counts: number[] = [];

  /** The page with the key's slot; undefined when the key belongs into the table. */
  pageOf(key: number): Int32Array | undefined {
    const integer = key | 0;
    if (integer !== key) return undefined;
    const page = integer >>> PAGE_BITS; // of a negative key: beyond the last page
    return page < this.#pages.length ? this.#pages[page] : undefined;
  }
  /** Counts a new key; true when its page is to be made now. */
  added(key: number): boolean {
    const page = pageNumber(key);
    if (page < 0) return false;
    while (this.#counts.length <= page) {
      this.#counts.push(0);
      this.#pages.push(undefined);
    }
    return ++this.#counts[page]! >= DENSE && this.#pages[page] === undefined;
  }
  /** Counts a key less; true when its page is to be dissolved. */
  removed(key: number): boolean {
    const page = pageNumber(key);
    return page >= 0 && --this.#counts[page]! < SPARSE && this.#pages[page] !== undefined;
  }
  install(key: number, page: Int32Array): void {
    this.#pages[pageNumber(key)] = page;
  }
  dissolve(key: number): Int32Array {
    const page = this.#pages[pageNumber(key)]!;
    this.#pages[pageNumber(key)] = undefined;
    return page;
  }
}

function pageNumber(key: number): number {
  const integer = key | 0;
  return integer === key && integer >= 0 && integer >>> PAGE_BITS < PAGES ? integer >>> PAGE_BITS : -1;
}
