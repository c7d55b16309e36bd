/** Records in columns, in one list per key, in order of arrival. Nothing is ever removed but all at once. */
import type { ColumnKind } from '../../../plugins/api/batch.js';
import { Rows } from '../windows/rows.js';

export class RecordLists extends Rows {
  #size = 0;
  /** per row: next row of its list; -1: none */
  #next = new Int32Array(this.capacity);
  /** per list: row + 1; 0: the list is empty */
  #first = new Int32Array(this.capacity);
  #last = new Int32Array(this.capacity);

  constructor(kinds: readonly ColumnKind[]) {
    super(kinds);
  }

  /** Rows from here on do not exist yet. */
  get size(): number {
    return this.#size;
  }
  /** First row of the list; -1: it is empty. */
  first(list: number): number {
    return list < this.#first.length ? this.#first[list]! - 1 : -1;
  }
  /** -1: the row is the last of its list. */
  next(row: number): number {
    return this.#next[row]!;
  }

  /** Row of a new record at the end of the list. */
  append(list: number): number {
    const row = this.#size++;
    this.reserve(row);
    if (list >= this.#first.length) this.#growLists(list);
    this.#next[row] = -1;
    const last = this.#last[list]! - 1;
    if (last < 0) this.#first[list] = row + 1;
    else this.#next[last] = row;
    this.#last[list] = row + 1;
    return row;
  }

  clear(): void {
    this.#size = 0;
    this.#first.fill(0);
    this.#last.fill(0);
    this.releaseAll();
  }

  override reserve(row: number): void {
    if (row < this.capacity) return;
    super.reserve(row);
    const next = new Int32Array(this.capacity);
    next.set(this.#next);
    this.#next = next;
  }

  #growLists(list: number): void {
    const first = new Int32Array(2 * list);
    first.set(this.#first);
    this.#first = first;
    const last = new Int32Array(2 * list);
    last.set(this.#last);
    this.#last = last;
  }
}
