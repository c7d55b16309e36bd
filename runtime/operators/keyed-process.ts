import type {
  Collector,
  KeyedProcessContext,
  OnTimerContext,
  TimeDomain,
} from '../../plugins/api/functions.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { InternalTimerService, KeyedStateBackend, KeyType, TimerHandler } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import {
  KeyedTimerService,
  ReusedKeyedContext,
  ReusedOnTimerContext,
  TimestampedCollector,
} from './process-context.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';

/** Timer service of user functions; part of the names in snapshots. */
export const USER_TIMERS = 'user-timers';

export type KeyedProcessLambda<K, IN, OUT> = (
  value: IN,
  ctx: KeyedProcessContext<K>,
  out: Collector<OUT>,
) => void;
export interface KeyedProcessFunctionShape<K, IN, OUT> {
  processElement: KeyedProcessLambda<K, IN, OUT>;
  onTimer?(timestamp: number, ctx: OnTimerContext<K>, out: Collector<OUT>): void;
}
export interface KeyedProcessSpec<K, IN, OUT> {
  readonly key: KeyType;
  readonly fn: KeyedProcessLambda<K, IN, OUT> | KeyedProcessFunctionShape<K, IN, OUT>;
  readonly states: StateSpecs;
}

/** KeyedProcessFunction: keyed state and timers. */
export class KeyedProcessOperator<K, IN, OUT> implements TimerHandler<K, null> {
  readonly #keyed: KeyedStateBackend<K>;
  readonly #fn: KeyedProcessFunctionShape<K, IN, OUT>;
  readonly #lifecycle: FunctionLifecycle;
  readonly #timers: InternalTimerService<null>;
  readonly #context: ReusedKeyedContext<K>;
  readonly #timerContext: ReusedOnTimerContext<K>;
  readonly #out: TimestampedCollector<OUT>;

  constructor(ctx: OperatorContext, spec: KeyedProcessSpec<K, IN, OUT>, emit: Emit<OUT>, side: EmitSide) {
    this.#keyed = ctx.keyedState<K>(spec.key);
    this.#fn = typeof spec.fn === 'function' ? { processElement: spec.fn } : spec.fn;
    this.#lifecycle = new FunctionLifecycle(
      this.#fn,
      ctx,
      spec.states,
      this.#keyed as KeyedStateBackend<unknown>,
    );
    this.#timers = this.#keyed.timers<null>(USER_TIMERS, null, this);
    const timerService = new KeyedTimerService(this.#timers, ctx.processingTime);
    this.#context = new ReusedKeyedContext(this.#keyed, timerService, side);
    this.#timerContext = new ReusedOnTimerContext(this.#keyed, timerService, side);
    this.#out = new TimestampedCollector(emit);
  }
  open(): void {
    this.#lifecycle.open();
  }
  processElement(value: IN, timestamp: number, key: K): void {
    this.#keyed.setCurrentKey(key);
    this.#context.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processElement(value, this.#context, this.#out);
  }
  onEventTime(timestamp: number): void {
    this.#onTimer(timestamp, 'EVENT_TIME', timestamp);
  }
  onProcessingTime(timestamp: number): void {
    this.#onTimer(timestamp, 'PROCESSING_TIME', MIN_TIMESTAMP);
  }
  #onTimer(timestamp: number, timeDomain: TimeDomain, outputTimestamp: number): void {
    this.#timerContext.recordTimestamp = timestamp;
    this.#timerContext.timeDomain = timeDomain;
    this.#out.timestamp = outputTimestamp;
    this.#fn.onTimer?.(timestamp, this.#timerContext, this.#out);
  }
  advanceWatermark(watermark: number): void {
    this.#timers.advanceWatermark(watermark);
  }
  onKeyEnd(): void {
    this.#timers.fireAllForKeyEnd();
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
