import type { Collector, KeyedProcessContext, OnTimerContext } from '../../plugins/api/functions.js';
import type { KeyType } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import { KeyedFunctionOperator } from './function-operator.js';
import { ReusedKeyedContext, ReusedOnTimerContext } from './process-context.js';
import type { StateSpecs } from './user-function.js';

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
export class KeyedProcessOperator<K, IN, OUT> extends KeyedFunctionOperator<K, OUT, ReusedOnTimerContext<K>> {
  protected readonly timerContext: ReusedOnTimerContext<K>;
  readonly #fn: KeyedProcessFunctionShape<K, IN, OUT>;
  readonly #context: ReusedKeyedContext<K>;

  constructor(ctx: OperatorContext, spec: KeyedProcessSpec<K, IN, OUT>, emit: Emit<OUT>, side: EmitSide) {
    const fn = typeof spec.fn === 'function' ? { processElement: spec.fn } : spec.fn;
    super(ctx, { ...spec, fn }, emit);
    this.#fn = fn;
    this.#context = new ReusedKeyedContext(this.keyed, this.timers, side);
    this.timerContext = new ReusedOnTimerContext(this.keyed, this.timers, side);
  }
  processElement(value: IN, timestamp: number, key: K): void {
    this.keyed.setCurrentKey(key);
    this.#context.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processElement(value, this.#context, this.out);
  }
}
