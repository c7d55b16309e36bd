/** A canonical snapshot of the database: one pass of an iterator in the background, whatever is written meanwhile. */
import { ByteWriter } from '../../contract/bytes.js';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { StateFileWriter } from '../format/state-file-writer.js';
import { CanonicalRows, type ExpiryFilter } from './canonical-rows.js';
import { keyGroupText } from './key-context.js';
import type { StoredState } from './state-directory.js';
import type { SnapshotIterator } from './store-thread.js';

const PAGE_BYTES = 256 * 1024;
const BLOCK_BYTES = 64 * 1024;

export async function writeRows(
  out: StateFileWriter,
  rows: SnapshotIterator,
  states: readonly StoredState[],
  filterOf: (state: StoredState) => ExpiryFilter | null,
  keyGroups: KeyGroupRange,
  signal: AbortSignal,
): Promise<void> {
  const sections = new Map<number, { readonly section: number; readonly state: StoredState }>();
  for (const state of [...states].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { id, name, kind, schema } = state;
    sections.set(id, { section: out.section({ name, kind, mode: null, schema }), state });
  }
  const block = new ByteWriter(BLOCK_BYTES * 2);
  let prefix = -1;
  let section = -1;
  let transcoder: CanonicalRows | null = null;
  const flush = async (): Promise<void> => {
    if (block.length > 0) await out.keyed(section, prefix >>> 16, block.bytes.subarray(0, block.length));
    block.reset();
  };
  const to = keyGroupText(keyGroups.end + 1);
  for (let from = keyGroupText(keyGroups.start); ; from = '') {
    signal.throwIfAborted();
    const page = await rows.page(from, to, PAGE_BYTES);
    if (page.remaining === 0) break;
    const buffer = Buffer.from(page.bytes.buffer, page.bytes.byteOffset, page.bytes.length);
    while (page.remaining > 0) {
      const keyLength = page.varint();
      const keyAt = page.take(keyLength);
      const valueLength = page.varint();
      const valueAt = page.take(valueLength);
      const rowPrefix = buffer.readUInt32BE(keyAt);
      if (rowPrefix !== prefix) {
        await flush();
        prefix = rowPrefix;
        const owner = sections.get(prefix & 0xffff);
        section = owner?.section ?? -1;
        transcoder = owner ? new CanonicalRows(owner.state, filterOf(owner.state)) : null;
      } else if (block.length >= BLOCK_BYTES && transcoder?.atBoundary) await flush();
      transcoder?.write(
        block,
        buffer.subarray(keyAt, keyAt + keyLength),
        buffer.subarray(valueAt, valueAt + valueLength),
      );
    }
  }
  await flush();
}
