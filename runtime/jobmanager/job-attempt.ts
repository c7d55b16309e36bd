/** What one attempt of a job has come to: who has reached the end of its input, who has finished, what they counted. */
import type { AccumulatorValues } from '../core/accumulators.js';
import type { SubtaskId } from '../core/checkpoints/subtask-set.js';
import type { ExecutionVertex } from '../core/execution-graph.js';

export class JobAttempt {
  /** from 1 */
  readonly number: number;
  /** finished before this attempt */
  readonly alreadyFinished: readonly SubtaskId[];
  readonly accumulators: AccumulatorValues[] = [];
  readonly #subtasks: number;
  readonly #ended = new Set<string>();
  readonly #finished = new Set<string>();

  constructor(number: number, vertices: readonly ExecutionVertex[], finishedTasks: ReadonlySet<number>) {
    this.number = number;
    this.#subtasks = vertices.reduce((sum, vertex) => sum + vertex.parallelism, 0);
    this.alreadyFinished = vertices
      .filter(({ task }) => finishedTasks.has(task.id))
      .flatMap(({ task, parallelism }) =>
        Array.from({ length: parallelism }, (_, subtask) => ({ task: task.id, subtask })),
      );
    for (const id of this.alreadyFinished) {
      this.#ended.add(nameOf(id));
      this.#finished.add(nameOf(id));
    }
  }

  /** True when with this one all have reached the end of their input. */
  onEnded(id: SubtaskId): boolean {
    this.#ended.add(nameOf(id));
    return this.#ended.size === this.#subtasks;
  }
  onFinished(id: SubtaskId, accumulators: AccumulatorValues): void {
    this.#finished.add(nameOf(id));
    this.accumulators.push(accumulators);
  }
  hasFinished(id: SubtaskId): boolean {
    return this.#finished.has(nameOf(id));
  }
  get complete(): boolean {
    return this.#finished.size === this.#subtasks;
  }
}

const nameOf = ({ task, subtask }: SubtaskId): string => `${task}/${subtask}`;
