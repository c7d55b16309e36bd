/** What flows between two subtasks, and the two ends of a channel. Where the bytes go is the implementation's business. */
import type { Batch } from '../../plugins/api/batch.js';
import type { InFlightData } from './in-flight-data.js';

/** In-band: ordered with the records of the channel. */
export type ChannelEvent =
  | { readonly kind: 'watermark'; readonly timestamp: number }
  | { readonly kind: 'idle' }
  | { readonly kind: 'active' }
  | { readonly kind: 'barrier'; readonly checkpointId: number; readonly timestamp: number }
  /** No row and no watermark follows, but there may be barriers: the sender waits for its last checkpoint. */
  | { readonly kind: 'end' }
  /** Nothing follows. */
  | { readonly kind: 'closed' };

export type Barrier = Extract<ChannelEvent, { readonly kind: 'barrier' }>;

/** The sending end. Neither call blocks; a refused element is offered again by the caller, in order. */
export interface OutputChannel {
  /**
   * Takes the rows of `batch`. Returns the batch to fill next (the same one where the rows were copied),
   * or null when there is no credit.
   */
  sendBatch(batch: Batch): Batch | null;
  sendEvent(event: ChannelEvent): boolean;
  /** Moves on what was taken but is still on its way out; true when nothing is left. */
  flush(): boolean;
  /** What flush() said last. */
  readonly settled: boolean;
  /**
   * The barrier goes ahead of everything that this end still holds, credit or not; what it overtakes is copied to
   * `overtaken`. A barrier that was sent in order before, and is under way, is let past what is ahead of it.
   */
  overtake(barrier: Barrier, overtaken: InFlightData): void;
  /** All that the barrier of the last overtake() has overtaken here is copied. */
  readonly overtook: boolean;
  /** Copies a batch of this channel that waits for credit. */
  copy(batch: Batch, to: InFlightData): void;
  /** The receiver runs in this thread. */
  readonly local: boolean;
  /** of the rows sent so far, as they are encoded; 0 where they are handed over by reference */
  readonly bytes: number;
  /** An empty batch, for output that must wait in the sender while there is no credit. */
  spare(): Batch;
  /** Gives back a batch that spare() made and sendBatch() did not hand over. */
  recycle(batch: Batch): void;
}

/** What the last poll of an {@link InputChannel} found. */
export const NOTHING = 0;
export const BATCH = 1;
export const EVENT = 2;
export type Polled = typeof NOTHING | typeof BATCH | typeof EVENT;

/** The receiving end. */
export interface InputChannel {
  /** Moves to the next element. After BATCH, `batch` is valid until release(); after EVENT, `event` is. */
  poll(): Polled;
  readonly batch: Batch;
  readonly event: ChannelEvent;
  /** The rows of the last batch are processed: its memory goes back to the sender. */
  release(): void;
  /** Its barrier of this checkpoint is under way, or nothing follows what is queued. */
  announced(checkpointId: number): boolean;
  /** Copies what is queued ahead of the announced barrier. It stays queued. */
  copyOvertaken(checkpointId: number, to: InFlightData): void;
  /** From now on what is taken is copied, also what was taken of a batch that is not complete; null: no more. */
  copyTaken(to: InFlightData | null): void;
  /** of the rows received so far, as they were encoded; 0 where they are handed over by reference */
  readonly bytes: number;
  /** Elements waiting, at most. */
  readonly queued: number;
}
