/** Checkpoints in Flink's shapes (GET /jobs/:jobid/checkpoints and below). */
import { parseDuration } from '../../core/options.js';
import type { ExecutionVertex } from '../../core/execution-graph.js';
import {
  endToEndDuration,
  summarize,
  type CheckpointRecord,
  type SubtaskStatistics,
  type Summary,
} from '../../core/checkpoints/statistics.js';
import type { JobDetails } from '../job-details.js';
import { vertexIdOf } from './job-shapes.js';

const notAddressable = '<checkpoint-not-externally-addressable>';
const none: Summary = { min: 0, max: 0, avg: 0, p50: NaN, p90: NaN, p95: NaN, p99: NaN, p999: NaN };

const stats = (summary: Summary | null): Summary =>
  summary ? { ...summary, avg: Math.round(summary.avg) } : none;

export function checkpointStatistics({ checkpointStatistics: statistics }: JobDetails): unknown {
  const { counts, summary, history, latestCompleted, latestSavepoint, latestFailed, latestRestored } =
    statistics;
  const listed = (record: CheckpointRecord | null): unknown => record && checkpoint(record, {});
  return {
    counts: {
      restored: counts.restored,
      total: counts.total,
      in_progress: counts.inProgress,
      completed: counts.completed,
      failed: counts.failed,
    },
    summary: {
      checkpointed_size: stats(summary.checkpointedSize),
      state_size: stats(summary.stateSize),
      end_to_end_duration: stats(summary.endToEndDuration),
      alignment_buffered: none,
      processed_data: stats(summary.processedBytes),
      persisted_data: stats(summary.persistedBytes),
    },
    latest: {
      completed: listed(latestCompleted),
      savepoint: listed(latestSavepoint),
      failed: listed(latestFailed),
      restored: latestRestored && {
        id: latestRestored.checkpointId,
        restore_timestamp: latestRestored.restoreTimestamp,
        is_savepoint: latestRestored.isSavepoint,
        external_path: latestRestored.externalPath || notAddressable,
      },
    },
    history: history.map(listed),
  };
}

export function checkpointDetail(job: JobDetails, record: CheckpointRecord): unknown {
  const tasks = job.graph.vertices.map(
    vertex => [vertexIdOf(vertex), taskStatistics(record, vertex)] as const,
  );
  return checkpoint(record, Object.fromEntries(tasks));
}

const subtasksOf = ({ subtasks }: CheckpointRecord, vertex: ExecutionVertex): readonly SubtaskStatistics[] =>
  subtasks.filter(({ task }) => task === vertex.task.id);

function taskStatistics(record: CheckpointRecord, vertex: ExecutionVertex) {
  const subtasks = subtasksOf(record, vertex);
  const parallelism = record.parallelismOf(vertex.task.id);
  const sum = (field: 'stateSize' | 'checkpointedSize' | 'processedBytes' | 'persistedBytes'): number =>
    subtasks.reduce((total, each) => total + each[field], 0);
  const latest = Math.max(-1, ...subtasks.map(({ acknowledgedAt }) => acknowledgedAt));
  return {
    id: record.checkpointId,
    status: subtasks.length === parallelism ? 'COMPLETED' : record.status,
    latest_ack_timestamp: latest,
    checkpointed_size: sum('checkpointedSize'),
    state_size: sum('stateSize'),
    end_to_end_duration: latest < 0 ? -1 : latest - record.triggerTimestamp,
    alignment_buffered: 0,
    processed_data: sum('processedBytes'),
    persisted_data: sum('persistedBytes'),
    num_subtasks: parallelism,
    num_acknowledged_subtasks: subtasks.length,
  };
}

