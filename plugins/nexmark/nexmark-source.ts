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
import { SplitIntake } from '../api/split-intake.js';
import { SplitQueue } from '../api/split-queue.js';
import type { NexmarkEvent } from './events.js';
import { NexmarkGenerator } from './generator.js';
import { configOf, type NexmarkConfig, type NexmarkOptions } from './options.js';

/** Events are dealt out to splits in blocks of this many. */
const block = 1000;

/** Every `of`-th block from block `index` on; `next`: number of the first event not handed out yet. */
export interface NexmarkSplit {
  readonly splitId: string;
  readonly index: number;
  readonly of: number;
  readonly next: number;
}

/** A split of a reader's own, which counts on in it. */
type OpenSplit = { -readonly [name in keyof NexmarkSplit]: NexmarkSplit[name] };

/**
 * The Nexmark event stream. Event n is the same for every parallelism: a split takes every so-many-th block of the one
 * time line, while nexmark's own generators each run a time line of their own. Timestamps are set.
 */
export class NexmarkSource implements Source<NexmarkEvent, NexmarkSplit, readonly NexmarkSplit[]>, Shippable {
  readonly boundedness: Boundedness;
  readonly #options: NexmarkOptions;

  constructor(options: NexmarkOptions = {}) {
    this.#options = options;
    this.boundedness = options.events === undefined ? 'CONTINUOUS_UNBOUNDED' : 'BOUNDED';
  }
  [ship](): ShipReference {
    return { module: 'flinkc/nexmark', name: 'NexmarkSource', args: [this.#options] };
  }
  describe(): string {
    return `nexmark(${this.#options.events ?? 'unbounded'})`;
  }
  createEnumerator(
    context: SplitEnumeratorContext<NexmarkSplit>,
  ): SplitEnumerator<NexmarkSplit, readonly NexmarkSplit[]> {
    const of = context.currentParallelism;
    const splits = Array.from({ length: of }, (_, index) => ({
      splitId: String(index),
      index,
      of,
      next: index * block,
    }));
    return new SplitQueue(context, splits);
  }
  restoreEnumerator(
    context: SplitEnumeratorContext<NexmarkSplit>,
    checkpoint: readonly NexmarkSplit[],
  ): SplitEnumerator<NexmarkSplit, readonly NexmarkSplit[]> {
    return new SplitQueue(context, checkpoint);
  }
  createReader(context: SourceReaderContext): SourceReader<NexmarkEvent, NexmarkSplit> {
    return new NexmarkReader(context, configOf(this.#options));
  }
}

class NexmarkReader implements SourceReader<NexmarkEvent, NexmarkSplit> {
  readonly #context: SourceReaderContext;
  readonly #intake: SplitIntake;
  readonly #config: NexmarkConfig;
  readonly #generator: NexmarkGenerator;
  /** read in turn, block by block, so that their times stay side by side after rescaling to fewer subtasks */
  readonly #splits: OpenSplit[] = [];
  /** wall-clock time of event 0 when paced; after a restore such that the next event is due at once */
  #started: number | null = null;

  constructor(context: SourceReaderContext, config: NexmarkConfig) {
    this.#context = context;
    this.#intake = new SplitIntake(context);
    this.#config = config;
    this.#generator = new NexmarkGenerator(config, context.layout, context.computesRows);
  }
  start(): void {
    if (this.#splits.length === 0) this.#intake.request();
  }
  pollNext(output: ReaderOutput<NexmarkEvent>): PollStatus {
    if (this.#intake.somePaused && !this.#turnToUnpaused()) return 'NOTHING_AVAILABLE';
    const split = this.#splits[0];
    if (!split) return this.#intake.noMore ? 'END_OF_INPUT' : 'NOTHING_AVAILABLE';
    const end = this.#config.events ?? Infinity;
    if (split.next >= end) {
      this.#splits.shift();
      output.releaseOutputForSplit(split.splitId);
      if (this.#splits.length === 0) this.#intake.request();
      return 'MORE_AVAILABLE';
    }
    const left = Math.min(block - (split.next % block), end - split.next);
    const batch = output.batch(split.splitId);
    const count = Math.min(left, batch.capacity - batch.length, this.#due(split.next));
    if (count === 0) return 'NOTHING_AVAILABLE';
    this.#generator.fill(batch, split.next, count);
    output.commit();
    split.next += count;
    if (split.next % block === 0) {
      split.next += (split.of - 1) * block;
      if (this.#splits.length > 1) this.#splits.push(this.#splits.shift()!);
    }
    return 'MORE_AVAILABLE';
  }
  isAvailable(): Promise<void> {
    const next = this.#splits.find(split => !this.#intake.isPaused(split));
    if (!next && (this.#splits.length > 0 || !this.#intake.noMore)) return this.#intake.woken();
    const wait = next && this.#config.paced ? this.#wallClock(next.next) - this.#now : 0;
    return wait <= 0 ? Promise.resolve() : this.#intake.woken(wait);
  }
  addSplits(splits: readonly NexmarkSplit[]): void {
    this.#splits.push(...splits.map(split => ({ ...split })));
    this.#splits.sort((a, b) => a.next - b.next);
    const [{ next, of }] = this.#splits as [OpenSplit];
    this.#started ??= this.#now - this.#duration(next - (next % (block * of)));
    this.#intake.answered();
  }
  notifyNoMoreSplits(): void {
    this.#intake.ended();
  }
  snapshotState(): readonly NexmarkSplit[] {
    return this.#splits.map(split => ({ ...split }));
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
    if (at > 0) this.#splits.unshift(...this.#splits.splice(at, 1));
    return at >= 0 || this.#splits.length === 0;
  }
  /** Events from `next` on whose wall-clock time has come. */
  #due(next: number): number {
    if (!this.#config.paced) return Infinity;
    const elapsed = this.#now - this.#started!;
    return Math.max(0, Math.floor((elapsed * this.#config.rate) / 1000) + 1 - next);
  }
  #wallClock(n: number): number {
    return this.#started! + this.#duration(n);
  }
  #duration(events: number): number {
    return (events * 1000) / this.#config.rate;
  }
  get #now(): number {
    return this.#context.currentProcessingTime();
  }
}
