/** What a client shows while a job runs. */
import type { PlanManifest } from '../contract/manifest.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import type { SubtaskMetrics } from '../taskmanager/messages.js';

export interface JobProgress {
  readonly jobId: string;
  readonly jobName: string;
  readonly tasks: readonly TaskProgress[];
}
export interface TaskProgress {
  readonly id: number;
  readonly name: string;
  readonly parallelism: number;
  readonly numRecordsIn: number;
  readonly numRecordsInPerSecond: number;
  readonly numRecordsOut: number;
  readonly numRecordsOutPerSecond: number;
  /** minimum over the subtasks; MIN_TIMESTAMP before the first */
  readonly currentInputWatermark: number;
  readonly isBackPressured: boolean;
  /** highest of the subtasks */
  readonly busyTimeMsPerSecond: number;
  readonly backPressuredTimeMsPerSecond: number;
  readonly subtasks: readonly SubtaskProgress[];
}
export type SubtaskProgress = SubtaskMetrics;

/** What the sources of a job gave it: all that it counts at the way in. */
export function recordsRead(graph: ExecutionGraph, metrics: readonly SubtaskMetrics[]): number {
  const sources = new Set(graph.vertices.filter(({ task }) => task.isSource).map(({ task }) => task.id));
  return metrics
    .filter(({ task }) => sources.has(task))
    .reduce((sum, { values }) => sum + Number(values['numRecordsIn'] ?? 0), 0);
}

export function jobProgress(
  jobId: string,
  plan: PlanManifest,
  graph: ExecutionGraph,
  metrics: readonly SubtaskMetrics[],
): JobProgress {
  return {
    jobId,
    jobName: plan.jobName,
    tasks: graph.vertices.map(({ task, parallelism }) => {
      const subtasks = metrics.filter(entry => entry.task === task.id);
      const values = (name: string): readonly number[] =>
        subtasks.map(entry => Number(entry.values[name] ?? 0));
      const sum = (name: string): number => values(name).reduce((a, b) => a + b, 0);
      return {
        id: task.id,
        name: task.name,
        parallelism,
        numRecordsIn: sum('numRecordsIn'),
        numRecordsInPerSecond: sum('numRecordsInPerSecond'),
        numRecordsOut: sum('numRecordsOut'),
        numRecordsOutPerSecond: sum('numRecordsOutPerSecond'),
        currentInputWatermark: Math.min(...values('currentInputWatermark')),
        isBackPressured: subtasks.some(entry => entry.values['isBackPressured'] === true),
        busyTimeMsPerSecond: Math.max(0, ...values('busyTimeMsPerSecond')),
        backPressuredTimeMsPerSecond: Math.max(0, ...values('backPressuredTimeMsPerSecond')),
        subtasks,
      };
    }),
  };
}
