/** Files of one operator that later checkpoints may use again: those of its latest completed checkpoint. */
import type { FileHandle } from '../../contract/snapshot.js';

export class SharedUploads {
  /** by checkpoint: unique id → file */
  readonly #pending = new Map<number, Map<string, FileHandle>>();
  #completed: ReadonlyMap<string, FileHandle> = new Map();
  #completedId = 0;

  use(checkpointId: number, uniqueId: string, file: FileHandle): void {
    const files = this.#pending.get(checkpointId) ?? new Map<string, FileHandle>();
    files.set(uniqueId, file);
    this.#pending.set(checkpointId, files);
  }

  /** Of the latest completed checkpoint, when its id is not below `from`. */
  completed(uniqueId: string, from: number): FileHandle | null {
    return this.#completedId >= from ? (this.#completed.get(uniqueId) ?? null) : null;
  }

  notifyCheckpointComplete(checkpointId: number): void {
    const files = this.#pending.get(checkpointId);
    // A checkpoint without shared files leaves nothing to use again.
    if (checkpointId > this.#completedId) {
      this.#completed = files ?? new Map();
      this.#completedId = checkpointId;
    }
    for (const id of this.#pending.keys()) if (id <= checkpointId) this.#pending.delete(id);
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#pending.delete(checkpointId);
  }
}
