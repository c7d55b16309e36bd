import { randomUUID } from 'node:crypto';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type {
  KeyedStateHandle,
  OperatorStateHandle,
  SnapshotTarget,
  SnapshotType,
  StateSnapshot,
} from '../../contract/snapshot.js';
import type { KeyedStateBackend, KeyType, OperatorSection } from '../../contract/state.js';
import { writeCanonicalFile } from '../canonical-file.js';
import { writeOperatorSections } from '../format/sections.js';
import { HeapOperatorStateBackend } from '../operator-backend.js';
import type { OpenStateOptions, OperatorState } from '../state-backend.js';
import { writeRows } from './canonical-snapshot.js';
import { RocksdbKeyedStateBackend } from './keyed-backend.js';
import { removeFolder, UniqueIds, writeNative } from './native-snapshot.js';
import type { OpenedDatabase } from './restore.js';

export interface DatabaseOptions {
  readonly range: KeyGroupRange;
  readonly folder: string;
  /** the database that was filled from a snapshot */
  readonly restored: OpenedDatabase | null;
  readonly cachedTimers: number;
  readonly cacheBytes: () => number;
  readonly openFresh: () => OpenedDatabase;
}
/** What a snapshot of keyed state goes on with in the background. */
interface KeyedSnapshot {
  write(target: SnapshotTarget, signal: AbortSignal): Promise<KeyedStateHandle | null>;
  discard(): Promise<void>;
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

  constructor(options: OpenStateOptions, database: DatabaseOptions) {
    this.#options = options;
    this.#database = database;
    this.#opened = database.restored;
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
      });
    }
    return this.#keyed as unknown as KeyedStateBackend<K>;
  }

  snapshot(_checkpointId: number, type: SnapshotType): StateSnapshot | null {
    const sections = new Map([...this.operator.snapshot()].filter(([, { elements }]) => elements.length > 0));
    const keyed = this.#opened && (type === 'savepoint' ? this.#canonical() : this.#native());
    if (!keyed && sections.size === 0) return null;
    return {
      write: async (target, signal) => this.#handle(target, sections, await keyed?.write(target, signal)),
      discard: () => keyed?.discard(),
    };
  }
  async #handle(
    target: SnapshotTarget,
    sections: ReadonlyMap<string, OperatorSection>,
    keyed: KeyedStateHandle | null | undefined,
  ): Promise<OperatorStateHandle> {
    const { operator, subtask, parallelism, maxParallelism } = this.#options;
    const file =
      sections.size === 0
        ? null
        : await writeCanonicalFile(target, 'operator', this.#options, out =>
            writeOperatorSections(out, sections),
          );
    const { uid, uidHash } = operator;
    const hasUnion = [...sections.values()].some(({ mode }) => mode === 'union');
    return {
      uid,
      uidHash,
      subtask,
      parallelism,
      maxParallelism,
      ...(hasUnion ? { hasUnionState: true as const } : {}),
      keyed: keyed ?? null,
      operator: file,
    };
  }

  /** Everything as of now through an iterator, which later writes do not change. */
  #canonical(): KeyedSnapshot {
    const { db, directory } = this.#opened!;
    const keyed = this.#keyed;
    keyed?.flushAll();
    const states = directory.all;
    const rows = db.iterate();
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
  #native(): KeyedSnapshot {
    const { db, directory, uniqueIds } = this.#opened!;
    this.#ids ??= new UniqueIds(randomUUID(), uniqueIds);
    const ids = this.#ids;
    this.#keyed?.flushAll();
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

  close(): Promise<void> {
    this.#opened?.db.close();
    this.#opened = null;
    return Promise.resolve();
  }
}
