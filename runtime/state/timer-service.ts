import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { RuntimeFault } from '../contract/fault.js';
import type { InternalTimerService, TimerHandler } from '../contract/state.js';
import type { ProcessingTimeService } from '../contract/task.js';

/** The timers of one time domain, as a backend keeps them. */
export interface TimerSet<N> {
  /** Of the earliest timer; null when there is none. */
  firstTimestamp(): number | null;
  /** Removes the earliest timer, makes its key the current one and returns its namespace. */
  takeFirst(): N;
  /** Of the current key. Inserting a timer that is there already changes nothing. */
  insert(namespace: N, timestamp: number): void;
  remove(namespace: N, timestamp: number): void;
  /** BATCH: forgets the timers of a key whose input has ended. */
  clear(): void;
}

/** Timers of one operator, by key and namespace (datastream-semantics §3). */
export class TimerService<K, N, S extends TimerSet<N> = TimerSet<N>> implements InternalTimerService<N> {
  currentWatermark = MIN_TIMESTAMP;
  readonly event: S;
  readonly processing: S;
  readonly #currentKey: () => K;
  readonly #handler: TimerHandler<K, N>;
  readonly #clock: ProcessingTimeService;
  readonly #batchMode: boolean;
  /** the one scheduled call: for the earliest processing-time timer */
  #wakeUp: { readonly handle: number; readonly timestamp: number } | null = null;
  /** BATCH: the timers of a key that ends are being fired */
  #endingKey = false;

  constructor(
    event: S,
    processing: S,
    currentKey: () => K,
    handler: TimerHandler<K, N>,
    clock: ProcessingTimeService,
    batchMode: boolean,
  ) {
    this.event = event;
    this.processing = processing;
    this.#currentKey = currentKey;
    this.#handler = handler;
    this.#clock = clock;
    this.#batchMode = batchMode;
  }

  registerEventTimeTimer(namespace: N, timestamp: number): void {
    if (timestamp !== timestamp) throw notANumber();
    this.event.insert(namespace, timestamp);
  }
  registerProcessingTimeTimer(namespace: N, timestamp: number): void {
    // Nothing of this key comes any more; a timer that keeps registering the next one would never let the key end.
    if (this.#endingKey) return;
    if (timestamp !== timestamp) throw notANumber();
    this.processing.insert(namespace, timestamp);
    if (!this.#batchMode) this.schedule();
  }
  deleteEventTimeTimer(namespace: N, timestamp: number): void {
    this.event.remove(namespace, timestamp);
  }
  deleteProcessingTimeTimer(namespace: N, timestamp: number): void {
    this.processing.remove(namespace, timestamp);
  }

  advanceWatermark(watermark: number): void {
    this.currentWatermark = watermark;
    for (
      let timestamp = this.event.firstTimestamp();
      timestamp !== null && timestamp <= watermark;
      timestamp = this.event.firstTimestamp()
    ) {
      this.#fireEvent(timestamp);
    }
  }

  fireAllForKeyEnd(): void {
    this.#endingKey = true;
    this.currentWatermark = MAX_TIMESTAMP;
    try {
      this.#fireAllEvents();
      for (let t = this.processing.firstTimestamp(); t !== null; t = this.processing.firstTimestamp())
        this.#fireProcessing(t);
      this.#fireAllEvents();
    } finally {
      this.#endingKey = false;
      this.currentWatermark = MIN_TIMESTAMP;
    }
  }
  #fireAllEvents(): void {
    for (let t = this.event.firstTimestamp(); t !== null; t = this.event.firstTimestamp()) this.#fireEvent(t);
  }

  /** Sees to it that the earliest processing-time timer fires; at once when it is overdue. */
  schedule(): void {
    const timestamp = this.processing.firstTimestamp();
    if (timestamp === null) return;
    if (this.#wakeUp) {
      if (this.#wakeUp.timestamp <= timestamp) return;
      this.#clock.cancel(this.#wakeUp.handle);
    }
    this.#wakeUp = { handle: this.#clock.schedule(timestamp, this.#onProcessingTime), timestamp };
  }
  readonly #onProcessingTime = (now: number): void => {
    this.#wakeUp = null;
    for (
      let timestamp = this.processing.firstTimestamp();
      timestamp !== null && timestamp <= now;
      timestamp = this.processing.firstTimestamp()
    ) {
      this.#fireProcessing(timestamp);
    }
    this.schedule();
  };

  #fireEvent(timestamp: number): void {
    const namespace = this.event.takeFirst();
    this.#handler.onEventTime(timestamp, this.#currentKey(), namespace);
  }
  #fireProcessing(timestamp: number): void {
    const namespace = this.processing.takeFirst();
    this.#handler.onProcessingTime(timestamp, this.#currentKey(), namespace);
  }
  /** BATCH: forgets the timers of a key whose input has ended. */
  clear(): void {
    this.event.clear();
    this.processing.clear();
  }
}

function notANumber(): RuntimeFault {
  return new RuntimeFault('FC5205', {
    message: 'a timer was registered for NaN',
    domain: 'user',
    fix: 'check the computation of its timestamp',
  });
}
