/** What the operators of process functions share: the function's life, its collector, and its clock or its timers. */
import type { Collector, TimeDomain } from '../../plugins/api/functions.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { InternalTimerService, KeyedStateBackend, KeyType, TimerHandler } from '../contract/state.js';
import type { Emit, OperatorContext } from '../contract/task.js';
import {
  ClockOnlyTimerService,
  KeyedTimerService,
  TimestampedCollector,
  type ReusedOnTimerContext,
} from './process-context.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';

/** Timer service of user functions; part of the names in snapshots. */
const USER_TIMERS = 'user-timers';

abstract class FunctionOperator<OUT> {
  protected readonly out: TimestampedCollector<OUT>;
  readonly #lifecycle: FunctionLifecycle;

  constructor(lifecycle: FunctionLifecycle, emit: Emit<OUT>) {
    this.#lifecycle = lifecycle;
    this.out = new TimestampedCollector(emit);
  }
  open(): void {
    this.#lifecycle.open();
  }
  endInput(): void {}
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
  }
}

/** No key: clocks, but no timers. */
export abstract class ClockOnlyOperator<OUT> extends FunctionOperator<OUT> {
  protected readonly clock: ClockOnlyTimerService;

  constructor(ctx: OperatorContext, fn: object, states: StateSpecs, emit: Emit<OUT>) {
    super(new FunctionLifecycle(fn, ctx, states, null), emit);
    this.clock = new ClockOnlyTimerService(ctx.processingTime);
  }
  advanceWatermark(watermark: number): void {
    this.clock.watermark = watermark;
  }
}

export interface KeyedFunctionSpec<CONTEXT, OUT> {
  readonly key: KeyType;
  readonly fn: { onTimer?(timestamp: number, ctx: CONTEXT, out: Collector<OUT>): void };
  readonly states: StateSpecs;
}

/** Keyed state and timers. */
export abstract class KeyedFunctionOperator<K, OUT, CONTEXT extends ReusedOnTimerContext<K>>
  extends FunctionOperator<OUT>
  implements TimerHandler<K, null>
{
  protected readonly keyed: KeyedStateBackend<K>;
  protected readonly timers: KeyedTimerService;
  protected abstract readonly timerContext: CONTEXT;
  readonly #internalTimers: InternalTimerService<null>;
  readonly #fn: KeyedFunctionSpec<CONTEXT, OUT>['fn'];

  constructor(ctx: OperatorContext, spec: KeyedFunctionSpec<CONTEXT, OUT>, emit: Emit<OUT>) {
    const keyed = ctx.keyedState<K>(spec.key);
    super(new FunctionLifecycle(spec.fn, ctx, spec.states, keyed as KeyedStateBackend<unknown>), emit);
    this.keyed = keyed;
    this.#fn = spec.fn;
    this.#internalTimers = keyed.timers<null>(USER_TIMERS, null, this);
    this.timers = new KeyedTimerService(this.#internalTimers, ctx.processingTime);
  }
  onEventTime(timestamp: number): void {
    this.#onTimer(timestamp, 'EVENT_TIME', timestamp);
  }
  onProcessingTime(timestamp: number): void {
    this.#onTimer(timestamp, 'PROCESSING_TIME', MIN_TIMESTAMP);
  }
  #onTimer(timestamp: number, timeDomain: TimeDomain, outputTimestamp: number): void {
    this.timerContext.recordTimestamp = timestamp;
    this.timerContext.timeDomain = timeDomain;
    this.out.timestamp = outputTimestamp;
    this.#fn.onTimer?.(timestamp, this.timerContext, this.out);
  }
  advanceWatermark(watermark: number): void {
    this.#internalTimers.advanceWatermark(watermark);
  }
  onKeyEnd(): void {
    this.#internalTimers.fireAllForKeyEnd();
  }
}
