/** What windows of accumulators give: the result of the aggregation, through the window function if there is one. */
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import { TimeWindow } from '../../../plugins/api/windowing.js';
import type { AggregateLike, KeyedStateBackend, NamespaceCodec, StateSpec } from '../../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../../contract/task.js';
import { WindowFunctionRunner, type WindowFunctionSpec } from './window-function.js';

/** reduce: the accumulator is a record */
export type WindowAggregation<IN, ACC> =
  | { readonly kind: 'reduce'; readonly reduce: (a: ACC, b: ACC) => ACC }
  | { readonly kind: 'aggregate'; readonly aggregate: AggregateLike<IN, ACC, unknown> };

export interface WindowResultsSpec<IN, K, ACC, OUT> {
  readonly aggregation: WindowAggregation<IN, ACC>;
  /** null: the result of the aggregation is the output */
  readonly function: WindowFunctionSpec<K, TimeWindow, never, OUT> | null;
  /** states that the window function opens */
  readonly states: Readonly<Record<string, StateSpec>>;
}

export interface WindowResultsHost<K> {
  readonly ctx: OperatorContext;
  readonly keyed: KeyedStateBackend<K>;
  readonly windowCodec: NamespaceCodec<TimeWindow>;
  readonly merging: boolean;
}

export class WindowResults<IN, K, ACC, OUT> {
  /** of event time, as window functions see it */
  watermark = MIN_TIMESTAMP;
  readonly #keyed: KeyedStateBackend<K>;
  readonly #emit: Emit<OUT>;
  readonly #aggregate: AggregateLike<IN, ACC, unknown> | null;
  readonly #function: WindowFunctionRunner<K, TimeWindow, unknown, OUT> | null;
  /** The function has no state to which the key would matter. */
  readonly #isStateless: boolean;

  constructor(
    host: WindowResultsHost<K>,
    spec: WindowResultsSpec<IN, K, ACC, OUT>,
    emit: Emit<OUT>,
    side: EmitSide,
  ) {
    this.#keyed = host.keyed;
    this.#emit = emit;
    this.#aggregate = spec.aggregation.kind === 'aggregate' ? spec.aggregation.aggregate : null;
    this.#isStateless = Object.keys(spec.states).length === 0;
    this.#function =
      spec.function === null
        ? null
        : new WindowFunctionRunner(
            { ...host, states: spec.states, currentWatermark: () => this.watermark },
            spec.function as WindowFunctionSpec<K, TimeWindow, unknown, OUT>,
            emit,
            side,
          );
  }

  /** The window function wants to know when a window is cleaned up. */
  get clears(): boolean {
    return this.#function !== null && this.#function.clears;
  }

  open(): void {
    this.#function?.open();
  }

  fire(key: K, window: TimeWindow, accumulator: ACC): void {
    const result = this.#aggregate === null ? accumulator : this.#aggregate.getResult(accumulator);
    if (this.#function === null) {
      this.#emit(result as OUT, window.end - 1);
      return;
    }
    if (!this.#isStateless) this.#keyed.setCurrentKey(key);
    this.#function.process(key, window, [result]);
  }

  clear(key: K, window: TimeWindow): void {
    this.#keyed.setCurrentKey(key);
    this.#function!.clear(window);
  }

  close(): void {
    this.#function?.close();
  }
}

/** For senders that add records up: what arrives are accumulators. */
export function mergingAggregate<ACC, R>(
  aggregate: AggregateLike<never, ACC, R>,
): AggregateLike<ACC, ACC, R> {
  return {
    createAccumulator: () => aggregate.createAccumulator(),
    add: (part, accumulator) => aggregate.merge(accumulator, part),
    getResult: accumulator => aggregate.getResult(accumulator),
    merge: (a, b) => aggregate.merge(a, b),
  };
}

export function mergeOf<IN, ACC>(aggregation: WindowAggregation<IN, ACC>): (a: ACC, b: ACC) => ACC {
  if (aggregation.kind === 'reduce') return aggregation.reduce;
  return (a, b) => aggregation.aggregate.merge(a, b);
}
