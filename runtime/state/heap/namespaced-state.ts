import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../../../plugins/api/state.js';
import type { AggregateLike, NamespacedState, StateOptions, StateSpec } from '../../contract/state.js';
import type { NamespaceScope } from './namespace-scope.js';
import type { Scope } from './scope.js';
import type { StateTable } from './table.js';

/** The backend's part: registers states under any scope. */
export interface ScopedStates {
  valueIn<T>(spec: StateSpec, scope: Scope, options?: StateOptions<T>): ValueState<T>;
  listIn<T>(spec: StateSpec, scope: Scope, options?: StateOptions<T>): ListState<T>;
  mapIn<UK, UV>(spec: StateSpec, scope: Scope, options?: StateOptions<UV>): MapState<UK, UV>;
  reducingIn<T>(
    spec: StateSpec,
    scope: Scope,
    reduce: (a: T, b: T) => T,
    options?: StateOptions<T>,
  ): ReducingState<T>;
  aggregatingIn<IN, ACC, OUT>(
    spec: StateSpec,
    scope: Scope,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT>;
  tableOf(name: string): StateTable;
}

/** State per key and namespace: the same tables as plain keyed state, under another scope. */
export class HeapNamespacedState<N> implements NamespacedState<N> {
  readonly #backend: ScopedStates;
  readonly #scope: NamespaceScope<N>;

  constructor(backend: ScopedStates, scope: NamespaceScope<N>) {
    this.#backend = backend;
    this.#scope = scope;
  }
  setNamespace(namespace: N): void {
    this.#scope.set(namespace);
  }
  value<T>(spec: StateSpec, options?: StateOptions<T>): ValueState<T> {
    return this.#backend.valueIn(spec, this.#scope, options);
  }
  list<T>(spec: StateSpec, options?: StateOptions<T>): ListState<T> {
    return this.#backend.listIn(spec, this.#scope, options);
  }
  map<UK, UV>(spec: StateSpec, options?: StateOptions<UV>): MapState<UK, UV> {
    return this.#backend.mapIn(spec, this.#scope, options);
  }
  reducing<T>(spec: StateSpec, reduce: (a: T, b: T) => T, options?: StateOptions<T>): ReducingState<T> {
    return this.#backend.reducingIn(spec, this.#scope, reduce, options);
  }
  aggregating<IN, ACC, OUT>(
    spec: StateSpec,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT> {
    return this.#backend.aggregatingIn(spec, this.#scope, fn, options);
  }
  accumulator<ACC>(spec: StateSpec): ValueState<ACC> {
    return this.value(spec);
  }
  merge(
    spec: StateSpec,
    target: N,
    sources: readonly N[],
    combine: ((a: unknown, b: unknown) => unknown) | null,
  ): void {
    const table = this.#backend.tableOf(spec.name);
    let into = this.#scope.find(target);
    for (const source of sources) {
      const from = this.#scope.find(source);
      if (from < 0 || from === into || table.nextSlot(from) !== from) continue;
      if (into < 0) into = this.#scope.slotFor(this.#scope.keySlotOf(from), target);
      table.mergeSlots(into, from, combine);
    }
    this.#scope.invalidate();
  }
}
