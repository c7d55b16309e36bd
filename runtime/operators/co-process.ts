import type {
  Collector,
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
  TimeDomain,
} from '../../plugins/api/functions.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { InternalTimerService, KeyedStateBackend, KeyType, TimerHandler } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import { USER_TIMERS } from './keyed-process.js';
import {
  ClockOnlyTimerService,
  KeyedTimerService,
  ReusedKeyedContext,
  ReusedOnTimerContext,
  ReusedProcessContext,
  TimestampedCollector,
} from './process-context.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';

export interface CoProcessSpec<A, B, OUT> {
  readonly fn: {
    processElement1(value: A, ctx: ProcessContext, out: Collector<OUT>): void;
    processElement2(value: B, ctx: ProcessContext, out: Collector<OUT>): void;
  };
  readonly states: StateSpecs;
}
export interface KeyedCoProcessSpec<K, A, B, OUT> {
  readonly key: KeyType;
  readonly fn: {
    processElement1(value: A, ctx: KeyedProcessContext<K>, out: Collector<OUT>): void;
    processElement2(value: B, ctx: KeyedProcessContext<K>, out: Collector<OUT>): void;
    onTimer?(timestamp: number, ctx: OnTimerContext<K>, out: Collector<OUT>): void;
  };
  readonly states: StateSpecs;
}

/** CoProcessFunction on connected streams that are not keyed. */
export class CoProcessOperator<A, B, OUT> {
  readonly #fn: CoProcessSpec<A, B, OUT>['fn'];
  readonly #lifecycle: FunctionLifecycle;
  readonly #clock: ClockOnlyTimerService;
  readonly #context: ReusedProcessContext;
  readonly #out: TimestampedCollector<OUT>;

  constructor(ctx: OperatorContext, spec: CoProcessSpec<A, B, OUT>, emit: Emit<OUT>, side: EmitSide) {
    this.#fn = spec.fn;
    this.#lifecycle = new FunctionLifecycle(spec.fn, ctx, spec.states, null);
    this.#clock = new ClockOnlyTimerService(ctx.processingTime);
    this.#context = new ReusedProcessContext(this.#clock, side);
    this.#out = new TimestampedCollector(emit);
  }
  open(): void {
    this.#lifecycle.open();
  }
  processElement1(value: A, timestamp: number): void {
    this.#context.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processElement1(value, this.#context, this.#out);
  }
  processElement2(value: B, timestamp: number): void {
    this.#context.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processElement2(value, this.#context, this.#out);
  }
  advanceWatermark(watermark: number): void {
    this.#clock.watermark = watermark;
  }
  endInput(_input: number): void {}
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
  }
}

/** KeyedCoProcessFunction: both inputs share the state and the timers of a key. */
export class KeyedCoProcessOperator<K, A, B, OUT> implements TimerHandler<K, null> {
  readonly #keyed: KeyedStateBackend<K>;
  readonly #fn: KeyedCoProcessSpec<K, A, B, OUT>['fn'];
  readonly #lifecycle: FunctionLifecycle;
  readonly #timers: InternalTimerService<null>;
  readonly #context: ReusedKeyedContext<K>;
  readonly #timerContext: ReusedOnTimerContext<K>;
  readonly #out: TimestampedCollector<OUT>;

  constructor(ctx: OperatorContext, spec: KeyedCoProcessSpec<K, A, B, OUT>, emit: Emit<OUT>, side: EmitSide) {
    this.#keyed = ctx.keyedState<K>(spec.key);
    this.#fn = spec.fn;
    this.#lifecycle = new FunctionLifecycle(
      spec.fn,
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
  processElement1(value: A, timestamp: number, key: K): void {
    this.#keyed.setCurrentKey(key);
    this.#context.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processElement1(value, this.#context, this.#out);
  }
  processElement2(value: B, timestamp: number, key: K): void {
    this.#keyed.setCurrentKey(key);
    this.#context.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processElement2(value, this.#context, this.#out);
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
  endInput(_input: number): void {}
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
  }
}
