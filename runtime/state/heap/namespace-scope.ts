import { RuntimeFault } from '../../contract/fault.js';
import type { NamespaceCodec } from '../../contract/state.js';
import { noNamespace } from '../scope-faults.js';
import { NumberKeyIndex } from './key-index.js';
import type { KeyScope } from './key-scope.js';
import { NamespaceIndex } from './namespace-index.js';
import { Int32Pages } from './pages.js';
import { Cursor, NO_STATE, STALE, type Scope } from './scope.js';

/** A slot of a key and an id of a namespace as one exact double: 2^26 keys times 2^27 namespaces. */
const KEYS = 2 ** 26;
const NAMESPACES = 2 ** 27;

/** State per key and namespace. */
export class NamespaceScope<N> implements Scope {
  readonly cursor = new Cursor();
  readonly codec: NamespaceCodec<N>;
  readonly #keys: KeyScope<unknown>;
  readonly #namespaces: NamespaceIndex<N>;
  readonly #pairs = new NumberKeyIndex();
  readonly #references = new Int32Pages();
  #namespace: N | undefined;
  #isSet = false;

  constructor(keys: KeyScope<unknown>, codec: NamespaceCodec<N>) {
    this.#keys = keys;
    this.codec = codec;
    this.#namespaces = new NamespaceIndex(codec);
  }
  set(namespace: N): void {
    this.#namespace = namespace;
    this.#isSet = true;
    this.cursor.slot = STALE;
  }
  /** The key changed; the namespace stays. */
  invalidate(): void {
    if (this.#isSet) this.cursor.slot = STALE;
  }
  resolve(): number {
    if (!this.#isSet) throw noNamespace();
    // Pairs that hold nothing are looked up again each time: their key may get a slot through another state.
    if (this.cursor.slot < 0) this.cursor.slot = this.find(this.#namespace as N);
    return this.cursor.slot;
  }
  /** Slot of the current key in a namespace, or NO_STATE. */
  find(namespace: N): number {
    const keySlot = this.#keys.resolve();
    if (keySlot < 0) return NO_STATE;
    const id = this.#namespaces.find(namespace);
    return id < 0 ? NO_STATE : this.#pairs.find(id * KEYS + keySlot);
  }
  acquire(): number {
    if (!this.#isSet) throw noNamespace();
    if (this.cursor.slot < 0) this.cursor.slot = this.slotFor(this.#keys.acquire(), this.#namespace as N);
    return this.cursor.slot;
  }
  /** Slot of a key's slot in a namespace, made if need be. */
  slotFor(keySlot: number, namespace: N): number {
    const id = this.#namespaces.acquire(namespace);
    if (keySlot >= KEYS || id >= NAMESPACES) throw tooMany();
    const pair = id * KEYS + keySlot;
    const found = this.#pairs.find(pair);
    if (found >= 0) return found;
    const slot = this.#pairs.insert(pair);
    this.#references.set(slot, 0);
    return slot;
  }
  keySlotOf(slot: number): number {
    return this.#pairs.keyOf(slot) % KEYS;
  }
  namespaceOf(slot: number): N {
    return this.#namespaces.get(Math.floor(this.#pairs.keyOf(slot) / KEYS));
  }
  retain(slot: number): void {
    const references = this.#references.get(slot);
    this.#references.set(slot, references + 1);
    if (references > 0) return;
    const pair = this.#pairs.keyOf(slot);
    this.#keys.retain(pair % KEYS);
    this.#namespaces.retain(Math.floor(pair / KEYS));
  }
  release(slot: number): void {
    const left = this.#references.get(slot) - 1;
    this.#references.set(slot, left);
    if (left > 0) return;
    const pair = this.#pairs.keyOf(slot);
    this.#pairs.remove(slot);
    if (this.cursor.slot === slot) this.cursor.slot = STALE;
    this.#namespaces.release(Math.floor(pair / KEYS));
    this.#keys.release(pair % KEYS);
  }
  /** Pairs of key and namespace with state. */
  get size(): number {
    return this.#pairs.size;
  }
}

function tooMany(): RuntimeFault {
  return new RuntimeFault('FC5107', {
    message: 'one subtask holds state for more keys or windows than fit in memory tables',
    domain: 'user',
    fix: 'raise the parallelism, or let windows be cleaned up earlier',
  });
}
