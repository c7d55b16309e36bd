import type { KeyGroupRange } from '../contract/key-groups.js';
import type { KeyedSection, OperatorSnapshot } from '../contract/state.js';

/**
 * Keyed sections of a restored operator that lie in this subtask's key groups. They wait here until the operator
 * registers the state; what it never registers goes into the next snapshot as it came.
 */
export class RestoredSections {
  readonly #sections = new Map<string, KeyedSection>();

  constructor(snapshots: readonly OperatorSnapshot[], range: KeyGroupRange) {
    for (const snapshot of snapshots) {
      for (const [name, section] of snapshot.keyed) this.#add(name, section, range);
    }
  }
  #add(name: string, section: KeyedSection, range: KeyGroupRange): void {
    const merged = new Map(this.#sections.get(name)?.keyGroups);
    for (const [keyGroup, chunks] of section.keyGroups) {
      if (keyGroup < range.start || keyGroup > range.end) continue;
      merged.set(keyGroup, [...(merged.get(keyGroup) ?? []), ...chunks]);
    }
    this.#sections.set(name, { kind: section.kind, schema: section.schema, keyGroups: merged });
  }
  /** The section, once; by the name it had before if it has been renamed since. */
  take(name: string, formerly?: string): KeyedSection | null {
    const stored = formerly !== undefined && !this.#sections.has(name) ? formerly : name;
    const section = this.#sections.get(stored);
    this.#sections.delete(stored);
    return section ?? null;
  }
  unclaimed(): ReadonlyMap<string, KeyedSection> {
    return this.#sections;
  }
}
