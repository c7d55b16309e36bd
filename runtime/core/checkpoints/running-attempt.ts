/** The subtasks that run, and how far they are. */
import type { CheckpointedTask } from './checkpoint-plan.js';
import type { CheckpointEvent } from './messages.js';
import { SubtaskSet, type SubtaskId } from './subtask-set.js';

export class RunningAttempt<H> {
  readonly number: number;
  readonly tasks: readonly CheckpointedTask[];
  readonly finished: SubtaskSet;
  readonly attemptOf: (id: SubtaskId) => number;
  readonly #ended: SubtaskSet;
  readonly #subtasks: number;

  constructor({
    attempt,
    attemptOf,
    tasks,
    finished,
  }: Extract<CheckpointEvent<H>, { readonly type: 'attemptRunning' }>) {
    this.number = attempt;
    this.attemptOf = attemptOf ?? (() => attempt);
    this.tasks = tasks;
    this.finished = new SubtaskSet(tasks);
    this.#ended = new SubtaskSet(tasks);
    for (const id of finished) {
      this.finished.add(id);
      this.#ended.add(id);
    }
    this.#subtasks = tasks.reduce((sum, { parallelism }) => sum + parallelism, 0);
  }

  get allFinished(): boolean {
    return this.finished.size === this.#subtasks;
  }

  /** True when with this one all have reached the end of their input. */
  endOfData(id: SubtaskId): boolean {
    return this.#ended.add(id) && this.#ended.size === this.#subtasks;
  }
}
