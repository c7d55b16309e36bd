/** A local checkpoint directory for one operator, as the engine would use it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalFileSystem } from '../../plugins/filesystem/index.js';
import type { OperatorStateHandle, SnapshotType } from '../../runtime/contract/snapshot.js';
import type { OperatorState, StateRestore } from '../../runtime/state/state-backend.js';
import { OperatorTarget } from '../../runtime/state/storage/operator-target.js';
import { SharedUploads } from '../../runtime/state/storage/shared-uploads.js';
import { StoredSource } from '../../runtime/state/storage/stored-source.js';

const folders: string[] = [];
process.on('exit', () => folders.forEach(folder => rmSync(folder, { recursive: true, force: true })));

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flinkc-state-test-'));
  folders.push(folder);
  return folder;
}

/** Files whose path matches cannot be written. */
class FailingFileSystem extends LocalFileSystem {
  failing: RegExp | null = null;
  override create(path: string): ReturnType<LocalFileSystem['create']> {
    return this.failing?.test(path) ? Promise.reject(new Error('no space left')) : super.create(path);
  }
}

export class SnapshotStorage {
  readonly base = temporaryFolder();
  readonly fileSystem = new FailingFileSystem();
  readonly source = new StoredSource(this.fileSystem, this.base);
  readonly #uploads = new Map<OperatorState, SharedUploads>();
  #checkpoints = 0;
  set failing(paths: RegExp | null) {
    this.fileSystem.failing = paths;
  }
  /** by the last snapshot */
  writtenBytes = 0;

  /** `meanwhile` runs after the synchronous part, before anything is written. */
  async take(
    state: OperatorState,
    type: SnapshotType,
    meanwhile: () => void = () => {},
  ): Promise<OperatorStateHandle> {
    const checkpointId = ++this.#checkpoints;
    const uploads = this.#uploads.get(state) ?? new SharedUploads();
    this.#uploads.set(state, uploads);
    const target = new OperatorTarget({
      checkpointId,
      type,
      location: { fileSystem: this.fileSystem, base: this.base },
      folder: `chk-${checkpointId}/`,
      sharedFolder: 'shared/',
      prefix: `op-${this.#uploads.size}-c${checkpointId}`,
      inlineBytes: 0,
      maxInlineBytes: 0,
      reuseFrom: 0,
      uploads,
    });
    const snapshot = state.snapshot(checkpointId, type)!;
    meanwhile();
    const handle = await snapshot.write(target, new AbortController().signal);
    await snapshot.discard();
    uploads.notifyCheckpointComplete(checkpointId);
    state.notifyCheckpointComplete?.(checkpointId);
    this.writtenBytes = target.writtenBytes;
    // Handles cross threads and processes.
    return JSON.parse(JSON.stringify(handle)) as OperatorStateHandle;
  }
  restore(...handles: readonly OperatorStateHandle[]): StateRestore {
    return { handles, operator: new Map(), source: this.source };
  }
}
