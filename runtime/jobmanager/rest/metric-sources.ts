/** What jobs, their vertices, TaskManagers and the JobManager have to say, by the names of Flink's metrics. */
import { getHeapStatistics } from 'node:v8';
import { endToEndDuration } from '../../core/checkpoints/statistics.js';
import type { ExecutionVertex } from '../../core/execution-graph.js';
import type { SubtaskMetrics } from '../../taskmanager/messages.js';
import type { MetricValue } from '../../telemetry/metrics.js';
import type { Leadership } from '../cluster/leadership.js';
import type { SlotOwner } from '../cluster/cluster-slots.js';
import type { ClusterJob } from '../cluster-job.js';
import type { JobDetails } from '../job-details.js';
import type { Metrics } from './metric-answers.js';

/** By subtask; one that has told nothing yet has none. */
export function subtaskMetrics({ metrics }: JobDetails, vertex: ExecutionVertex): readonly Metrics[] {
  const byIndex = new Map(
    metrics.filter(({ task }) => task === vertex.task.id).map(each => [each.subtask, each]),
  );
  return Array.from({ length: vertex.parallelism }, (_, subtask) => {
    const found = byIndex.get(subtask);
    return found ? namesOf(found, vertex) : new Map();
  });
}

/** Those of operators behind the operator's name, as Flink's metric query service writes it. */
function namesOf({ values, operators }: SubtaskMetrics, { task }: ExecutionVertex): Metrics {
  const names = new Map<string, MetricValue>(Object.entries(values));
  for (const { uid, name } of task.operators)
    for (const [metric, value] of Object.entries(operators[uid] ?? {}))
      names.set(`${name.replaceAll(/[\s.:,]/g, '_')}.${metric}`, value);
  return names;
}

export function vertexMetrics(job: JobDetails, vertex: ExecutionVertex): Metrics {
  return new Map(
    subtaskMetrics(job, vertex).flatMap((metrics, subtask) =>
      [...metrics].map(([name, value]) => [`${subtask}.${name}`, value] as const),
    ),
  );
}

export function jobMetrics(job: ClusterJob): Metrics {
  const { details, startTime, endTime } = job;
  const { counts, latestCompleted, latestRestored } = details.checkpointStatistics;
  const running = job.timestamps.get('RUNNING');
  return new Map<string, MetricValue>([
    ['uptime', details.state === 'RUNNING' && running !== undefined ? Date.now() - running : 0],
    ['downtime', details.state === 'RESTARTING' ? Date.now() - job.lastModification : 0],
    ['numRestarts', Math.max(0, details.attempt - 1)],
    ['fullRestarts', Math.max(0, details.attempt - 1)],
    ['runningTime', running === undefined ? 0 : (endTime ?? Date.now()) - startTime],
    ['totalNumberOfCheckpoints', counts.total],
    ['numberOfInProgressCheckpoints', counts.inProgress],
    ['numberOfCompletedCheckpoints', counts.completed],
    ['numberOfFailedCheckpoints', counts.failed],
    ['lastCheckpointDuration', latestCompleted ? endToEndDuration(latestCompleted) : -1],
    ['lastCheckpointSize', latestCompleted?.checkpointedSize ?? -1],
    ['lastCheckpointFullSize', latestCompleted?.stateSize ?? -1],
    ['lastCheckpointExternalPath', latestCompleted?.externalPath || 'n/a'],
    ['lastCheckpointRestoreTimestamp', latestRestored?.restoreTimestamp ?? -1],
  ]);
}

/** There is no JVM: the heaps are those of all threads of the process, the rest of the process is not heap. */
export function taskManagerMetrics({ status }: SlotOwner): Metrics {
  if (!status) return new Map();
  const { heapUsed, heapCommitted, heapMax, externalMemory, residentMemory } = status;
  return memoryMetrics(heapUsed, heapCommitted, heapMax, externalMemory, residentMemory);
}

export function jobManagerMetrics({ slots, dispatcher }: Leadership): Metrics {
  const { used_heap_size, total_heap_size, heap_size_limit } = getHeapStatistics();
  const { rss, external } = process.memoryUsage();
  const owners = slots.taskManagers;
  const total = owners.reduce((sum, owner) => sum + owner.slots, 0);
  const used = owners
    .flatMap(owner => [...slots.allocatedOn(owner).values()])
    .reduce((sum, count) => sum + count, 0);
  return new Map<string, MetricValue>([
    ...memoryMetrics(used_heap_size, total_heap_size, heap_size_limit, external, rss),
    ['taskSlotsTotal', total],
    ['taskSlotsAvailable', total - used],
    ['numRegisteredTaskManagers', owners.length],
    ['numRunningJobs', dispatcher.jobs.filter(({ state }) => state === 'RUNNING').length],
  ]);
}

function memoryMetrics(
  heapUsed: number,
  heapCommitted: number,
  heapMax: number,
  external: number,
  resident: number,
): Map<string, MetricValue> {
  const nonHeap = Math.max(0, resident - heapCommitted - external);
  return new Map<string, MetricValue>([
    ['Status.JVM.Memory.Heap.Used', heapUsed],
    ['Status.JVM.Memory.Heap.Committed', heapCommitted],
    ['Status.JVM.Memory.Heap.Max', heapMax],
    ['Status.JVM.Memory.NonHeap.Used', nonHeap],
    ['Status.JVM.Memory.NonHeap.Committed', nonHeap],
    ['Status.JVM.Memory.Direct.MemoryUsed', external],
  ]);
}
