/** Jobs in Flink's shapes (GET /jobs/overview, /jobs/:jobid, /jobs/:jobid/exceptions). */
import type { ExecutionVertex } from '../../core/execution-graph.js';
import { transitions, type JobState } from '../../core/job-state.js';
import type { ExceptionEntry } from '../../core/exception-history.js';
import type { FaultData, SubtaskMetrics } from '../../taskmanager/messages.js';
import type { ClusterJob } from '../cluster-job.js';
import { notFound } from './rest-error.js';
import {
  aggregateState,
  executionStateOf,
  executionStates,
  type ExecutionState,
  type JobDetails,
} from '../job-details.js';

export const vertexIdOf = ({ task }: ExecutionVertex): string => task.operators[0]!.uidHash;

export function vertexIn(
  { graph }: JobDetails,
  { vertexid }: Readonly<Record<string, string>>,
): ExecutionVertex {
  const vertex = graph.vertices.find(each => vertexIdOf(each) === vertexid!.toLowerCase());
  if (!vertex) throw notFound(`JobVertex ${vertexid!.slice(0, 64)} not found`);
  return vertex;
}

export const statesOf = (
  job: JobDetails,
  { task, parallelism }: ExecutionVertex,
): readonly ExecutionState[] =>
  Array.from({ length: parallelism }, (_, subtask) => executionStateOf(job, task.id, subtask));

export function counts(states: readonly ExecutionState[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    executionStates.map(state => [state, states.filter(each => each === state).length]),
  );
}
const lowerCased = (record: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));

const durationOf = (job: ClusterJob): number => (job.endTime ?? Date.now()) - job.startTime;
const jobType = ({ batchMode }: JobDetails): string => (batchMode ? 'BATCH' : 'STREAMING');

export function jobOverview(job: ClusterJob): unknown {
  const { details } = job;
  const states = details.graph.vertices.flatMap(vertex => statesOf(details, vertex));
  return {
    jid: job.jobId,
    name: details.name,
    'start-time': job.startTime,
    'end-time': job.endTime ?? -1,
    duration: durationOf(job),
    state: details.state,
    'last-modification': job.lastModification,
    tasks: { total: states.length, ...lowerCased(counts(states)) },
    'pending-operators': 0,
    jobType: jobType(details),
    schedulerType: 'Default',
  };
}

export function jobDetail(job: ClusterJob): unknown {
  const { details } = job;
  const { graph } = details;
  const vertices = graph.vertices.map(vertex => vertexDetail(job, vertex));
  return {
    jid: job.jobId,
    name: details.name,
    isStoppable: false,
    state: details.state,
    'job-type': jobType(details),
    schedulerType: 'Default',
    'start-time': job.startTime,
    'end-time': job.endTime ?? -1,
    duration: durationOf(job),
    maxParallelism: details.plan.maxParallelism ?? -1,
    now: Date.now(),
    timestamps: timestamps(job),
    vertices,
    'status-counts': counts(vertices.map(({ status }) => status)),
    plan: jobPlan(details),
    'pending-operators': 0,
  };
}

function timestamps(job: ClusterJob): Readonly<Record<string, number>> {
  const states = [...(Object.keys(transitions) as JobState[]), 'RECONCILING'];
  return Object.fromEntries(states.map(state => [state, job.timestamps.get(state as JobState) ?? 0]));
}

function vertexDetail(job: ClusterJob, vertex: ExecutionVertex) {
  const { details } = job;
  const states = statesOf(details, vertex);
  const start = details.deployedAt(vertex.firstSlot) ?? -1;
  const end = job.endTime ?? -1;
  return {
    id: vertexIdOf(vertex),
    slotSharingGroupId: vertex.task.slotSharingGroup,
    name: vertex.task.name,
    maxParallelism: vertex.maxParallelism,
    parallelism: vertex.parallelism,
    status: aggregateState(states),
    'start-time': start,
    'end-time': end,
    duration: start < 0 ? -1 : (end < 0 ? Date.now() : end) - start,
    tasks: counts(states),
    metrics: ioMetrics(details, vertex),
  };
}

