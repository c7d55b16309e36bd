/** The live sessions of all keys: a row each, those of one key in a list in the order in which they changed last. */
import type { ColumnKind } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';
import type { CopyOnWrite, Watched } from '../../contract/copy-on-write.js';
import { keySlots, type KeySlots } from './key-slots.js';
import { Rows } from './rows.js';

/** Fewer keys than this are not worth the trouble of forgetting them. */
const fewKeys = 1024;

export class SessionRows<K> extends Rows implements Watched {
  /** Set while a snapshot is written: its slots are keys, see {@link keyAt}. */
  copyOnWrite: CopyOnWrite | null = null;
  starts = new Float64Array(this.capacity);
  ends = new Float64Array(this.capacity);
  /** When the owner wants to see the row; NaN for rows that are free. */
  due = new Float64Array(this.capacity).fill(NaN);
  /** 1: the session has to fire at its end */
  unfired = new Uint8Array(this.capacity);
  /** where the key of the row is in #keys */
  #at = new Int32Array(this.capacity);
  /** next row of the key, or next free row; -1: none */
  #next = new Int32Array(this.capacity);
  // Free rows in a queue: what ended first is used again first, so that sessions of one time lie side by side.
  #firstFree = -1;
  #lastFree = -1;
  #used = 0;

  // Keys are only ever added; those without sessions are left out when the others move to a new table.
  #keys: KeySlots<K>;
  #spareKeys: KeySlots<K>;
  /** first row of the key + 1; 0: none */
  #first = new Int32Array(this.capacity);
  #keysInUse = 0;
  /** Live sessions. */
  size = 0;
  /** By key, for the owner; 0 for keys that are new. */
  flags = new Uint8Array(this.capacity);

  constructor(key: Schema, kinds: readonly ColumnKind[]) {
    super(kinds);
    const newKeys = keySlots<K>(key);
    this.#keys = newKeys();
    this.#spareKeys = newKeys();
  }

  /** Where the sessions of the key are; valid until keys are forgotten. */
  keyAt(key: K): number {
    const at = this.#keys.slotOf(key);
    if (at >= this.#first.length) {
      this.#first = grown(this.#first, new Int32Array(2 * at));
      this.flags = grown(this.flags, new Uint8Array(2 * at));
    }
    return at;
  }
  /** -1: no session of the key was ever here, or it is forgotten */
  find(key: K): number {
    return this.#keys.find(key);
  }
  keyIndex(row: number): number {
    return this.#at[row]!;
  }
  keyNumber(at: number): K {
    return this.#keys.keyAt(at);
  }
  keyOf(row: number): K {
    return this.#keys.keyAt(this.#at[row]!);
  }

  first(at: number): number {
    return this.#first[at]! - 1;
  }
  /** -1: last of its key */
  next(row: number): number {
    return this.#next[row]!;
  }
  /** The session of a key that has just one; else -1. */
  only(at: number): number {
    const row = this.#first[at]! - 1;
    return row < 0 || this.#next[row]! >= 0 ? -1 : row;
  }

  /** The columns of a new row are as its last user left them, strings and objects empty. */
  add(at: number, start: number, end: number): number {
    const row = this.#firstFree >= 0 ? this.#firstFree : this.#used++;
    if (row === this.#firstFree) this.#firstFree = this.#next[row]!;
    this.reserve(row);
    this.starts[row] = start;
    this.ends[row] = end;
    this.unfired[row] = 0;
    this.size++;
    this.#at[row] = at;
    this.#append(at, row);
    return row;
  }

  remove(row: number): void {
    this.#unlink(row);
    this.release(row);
    this.size--;
    this.due[row] = NaN;
    this.#next[row] = -1;
    if (this.#firstFree < 0) this.#firstFree = row;
    else this.#next[this.#lastFree] = row;
    this.#lastFree = row;
  }

  moveToEnd(row: number): void {
    if (this.only(this.#at[row]!) === row) return;
    this.#unlink(row);
    this.#append(this.#at[row]!, row);
  }

  /** {@link keyAt} gives numbers below this. */
  get keys(): number {
    return this.#keys.size;
  }
  /** In the order that {@link add} must be called in to make the same list. */
  forEach(at: number, visit: (key: K, row: number) => void): void {
    for (let row = this.first(at); row >= 0; row = this.#next[row]!) visit(this.#keys.keyAt(at), row);
  }
  /** Before something happens to the sessions of a key. */
  touch(at: number): void {
    if (this.copyOnWrite !== null) this.copyOnWrite.touch(at);
  }
  touchRow(row: number): void {
    if (this.copyOnWrite !== null) this.copyOnWrite.touch(this.#at[row]!);
  }

  /** Costs something only when most keys have no session any more. */
  forgetUnusedKeys(): void {
    if (this.copyOnWrite !== null || this.#keys.size < fewKeys || this.#keys.size < 2 * this.#keysInUse)
      return;
    const old = this.#keys;
    const keys = this.#spareKeys;
    for (let at = 0; at < old.size; at++) {
      const first = this.#first[at]!;
      const flags = this.flags[at]!;
      this.flags[at] = 0;
      if (first === 0) continue;
      const to = keys.slotOf(old.keyAt(at));
      this.flags[to] = flags;
      this.#first[at] = 0;
      this.#first[to] = first;
      for (let row = first - 1; row >= 0; row = this.#next[row]!) this.#at[row] = to;
    }
    old.clear();
    this.#keys = keys;
    this.#spareKeys = old;
  }

  /** Forgets all sessions and keys. */
  clear(): void {
    this.#keys.clear();
    this.#first.fill(0);
    this.flags.fill(0);
    this.due.fill(NaN);
    this.releaseAll();
    this.#firstFree = -1;
    this.#lastFree = -1;
    this.#used = 0;
    this.#keysInUse = 0;
    this.size = 0;
  }

  override reserve(row: number): void {
    if (row < this.capacity) return;
    super.reserve(row);
    this.starts = grown(this.starts, new Float64Array(this.capacity));
    this.ends = grown(this.ends, new Float64Array(this.capacity));
    this.due = grown(this.due, new Float64Array(this.capacity).fill(NaN));
    this.unfired = grown(this.unfired, new Uint8Array(this.capacity));
    this.#at = grown(this.#at, new Int32Array(this.capacity));
    this.#next = grown(this.#next, new Int32Array(this.capacity));
  }

  #append(at: number, row: number): void {
    this.#next[row] = -1;
    let last = this.first(at);
    if (last < 0) {
      this.#first[at] = row + 1;
      this.#keysInUse++;
      return;
    }
    while (this.#next[last]! >= 0) last = this.#next[last]!;
    this.#next[last] = row;
  }

  #unlink(row: number): void {
    const at = this.#at[row]!;
    const next = this.#next[row]!;
    let before = this.first(at);
    if (before === row) {
      this.#first[at] = next + 1;
      if (next < 0) this.#keysInUse--;
      return;
    }
    while (this.#next[before] !== row) before = this.#next[before]!;
    this.#next[before] = next;
  }
}

function grown<A extends { set(from: A): void }>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}
