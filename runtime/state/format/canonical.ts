/** Reads canonical state from the files of a snapshot. */
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { CanonicalHandle, SnapshotSource } from '../../contract/snapshot.js';
import type { KeyedSection, OperatorSection } from '../../contract/state.js';
import { readKeyedSections, readOperatorSections } from './sections.js';
import { StateFileReader } from './state-file-reader.js';

export function openCanonical(source: SnapshotSource, { file }: CanonicalHandle): Promise<StateFileReader> {
  return StateFileReader.open({
    name: source.nameOf(file),
    length: file.length,
    read: (start, end) => source.range(file, start, end),
  });
}

/** Keyed state of the range, in memory. */
export async function readCanonicalKeyed(
  source: SnapshotSource,
  handle: CanonicalHandle,
  range: KeyGroupRange,
): Promise<Map<string, KeyedSection>> {
  return readKeyedSections(await openCanonical(source, handle), range);
}

export async function readCanonicalOperator(
  source: SnapshotSource,
  handle: CanonicalHandle,
): Promise<Map<string, OperatorSection>> {
  return readOperatorSections(await openCanonical(source, handle));
}
