/** State of operators that have been renamed since a savepoint was taken (flinkc.lock.json), under their new names. */
import type { PlanManifest } from '../contract/manifest.js';
import type { CheckpointMetadata } from '../state/storage/metadata.js';

/** An operator that the savepoint knows under its new name already keeps what it has there. */
export function underNewNames(metadata: CheckpointMetadata, { tasks }: PlanManifest): CheckpointMetadata {
  const present = new Set([
    ...metadata.tasks.flatMap(task => task.operators),
    ...metadata.subtasks.flatMap(part => part.operators.map(operator => operator.uidHash)),
  ]);
  const renamed = new Map<string, { readonly uid: string; readonly uidHash: string }>();
  for (const { uid, uidHash, formerUidHash } of tasks.flatMap(task => task.operators)) {
    if (formerUidHash !== undefined && !present.has(uidHash)) renamed.set(formerUidHash, { uid, uidHash });
  }
  if (renamed.size === 0) return metadata;
  const hash = (uidHash: string): string => renamed.get(uidHash)?.uidHash ?? uidHash;
  const named = <T extends { readonly uidHash: string }>(part: T): T => ({
    ...part,
    uidHash: hash(part.uidHash),
  });
  return {
    ...metadata,
    tasks: metadata.tasks.map(({ uids, ...task }) => ({
      ...task,
      operators: task.operators.map(hash),
      ...(uids && { uids: task.operators.map((uidHash, i) => renamed.get(uidHash)?.uid ?? uids[i]!) }),
    })),
    subtasks: metadata.subtasks.map(part => ({
      ...part,
      operators: part.operators.map(operator => ({ ...operator, ...renamed.get(operator.uidHash) })),
      source: part.source && named(part.source),
      sinks: part.sinks.map(named),
      ...(part.channels
        ? {
            channels: {
              ...part.channels,
              channels: part.channels.channels.map(channel => ({
                ...channel,
                receiver: hash(channel.receiver),
              })),
            },
          }
        : {}),
    })),
    enumerators: Object.fromEntries(
      Object.entries(metadata.enumerators).map(([uidHash, state]) => [hash(uidHash), state]),
    ),
  };
}
