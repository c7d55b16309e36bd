/** Subtasks of a job by task and index; sets of them take one byte a subtask. */

export interface SubtaskId {
  readonly task: number;
  /** from 0 */
  readonly subtask: number;
}
export interface TaskSize {
  readonly task: number;
  readonly parallelism: number;
}

export class SubtaskSet {
  readonly #members: ReadonlyMap<number, Uint8Array>;
  readonly #counts = new Map<number, number>();
  #size = 0;

  constructor(tasks: readonly TaskSize[]) {
    this.#members = new Map(tasks.map(({ task, parallelism }) => [task, new Uint8Array(parallelism)]));
  }

  get size(): number {
    return this.#size;
  }

  has({ task, subtask }: SubtaskId): boolean {
    return this.#members.get(task)?.[subtask] === 1;
  }

  /** False: it was in the set before, or the job has no such subtask. */
  add({ task, subtask }: SubtaskId): boolean {
    const members = this.#members.get(task);
    if (members?.[subtask] !== 0) return false;
    members[subtask] = 1;
    this.#counts.set(task, this.countOf(task) + 1);
    this.#size++;
    return true;
  }

  delete({ task, subtask }: SubtaskId): boolean {
    const members = this.#members.get(task);
    if (members?.[subtask] !== 1) return false;
    members[subtask] = 0;
    this.#counts.set(task, this.countOf(task) - 1);
    this.#size--;
    return true;
  }

  /** of the task that its subtasks may be in the set */
  parallelismOf(task: number): number {
    return this.#members.get(task)?.length ?? 0;
  }
  countOf(task: number): number {
    return this.#counts.get(task) ?? 0;
  }

  hasAllOf({ task, parallelism }: TaskSize): boolean {
    return this.countOf(task) === parallelism;
  }

  copy(): SubtaskSet {
    const sizes = [...this.#members].map(([task, { length }]) => ({ task, parallelism: length }));
    const copy = new SubtaskSet(sizes);
    for (const id of this) copy.add(id);
    return copy;
  }

  *[Symbol.iterator](): Generator<SubtaskId> {
    for (const [task, members] of this.#members)
      for (let subtask = 0; subtask < members.length; subtask++)
        if (members[subtask] === 1) yield { task, subtask };
  }
}
