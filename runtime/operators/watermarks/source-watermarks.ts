/** Watermarks of a source subtask: a generator per split, and the minimum over the splits (datastream-semantics §2.4). */
import { MAX_TIMESTAMP } from '../../../plugins/api/types.js';
import type {
  WatermarkGenerator,
  WatermarkOutput,
  WatermarkStrategySpec,
} from '../../../plugins/api/watermarks.js';
import type { SourceWatermarksHandle } from '../../contract/task.js';
import { CombinedWatermarkStatus, type PartialWatermark } from './combined-watermark-status.js';
import { createGenerator } from './generators.js';
import { IdlenessTimer, PausableClock, type Clock } from './idleness.js';
import type { WatermarkTarget } from './valve.js';

/** Events that name no split. */
const noSplit = '';

/**
 * The engine makes one per source subtask and tells it about splits, time and back-pressure; generated code tells it
 * about events. Timestamps are already assigned when they come here.
 */
export class SourceWatermarks implements SourceWatermarksHandle {
  readonly mode: SourceWatermarksHandle['mode'];
  readonly #strategy: WatermarkStrategySpec<never>;
  readonly #combined: CombinedWatermarkStatus;
  readonly #clock: Clock;
  readonly #splits = new Map<string, SplitWatermarks>();
  /** While a reader waits for splits it is the reader that may be idle. */
  readonly #withoutSplits: IdlenessTimer | null;
  readonly #clockWithoutSplits: PausableClock;
  #backPressured = false;
  /** the split of the last event: events come in runs of one split */
  #lastId: string | null = null;
  #last: SplitWatermarks | null = null;

