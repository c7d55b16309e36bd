/** The channel of a sender that had finished before the checkpoint that is restored (§13.4). */
import type { Batch } from '../../plugins/api/batch.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import { EVENT, NOTHING, type ChannelEvent, type InputChannel, type Polled } from './channel.js';

const events: readonly ChannelEvent[] = [
  { kind: 'watermark', timestamp: MAX_TIMESTAMP },
  { kind: 'end' },
  { kind: 'closed' },
];

export class EndedChannel implements InputChannel {
  readonly batch: Batch;
  readonly bytes = 0;
  #next = 0;

  /** `batch`: never filled. */
  constructor(batch: Batch) {
    this.batch = batch;
  }
  poll(): Polled {
    return this.#next++ < events.length ? EVENT : NOTHING;
  }
  get event(): ChannelEvent {
    return events[this.#next - 1]!;
  }
  release(): void {}
  // It ends again after the next restore.
  announced(): boolean {
    return true;
  }
  copyOvertaken(): void {}
  copyTaken(): void {}
  get queued(): number {
    return Math.max(events.length - this.#next, 0);
  }
}
