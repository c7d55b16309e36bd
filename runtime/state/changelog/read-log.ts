/** Reads keyed state that was written with a changelog of entries. */
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { ChangelogHandle, ChangelogSegment, SnapshotSource } from '../../contract/snapshot.js';
import type { KeyedSection } from '../../contract/state.js';
import { readCanonicalKeyed } from '../format/canonical.js';
import { StateFileReader } from '../format/state-file-reader.js';
import { damaged } from '../storage/damaged.js';
import { Replay } from './replay.js';

/**
 * State of the range, in memory. The base is the caller's when it is not canonical; null then.
 * @throws RuntimeFault FC5504 when a file is damaged or missing
 */
export async function readLoggedEntries(
  source: SnapshotSource,
  { form, base, segments, columns }: ChangelogHandle,
  range: KeyGroupRange,
): Promise<Map<string, KeyedSection> | null> {
  if (form !== 'entries' || (base !== null && base.kind !== 'canonical')) return null;
  const before = base ? await readCanonicalKeyed(source, base, range) : new Map<string, KeyedSection>();
  const replay = new Replay();
  for (const segment of segments) await replaySegment(source, segment, range, replay);
  const sections = replay.onto(before);
  const inColumns = columns ? await readCanonicalKeyed(source, columns, range) : [];
  for (const [name, section] of inColumns) sections.set(name, section);
  return sections;
}

async function replaySegment(
  source: SnapshotSource,
  { file, start, end }: ChangelogSegment,
  range: KeyGroupRange,
  replay: Replay,
): Promise<void> {
  const name = source.nameOf(file);
  if (start < 0 || end < start || end > file.length) throw damaged(name, 'it has no such segment');
  const inline = file.inline === undefined ? null : (await source.read(file)).subarray(start, end);
  const reader = await StateFileReader.open({
    name,
    length: end - start,
    read: (from, to) =>
      inline ? Promise.resolve(inline.subarray(from, to)) : source.range(file, start + from, start + to),
  });
  for (const [section, header] of reader.sections.entries()) {
    if (header.mode !== null || header.change === undefined)
      throw damaged(name, 'it is not a segment of a changelog');
    for await (const { keyGroup, entries } of reader.blocks(section, range.start, range.end))
      replay.apply(header, header.change, keyGroup, entries.slice());
  }
}
