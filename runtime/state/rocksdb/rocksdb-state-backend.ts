/** `state.backend.type: rocksdb`: one store thread per slot, one database per operator with keyed state. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { keyGroupRangeOf } from '../../contract/key-groups.js';
import type { OpenStateOptions, OperatorState, StateBackend } from '../state-backend.js';
import { newFolderName, removeAbandoned } from './local-folders.js';
import { removeFolder } from './native-snapshot.js';
import { RocksdbOperatorState } from './operator-state.js';
import { openDatabase, type OpenedDatabase } from './restore.js';
import type { RocksdbSettings } from './settings.js';
import { StateDirectory } from './state-directory.js';
import { StoreThread } from './store-thread.js';

export class RocksdbStateBackend implements StateBackend {
  readonly #settings: RocksdbSettings;
  readonly #logged: boolean;
  /** of this slot and attempt alone */
  readonly #folder: string;
  #thread: StoreThread | null = null;
  #databases = 0;
  #cleaned: Promise<void> | null = null;

  /** `logged`: with a changelog on top. */
  constructor(settings: RocksdbSettings, logged = false) {
    this.#settings = settings;
    this.#logged = logged;
    this.#folder = join(settings.localDir, newFolderName());
  }

  async open(options: OpenStateOptions): Promise<OperatorState> {
    await (this.#cleaned ??= removeAbandoned(this.#settings.localDir));
    const { operator, subtask, parallelism, maxParallelism, restore } = options;
    const range = keyGroupRangeOf(subtask, maxParallelism, parallelism);
    const handles = (restore?.handles ?? []).flatMap(handle => handle.keyed ?? []);
    const folder = join(this.#folder, `${operator.uidHash}-${subtask}`);
    // An operator without keyed state needs no database: that shows when it asks for it.
    const restored =
      handles.length === 0
        ? null
        : await openDatabase(this.#store(), folder, this.#settings, handles, restore!.source, range);
    if (restored) this.#databases++;
    return new RocksdbOperatorState(options, {
      range,
      folder,
      restored,
      cachedTimers: this.#settings.cachedTimers,
      cacheBytes: () => this.#settings.memoryBytes / this.#databases,
      openFresh: () => this.#openFresh(folder),
      logged: this.#logged,
    });
  }
  async close(): Promise<void> {
    await this.#thread?.close();
    this.#thread = null;
    await removeFolder(this.#folder);
  }

  #openFresh(folder: string): OpenedDatabase {
    mkdirSync(folder, { recursive: true });
    this.#databases++;
    const db = this.#store().open(folder, this.#settings);
    return { db, directory: new StateDirectory([]), uniqueIds: {} };
  }
  #store(): StoreThread {
    return (this.#thread ??= new StoreThread());
  }
}