function ioMetrics({ metrics }: JobDetails, { task, parallelism }: ExecutionVertex): unknown {
  return ioMetricsOf(
    metrics.filter(each => each.task === task.id),
    parallelism,
  );
}

/** `expected`: how many subtasks they are about; those that have told nothing yet are missing. */
export function ioMetricsOf(own: readonly SubtaskMetrics[], expected: number) {
  const complete = own.length === expected;
  const sum = (name: string): number =>
    own.reduce((total: number, { values }: SubtaskMetrics) => total + Number(values[name] ?? 0), 0);
  return {
    'read-bytes': sum('numBytesIn'),
    'read-bytes-complete': complete,
    'write-bytes': sum('numBytesOut'),
    'write-bytes-complete': complete,
    'read-records': sum('numRecordsIn'),
    'read-records-complete': complete,
    'write-records': sum('numRecordsOut'),
    'write-records-complete': complete,
    'accumulated-backpressured-time': Math.round(sum('accumulateBackPressuredTimeMs')),
    'accumulated-idle-time': Math.round(sum('accumulateIdleTimeMs')),
    'accumulated-busy-time': sum('accumulateBusyTimeMs'),
  };
}

export function jobPlan({
  jobId,
  name,
  graph,
  batchMode,
}: Pick<JobDetails, 'jobId' | 'name' | 'graph' | 'batchMode'>): unknown {
  const idOf = new Map(graph.vertices.map(vertex => [vertex.task.id, vertexIdOf(vertex)]));
  return {
    jid: jobId,
    name,
    type: batchMode ? 'BATCH' : 'STREAMING',
    nodes: graph.vertices.map(vertex => {
      const inputs = graph.exchanges.filter(({ to }) => to.task.id === vertex.task.id);
      return {
        id: vertexIdOf(vertex),
        parallelism: vertex.parallelism,
        operator: '',
        operator_strategy: '',
        description: html(vertex.task.name),
        ...(inputs.length === 0
          ? {}
          : {
              inputs: inputs.map(({ exchange, from }, num) => ({
                num,
                id: idOf.get(from.task.id)!,
                ship_strategy: exchange.partition.toUpperCase(),
                exchange: 'pipelined_bounded',
              })),
            }),
        optimizer_properties: {},
      };
    }),
  };
}

/** The dashboard renders it as HTML. */
function html(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\\', '&#92;')
    .replaceAll('\n', '<br/>');
}

export function jobExceptions({ details }: ClusterJob, max: number): unknown {
  const all = details.exceptions;
  const entries = all.slice(0, max).map(entry => ({
    ...exceptionEntry(entry),
    concurrentExceptions: entry.concurrent.map(exceptionEntry),
  }));
  const [newest] = entries;
  const truncated = details.exceptionsTruncated || all.length > max;
  return {
    exceptionHistory: { entries, truncated },
    // What clients of Flink 1.x read.
    'root-exception': newest?.stacktrace ?? null,
    timestamp: newest?.timestamp ?? null,
    'all-exceptions': [],
    truncated,
  };
}

function exceptionEntry({ fault, timestamp, region }: ExceptionEntry<FaultData>) {
  const { task, subtask, taskManager } = fault.facts;
  const endpoint = taskManager ?? null;
  return {
    exceptionName: fault.code,
    stacktrace: stackTraceOf(fault),
    timestamp,
    failureLabels: region === null ? {} : { region },
    taskName: task === undefined ? null : `${task} (${subtask ?? '1/1'})`,
    endpoint,
    location: endpoint,
    taskManagerId: endpoint,
  };
}

function stackTraceOf({ code, message, facts, fix, stack }: FaultData): string {
  const lines = [
    `${code}: ${message}`,
    ...Object.entries(facts).map(([key, value]) => `  ${key}: ${value}`),
    ...(fix === null ? [] : [`  fix: ${fix}`]),
    ...(stack === null ? [] : [stack]),
  ];
  return lines.join('\n');
}