/** One checkpoint in the subtasks of one vertex. */
export function checkpointSubtasks(record: CheckpointRecord, vertex: ExecutionVertex): unknown {
  const acknowledged = subtasksOf(record, vertex);
  const durationOf = ({ acknowledgedAt }: SubtaskStatistics): number =>
    acknowledgedAt - record.triggerTimestamp;
  const over = (of: (subtask: SubtaskStatistics) => number): Summary =>
    stats(summarize(acknowledged.map(subtask => Math.round(of(subtask)))));
  return {
    ...taskStatistics(record, vertex),
    summary: {
      checkpointed_size: over(({ checkpointedSize }) => checkpointedSize),
      state_size: over(({ stateSize }) => stateSize),
      end_to_end_duration: over(durationOf),
      checkpoint_duration: { sync: over(({ syncMs }) => syncMs), async: over(({ asyncMs }) => asyncMs) },
      alignment: {
        buffered: over(() => 0),
        processed: over(({ processedBytes }) => processedBytes),
        persisted: over(({ persistedBytes }) => persistedBytes),
        duration: over(({ alignmentMs }) => alignmentMs),
      },
      start_delay: over(({ startDelayMs }) => startDelayMs),
    },
    subtasks: Array.from({ length: record.parallelismOf(vertex.task.id) }, (_, index) => {
      const found = acknowledged.find(({ subtask }) => subtask === index);
      if (!found) return { className: 'pending', index, status: 'pending_or_failed' };
      return {
        className: 'completed',
        index,
        status: 'completed',
        ack_timestamp: found.acknowledgedAt,
        end_to_end_duration: durationOf(found),
        checkpointed_size: found.checkpointedSize,
        state_size: found.stateSize,
        checkpoint: { sync: Math.round(found.syncMs), async: Math.round(found.asyncMs) },
        alignment: {
          buffered: 0,
          processed: found.processedBytes,
          persisted: found.persistedBytes,
          duration: Math.round(found.alignmentMs),
        },
        start_delay: Math.round(found.startDelayMs),
        unaligned_checkpoint: found.unaligned,
        aborted: false,
      };
    }),
  };
}

const classNames = { IN_PROGRESS: 'in_progress', COMPLETED: 'completed', FAILED: 'failed' } as const;

function checkpoint(record: CheckpointRecord, tasks: Readonly<Record<string, unknown>>): unknown {
  const { status, endTimestamp, triggerTimestamp } = record;
  return {
    className: classNames[status],
    id: record.checkpointId,
    status,
    is_savepoint: record.savepointFormat !== null,
    savepointFormat: record.savepointFormat,
    trigger_timestamp: triggerTimestamp,
    latest_ack_timestamp: record.latestAckTimestamp,
    checkpointed_size: record.checkpointedSize,
    state_size: record.stateSize,
    end_to_end_duration: endToEndDuration(record),
    alignment_buffered: 0,
    processed_data: record.processedBytes,
    persisted_data: record.persistedBytes,
    num_subtasks: record.expectedSubtasks,
    num_acknowledged_subtasks: record.subtasks.length,
    checkpoint_type: record.checkpointType,
    tasks,
    ...(status === 'COMPLETED'
      ? { external_path: record.externalPath || notAddressable, discarded: record.discarded }
      : {}),
    ...(status === 'FAILED'
      ? { failure_timestamp: endTimestamp, failure_message: record.failureMessage }
      : {}),
  };
}

export function checkpointConfig({ checkpointSettings: settings, configuration }: JobDetails): unknown {
  const backend = configuration['state.backend.type'] ?? configuration['state.backend'] ?? 'hashmap';
  return {
    mode: settings.mode.toLowerCase(),
    interval: settings.intervalMs ?? 0,
    timeout: settings.timeoutMs,
    min_pause: settings.minPauseMs,
    max_concurrent: settings.maxConcurrent,
    externalization: {
      enabled: settings.retention !== 'NO_EXTERNALIZED_CHECKPOINTS',
      delete_on_cancellation: settings.retention !== 'RETAIN_ON_CANCELLATION',
    },
    state_backend: backend,
    checkpoint_storage:
      settings.directory === null ? 'JobManagerCheckpointStorage' : 'FileSystemCheckpointStorage',
    unaligned_checkpoints: settings.unaligned,
    tolerable_failed_checkpoints: settings.tolerableFailures,
    aligned_checkpoint_timeout: settings.alignedTimeoutMs,
    checkpoints_after_tasks_finish: settings.afterTasksFinish,
    state_changelog_enabled: configuration['state.changelog.enabled'] === 'true',
    changelog_periodic_materialization_interval:
      parseDuration(configuration['state.changelog.periodic-materialize.interval'] ?? '') ?? 600_000,
    changelog_storage: configuration['state.changelog.storage'] ?? 'filesystem',
  };
}
