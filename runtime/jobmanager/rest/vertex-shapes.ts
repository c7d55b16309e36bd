/** Subtasks of a vertex in Flink's shapes (rest-api §4.5). All of an attempt are deployed, run and stop together. */
import type { ExecutionVertex } from '../../core/execution-graph.js';
import type { ClusterJob } from '../cluster-job.js';
import { aggregateState, executionStateOf, type JobDetails } from '../job-details.js';
import { counts, ioMetricsOf, vertexIdOf } from './job-shapes.js';
import { textOf } from './metric-answers.js';
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';

const unassigned = '(unassigned)';

interface Times {
  readonly start: number;
  readonly end: number;
  readonly duration: number;
}

function timesOf(job: ClusterJob, slot: number): Times {
  const start = job.details.deployedAt(slot) ?? -1;
  const end = job.endTime ?? -1;
  return { start, end, duration: start < 0 ? -1 : (end < 0 ? Date.now() : end) - start };
}

export function subtaskAttempt(job: ClusterJob, vertex: ExecutionVertex, subtask: number) {
  const { details } = job;
  const slot = vertex.firstSlot + subtask;
  const { start, end, duration } = timesOf(job, slot);
  const taskManager = details.taskManagerOf(slot);
  const endpoint = taskManager?.dataAddress ?? unassigned;
  const durations = statusDurations(job, slot);
  return {
    subtask,
    status: executionStateOf(details, vertex.task.id, subtask),
    attempt: Math.max(0, details.attemptOf(vertex.task.id, subtask) - 1),
    endpoint,
    host: endpoint,
    'start-time': start,
    start_time: start,
    'end-time': end,
    duration,
    metrics: ioMetricsOf(metricsOf(details, vertex, subtask), 1),
    'taskmanager-id': taskManager?.id ?? unassigned,
    'status-duration': durations,
  };
}

export function vertexSubtasks(job: ClusterJob, vertex: ExecutionVertex): unknown {
  const subtasks = indexes(vertex).map(subtask => subtaskAttempt(job, vertex, subtask));
  return {
    ...headOf(vertex),
    parallelism: vertex.parallelism,
    maxParallelism: vertex.maxParallelism,
    subtasks,
    aggregated: aggregated(subtasks),
  };
}

export function subtaskTimes(job: ClusterJob, vertex: ExecutionVertex): unknown {
  const created = job.timestamps.get('CREATED') ?? 0;
  const running = job.timestamps.get('RUNNING') ?? 0;
  return {
    ...headOf(vertex),
    subtasks: indexes(vertex).map(subtask => {
      const { status, endpoint, host, duration } = subtaskAttempt(job, vertex, subtask);
      const ended = job.endTime ?? 0;
      const deployed = job.details.deployedAt(vertex.firstSlot + subtask) ?? 0;
      return {
        subtask,
        endpoint,
        host,
        duration,
        timestamps: {
          CREATED: created,
          SCHEDULED: created,
          DEPLOYING: deployed,
          INITIALIZING: deployed,
          RUNNING: running,
          FINISHED: status === 'FINISHED' ? ended : 0,
          CANCELING: 0,
          CANCELED: status === 'CANCELED' ? ended : 0,
          FAILED: status === 'FAILED' ? ended : 0,
          RECONCILING: 0,
        },
      };
    }),
  };
}

export function vertexTaskManagers(job: ClusterJob, vertex: ExecutionVertex): unknown {
  const all = indexes(vertex).map(subtask => subtaskAttempt(job, vertex, subtask));
  const ids = [...new Set(all.map(each => each['taskmanager-id']))];
  return {
    ...headOf(vertex),
    taskmanagers: ids.map(id => {
      const subtasks = all.filter(each => each['taskmanager-id'] === id);
      const [first] = subtasks;
      const states = subtasks.map(({ status }) => status);
      const metrics = subtasks.flatMap(({ subtask }) => metricsOf(job.details, vertex, subtask));
      return {
        endpoint: first!.endpoint,
        host: first!.host,
        status: aggregateState(states),
        'start-time': first!['start-time'],
        'end-time': first!['end-time'],
        duration: first!.duration,
        metrics: ioMetricsOf(metrics, subtasks.length),
        'status-counts': counts(states),
        'taskmanager-id': id,
        aggregated: aggregated(subtasks),
      };
    }),
  };
}

