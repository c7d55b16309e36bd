import type { Schema } from '../../../plugins/api/schema.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import { RuntimeFault } from '../../contract/fault.js';
import type { InternalTimerService, NamespaceCodec, TimerHandler } from '../../contract/state.js';
import type { ProcessingTimeService } from '../../contract/task.js';
import type { KeyScope } from './key-scope.js';
import { NamespaceIndex } from './namespace-index.js';
import { TimerQueue } from './timer-queue.js';

/** The backend's part: makes the key of a slot the current one. */
export type SetKeySlot = (slot: number) => void;

const NO_NAMESPACE = 0;

/** Timers of one operator, by key and namespace (datastream-semantics §3). */
export class HeapTimerService<K, N> implements InternalTimerService<N> {
  currentWatermark = MIN_TIMESTAMP;
  readonly event = new TimerQueue();
  readonly processing = new TimerQueue();
  readonly #keys: KeyScope<K>;
  readonly #namespaces: NamespaceIndex<N> | null;
  readonly #codec: NamespaceCodec<N> | null;
  readonly #handler: TimerHandler<K, N>;
  readonly #setKeySlot: SetKeySlot;
  readonly #clock: ProcessingTimeService;
  readonly #batchMode: boolean;
  /** the one scheduled call: for the earliest processing-time timer */
  #wakeUp: { readonly handle: number; readonly timestamp: number } | null = null;
  /** BATCH: the timers of a key that ends are being fired */
  #endingKey = false;

  constructor(
    keys: KeyScope<K>,
    codec: NamespaceCodec<N> | null,
    handler: TimerHandler<K, N>,
    setKeySlot: SetKeySlot,
    clock: ProcessingTimeService,
    batchMode: boolean,
  ) {
    this.#keys = keys;
    this.#codec = codec;
    this.#namespaces = codec ? new NamespaceIndex(codec) : null;
    this.#handler = handler;
    this.#setKeySlot = setKeySlot;
    this.#clock = clock;
    this.#batchMode = batchMode;
  }

  registerEventTimeTimer(namespace: N, timestamp: number): void {
    this.#register(this.event, namespace, timestamp);
  }
  registerProcessingTimeTimer(namespace: N, timestamp: number): void {
    // Nothing of this key comes any more; a timer that keeps registering the next one would never let the key end.
    if (this.#endingKey) return;
    this.#register(this.processing, namespace, timestamp);
    if (!this.#batchMode) this.schedule();
  }
  deleteEventTimeTimer(namespace: N, timestamp: number): void {
    this.#delete(this.event, namespace, timestamp);
  }
  deleteProcessingTimeTimer(namespace: N, timestamp: number): void {
    this.#delete(this.processing, namespace, timestamp);
  }

  advanceWatermark(watermark: number): void {
    this.currentWatermark = watermark;
    const queue = this.event;
    for (
      let timer = queue.first();
      timer >= 0 && queue.timestampOf(timer) <= watermark;
      timer = queue.first()
    ) {
      this.#fireEvent(timer);
    }
  }

  fireAllForKeyEnd(): void {
    this.#endingKey = true;
    this.currentWatermark = MAX_TIMESTAMP;
    try {
      for (let timer = this.event.first(); timer >= 0; timer = this.event.first()) this.#fireEvent(timer);
      for (let timer = this.processing.first(); timer >= 0; timer = this.processing.first())
        this.#fireProcessing(timer);
      for (let timer = this.event.first(); timer >= 0; timer = this.event.first()) this.#fireEvent(timer);
    } finally {
      this.#endingKey = false;
      this.currentWatermark = MIN_TIMESTAMP;
    }
  }

  /** Sees to it that the earliest processing-time timer fires; at once when it is overdue. */
  schedule(): void {
    const first = this.processing.first();
    if (first < 0) return;
    const timestamp = this.processing.timestampOf(first);
    if (this.#wakeUp) {
      if (this.#wakeUp.timestamp <= timestamp) return;
      this.#clock.cancel(this.#wakeUp.handle);
    }
    this.#wakeUp = { handle: this.#clock.schedule(timestamp, this.#onProcessingTime), timestamp };
  }
  readonly #onProcessingTime = (now: number): void => {
    this.#wakeUp = null;
    const queue = this.processing;
    for (let timer = queue.first(); timer >= 0 && queue.timestampOf(timer) <= now; timer = queue.first()) {
      this.#fireProcessing(timer);
    }
    this.schedule();
  };

  #register(queue: TimerQueue, namespace: N, timestamp: number): void {
    if (timestamp !== timestamp) throw notANumber();
    const key = this.#keys.resolve() < 0 ? this.#keys.acquire() : this.#keys.cursor.slot;
    const id = this.#namespaces ? this.#namespaces.acquire(namespace) : NO_NAMESPACE;
    this.#insert(queue, key, id, timestamp);
  }
  #insert(queue: TimerQueue, key: number, namespace: number, timestamp: number): void {
    if (!queue.insert(key, namespace, timestamp)) return;
    this.#keys.retain(key);
    this.#namespaces?.retain(namespace);
  }
  #delete(queue: TimerQueue, namespace: N, timestamp: number): void {
    const key = this.#keys.resolve();
    const id = this.#namespaces ? this.#namespaces.find(namespace) : NO_NAMESPACE;
    const timer = key < 0 || id < 0 ? -1 : queue.find(key, id, timestamp);
    if (timer >= 0) this.#remove(queue, timer);
  }
  #remove(queue: TimerQueue, timer: number): void {
    const key = queue.keyOf(timer);
    const namespace = queue.namespaceOf(timer);
    queue.remove(timer);
    this.#namespaces?.release(namespace);
    this.#keys.release(key);
  }
  #fireEvent(timer: number): void {
    const timestamp = this.event.timestampOf(timer);
    const namespace = this.#take(this.event, timer);
    this.#handler.onEventTime(timestamp, this.#keys.currentKey, namespace);
  }
  #fireProcessing(timer: number): void {
    const timestamp = this.processing.timestampOf(timer);
    const namespace = this.#take(this.processing, timer);
    this.#handler.onProcessingTime(timestamp, this.#keys.currentKey, namespace);
  }
  /** Removes the timer and sets its key, in this order of reading: removing may free the key's slot. */
  #take(queue: TimerQueue, timer: number): N {
    const namespace = this.#namespaces ? this.#namespaces.get(queue.namespaceOf(timer)) : (null as N);
    this.#setKeySlot(queue.keyOf(timer));
    this.#remove(queue, timer);
    return namespace;
  }

  get namespaceSchema(): Schema | null {
    return this.#codec && this.#codec.schema;
  }
  write(out: ByteWriter, queue: TimerQueue, timer: number): void {
    if (this.#codec && this.#namespaces)
      this.#codec.write(out, this.#namespaces.get(queue.namespaceOf(timer)));
    out.f64(queue.timestampOf(timer));
  }
  read(from: ByteReader, queue: TimerQueue, key: number): void {
    const namespace =
      this.#codec && this.#namespaces ? this.#namespaces.acquire(this.#codec.read(from)) : NO_NAMESPACE;
    this.#insert(queue, key, namespace, from.f64());
  }
  /** BATCH: forgets the timers of a key whose input has ended. */
  clear(): void {
    for (const queue of [this.event, this.processing]) {
      for (let timer = queue.first(); timer >= 0; timer = queue.first()) this.#remove(queue, timer);
    }
  }
}

function notANumber(): RuntimeFault {
  return new RuntimeFault('FC5205', {
    message: 'a timer was registered for NaN',
    domain: 'user',
    fix: 'check the computation of its timestamp',
  });
}
