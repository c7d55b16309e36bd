/** assignTimestampsAndWatermarks after an operator (datastream-semantics §2.4). flink: TimestampsAndWatermarksOperator */
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type {
  WatermarkGenerator,
  WatermarkOutput,
  WatermarkStrategySpec,
} from '../../../plugins/api/watermarks.js';
import { invalidTimestamp } from '../../contract/record-values.js';
import type { Emit, OperatorContext } from '../../contract/task.js';
import { createGenerator, NoWatermarks } from './generators.js';
import { IdlenessTimer } from './idleness.js';
import type { WatermarkTarget } from './valve.js';

export interface AssignTimestampsSpec<T> {
  readonly strategy: WatermarkStrategySpec<T>;
  /** The rest of the chain: this operator begins a time of its own. */
  readonly target: WatermarkTarget;
}

export class AssignTimestampsOperator<T> implements WatermarkOutput {
  readonly #emit: Emit<T>;
  readonly #target: WatermarkTarget;
  readonly #assign: ((event: T, timestamp: number) => number) | null;
  readonly #generator: WatermarkGenerator<T>;
  readonly #timer: IdlenessTimer | null;
  #watermark = MIN_TIMESTAMP;
  #idle = false;

  constructor(ctx: OperatorContext, spec: AssignTimestampsSpec<T>, emit: Emit<T>) {
    const { timestampAssigner, generator, idleTimeout } = spec.strategy;
    this.#emit = emit;
    this.#target = spec.target;
    this.#assign = timestampAssigner ?? null;
    // In BATCH mode time stands still until its end, when each key has been seen as a whole.
    this.#generator = ctx.batchMode ? new NoWatermarks() : createGenerator(generator);
    this.#timer =
      idleTimeout === undefined || ctx.batchMode ? null : new IdlenessTimer(idleTimeout, ctx.processingTime);
  }

  open(): void {}

  processElement(value: T, timestamp: number): void {
    const assigned = this.#assign === null ? timestamp : this.#assign(value, timestamp);
    if (!(assigned >= MIN_TIMESTAMP)) invalidTimestamp(assigned);
    this.#timer?.activity();
    if (this.#idle) this.markActive();
    this.#emit(value, assigned);
    // After the record: a punctuated watermark may cover the very record it came with.
    this.#generator.onEvent(value, assigned, this);
  }

  onPeriodicEmit(): void {
    if (this.#timer?.isIdle() === true) this.markIdle();
    else if (!this.#idle) this.#generator.onPeriodicEmit(this);
  }

  /** Watermarks from before count only as the end of time. */
  advanceWatermark(watermark: number): void {
    if (watermark >= MAX_TIMESTAMP) this.emitWatermark(MAX_TIMESTAMP);
  }

  /** BATCH mode and end of input: what the generator still knows. */
  finish(): void {
    this.#generator.onPeriodicEmit(this);
  }

  emitWatermark(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.markActive();
    this.#target.onWatermark(watermark);
  }

  markIdle(): void {
    if (this.#idle) return;
    this.#idle = true;
    this.#target.onIdle(true);
  }

  markActive(): void {
    if (!this.#idle) return;
    this.#idle = false;
    this.#target.onIdle(false);
  }

  close(): void {}
}
