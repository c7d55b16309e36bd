import type {
  Collector,
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
} from '../../plugins/api/functions.js';
import type { KeyType } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import { ClockOnlyOperator, KeyedFunctionOperator } from './function-operator.js';
import { ReusedKeyedContext, ReusedOnTimerContext, ReusedProcessContext } from './process-context.js';
import type { StateSpecs } from './user-function.js';

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
export class CoProcessOperator<A, B, OUT> extends ClockOnlyOperator<OUT> {
  readonly #fn: CoProcessSpec<A, B, OUT>['fn'];
  readonly #context: ReusedProcessContext;

  constructor(ctx: OperatorContext, spec: CoProcessSpec<A, B, OUT>, emit: Emit<OUT>, side: EmitSide) {
    super(ctx, spec.fn, spec.states, emit);
    this.#fn = spec.fn;
    this.#context = new ReusedProcessContext(this.clock, side);
  }
  processElement1(value: A, timestamp: number): void {
    this.#context.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processElement1(value, this.#context, this.out);
  }
  processElement2(value: B, timestamp: number): void {
    this.#context.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processElement2(value, this.#context, this.out);
  }
}

/** KeyedCoProcessFunction: both inputs share the state and the timers of a key. */
export class KeyedCoProcessOperator<K, A, B, OUT> extends KeyedFunctionOperator<
  K,
  OUT,
  ReusedOnTimerContext<K>
> {
  protected readonly timerContext: ReusedOnTimerContext<K>;
  readonly #fn: KeyedCoProcessSpec<K, A, B, OUT>['fn'];
  readonly #context: ReusedKeyedContext<K>;

  constructor(ctx: OperatorContext, spec: KeyedCoProcessSpec<K, A, B, OUT>, emit: Emit<OUT>, side: EmitSide) {
    super(ctx, spec, emit);
    this.#fn = spec.fn;
    this.#context = new ReusedKeyedContext(this.keyed, this.timers, side);
    this.timerContext = new ReusedOnTimerContext(this.keyed, this.timers, side);
  }
  processElement1(value: A, timestamp: number, key: K): void {
    this.keyed.setCurrentKey(key);
    this.#context.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processElement1(value, this.#context, this.out);
  }
  processElement2(value: B, timestamp: number, key: K): void {
    this.keyed.setCurrentKey(key);
    this.#context.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processElement2(value, this.#context, this.out);
  }
}
