import type {
  CanonicalHandle,
  FileHandle,
  KeyedStateHandle,
  RocksdbHandle,
  SnapshotFile,
  SnapshotTarget,
} from '../../contract/snapshot.js';
import type { KeyedSnapshot } from '../operator-handle.js';
import type { ChangelogMetrics } from './metrics.js';

export type BaseHandle = CanonicalHandle | RocksdbHandle;

/**
 * All keyed state as of a barrier, written in the background for checkpoints to come: a log stands on it. Goes on
 * whatever becomes of the checkpoint of that barrier.
 */
export class Materialization {
  readonly #snapshot: KeyedSnapshot;
  readonly #abort = new AbortController();
  readonly #reused: ReadonlyMap<string, FileHandle>;
  readonly #uploaded = new Map<string, FileHandle>();
  readonly #files: FileHandle[] = [];
  #writing: Promise<BaseHandle | null> | null = null;
  hasFailed = false;
  readonly #metrics: ChangelogMetrics;

  /** `before`: what stays of it need not be written again. */
  constructor(snapshot: KeyedSnapshot, before: Materialization | null, metrics: ChangelogMetrics) {
    this.#snapshot = snapshot;
    this.#metrics = metrics;
    this.#reused = before ? before.#uploaded : new Map();
  }
  /** What is there already. Checkpoints refer to it, so that it is found again when it is not used after all. */
  get files(): readonly FileHandle[] {
    return this.#files;
  }

  /** Of those, in bytes. */
  get size(): number {
    return this.#files.reduce((sum, { length }) => sum + length, 0);
  }

  /** Begins at the first call. */
  write(target: SnapshotTarget): Promise<BaseHandle | null> {
    return (this.#writing ??= this.#write(target.forLater()));
  }
  async #write(target: SnapshotTarget): Promise<BaseHandle | null> {
    const start = performance.now();
    this.#metrics.started++;
    try {
      const { signal } = this.#abort;
      signal.throwIfAborted();
      const handle = asBase(await this.#snapshot.write(this.#recording(target), signal));
      this.#metrics.completed++;
      this.#metrics.lastDuration = Math.round(performance.now() - start);
      return handle;
    } catch (error) {
      this.hasFailed = true;
      this.#metrics.failed++;
      throw error;
    } finally {
      await this.#snapshot.discard();
    }
  }

  /** Resolves when nothing is written any more. */
  async abort(): Promise<void> {
    this.#abort.abort();
    if (this.#writing) await this.#writing.catch(() => {});
    else await this.#snapshot.discard();
  }

  #recording(target: SnapshotTarget): SnapshotTarget {
    const { checkpointId, type } = target;
    const use = (id: string, file: FileHandle): FileHandle => {
      this.#uploaded.set(id, file);
      this.#files.push(file);
      return file;
    };
    return {
      checkpointId,
      type,
      create: async name => this.#recorded(await target.create(name)),
      createShared: async name => this.#recorded(await target.createShared(name)),
      refer: () => {},
      forLater: () => target,
      uploadShared: async (local, id) => use(id, await target.uploadShared(local, id)),
      shared: id => {
        const known = this.#reused.get(id);
        return known ? use(id, known) : null;
      },
    };
  }
  #recorded(file: SnapshotFile): SnapshotFile {
    return {
      get length() {
        return file.length;
      },
      write: bytes => file.write(bytes),
      abort: () => file.abort(),
      close: async () => {
        const handle = await file.close();
        this.#files.push(handle);
        return handle;
      },
    };
  }
}

function asBase(handle: KeyedStateHandle | null): BaseHandle | null {
  if (handle?.kind === 'changelog') throw new Error('a changelog on a changelog');
  return handle;
}
