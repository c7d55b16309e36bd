/** Collects the parts of one snapshot until every subtask has sent its own. */
import type { SubtaskSnapshot } from '../taskmanager/messages.js';
import type { JobSnapshot } from './job-snapshot.js';

export class PendingSnapshot {
  readonly result: Promise<JobSnapshot>;
  readonly #checkpointId: number;
  readonly #missing: number;
  readonly #enumerators: ReadonlyMap<string, unknown>;
  readonly #subtasks: SubtaskSnapshot[] = [];
  #settle!: { readonly resolve: (snapshot: JobSnapshot) => void; readonly reject: (error: unknown) => void };

  constructor(checkpointId: number, subtasks: number, enumerators: ReadonlyMap<string, unknown>) {
    this.#checkpointId = checkpointId;
    this.#missing = subtasks;
    this.#enumerators = enumerators;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** True when this was the last part. */
  add(subtask: SubtaskSnapshot): boolean {
    this.#subtasks.push(subtask);
    if (this.#subtasks.length < this.#missing) return false;
    this.#settle.resolve({
      checkpointId: this.#checkpointId,
      subtasks: this.#subtasks,
      enumerators: this.#enumerators,
    });
    return true;
  }

  fail(error: unknown): void {
    this.#settle.reject(error);
  }
}
