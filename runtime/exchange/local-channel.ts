/** Two subtasks in one thread: batches travel by reference and return through a pool. */
import { Batch } from '../../plugins/api/batch.js';
import type { BatchLayout } from '../../plugins/api/batch.js';
import { BatchEncoder, CodecMemory } from './batch-codec.js';
import { BatchPool } from './batch-pool.js';
import { BATCH, EVENT, NOTHING } from './channel.js';
import type { Barrier, ChannelEvent, InputChannel, OutputChannel, Polled } from './channel.js';
import type { Codecs } from './codecs.js';
import type { InFlightData } from './in-flight-data.js';
import { Kind } from './ring-memory.js';

export interface LocalChannelOptions {
  readonly layout: BatchLayout;
  /** for what is stored when a barrier overtakes it */
  readonly codecs: Codecs;
  readonly batchRows: number;
  /** Batches that may wait unread: the sender's credit. */
  readonly credits: number;
}

/** Memory of batches that are kept: windows fire in bursts of many batches, again and again. */
const maxSpareBytes = 8 * 1024 * 1024;

export class LocalChannel implements OutputChannel, InputChannel {
  readonly settled = true;
  readonly local = true;
  readonly bytes = 0;
  readonly #options: LocalChannelOptions;
  readonly #queue: (Batch | ChannelEvent)[] = [];
  readonly #pool: BatchPool;
  #queuedBatches = 0;
  /** the last one that was sent */
  #barrier = 0;
  #current: Batch | null = null;
  #event: ChannelEvent | null = null;
  #encoder: BatchEncoder | null = null;
  #copies: InFlightData | null = null;

  constructor(options: LocalChannelOptions) {
    this.#options = options;
    const bytes = 8 * (options.layout.columns.length + 1) * options.batchRows;
    const maxSpare = Math.max(options.credits, Math.floor(maxSpareBytes / bytes));
    this.#pool = new BatchPool(options.layout, options.batchRows, maxSpare);
  }

  sendBatch(batch: Batch): Batch | null {
    if (this.#queuedBatches >= this.#options.credits) return null;
    this.#queue.push(batch);
    this.#queuedBatches++;
    return this.spare();
  }

  // Events are few and tiny (a watermark per batch at most, because the sender flushes first): they need no credit.
  sendEvent(event: ChannelEvent): boolean {
    if (event.kind === 'barrier') this.#barrier = event.checkpointId;
    this.#queue.push(event);
    return true;
  }

  flush(): boolean {
    return true;
  }

  // Nothing waits in this end: what the gate holds back is behind the barrier from now on.
  overtake(barrier: Barrier): void {
    if (this.#barrier !== barrier.checkpointId) this.sendEvent(barrier);
  }

  readonly overtook = true;

  copy(batch: Batch, to: InFlightData): void {
    this.#encoder ??= new BatchEncoder(this.#options.layout, this.#options.codecs);
    const bytes = this.#encoder.measure(batch);
    const encoded = new CodecMemory(new ArrayBuffer((bytes + 7) & ~7));
    this.#encoder.write(batch, encoded);
    to.add(Kind.Batch, bytes, 0, encoded.bytes.subarray(0, bytes));
  }

  spare(): Batch {
    return this.#pool.take();
  }

  recycle(batch: Batch): void {
    this.#pool.give(batch);
  }

  poll(): Polled {
    const next = this.#queue.shift();
    if (next === undefined) return NOTHING;
    if (next instanceof Batch) {
      this.#current = next;
      if (this.#copies) this.copy(next, this.#copies);
      return BATCH;
    }
    this.#event = next;
    if (this.#copies && next.kind === 'watermark') this.#copies.watermark(next.timestamp);
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

  announced(checkpointId: number): boolean {
    return this.#queue.some(element => endsChannelState(element, checkpointId));
  }

  copyOvertaken(checkpointId: number, to: InFlightData): void {
    for (const element of this.#queue) {
      if (element instanceof Batch) this.copy(element, to);
      else if (element.kind === 'watermark') to.watermark(element.timestamp);
      else if (endsChannelState(element, checkpointId)) return;
    }
  }

  copyTaken(to: InFlightData | null): void {
    this.#copies = to;
  }

  get queued(): number {
    return this.#queue.length;
  }
}

function endsChannelState(element: Batch | ChannelEvent, checkpointId: number): boolean {
  if (element instanceof Batch) return false;
  return element.kind === 'closed' || (element.kind === 'barrier' && element.checkpointId === checkpointId);
}
