/** Canonical state of one operator as a file of a snapshot, and back. */
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { CanonicalHandle, SnapshotSource, SnapshotTarget } from '../../contract/snapshot.js';
import type { KeyedSection, OperatorSection } from '../../contract/state.js';
import type { StateFileHeader } from './layout.js';
import { readKeyedSections, readOperatorSections } from './sections.js';
import { StateFileReader } from './state-file-reader.js';
import { StateFileWriter } from './state-file-writer.js';

/** A file of the snapshot with whatever `write` puts into it. */
export async function writeCanonical(
  target: SnapshotTarget,
  name: string,
  header: StateFileHeader,
  write: (out: StateFileWriter) => Promise<void>,
  signal: AbortSignal,
): Promise<CanonicalHandle> {
  const file = await target.create(name);
  try {
    const out = await StateFileWriter.begin(
      {
        write: bytes => {
          signal.throwIfAborted();
          return file.write(bytes);
        },
      },
      header,
    );
    await write(out);
    await out.finish();
    return { kind: 'canonical', file: await file.close() };
  } catch (error) {
    await file.abort();
    throw error;
  }
}

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
