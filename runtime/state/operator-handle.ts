/** What a snapshot of one operator of one subtask leaves behind, whatever backend keeps its keyed state. */
import type {
  KeyedStateHandle,
  OperatorStateHandle,
  SnapshotTarget,
  StateSnapshot,
} from '../contract/snapshot.js';
import type { OperatorSection } from '../contract/state.js';
import { writeCanonicalFile } from './canonical-file.js';
import { writeOperatorSections } from './format/sections.js';
import type { OpenStateOptions } from './state-backend.js';

/** The part of a snapshot that is keyed. */
export interface KeyedSnapshot {
  /** In the background; null: there is nothing. */
  write(target: SnapshotTarget, signal: AbortSignal): Promise<KeyedStateHandle | null>;
  discard(): void | Promise<void>;
}

/** null: the operator has no state at all. */
export function operatorSnapshot(
  options: OpenStateOptions,
  keyed: KeyedSnapshot | null,
  sections: ReadonlyMap<string, OperatorSection>,
): StateSnapshot | null {
  if (!keyed && sections.size === 0) return null;
  return {
    write: async (target, signal) =>
      operatorHandle(options, target, keyed && (await keyed.write(target, signal)), sections),
    discard: () => keyed?.discard(),
  };
}

async function operatorHandle(
  options: OpenStateOptions,
  target: SnapshotTarget,
  keyed: KeyedStateHandle | null,
  sections: ReadonlyMap<string, OperatorSection>,
): Promise<OperatorStateHandle> {
  const { operator, subtask, parallelism, maxParallelism } = options;
  const { uid, uidHash } = operator;
  return {
    uid,
    uidHash,
    subtask,
    parallelism,
    maxParallelism,
    ...([...sections.values()].some(({ mode }) => mode === 'union') ? { hasUnionState: true as const } : {}),
    keyed,
    operator: await writeCanonicalFile(target, 'operator', options, out =>
      writeOperatorSections(out, sections),
    ),
  };
}
