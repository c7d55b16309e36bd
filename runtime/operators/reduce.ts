import type { ValueState } from '../../plugins/api/state.js';
import type { KeyedStateBackend, KeyType, StateSpec } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';

export type ReduceLambda<T> = (accumulated: T, value: T) => T;
export interface ReduceSpec<T> {
  readonly key: KeyType;
  readonly fn: ReduceLambda<T> | { reduce: ReduceLambda<T> };
  /** what is kept per key: a record */
  readonly state: StateSpec;
  readonly states: StateSpecs;
}

/** reduce on a keyed stream: every record gives the updated result, with the record's timestamp. */
export class ReduceOperator<K, T> {
  readonly #keyed: KeyedStateBackend<K>;
  readonly #fn: { reduce: ReduceLambda<T> };
  readonly #lifecycle: FunctionLifecycle;
  readonly #state: ValueState<T>;
  readonly #emit: Emit<T>;

  constructor(ctx: OperatorContext, spec: ReduceSpec<T>, emit: Emit<T>, _side: EmitSide) {
    this.#keyed = ctx.keyedState<K>(spec.key);
    this.#fn = typeof spec.fn === 'function' ? { reduce: spec.fn } : spec.fn;
    this.#lifecycle = new FunctionLifecycle(
      this.#fn,
      ctx,
      spec.states,
      this.#keyed as KeyedStateBackend<unknown>,
    );
    this.#state = this.#keyed.value<T>(spec.state);
    this.#emit = emit;
  }
  open(): void {
    this.#lifecycle.open();
  }
  processElement(value: T, timestamp: number, key: K): void {
    this.#keyed.setCurrentKey(key);
    const current = this.#state.value();
    const next = current === null ? value : this.#fn.reduce(current, value);
    this.#state.update(next);
    this.#emit(next, timestamp);
  }
  advanceWatermark(_watermark: number): void {}
  onKeyEnd(): void {}
  endInput(): void {}
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
  }
}
