import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../../../plugins/api/state.js';
import type { AggregateLike, NamespacedState, StateOptions, StateSpec } from '../../contract/state.js';
import type { NamespaceContext } from './key-context.js';
import type { UnitTable } from './unit-table.js';

type Namespace = NamespaceContext<unknown>;

/** The backend's part: registers states per key and namespace. */
export interface TableRegistry {
  valueIn<T>(spec: StateSpec, namespace: Namespace, options?: StateOptions<T>): ValueState<T>;
  listIn<T>(spec: StateSpec, namespace: Namespace, options?: StateOptions<T>): ListState<T>;
  mapIn<UK, UV>(spec: StateSpec, namespace: Namespace, options?: StateOptions<UV>): MapState<UK, UV>;
  reducingIn<T>(
    spec: StateSpec,
    namespace: Namespace,
    reduce: (a: T, b: T) => T,
    options?: StateOptions<T>,
  ): ReducingState<T>;
  aggregatingIn<IN, ACC, OUT>(
    spec: StateSpec,
    namespace: Namespace,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT>;
  tableOf(name: string): UnitTable<unknown>;
}

export class StoredNamespacedState<N> implements NamespacedState<N> {
  readonly #registry: TableRegistry;
  readonly #namespace: NamespaceContext<N>;

  constructor(registry: TableRegistry, namespace: NamespaceContext<N>) {
    this.#registry = registry;
    this.#namespace = namespace;
  }
  get #scope(): Namespace {
    return this.#namespace as unknown as Namespace;
  }
  setNamespace(namespace: N): void {
    this.#namespace.set(namespace);
  }
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
  merge(
    spec: StateSpec,
    target: N,
    sources: readonly N[],
    combine: ((a: unknown, b: unknown) => unknown) | null,
  ): void {
    const table = this.#registry.tableOf(spec.name);
    const into = this.#namespace.encode(target);
    for (const source of sources) {
      const from = this.#namespace.encode(source);
      if (from !== into) table.merge(table.unitIn(into), table.unitIn(from), combine);
    }
  }
}
