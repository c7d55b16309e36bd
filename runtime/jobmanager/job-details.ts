/** What can be asked about a job while it runs and after it has ended. */
import type { PlanManifest } from '../contract/manifest.js';
import type { CheckpointSettings } from '../core/checkpoints/settings.js';
import type { CheckpointStatistics } from '../core/checkpoints/statistics.js';
import type { RootException } from '../core/exception-history.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import type { JobState } from '../core/job-state.js';
import type { RestartStrategySettings } from '../core/restart-strategy.js';
import type { FaultData, SubtaskMetrics } from '../taskmanager/messages.js';

export interface JobDetails {
  readonly jobId: string;
  readonly name: string;
  readonly state: JobState;
  readonly batchMode: boolean;
  readonly plan: PlanManifest;
  readonly graph: ExecutionGraph;
  /** of vertices that have none of their own */
  readonly parallelism: number;
  /** from 1; 0 before the first */
  readonly attempt: number;
  /** when the attempt's slots were granted, epoch milliseconds; null: they are waited for */
  readonly deployedAt: number | null;
  /** TaskManager of a slot of the job; null: it has none yet */
  readonly taskManagerOf: (slot: number) => string | null;
  readonly hasFinished: (task: number, subtask: number) => boolean;
  readonly metrics: readonly SubtaskMetrics[];
  readonly accumulators: Readonly<Record<string, unknown>>;
  readonly exceptions: readonly RootException<FaultData>[];
  readonly exceptionsTruncated: boolean;
  /** of the failure that ended the job */
  readonly fault: FaultData | null;
  readonly checkpointSettings: CheckpointSettings;
  readonly checkpointStatistics: CheckpointStatistics;
  readonly restartStrategy: RestartStrategySettings;
  /** values of the program's parameters, without its secrets */
  readonly parameters: Readonly<Record<string, string>>;
  readonly configuration: Readonly<Record<string, string>>;
}

export type ExecutionState =
  | 'CREATED'
  | 'SCHEDULED'
  | 'DEPLOYING'
  | 'RUNNING'
  | 'FINISHED'
  | 'CANCELING'
  | 'CANCELED'
  | 'FAILED'
  | 'RECONCILING'
  | 'INITIALIZING';

export const executionStates: readonly ExecutionState[] = [
  'CREATED',
  'SCHEDULED',
  'DEPLOYING',
  'RUNNING',
  'FINISHED',
  'CANCELING',
  'CANCELED',
  'FAILED',
  'RECONCILING',
  'INITIALIZING',
];

/** All subtasks of an attempt are deployed, run and stop together: the job's state is theirs, but for those at their end. */
export function executionStateOf(job: JobDetails, task: number, subtask: number): ExecutionState {
  if (job.hasFinished(task, subtask)) return 'FINISHED';
  switch (job.state) {
    case 'INITIALIZING':
      return 'CREATED';
    case 'CREATED':
      return job.deployedAt === null ? 'SCHEDULED' : 'DEPLOYING';
    case 'RUNNING':
      return 'RUNNING';
    case 'FAILING':
    case 'CANCELLING':
    case 'RESTARTING':
      return failedHere(job, task, subtask) ? 'FAILED' : 'CANCELING';
    case 'FAILED':
      return failedHere(job, task, subtask) ? 'FAILED' : 'CANCELED';
    case 'CANCELED':
    case 'SUSPENDED':
      return 'CANCELED';
    case 'FINISHED':
      return 'FINISHED';
  }
}

function failedHere({ state, fault, graph }: JobDetails, task: number, subtask: number): boolean {
  if (state === 'CANCELLING' || !fault) return false;
  const vertex = graph.vertices.find(each => each.task.id === task)!;
  return (
    fault.facts['task'] === vertex.task.name &&
    (fault.facts['subtask'] ?? `1/${vertex.parallelism}`) === `${subtask + 1}/${vertex.parallelism}`
  );
}

/** First match wins. */
export function aggregateState(states: readonly ExecutionState[]): ExecutionState {
  const has = (state: ExecutionState): boolean => states.includes(state);
  for (const state of ['FAILED', 'CANCELING', 'CANCELED', 'INITIALIZING', 'RUNNING'] as const)
    if (has(state)) return state;
  if (has('FINISHED')) return states.every(state => state === 'FINISHED') ? 'FINISHED' : 'RUNNING';
  // Before anything runs all are alike here.
  return states[0] ?? 'CREATED';
}
