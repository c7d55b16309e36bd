/** What lies in the metadata itself: splits and enumerators of sources, writers and committables of sinks. */
import { uidIn, type CheckpointMetadata } from '../storage/metadata.js';
import type { StateRow } from './read-entries.js';
import { sinkState, splits } from './savepoint.js';

export interface MetadataRow extends StateRow {
  readonly uidHash: string;
}

/** `uid`: or the hash of it. In metadata without uids, sources and sinks are known by that only. */
export function* metadataRows(
  metadata: CheckpointMetadata,
  { uid, state }: { readonly uid?: string | undefined; readonly state?: string | undefined } = {},
): IterableIterator<MetadataRow> {
  for (const row of allRows(metadata))
    if (
      (uid === undefined || uid === row.uid || uid === row.uidHash) &&
      (state === undefined || state === row.state)
    )
      yield row;
}

function* allRows(metadata: CheckpointMetadata): IterableIterator<MetadataRow> {
  const { subtasks, enumerators } = metadata;
  const row = (
    uidHash: string,
    state: string,
    kind: string,
    subtask: number,
    value: unknown,
  ): MetadataRow => ({
    ...inNoKey,
    uid: uidIn(metadata, uidHash) ?? uidHash,
    uidHash,
    state,
    kind,
    subtask,
    value,
  });
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

const inNoKey = {
  keyGroup: -1,
  key: undefined,
  namespace: undefined,
  mapKey: undefined,
  index: undefined,
  time: undefined,
};
