import type { KeyType } from '../../contract/state.js';
import { noCurrentKey } from '../scope-faults.js';
import { createKeyIndex, type KeyIndex } from './key-index.js';
import { Int32Pages } from './pages.js';
import { Cursor, NO_SCOPE, type Scope } from './scope.js';

/** Keys that have state, and the current one. */
export class KeyScope<K> implements Scope {
  readonly cursor = new Cursor();
  readonly index: KeyIndex<K>;
  readonly #references = new Int32Pages();
  #currentKey: K | undefined;

  constructor(keyType: KeyType) {
    this.index = createKeyIndex(keyType.schema) as KeyIndex<K>;
  }
  get currentKey(): K {
    if (this.cursor.slot === NO_SCOPE) throw noCurrentKey();
    return this.#currentKey as K;
  }
  set(key: K): void {
    this.#currentKey = key;
    this.cursor.slot = this.index.find(key);
  }
  setSlot(slot: number): void {
    this.#currentKey = this.index.keyOf(slot);
    this.cursor.slot = slot;
  }
  unset(): void {
    this.#currentKey = undefined;
    this.cursor.slot = NO_SCOPE;
  }
  resolve(): number {
    if (this.cursor.slot === NO_SCOPE) throw noCurrentKey();
    return this.cursor.slot;
  }
  acquire(): number {
    if (this.cursor.slot < 0) {
      this.cursor.slot = this.insert(this.currentKey);
    }
    return this.cursor.slot;
  }
  /** Slot of a key that is not the current one (restore). */
  slotFor(key: K): number {
    const slot = this.index.find(key);
    return slot >= 0 ? slot : this.insert(key);
  }
  retain(slot: number): void {
    this.#references.set(slot, this.#references.get(slot) + 1);
  }
  release(slot: number): void {
    const left = this.#references.get(slot) - 1;
    this.#references.set(slot, left);
    if (left > 0) return;
    this.index.remove(slot);
    if (this.cursor.slot === slot) this.cursor.slot = -1;
  }
  private insert(key: K): number {
    const slot = this.index.insert(key);
    this.#references.set(slot, 0);
    return slot;
  }
}
