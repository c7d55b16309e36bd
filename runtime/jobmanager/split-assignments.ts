/**
 * Which splits a source has handed to whom since its checkpoints: what a reader got after the checkpoint that it goes
 * back to is in no state of it, and goes back to the enumerator.
 */
import type { SourceSplit } from '../../plugins/api/source.js';

export class SplitAssignments {
  /** since the newest snapshot of the enumerator, by subtask */
  #recent = new Map<number, SourceSplit[]>();
  /** by the checkpoint that has them first, ascending */
  readonly #byCheckpoint = new Map<number, Map<number, SourceSplit[]>>();

  add(split: SourceSplit, subtask: number): void {
    const splits = this.#recent.get(subtask);
    if (splits) splits.push(split);
    else this.#recent.set(subtask, [split]);
  }

  onSnapshot(checkpointId: number): void {
    if (this.#recent.size === 0) return;
    this.#byCheckpoint.set(checkpointId, this.#recent);
    this.#recent = new Map();
  }

  /** Nobody goes back to before this one. */
  onComplete(checkpointId: number): void {
    for (const id of this.#byCheckpoint.keys()) if (id <= checkpointId) this.#byCheckpoint.delete(id);
  }

  /** The subtask goes back to this checkpoint (0: to the beginning): what it got after it, which is now nobody's. */
  takeBack(subtask: number, checkpointId: number): readonly SourceSplit[] {
    const taken = [...this.#byCheckpoint]
      .filter(([id]) => id > checkpointId)
      .flatMap(([, assigned]) => takeFrom(assigned, subtask));
    return [...taken, ...takeFrom(this.#recent, subtask)];
  }
}

function takeFrom(assigned: Map<number, SourceSplit[]>, subtask: number): readonly SourceSplit[] {
  const splits = assigned.get(subtask) ?? [];
  assigned.delete(subtask);
  return splits;
}
