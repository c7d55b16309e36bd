/**
 * How far the subtasks of a job are, each in its own attempt: who has reached the end of its input, who has finished,
 * what they counted.
 */
import type { AccumulatorValues } from '../core/accumulators.js';
import { SubtaskSet, type SubtaskId } from '../core/checkpoints/subtask-set.js';
import type { ExecutionVertex } from '../core/execution-graph.js';

export class JobSubtasks {
  readonly #count: number;
  readonly #ended: SubtaskSet;
  readonly #finished: SubtaskSet;
  readonly #attempts: ReadonlyMap<number, number[]>;
  readonly #accumulators = new Map<string, AccumulatorValues>();

  constructor(vertices: readonly ExecutionVertex[]) {
    const sizes = vertices.map(({ task, parallelism }) => ({ task: task.id, parallelism }));
    this.#count = sizes.reduce((sum, { parallelism }) => sum + parallelism, 0);
    this.#ended = new SubtaskSet(sizes);
    this.#finished = new SubtaskSet(sizes);
    this.#attempts = new Map(
      sizes.map(({ task, parallelism }) => [task, Array.from({ length: parallelism }, () => 0)]),
    );
  }

  /** These begin anew. `finishedTasks`: had finished before, and stay so. */
  begin(subtasks: readonly SubtaskId[], attempt: number, finishedTasks: ReadonlySet<number>): void {
    for (const id of subtasks) {
      this.#attempts.get(id.task)![id.subtask] = attempt;
      if (finishedTasks.has(id.task)) {
        this.#ended.add(id);
        this.#finished.add(id);
        continue;
      }
      this.#ended.delete(id);
      this.#finished.delete(id);
      this.#accumulators.delete(nameOf(id));
    }
  }

  /** True when with this one all have reached the end of their input. */
  onEnded(id: SubtaskId): boolean {
    return this.#ended.add(id) && this.#ended.size === this.#count;
  }
  onFinished(id: SubtaskId, accumulators: AccumulatorValues): void {
    this.#finished.add(id);
    this.#accumulators.set(nameOf(id), accumulators);
  }

  /** so far */
  onAccumulated(id: SubtaskId, accumulators: AccumulatorValues): void {
    if (!this.#finished.has(id)) this.#accumulators.set(nameOf(id), accumulators);
  }

  hasFinished(id: SubtaskId): boolean {
    return this.#finished.has(id);
  }
  /** from 1; 0: it was never deployed */
  attemptOf({ task, subtask }: SubtaskId): number {
    return this.#attempts.get(task)![subtask]!;
  }
  get ended(): readonly SubtaskId[] {
    return [...this.#ended];
  }
  get finished(): readonly SubtaskId[] {
    return [...this.#finished];
  }
  get complete(): boolean {
    return this.#finished.size === this.#count;
  }
  /** of one that has not finished: as it told last */
  accumulatorsOf(id: SubtaskId): AccumulatorValues {
    return this.#accumulators.get(nameOf(id)) ?? {};
  }
  get accumulators(): readonly AccumulatorValues[] {
    return [...this.#accumulators.values()];
  }
}

const nameOf = ({ task, subtask }: SubtaskId): string => `${task}/${subtask}`;