  constructor(strategy: WatermarkStrategySpec<never>, target: WatermarkTarget, clock: Clock) {
    this.#strategy = strategy;
    this.#clock = clock;
    this.#combined = new CombinedWatermarkStatus(target);
    const { generator, idleTimeout } = strategy;
    // 'none' has nothing to compute from events, but idleness wants to know that there were some.
    this.mode =
      generator.kind === 'custom'
        ? 'event'
        : generator.kind === 'bounded' || idleTimeout !== undefined
          ? 'batch'
          : 'none';
    this.#clockWithoutSplits = new PausableClock(clock);
    this.#withoutSplits =
      idleTimeout === undefined ? null : new IdlenessTimer(idleTimeout, this.#clockWithoutSplits);
  }

  /** Last watermark of the source. */
  get watermark(): number {
    return this.#combined.watermark;
  }

  addSplit(splitId: string): void {
    this.#split(splitId);
  }

  /** A finished split no longer holds the watermark back; the watermark rises at the next periodic call. */
  removeSplit(splitId: string): void {
    const split = this.#splits.get(splitId);
    if (!split) return;
    this.#splits.delete(splitId);
    this.#combined.remove(split.partial);
    this.#lastId = this.#last = null;
  }

  /** Before a batch of this split is processed: its records must find the stream active (§2.3.7). */
  onActivity(splitId: string): void {
    this.#split(splitId).activity();
    this.#combined.update();
  }

  onBatch(splitId: string, maxTimestamp: number): void {
    const split = this.#split(splitId);
    if (split.activity()) this.#combined.update();
    split.generator.onEvent(undefined, maxTimestamp, split);
  }

  onEvent(splitId: string, event: unknown, timestamp: number): boolean {
    const split = this.#split(splitId);
    split.changed = split.activity();
    split.generator.onEvent(event, timestamp, split);
    return split.changed;
  }

  drain(): void {
    this.#combined.update();
  }

  /** pipeline.auto-watermark-interval */
  onPeriodicEmit(): void {
    if (this.#splits.size === 0) {
      if (this.#withoutSplits?.isIdle() === true) this.#combined.setIdleWithoutParts(true);
      return;
    }
    this.#withoutSplits?.activity();
    for (const split of this.#splits.values()) split.onPeriodicEmit();
    this.#combined.update();
  }

  /** Watermarks that the source itself knows. */
  emitWatermark(watermark: number, splitId: string = noSplit): void {
    this.#split(splitId).emitWatermark(watermark);
    this.#combined.update();
  }

  markIdle(splitId: string = noSplit): void {
    this.#split(splitId).markIdle();
    this.#combined.update();
  }

  markActive(splitId: string = noSplit): void {
    this.#split(splitId).markActive();
    this.#combined.update();
  }

  /** Idleness clocks stand still while the task cannot get rid of its output. */
  setBackPressured(backPressured: boolean): void {
    if (backPressured === this.#backPressured) return;
    this.#backPressured = backPressured;
    for (const split of this.#splits.values()) split.setBlocked(backPressured || split.paused);
    if (backPressured) this.#clockWithoutSplits.pause();
    else this.#clockWithoutSplits.resume();
  }

  /** No more records will come (§13.1). */
  endOfInput(): void {
    this.#combined.advance(MAX_TIMESTAMP);
  }

  /** For the group's {@link alignmentLimit}; null when idle. */
  alignmentReport(): number | null {
    return this.#combined.idle ? null : this.#combined.watermark;
  }

  /** Which splits have to stop, and which may go on, under a limit of {@link alignmentLimit}. */
  applyAlignmentLimit(limit: number): {
    readonly pause: readonly string[];
    readonly resume: readonly string[];
  } {
    const pause: string[] = [];
    const resume: string[] = [];
    for (const [splitId, split] of this.#splits) {
      const ahead = split.partial.watermark > limit;
      if (ahead === split.paused) continue;
      split.paused = ahead;
      split.setBlocked(ahead || this.#backPressured);
      (ahead ? pause : resume).push(splitId);
    }
    return { pause, resume };
  }

  #split(splitId: string): SplitWatermarks {
    if (splitId === this.#lastId) return this.#last!;
    let split = this.#splits.get(splitId);
    if (!split) {
      split = new SplitWatermarks(this.#combined.add(), this.#strategy, this.#clock);
      split.setBlocked(this.#backPressured);
      this.#splits.set(splitId, split);
    }
    this.#lastId = splitId;
    this.#last = split;
    return split;
  }
}

/** What a generator says is kept until the combination is updated. */
class SplitWatermarks implements WatermarkOutput {
  readonly generator: WatermarkGenerator<unknown>;
  readonly partial: PartialWatermark;
  readonly #clock: PausableClock;
  readonly #timer: IdlenessTimer | null;
  paused = false;
  /** something was said since this was last set to false */
  changed = false;

  constructor(partial: PartialWatermark, strategy: WatermarkStrategySpec<never>, clock: Clock) {
    this.partial = partial;
    this.generator = createGenerator(strategy.generator);
    this.#clock = new PausableClock(clock);
    this.#timer =
      strategy.idleTimeout === undefined ? null : new IdlenessTimer(strategy.idleTimeout, this.#clock);
  }

  /** True when the split was idle until now. */
  activity(): boolean {
    this.#timer?.activity();
    if (!this.partial.idle) return false;
    this.partial.idle = false;
    return true;
  }

  onPeriodicEmit(): void {
    if (this.#timer?.isIdle() === true) this.partial.idle = true;
    else if (!this.partial.idle) this.generator.onPeriodicEmit(this);
  }

  setBlocked(blocked: boolean): void {
    if (blocked) this.#clock.pause();
    else this.#clock.resume();
  }

  emitWatermark(watermark: number): void {
    if (this.partial.idle) this.markActive();
    if (watermark <= this.partial.watermark) return;
    this.partial.watermark = watermark;
    this.changed = true;
  }

  markIdle(): void {
    if (this.partial.idle) return;
    this.partial.idle = true;
    this.changed = true;
  }

  markActive(): void {
    if (!this.partial.idle) return;
    this.partial.idle = false;
    this.changed = true;
  }
}
