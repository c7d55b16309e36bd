import type { Collector } from '../../plugins/api/functions.js';
import type { KeyedStateBackend, KeyType } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import { TimestampedCollector } from './process-context.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';

export interface CoMapSpec<A, B, OUT> {
  /** null: the inputs are not keyed */
  readonly key: KeyType | null;
  readonly fn: { map1(value: A): OUT; map2(value: B): OUT };
  readonly states: StateSpecs;
}
export interface CoFlatMapSpec<A, B, OUT> {
  readonly key: KeyType | null;
  readonly fn: {
    flatMap1(value: A, out: Collector<OUT>): Iterable<OUT> | void;
    flatMap2(value: B, out: Collector<OUT>): Iterable<OUT> | void;
  };
  readonly states: StateSpecs;
}

/** What connected map and flatMap share: a rich function that may keep state when both inputs are keyed. */
abstract class CoFunctionOperator<K> {
  protected readonly keyed: KeyedStateBackend<K> | null;
  readonly #lifecycle: FunctionLifecycle;

  constructor(ctx: OperatorContext, spec: { key: KeyType | null; fn: unknown; states: StateSpecs }) {
    this.keyed = spec.key && ctx.keyedState<K>(spec.key);
    this.#lifecycle = new FunctionLifecycle(
      spec.fn,
      ctx,
      spec.states,
      this.keyed as KeyedStateBackend<unknown> | null,
    );
  }
  open(): void {
    this.#lifecycle.open();
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

/** map on connected streams. */
export class CoMapOperator<K, A, B, OUT> extends CoFunctionOperator<K> {
  readonly #fn: CoMapSpec<A, B, OUT>['fn'];
  readonly #emit: Emit<OUT>;

  constructor(ctx: OperatorContext, spec: CoMapSpec<A, B, OUT>, emit: Emit<OUT>, _side: EmitSide) {
    super(ctx, spec);
    this.#fn = spec.fn;
    this.#emit = emit;
  }
  processElement1(value: A, timestamp: number, key?: K): void {
    this.keyed?.setCurrentKey(key as K);
    this.#emit(this.#fn.map1(value), timestamp);
  }
  processElement2(value: B, timestamp: number, key?: K): void {
    this.keyed?.setCurrentKey(key as K);
    this.#emit(this.#fn.map2(value), timestamp);
  }
}

/** flatMap on connected streams. */
export class CoFlatMapOperator<K, A, B, OUT> extends CoFunctionOperator<K> {
  readonly #fn: CoFlatMapSpec<A, B, OUT>['fn'];
  readonly #out: TimestampedCollector<OUT>;

  constructor(ctx: OperatorContext, spec: CoFlatMapSpec<A, B, OUT>, emit: Emit<OUT>, _side: EmitSide) {
    super(ctx, spec);
    this.#fn = spec.fn;
    this.#out = new TimestampedCollector(emit);
  }
  processElement1(value: A, timestamp: number, key?: K): void {
    this.keyed?.setCurrentKey(key as K);
    this.#out.timestamp = timestamp;
    this.#out.collectAll(this.#fn.flatMap1(value, this.#out));
  }
  processElement2(value: B, timestamp: number, key?: K): void {
    this.keyed?.setCurrentKey(key as K);
    this.#out.timestamp = timestamp;
    this.#out.collectAll(this.#fn.flatMap2(value, this.#out));
  }
}
