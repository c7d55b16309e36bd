/** What lies in the metadata itself: splits and enumerators of sources, writers and committables of sinks. */
import type { CheckpointMetadata } from '../storage/metadata.js';
import type { StateRow } from './read-entries.js';
import { sinkState, splits } from './savepoint.js';

/** Sources and sinks are known by the hash of their uid only. */
export function* metadataRows({ subtasks, enumerators }: CheckpointMetadata): IterableIterator<StateRow> {
  for (const [uidHash, value] of Object.entries(enumerators))
    yield row(uidHash, splits, 'enumerator', 0, value);
  for (const { subtask, source, sinks } of subtasks) {
    for (const split of source?.splits ?? []) yield row(source!.uidHash, splits, 'split', subtask, split);
    for (const { uidHash, writerStates, committables } of sinks) {
      for (const value of writerStates) yield row(uidHash, sinkState, 'writer', subtask, value);
      for (const value of committables) yield row(uidHash, sinkState, 'committable', subtask, value);
    }
  }
}

function row(uid: string, state: string, kind: string, subtask: number, value: unknown): StateRow {
  const none = { key: undefined, namespace: undefined, mapKey: undefined, index: undefined, time: undefined };
  return { uid, state, kind, subtask, keyGroup: -1, value, ...none };
}
