/**
 * Files that several checkpoints refer to. A file may go once all checkpoints that are kept, and all from which those
 * under way take files, are newer than the last one that used it.
 */
export class SharedFiles {
  /** file → id of the newest checkpoint that refers to it */
  readonly #lastUsed = new Map<string, number>();

  /** When a subtask acknowledges: files of checkpoints that never complete are found again this way. */
  use(files: readonly string[], checkpointId: number): void {
    for (const file of files) this.#lastUsed.set(file, Math.max(this.#lastUsed.get(file) ?? 0, checkpointId));
  }

  /** Forgets and gives what no checkpoint from this id on refers to. */
  takeUnused(lowestUsed: number): readonly string[] {
    const unused = [...this.#lastUsed].filter(([, id]) => id < lowestUsed).map(([file]) => file);
    for (const file of unused) this.#lastUsed.delete(file);
    return unused;
  }

  takeAll(): readonly string[] {
    return this.takeUnused(Infinity);
  }
}
