import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { NamespaceCodec } from '../../contract/state.js';
import type { TimerSet } from '../timer-service.js';
import type { KeyScope } from './key-scope.js';
import type { NamespaceIndex } from './namespace-index.js';
import { TimerQueue } from './timer-queue.js';

const NO_NAMESPACE = 0;

/** Timers of one time domain on the heap. Their keys and namespaces stay known while they exist. */
export class HeapTimerSet<K, N> implements TimerSet<N> {
  readonly queue = new TimerQueue();
  readonly #keys: KeyScope<K>;
  readonly #namespaces: NamespaceIndex<N> | null;
  readonly #codec: NamespaceCodec<N> | null;
  readonly #setKeySlot: (slot: number) => void;

  constructor(
    keys: KeyScope<K>,
    namespaces: NamespaceIndex<N> | null,
    codec: NamespaceCodec<N> | null,
    setKeySlot: (slot: number) => void,
  ) {
    this.#keys = keys;
    this.#namespaces = namespaces;
    this.#codec = codec;
    this.#setKeySlot = setKeySlot;
  }
  firstTimestamp(): number | null {
    const timer = this.queue.first();
    return timer < 0 ? null : this.queue.timestampOf(timer);
  }
  takeFirst(): N {
    const timer = this.queue.first();
    const namespace = this.#namespaces ? this.#namespaces.get(this.queue.namespaceOf(timer)) : (null as N);
    // In this order: removing the timer may free the key's slot.
    this.#setKeySlot(this.queue.keyOf(timer));
    this.#remove(timer);
    return namespace;
  }
  insert(namespace: N, timestamp: number): void {
    const key = this.#keys.resolve() < 0 ? this.#keys.acquire() : this.#keys.cursor.slot;
    this.#insert(key, this.#namespaces ? this.#namespaces.acquire(namespace) : NO_NAMESPACE, timestamp);
  }
  remove(namespace: N, timestamp: number): void {
    const key = this.#keys.resolve();
    const id = this.#namespaces ? this.#namespaces.find(namespace) : NO_NAMESPACE;
    const timer = key < 0 || id < 0 ? -1 : this.queue.find(key, id, timestamp);
    if (timer >= 0) this.#remove(timer);
  }
  clear(): void {
    for (let timer = this.queue.first(); timer >= 0; timer = this.queue.first()) this.#remove(timer);
  }
  write(out: ByteWriter, timer: number): void {
    if (this.#codec && this.#namespaces)
      this.#codec.write(out, this.#namespaces.get(this.queue.namespaceOf(timer)));
    out.f64(this.queue.timestampOf(timer));
  }
  read(from: ByteReader, key: number): void {
    const namespace =
      this.#codec && this.#namespaces ? this.#namespaces.acquire(this.#codec.read(from)) : NO_NAMESPACE;
    this.#insert(key, namespace, from.f64());
  }

  #insert(key: number, namespace: number, timestamp: number): void {
    if (!this.queue.insert(key, namespace, timestamp)) return;
    this.#keys.retain(key);
    this.#namespaces?.retain(namespace);
  }
  #remove(timer: number): void {
    const key = this.queue.keyOf(timer);
    const namespace = this.queue.namespaceOf(timer);
    this.queue.remove(timer);
    this.#namespaces?.release(namespace);
    this.#keys.release(key);
  }
}
