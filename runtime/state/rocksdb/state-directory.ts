import type { KeyedSection, RowForm, SectionSchema } from '../../contract/state.js';

/** What the rows under one state id are. */
export interface StoredState {
  readonly id: number;
  readonly name: string;
  readonly kind: KeyedSection['kind'];
  readonly schema: SectionSchema;
  /** an operator's own layout: rows of canonical entries, in no order */
  readonly packed: boolean;
  /** an operator's own layout: rows by time and key */
  readonly form?: RowForm | 'reminders';
}

/** Names of states → ids in the keys of the database. Part of native snapshots. */
export class StateDirectory {
  readonly #states = new Map<string, StoredState>();
  #next = 1;

  constructor(restored: readonly StoredState[]) {
    for (const state of restored) {
      this.#states.set(state.name, state);
      this.#next = Math.max(this.#next, state.id + 1);
    }
  }
  get(name: string): StoredState | null {
    return this.#states.get(name) ?? null;
  }
  /** Under its name, or one it had before. */
  find(name: string, formerly?: string): StoredState | null {
    return this.get(name) ?? (formerly === undefined ? null : this.get(formerly));
  }
  add(state: Omit<StoredState, 'id'>): StoredState {
    const added = { ...state, id: this.#states.get(state.name)?.id ?? this.#next++ };
    this.#states.set(state.name, added);
    return added;
  }
  /** Another form of the state: under an id of its own, so that its rows and those of before do not mix. */
  replace(stored: StoredState, state: Omit<StoredState, 'id'>): StoredState {
    this.#states.delete(stored.name);
    return this.add(state);
  }
  get all(): readonly StoredState[] {
    return [...this.#states.values()];
  }
}
