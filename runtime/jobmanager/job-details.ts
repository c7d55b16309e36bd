/** What can be asked about a job while it runs and after it has ended. */
import type { PlanManifest } from '../contract/manifest.js';
import type { AccumulatorValues } from '../core/accumulators.js';
import type { CheckpointSettings } from '../core/checkpoints/settings.js';
import type { CheckpointStatistics } from '../core/checkpoints/statistics.js';
import type { RootException } from '../core/exception-history.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import type { JobState } from '../core/job-state.js';
import type { RestartStrategySettings } from '../core/restart-strategy.js';
import type { FaultData, SubtaskMetrics } from '../taskmanager/messages.js';
import type { RegionPhase } from './job-executions.js';
import type { TaskExecutorGateway } from './task-executor-gateway.js';

export interface JobDetails {
  readonly jobId: string;
  readonly name: string;
  readonly state: JobState;
  readonly batchMode: boolean;
  readonly plan: PlanManifest;
  readonly graph: ExecutionGraph;
  /** of vertices that have none of their own */
  readonly parallelism: number;
  /** the latest of any subtask, from 1; 0 before the first */
  readonly attempt: number;
  readonly attemptOf: (task: number, subtask: number) => number;
  /** when a slot of the job was granted, epoch milliseconds; null: it is waited for */
  readonly deployedAt: (slot: number) => number | null;
  /** TaskManager of a slot of the job; null: it has none yet */
  readonly taskManagerOf: (slot: number) => Pick<TaskExecutorGateway, 'id' | 'dataAddress'> | null;
  readonly phaseOf: (slot: number) => RegionPhase;
  readonly hasFinished: (task: number, subtask: number) => boolean;
  readonly metrics: readonly SubtaskMetrics[];
  /** merged over all subtasks */
  readonly accumulators: Readonly<Record<string, unknown>>;
  /** of one that has not finished: as it told last */
  readonly accumulatorsOf: (task: number, subtask: number) => AccumulatorValues;
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

/** Subtasks of a region are deployed, run and stop together. */
export function executionStateOf(job: JobDetails, task: number, subtask: number): ExecutionState {
  if (job.hasFinished(task, subtask)) return 'FINISHED';
  const { firstSlot } = job.graph.vertices.find(each => each.task.id === task)!;
  switch (job.phaseOf(firstSlot + subtask)) {
    case 'DEPLOYING':
      return 'DEPLOYING';
    case 'RUNNING':
      return 'RUNNING';
    case 'STOPPING':
      return failedHere(job, task, subtask) ? 'FAILED' : 'CANCELING';
    case 'NONE':
      return withoutExecution(job, task, subtask);
  }
}

function withoutExecution(job: JobDetails, task: number, subtask: number): ExecutionState {
  switch (job.state) {
    case 'INITIALIZING':
      return 'CREATED';
    case 'CREATED':
      return 'SCHEDULED';
    case 'FINISHED':
      return 'FINISHED';
    default:
      return failedHere(job, task, subtask) ? 'FAILED' : 'CANCELED';
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
