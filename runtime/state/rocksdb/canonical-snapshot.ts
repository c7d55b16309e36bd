/** A canonical snapshot of the database: one pass of an iterator in the background, whatever is written meanwhile. */
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { StateFileWriter } from '../format/state-file-writer.js';
import { CanonicalRows, type ExpiryFilter } from './canonical-rows.js';
import { blocksOf } from './entry-pages.js';
import { keyGroupText } from './key-context.js';
import type { StoredState } from './state-directory.js';
import type { SnapshotIterator } from './store-thread.js';

const PAGE_BYTES = 256 << 10;

interface Section {
  readonly section: number;
  /** of a state that is filtered */
  readonly filtered: FilteredRows | null;
}

export async function writeRows(
  out: StateFileWriter,
  rows: SnapshotIterator,
  states: readonly StoredState[],
  filterOf: (state: StoredState) => ExpiryFilter | null,
  keyGroups: KeyGroupRange,
  signal: AbortSignal,
): Promise<void> {
  const sections = new Map<number, Section>();
  const written = states.filter(({ form }) => form !== 'reminders');
  for (const state of written.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { id, name, kind, schema } = state;
    const filter = filterOf(state);
    sections.set(id, {
      section: out.section({ name, kind, mode: null, schema }),
      filtered: filter && new FilteredRows(state, filter),
    });
  }
  rows.start({
    states: written,
    asRows: [...sections].filter(([, { filtered }]) => filtered !== null).map(([id]) => id),
    from: keyGroupText(keyGroups.start),
    to: keyGroupText(keyGroups.end + 1),
  });
  // The store reads the next page while this one is written.
  let next = rows.page(PAGE_BYTES);
  for (let page = await next; page.length > 0; page = await next) {
    signal.throwIfAborted();
    next = rows.page(PAGE_BYTES);
    next.catch(() => {}); // awaited by the next round, if there is one
    for (const { keyGroup, stateId, isEntries, bytes } of blocksOf(page)) {
      const { section, filtered } = sections.get(stateId)!;
      const entries = isEntries ? bytes : filtered!.entries(keyGroup, bytes);
      if (entries.length > 0) await out.keyed(section, keyGroup, entries);
    }
  }
}

/** Rows of a state, without what has expired. A list that is spread over rows is held back until it is complete. */
class FilteredRows {
  readonly #state: StoredState;
  readonly #filter: ExpiryFilter;
  readonly #out = new ByteWriter();
  #keyGroup = -1;
  #rows: CanonicalRows;

  constructor(state: StoredState, filter: ExpiryFilter) {
    this.#state = state;
    this.#filter = filter;
    this.#rows = new CanonicalRows(state, filter);
  }
  /** Valid until the next call. */
  entries(keyGroup: number, rows: Uint8Array): Uint8Array {
    if (keyGroup !== this.#keyGroup) this.#rows = new CanonicalRows(this.#state, this.#filter);
    this.#keyGroup = keyGroup;
    const out = this.#out;
    out.reset();
    const buffer = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
    for (const from = new ByteReader(buffer); from.remaining > 0;) {
      const keyLength = from.varint();
      const keyAt = from.take(keyLength);
      const valueLength = from.varint();
      const valueAt = from.take(valueLength);
      this.#rows.write(
        out,
        buffer.subarray(keyAt, keyAt + keyLength),
        buffer.subarray(valueAt, valueAt + valueLength),
      );
    }
    return out.bytes.subarray(0, out.length);
  }
}