export function watermarks({ details }: ClusterJob, vertex: ExecutionVertex): unknown {
  return indexes(vertex).map(subtask => ({
    id: `${subtask}.currentInputWatermark`,
    value: textOf(metricsOf(details, vertex, subtask)[0]?.values['currentInputWatermark'] ?? MIN_TIMESTAMP),
  }));
}

/** From the last sample; with none yet, it says that it knows nothing. */
export function backPressure({ details }: ClusterJob, vertex: ExecutionVertex): unknown {
  const samples = indexes(vertex).map(subtask => metricsOf(details, vertex, subtask)[0]?.values);
  if (samples.some(sample => sample === undefined))
    return {
      status: 'deprecated',
      backpressureLevel: null,
      'backpressure-level': null,
      'end-timestamp': null,
      subtasks: null,
    };
  const subtasks = samples.map((sample, subtask) => {
    const ratioOf = (name: string): number => Number(sample![name] ?? 0) / 1000;
    const ratio = ratioOf('backPressuredTimeMsPerSecond');
    const level = ratio <= 0.1 ? 'ok' : ratio <= 0.5 ? 'low' : 'high';
    return {
      subtask,
      'attempt-number': Math.max(0, details.attemptOf(vertex.task.id, subtask) - 1),
      backpressureLevel: level,
      'backpressure-level': level,
      ratio,
      idleRatio: ratioOf('idleTimeMsPerSecond'),
      busyRatio: ratioOf('busyTimeMsPerSecond'),
    };
  });
  const levels = subtasks.map(({ backpressureLevel }) => backpressureLevel);
  const highest = (['high', 'low'] as const).find(level => levels.includes(level)) ?? 'ok';
  return {
    status: 'ok',
    backpressureLevel: highest,
    'backpressure-level': highest,
    'end-timestamp': Date.now(),
    subtasks,
  };
}

const indexes = ({ parallelism }: ExecutionVertex): readonly number[] =>
  Array.from({ length: parallelism }, (_, i) => i);

const headOf = (vertex: ExecutionVertex) => ({
  id: vertexIdOf(vertex),
  name: vertex.task.name,
  now: Date.now(),
});

const metricsOf = ({ metrics }: JobDetails, { task }: ExecutionVertex, subtask: number) =>
  metrics.filter(each => each.task === task.id && each.subtask === subtask);

/** ms; of a state that is passed through too fast to be told, 0 */
function statusDurations(job: ClusterJob, slot: number): Readonly<Record<string, number>> {
  const deployedAt = job.details.deployedAt(slot);
  const running = job.timestamps.get('RUNNING') ?? 0;
  const end = job.endTime ?? Date.now();
  const created = job.timestamps.get('CREATED') ?? job.startTime;
  const between = (from: number, to: number): number => Math.max(0, to - from);
  return {
    CREATED: 0,
    SCHEDULED: between(created, deployedAt ?? end),
    DEPLOYING: deployedAt === null ? -1 : between(deployedAt, running || end),
    INITIALIZING: deployedAt === null ? -1 : 0,
    RUNNING: running === 0 ? -1 : between(running, end),
  };
}

function aggregated(subtasks: readonly ReturnType<typeof subtaskAttempt>[]): unknown {
  const of = (records: readonly Readonly<Record<string, unknown>>[]): unknown =>
    Object.fromEntries(
      Object.entries(records[0] ?? {})
        .filter(([, value]) => typeof value === 'number')
        .map(([name]) => [name, spread(records.map(record => record[name] as number))]),
    );
  return {
    metrics: of(subtasks.map(({ metrics }) => metrics)),
    'status-duration': of(subtasks.map(each => each['status-duration'])),
  };
}

function spread(values: readonly number[]): unknown {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (quantile: number): number => sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)]!;
  const sum = sorted.reduce((total, value) => total + value, 0);
  return {
    min: sorted[0]!,
    max: sorted.at(-1)!,
    avg: Math.round(sum / sorted.length),
    sum,
    median: at(0.5),
    p25: at(0.25),
    p75: at(0.75),
    p95: at(0.95),
  };
}
