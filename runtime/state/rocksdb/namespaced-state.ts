import type { StateSpec } from '../../contract/state.js';
import { NamespacedStates, type StateRegistry } from '../namespaced-states.js';
import type { NamespaceContext } from './key-context.js';
import type { UnitTable } from './unit-table.js';

type Namespace = NamespaceContext<unknown>;

/** The backend's part: registers states per key and namespace. */
export interface TableRegistry extends StateRegistry<Namespace> {
  tableOf(name: string): UnitTable<unknown>;
}

export class StoredNamespacedState<N> extends NamespacedStates<N, Namespace> {
  readonly #registry: TableRegistry;
  readonly #namespace: NamespaceContext<N>;

  constructor(registry: TableRegistry, namespace: NamespaceContext<N>) {
    super(registry, namespace as unknown as Namespace);
    this.#registry = registry;
    this.#namespace = namespace;
  }
  setNamespace(namespace: N): void {
    this.#namespace.set(namespace);
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
