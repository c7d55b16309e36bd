/** Files of one operator that later checkpoints may use again: those of its latest completed checkpoint. */
import type { FileHandle } from '../../contract/snapshot.js';

export class SharedUploads {
  /** by checkpoint: unique id → file */
  readonly #pending = new Map<number, Map<string, FileHandle>>();
  #completed: ReadonlyMap<string, FileHandle> = new Map();

  use(checkpointId: number, uniqueId: string, file: FileHandle): void {
    const files = this.#pending.get(checkpointId) ?? new Map<string, FileHandle>();
    files.set(uniqueId, file);
    this.#pending.set(checkpointId, files);
  }

  completed(uniqueId: string): FileHandle | null {
    return this.#completed.get(uniqueId) ?? null;
  }

  notifyCheckpointComplete(checkpointId: number): void {
    const files = this.#pending.get(checkpointId);
    if (files) this.#completed = files;
    for (const id of this.#pending.keys()) if (id <= checkpointId) this.#pending.delete(id);
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#pending.delete(checkpointId);
  }
}
