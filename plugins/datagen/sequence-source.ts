import { MIN_TIMESTAMP } from '../api/types.js';
import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type {
  Boundedness,
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '../api/source.js';
import { fillRows } from '../api/source-rows.js';
import { SplitIntake } from '../api/split-intake.js';
import { SplitQueue } from '../api/split-queue.js';
import { sequenceAccess, SequenceRows } from './rows.js';
import { RateLimiter } from './rate-limiter.js';

export interface SequenceOptions {
  /** records per second over all subtasks; default: as fast as possible */
  readonly recordsPerSecond?: number;
}

/** Numbers from `next` (not handed out yet) to `to`, both included. */
export interface SequenceSplit {
  readonly splitId: string;
  readonly next: number;
  readonly to: number;
}

/**
 * The numbers `from` … `to`, both included, cut into one split per subtask; in order within a split. Without `to` it
 * never ends (flink: NumberSequenceSource; with a rate: DataGeneratorSource).
 */
export class SequenceSource implements Source<number, SequenceSplit, readonly SequenceSplit[]>, Shippable {
  readonly boundedness: Boundedness;
  readonly #from: number;
  readonly #to: number;
  readonly #options: SequenceOptions;

  constructor(from: number, to: number | null, options: SequenceOptions = {}) {
    if (!Number.isSafeInteger(from) || (to !== null && !Number.isSafeInteger(to)))
      throw new RangeError(`a sequence goes from one integer to another, not from ${from} to ${to}`);
    this.#from = from;
    this.#to = to ?? Number.MAX_SAFE_INTEGER;
    this.#options = options;
    this.boundedness = to === null ? 'CONTINUOUS_UNBOUNDED' : 'BOUNDED';
  }
  [ship](): ShipReference {
    return {
      module: 'flinkc/datagen',
      name: 'SequenceSource',
      args: [this.#from, this.boundedness === 'BOUNDED' ? this.#to : null, this.#options],
    };
  }
  describe(): string {
    return `sequence(${this.#from}, ${this.boundedness === 'BOUNDED' ? this.#to : '∞'})`;
  }
  createEnumerator(
    context: SplitEnumeratorContext<SequenceSplit>,
  ): SplitEnumerator<SequenceSplit, readonly SequenceSplit[]> {
    return new SplitQueue(context, cut(this.#from, this.#to, context.currentParallelism, this.boundedness));
  }
  restoreEnumerator(
    context: SplitEnumeratorContext<SequenceSplit>,
    checkpoint: readonly SequenceSplit[],
  ): SplitEnumerator<SequenceSplit, readonly SequenceSplit[]> {
    return new SplitQueue(context, checkpoint);
  }
  createReader(context: SourceReaderContext): SourceReader<number, SequenceSplit> {
    const reader = new SequenceReader(context, this.#options);
    if (this.boundedness === 'BOUNDED')
      context.metricGroup.gauge('pendingRecords', () => reader.pendingRecords);
    return reader;
  }
}

/** Contiguous ranges of equal length, one per subtask. */
function cut(from: number, to: number, parts: number, boundedness: Boundedness): SequenceSplit[] {
  const count = to - from + 1;
  if (count <= 0) return [];
  if (boundedness === 'CONTINUOUS_UNBOUNDED') {
    const span = Math.floor(count / parts);
    return Array.from({ length: parts }, (_, i) => ({
      splitId: String(i),
      next: from + i * span,
      to: from + (i + 1) * span - 1,
    }));
  }
  const splits: SequenceSplit[] = [];
  for (let i = 0; i < parts; i++) {
    const start = from + Math.floor((i * count) / parts);
    const end = from + Math.floor(((i + 1) * count) / parts) - 1;
    if (start <= end) splits.push({ splitId: String(i), next: start, to: end });
  }
  return splits;
}

class SequenceReader implements SourceReader<number, SequenceSplit> {
  readonly #splits: SequenceSplit[] = [];
  #next = 0;
  readonly #context: SourceReaderContext;
  readonly #intake: SplitIntake;
  readonly #limiter: RateLimiter | null;

  constructor(context: SourceReaderContext, options: SequenceOptions) {
    this.#context = context;
    this.#intake = new SplitIntake(context);
    this.#limiter =
      options.recordsPerSecond === undefined
        ? null
        : new RateLimiter(options.recordsPerSecond / context.parallelism, context.currentProcessingTime());
  }
  /** of the splits this subtask has */
  get pendingRecords(): number {
    return this.snapshotState().reduce((sum, { next, to }) => sum + to - next + 1, 0);
  }
  start(): void {
    if (this.#splits.length === 0) this.#intake.request();
  }
  pollNext(output: ReaderOutput<number>): PollStatus {
    if (this.#intake.somePaused && !this.#turnToUnpaused()) return 'NOTHING_AVAILABLE';
    const split = this.#splits[0];
    if (!split) return this.#intake.noMore ? 'END_OF_INPUT' : 'NOTHING_AVAILABLE';
    const allowed = this.#limiter?.take(this.#context.currentProcessingTime()) ?? Infinity;
    if (allowed === 0) return 'NOTHING_AVAILABLE';
    const batch = output.batch(split.splitId);
    const from = batch.length;
    const count = Math.min(batch.capacity - from, split.to - this.#next + 1, allowed);
    const rows = new SequenceRows(this.#next);
    if (this.#context.computesRows) {
      batch.rows = rows;
      batch.describeRow = row => `value: ${rows.value(row)}`;
      batch.length = count;
    } else {
      batch.timestamps.fill(MIN_TIMESTAMP, from, from + count);
      fillRows(batch, sequenceAccess(this.#context.layout), rows, count);
    }
    this.#next += count;
    this.#limiter?.used(count);
    output.commit();
    if (this.#next > split.to) {
      output.releaseOutputForSplit(split.splitId);
      this.#splits.shift();
      this.#next = this.#splits[0]?.next ?? 0;
      if (this.#splits.length === 0) this.#intake.request();
    }
    return 'MORE_AVAILABLE';
  }
  isAvailable(): Promise<void> {
    const readable =
      this.#splits.length === 0
        ? this.#intake.noMore
        : this.#splits.some(split => !this.#intake.isPaused(split));
    const wait = readable ? (this.#limiter?.wait(this.#context.currentProcessingTime()) ?? 0) : Infinity;
    if (wait === 0 || (this.#splits.length === 0 && readable)) return Promise.resolve();
    return this.#intake.woken(wait);
  }
  addSplits(splits: readonly SequenceSplit[]): void {
    if (this.#splits.length === 0 && splits[0]) this.#next = splits[0].next;
    this.#splits.push(...splits);
    this.#intake.answered();
  }
  notifyNoMoreSplits(): void {
    this.#intake.ended();
  }
  snapshotState(): readonly SequenceSplit[] {
    return this.#splits.map((split, i) => (i === 0 ? { ...split, next: this.#next } : split));
  }
  pauseOrResumeSplits(pause: readonly string[], resume: readonly string[]): void {
    this.#intake.pauseOrResume(pause, resume);
  }
  async close(): Promise<void> {
    this.#intake.wake();
  }
  /** A split that is paused waits for others, so it must not stand in the way of one of them. */
  #turnToUnpaused(): boolean {
    const at = this.#splits.findIndex(split => !this.#intake.isPaused(split));
    if (at > 0) {
      this.#splits[0] = { ...this.#splits[0]!, next: this.#next };
      this.#splits.unshift(...this.#splits.splice(at, 1));
      this.#next = this.#splits[0].next;
    }
    return at >= 0 || this.#splits.length === 0;
  }
}
