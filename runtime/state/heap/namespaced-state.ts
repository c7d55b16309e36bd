import type { StateSpec } from '../../contract/state.js';
import { NamespacedStates, type StateRegistry } from '../namespaced-states.js';
import type { NamespaceScope } from './namespace-scope.js';
import type { Scope } from './scope.js';
import type { StateTable } from './table.js';

/** The backend's part: registers states under any scope. */
export interface ScopedStates extends StateRegistry<Scope> {
  tableOf(name: string): StateTable;
}

export class HeapNamespacedState<N> extends NamespacedStates<N, Scope> {
  readonly #backend: ScopedStates;
  readonly #scope: NamespaceScope<N>;

  constructor(backend: ScopedStates, scope: NamespaceScope<N>) {
    super(backend, scope);
    this.#backend = backend;
    this.#scope = scope;
  }
  setNamespace(namespace: N): void {
    this.#scope.set(namespace);
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
