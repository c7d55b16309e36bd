/**
 * Who gets the barrier injected, who has to acknowledge, who has already finished (datastream-semantics §9.1, §13):
 * barriers start at the sources, and where all that fed a subtask has finished, at that subtask.
 */
import { SubtaskSet, type SubtaskId, type TaskSize } from './subtask-set.js';

export interface CheckpointedTask extends TaskSize {
  readonly inputs: readonly TaskInput[];
}
export interface TaskInput {
  readonly from: number;
  /** The upstream subtasks that a subtask reads, both ends included. */
  readonly upstreamOf: (subtask: number) => { readonly first: number; readonly last: number };
}

export interface CheckpointPlan {
  readonly toTrigger: readonly SubtaskId[];
  /** how many have to acknowledge */
  readonly awaited: number;
  readonly finished: SubtaskSet;
}

export function planCheckpoint(tasks: readonly CheckpointedTask[], finished: SubtaskSet): CheckpointPlan {
  const sizes = new Map(tasks.map(task => [task.task, task]));
  const toTrigger: SubtaskId[] = [];
  let awaited = 0;
  const hasEnded = ({ from, upstreamOf }: TaskInput, subtask: number): boolean => {
    if (finished.hasAllOf(sizes.get(from)!)) return true;
    if (finished.countOf(from) === 0) return false;
    const { first, last } = upstreamOf(subtask);
    for (let i = first; i <= last; i++) if (!finished.has({ task: from, subtask: i })) return false;
    return true;
  };
  for (const { task, parallelism, inputs } of tasks) {
    for (let subtask = 0; subtask < parallelism; subtask++) {
      if (finished.has({ task, subtask })) continue;
      awaited++;
      if (inputs.every(input => hasEnded(input, subtask))) toTrigger.push({ task, subtask });
    }
  }
  return { toTrigger, awaited, finished: finished.copy() };
}
