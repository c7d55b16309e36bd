/**
 * State of one operator for a new parallelism (datastream-semantics §8.4): pure, over snapshots of all old subtasks.
 */
import { keyGroupRangeOf, type KeyGroupRange } from '../contract/key-groups.js';
import type { KeyedSection, OperatorSection, OperatorSnapshot } from '../contract/state.js';

/** One snapshot per new subtask. `snapshots`: all old subtasks of the operator, in any order; at least one. */
export function redistribute(
  snapshots: readonly OperatorSnapshot[],
  parallelism: number,
): OperatorSnapshot[] {
  const old = [...snapshots].sort((a, b) => a.subtask - b.subtask);
  const { uid, uidHash, maxParallelism } = old[0]!;
  const operator = redistributeOperatorState(
    old.map(snapshot => snapshot.operator),
    parallelism,
  );
  return operator.map((sections, subtask) => ({
    uid,
    uidHash,
    subtask,
    parallelism,
    maxParallelism,
    keyed: keyedSectionsIn(old, keyGroupRangeOf(subtask, maxParallelism, parallelism)),
    operator: sections,
  }));
}

function keyedSectionsIn(old: readonly OperatorSnapshot[], range: KeyGroupRange): Map<string, KeyedSection> {
  const sections = new Map<string, KeyedSection>();
  for (const { keyed } of old) {
    for (const [name, section] of keyed) {
      const keyGroups = new Map(sections.get(name)?.keyGroups);
      for (const [keyGroup, entries] of section.keyGroups) {
        if (keyGroup >= range.start && keyGroup <= range.end) keyGroups.set(keyGroup, entries);
      }
      sections.set(name, { kind: section.kind, schema: section.schema, keyGroups });
    }
  }
  return sections;
}

/** Operator state by old subtask → by new subtask. */
export function redistributeOperatorState(
  old: readonly ReadonlyMap<string, OperatorSection>[],
  parallelism: number,
): Map<string, OperatorSection>[] {
  const result = Array.from({ length: parallelism }, () => new Map<string, OperatorSection>());
  const names = new Set(old.flatMap(sections => [...sections.keys()]));
  let rotation = 0;
  for (const name of names) {
    const sections = old.map(state => state.get(name));
    const any = sections.find(section => section !== undefined)!;
    const give = (subtask: number, elements: readonly Uint8Array[]): void => {
      result[subtask]!.set(name, { ...any, elements });
    };
    switch (any.mode) {
      case 'split': {
        if (old.length === parallelism) {
          sections.forEach((section, subtask) => section && give(subtask, section.elements));
          break;
        }
        const split = splitElements(
          sections.flatMap(section => section?.elements ?? []),
          parallelism,
          rotation,
        );
        split.blocks.forEach((block, subtask) => give(subtask, block));
        rotation = split.nextRotation;
        break;
      }
      case 'union': {
        const all = sections.flatMap(section => section?.elements ?? []);
        for (let subtask = 0; subtask < parallelism; subtask++) give(subtask, all);
        break;
      }
      case 'broadcast':
        for (let subtask = 0; subtask < parallelism; subtask++) {
          // A subtask that had finished left no copy; all copies are equal.
          give(subtask, (sections[subtask % old.length] ?? any).elements);
        }
        break;
    }
  }
  return result;
}

/**
 * What the old subtasks left, for a new parallelism. Those that left nothing are not among the parts, and count all the
 * same: every new subtask computes the same distribution and takes its share of it.
 */
export function redistributeParts(
  parts: readonly {
    readonly subtask: number;
    readonly parallelism: number;
    readonly sections: ReadonlyMap<string, OperatorSection>;
  }[],
  parallelism: number,
): Map<string, OperatorSection>[] {
  const old = Array.from(
    { length: parts[0]?.parallelism ?? 0 },
    (): ReadonlyMap<string, OperatorSection> => new Map(),
  );
  for (const { subtask, sections } of parts) old[subtask] = sections;
  return redistributeOperatorState(old, parallelism);
}

/**
 * Consecutive blocks of floor(n/p) elements; the first n mod p subtasks, counted from the rotation, get one more.
 * The next state starts where this one stopped giving one more, so that several small lists spread evenly.
 */
export function splitElements<T>(
  elements: readonly T[],
  parallelism: number,
  rotation: number,
): { readonly blocks: readonly (readonly T[])[]; readonly nextRotation: number } {
  const blocks: (readonly T[])[] = Array.from({ length: parallelism }, () => []);
  const base = Math.floor(elements.length / parallelism);
  const remainder = elements.length % parallelism;
  let from = 0;
  for (let i = 0; i < parallelism; i++) {
    const size = i < remainder ? base + 1 : base;
    blocks[(rotation + i) % parallelism] = elements.slice(from, from + size);
    from += size;
  }
  return { blocks, nextRotation: (rotation + remainder) % parallelism };
}
