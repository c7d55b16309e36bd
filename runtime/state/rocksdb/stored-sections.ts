/** What the database has of states already, and how states that are registered take it over. */
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { KeyedSection, RowForm, SectionSchema, StateSpec } from '../../contract/state.js';
import { takeOver, type ChunkMigration } from '../evolution/take-over.js';
import { CanonicalRows, type ExpiryFilter } from './canonical-rows.js';
import { keyGroupText, stateIdText } from './key-context.js';
import type { RowLog } from './row-log.js';
import { scanRange } from './scan.js';
import type { StateDirectory, StoredState } from './state-directory.js';
import type { StoreDatabase } from './store-thread.js';
import type { UnitStore } from './unit-store.js';

const ENTRIES_BYTES = 64 * 1024;

export interface StoredSectionsOptions {
  readonly db: StoreDatabase;
  readonly directory: StateDirectory;
  readonly keyGroups: KeyGroupRange;
  readonly log?: RowLog | null;
}
/** Whole entries of one key group, in canonical form. */
export interface StoredEntries {
  readonly keyGroup: number;
  readonly from: ByteReader;
  readonly hasTimes: boolean;
}
export interface Claim {
  readonly id: number;
  /** rows under the id are the state's already */
  readonly isStored: boolean;
  readonly entries: Iterable<StoredEntries>;
}

export class StoredSections {
  readonly #options: StoredSectionsOptions;
  readonly #store: UnitStore;

  constructor(options: StoredSectionsOptions, store: UnitStore) {
    this.#options = options;
    this.#store = store;
  }

  /**
   * The state's id. Rows that the database has under it in another form come back as entries, which the state takes
   * over: those of a canonical snapshot, of another layout, or without the times that a TTL needs.
   */
  claim(
    name: string,
    kind: KeyedSection['kind'],
    schema: SectionSchema,
    spec: StateSpec | null,
    own: RowForm | 'packed' | null,
  ): Claim {
    const { directory, log } = this.#options;
    const stored = directory.find(name, spec?.formerly);
    const wanted = {
      name,
      kind,
      schema,
      packed: own === 'packed',
      ...(own !== null && own !== 'packed' && own !== 'values' && { form: own }),
    };
    if (stored === null) return { id: directory.add(wanted).id, isStored: false, entries: [] };
    const migrate = takeOver(name, stored, { kind, schema }, spec);
    // Operators want to know of the windows that they have.
    const isKnownByKey = own === null || own === 'values' || own === 'sessions';
    const sameForm =
      isKnownByKey && !stored.packed && stored.form === wanted.form && stored.schema.times === schema.times;
    if (sameForm && migrate === null && stored.name === name)
      return { id: stored.id, isStored: true, entries: [] };
    log?.restored();
    const { id } = directory.replace(stored, wanted);
    return { id, isStored: false, entries: this.#takeEntries(stored, migrate) };
  }
  /** All rows of a state as canonical entries. They are gone afterwards. */
  *#takeEntries(state: StoredState, migrate: ChunkMigration | null): IterableIterator<StoredEntries> {
    for (const entries of this.entriesOf(state, null))
      yield migrate ? { ...entries, from: new ByteReader(migrate(entries.from.bytes)) } : entries;
    const { start, end } = this.#options.keyGroups;
    for (let keyGroup = start; keyGroup <= end; keyGroup++)
      this.#store.batch.deleteRange(keyGroupText(keyGroup) + stateIdText(state.id));
    this.#store.send();
  }
  /** What the rows of a state say, in the order of the database. */
  *entriesOf(state: StoredState, filter: ExpiryFilter | null): IterableIterator<StoredEntries> {
    const { start, end } = this.#options.keyGroups;
    for (let keyGroup = start; keyGroup <= end; keyGroup++) {
      const group = keyGroupText(keyGroup);
      const rows = scanRange(
        this.#options.db,
        group + stateIdText(state.id),
        false,
        group + stateIdText(state.id + 1),
      );
      const canonical = new CanonicalRows(state, filter);
      const out = new ByteWriter();
      const take = (): StoredEntries => {
        const from = new ByteReader(out.toBytes());
        out.reset();
        return { keyGroup, from, hasTimes: state.schema.times };
      };
      for (const { key, value } of rows) {
        if (out.length >= ENTRIES_BYTES && canonical.atBoundary) yield take();
        canonical.write(out, Buffer.from(key, 'latin1'), value.bytes.subarray(value.position, value.end));
      }
      canonical.finish(out);
      if (out.length > 0) yield take();
    }
  }
}
