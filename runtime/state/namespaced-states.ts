import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../../plugins/api/state.js';
import type { AggregateLike, NamespacedState, StateOptions, StateSpec } from '../contract/state.js';

/** The backend's part: registers states of a scope `S`. */
export interface StateRegistry<S> {
  valueIn<T>(spec: StateSpec, scope: S, options?: StateOptions<T>): ValueState<T>;
  listIn<T>(spec: StateSpec, scope: S, options?: StateOptions<T>): ListState<T>;
  mapIn<UK, UV>(spec: StateSpec, scope: S, options?: StateOptions<UV>): MapState<UK, UV>;
  reducingIn<T>(
    spec: StateSpec,
    scope: S,
    reduce: (a: T, b: T) => T,
    options?: StateOptions<T>,
  ): ReducingState<T>;
  aggregatingIn<IN, ACC, OUT>(
    spec: StateSpec,
    scope: S,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT>;
}

/** State per key and namespace: the same tables as plain keyed state, under another scope. */
export abstract class NamespacedStates<N, S> implements NamespacedState<N> {
  readonly #registry: StateRegistry<S>;
  readonly #scope: S;

  constructor(registry: StateRegistry<S>, scope: S) {
    this.#registry = registry;
    this.#scope = scope;
  }
  abstract setNamespace(namespace: N): void;
  abstract merge(
    spec: StateSpec,
    target: N,
    sources: readonly N[],
    combine: ((a: unknown, b: unknown) => unknown) | null,
  ): void;

  value<T>(spec: StateSpec, options?: StateOptions<T>): ValueState<T> {
    return this.#registry.valueIn(spec, this.#scope, options);
  }
  list<T>(spec: StateSpec, options?: StateOptions<T>): ListState<T> {
    return this.#registry.listIn(spec, this.#scope, options);
  }
  map<UK, UV>(spec: StateSpec, options?: StateOptions<UV>): MapState<UK, UV> {
    return this.#registry.mapIn(spec, this.#scope, options);
  }
  reducing<T>(spec: StateSpec, reduce: (a: T, b: T) => T, options?: StateOptions<T>): ReducingState<T> {
    return this.#registry.reducingIn(spec, this.#scope, reduce, options);
  }
  aggregating<IN, ACC, OUT>(
    spec: StateSpec,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT> {
    return this.#registry.aggregatingIn(spec, this.#scope, fn, options);
  }
  accumulator<ACC>(spec: StateSpec): ValueState<ACC> {
    return this.value(spec);
  }
}
