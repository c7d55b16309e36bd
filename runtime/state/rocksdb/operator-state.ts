import { randomUUID } from 'node:crypto';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { SnapshotType, StateSnapshot } from '../../contract/snapshot.js';
import type { KeyedStateBackend, KeyType, OperatorSection } from '../../contract/state.js';
import { writeCanonicalFile } from '../canonical-file.js';
import { writeKeyedSections } from '../format/sections.js';
import { HeapOperatorStateBackend } from '../operator-backend.js';
import { operatorSnapshot, type KeyedSnapshot } from '../operator-handle.js';
import type { OpenStateOptions, OperatorState } from '../state-backend.js';
import type { StateChanges } from '../state-changes.js';
import { writeRows } from './canonical-snapshot.js';
import { RocksdbKeyedStateBackend } from './keyed-backend.js';
import { removeFolder, UniqueIds, writeNative } from './native-snapshot.js';
import type { OpenedDatabase } from './restore.js';
import { RowLog } from './row-log.js';

export interface DatabaseOptions {
  readonly range: KeyGroupRange;
  readonly folder: string;
  /** the database that was filled from a snapshot */
  readonly restored: OpenedDatabase | null;
  readonly cachedTimers: number;
  readonly cacheBytes: () => number;
  readonly openFresh: () => OpenedDatabase;
  /** with a changelog on top */
  readonly logged: boolean;
}
/** State of one operator of one subtask: keyed state in a database, the rest on the heap. */
export class RocksdbOperatorState implements OperatorState {
  readonly operator: HeapOperatorStateBackend;
  readonly #options: OpenStateOptions;
  readonly #database: DatabaseOptions;
  #opened: OpenedDatabase | null;
  #ids: UniqueIds | null = null;
  #keyed: RocksdbKeyedStateBackend<unknown> | null = null;
  #copies = 0;
  readonly changes?: StateChanges;
  readonly #log: RowLog | null;

  constructor(options: OpenStateOptions, database: DatabaseOptions) {
    this.#options = options;
    this.#database = database;
    this.#opened = database.restored;
    this.#log = database.logged ? new RowLog(database.folder, database.restored === null) : null;
    if (this.#log) this.changes = this.#changesOf(this.#log);
    this.operator = new HeapOperatorStateBackend(options.restore && [{ operator: options.restore.operator }]);
  }

  keyed<K>(keyType: KeyType): KeyedStateBackend<K> {
    if (!this.#keyed) {
      this.#opened ??= this.#database.openFresh();
      this.#keyed = new RocksdbKeyedStateBackend<unknown>({
        keyType,
        maxParallelism: this.#options.maxParallelism,
        keyGroups: this.#database.range,
        processingTime: this.#options.processingTime,
        db: this.#opened.db,
        directory: this.#opened.directory,
        cacheBytes: this.#database.cacheBytes,
        cachedTimers: this.#database.cachedTimers,
        log: this.#log,
      });
    }
    return this.#keyed as unknown as KeyedStateBackend<K>;
  }

  snapshot(_checkpointId: number, type: SnapshotType): StateSnapshot | null {
    const keyed = type === 'savepoint' ? this.#canonical() : this.#native(true);
    return operatorSnapshot(this.#options, keyed, this.#operatorSections());
  }
  #operatorSections(): ReadonlyMap<string, OperatorSection> {
    return new Map([...this.operator.snapshot()].filter(([, { elements }]) => elements.length > 0));
  }

  /** What is logged are rows, which the database has at every barrier. */
  #changesOf(log: RowLog): StateChanges {
    return {
      form: 'rows',
      get isComplete() {
        return log.isComplete;
      },
      take: () => {
        this.#keyed?.flushRows();
        return log.take(this.#opened?.directory.all ?? []);
      },
      materialize: () => {
        const snapshot = this.#native(false);
        log.begin();
        return snapshot;
      },
      columns: () => {
        const sections = this.#keyed?.customSections();
        return sections ? { write: out => writeKeyedSections(out, sections), discard: () => {} } : null;
      },
      operatorSections: () => this.#operatorSections(),
    };
  }

  /** Everything as of now through an iterator, which later writes do not change. */
  #canonical(): KeyedSnapshot | null {
    if (!this.#opened) return null;
    const { db, directory } = this.#opened;
    const keyed = this.#keyed;
    keyed?.flushRows();
    // With a changelog, packed rows are in the database for savepoints only.
    this.#unlogged(() => keyed?.flushAll());
    const states = directory.all;
    const rows = db.iterate();
    if (this.#log) this.#unlogged(() => keyed?.removeCustomRows());
    return {
      write: (target, signal) =>
        writeCanonicalFile(target, 'keyed', this.#options, out =>
          writeRows(
            out,
            rows,
            states,
            state => keyed?.filterOf(state.name) ?? null,
            this.#database.range,
            signal,
          ),
        ),
      discard: () => rows.end(),
    };
  }

  /** The store copies the database as of the writes that were sent before; nothing waits for it. */
  #native(custom: boolean): KeyedSnapshot | null {
    if (!this.#opened) return null;
    const { db, directory, uniqueIds } = this.#opened;
    this.#ids ??= new UniqueIds(randomUUID(), uniqueIds);
    const ids = this.#ids;
    if (custom) this.#keyed?.flushAll();
    else this.#keyed?.flushRows();
    const states = directory.all;
    const folder = `${this.#database.folder}-copy-${++this.#copies}`;
    const linked = db.link(folder);
    linked.catch(() => {}); // write() tells of it
    return {
      write: async (target, signal) =>
        writeNative(target, folder, await linked, states, ids, this.#database.range, signal),
      discard: async () => {
        await linked.catch(() => {});
        await removeFolder(folder);
      },
    };
  }

  #unlogged(write: () => void): void {
    if (this.#log) this.#log.pause(write);
    else write();
  }

  close(): Promise<void> {
    this.#log?.close();
    this.#opened?.db.close();
    this.#opened = null;
    return Promise.resolve();
  }
}
