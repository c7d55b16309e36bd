/** Accumulators in Flink's shapes: of a job, of a vertex, of its subtasks. */
import { mergeAccumulators, type AccumulatorValues } from '../../core/accumulators.js';
import type { ExecutionVertex } from '../../core/execution-graph.js';
import type { ClusterJob } from '../cluster-job.js';
import { vertexIdOf } from './job-shapes.js';
import { subtaskAttempt } from './vertex-shapes.js';

export function jobAccumulators({ details }: ClusterJob): unknown {
  return {
    'job-accumulators': [],
    'user-task-accumulators': shown(details.accumulators),
    'serialized-user-task-accumulators': {},
  };
}

export function vertexAccumulators({ details }: ClusterJob, vertex: ExecutionVertex): unknown {
  const { task, parallelism } = vertex;
  const parts = Array.from({ length: parallelism }, (_, i) => details.accumulatorsOf(task.id, i));
  return { id: vertexIdOf(vertex), 'user-accumulators': shown(mergeAccumulators(parts)) };
}

export function subtasksAccumulators(job: ClusterJob, vertex: ExecutionVertex): unknown {
  const { task, parallelism } = vertex;
  return {
    id: vertexIdOf(vertex),
    parallelism,
    subtasks: Array.from({ length: parallelism }, (_, i) => {
      const { subtask, attempt, endpoint, host } = subtaskAttempt(job, vertex, i);
      const own = shown(valuesOf(job.details.accumulatorsOf(task.id, i)));
      return { subtask, attempt, endpoint, host, 'user-accumulators': own };
    }),
  };
}

export function attemptAccumulators(
  { details }: ClusterJob,
  vertex: ExecutionVertex,
  { subtask, attempt }: { readonly subtask: number; readonly attempt: number },
): unknown {
  const own = shown(valuesOf(details.accumulatorsOf(vertex.task.id, subtask)));
  return { id: vertexIdOf(vertex), subtask, attempt, 'user-accumulators': own };
}

const valuesOf = (accumulators: AccumulatorValues): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(accumulators).map(([name, { value }]) => [name, value]));

const shown = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([name, value]) => ({
    name,
    type: typeof value,
    value: typeof value === 'string' ? value : (JSON.stringify(value, plain) ?? ''),
  }));

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
