/** Two subtasks in one thread: batches travel by reference and return through a pool. */
import { Batch } from '../../plugins/api/batch.js';
import type { BatchLayout } from '../../plugins/api/batch.js';
import { BATCH, EVENT, NOTHING } from './channel.js';
import type { ChannelEvent, InputChannel, OutputChannel, Polled } from './channel.js';

export interface LocalChannelOptions {
  readonly layout: BatchLayout;
  readonly batchRows: number;
  /** Batches that may wait unread: the sender's credit. */
  readonly credits: number;
}

export class LocalChannel implements OutputChannel, InputChannel {
  readonly settled = true;
  readonly local = true;
  readonly bytes = 0;
  readonly #options: LocalChannelOptions;
  readonly #queue: (Batch | ChannelEvent)[] = [];
  readonly #pool: Batch[] = [];
  #queuedBatches = 0;
  #current: Batch | null = null;
  #event: ChannelEvent | null = null;

  constructor(options: LocalChannelOptions) {
    this.#options = options;
  }

  sendBatch(batch: Batch): Batch | null {
    if (this.#queuedBatches >= this.#options.credits) return null;
    this.#queue.push(batch);
    this.#queuedBatches++;
    return this.spare();
  }

  // Events are few and tiny (a watermark per batch at most, because the sender flushes first): they need no credit.
  sendEvent(event: ChannelEvent): boolean {
    this.#queue.push(event);
    return true;
  }

  flush(): boolean {
    return true;
  }

  spare(): Batch {
    return this.#pool.pop() ?? new Batch(this.#options.layout, this.#options.batchRows);
  }

  recycle(batch: Batch): void {
    // A burst may have made many batches; only as many as can be in flight are worth keeping.
    if (this.#pool.length > this.#options.credits) return;
    batch.length = 0;
    this.#pool.push(batch);
  }

  poll(): Polled {
    const next = this.#queue.shift();
    if (next === undefined) return NOTHING;
    if (next instanceof Batch) {
      this.#current = next;
      return BATCH;
    }
    this.#event = next;
    return EVENT;
  }

  get batch(): Batch {
    return this.#current!;
  }
  get event(): ChannelEvent {
    return this.#event!;
  }

  release(): void {
    const batch = this.#current!;
    this.#current = null;
    this.#queuedBatches--;
    this.recycle(batch);
  }

  get queued(): number {
    return this.#queue.length;
  }
}
