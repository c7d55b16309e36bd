/** What Flink's REST API and metrics say about checkpoints, kept up as they happen. Sizes in bytes, times in ms. */
import type { CompletedCheckpoint, SubtaskCheckpointMetrics } from './messages.js';
import type { PendingCheckpoint } from './pending-checkpoint.js';
import type { CheckpointSettings } from './settings.js';
import type { SubtaskId } from './subtask-set.js';

export interface CheckpointCounts {
  inProgress: number;
  completed: number;
  failed: number;
  restored: number;
  total: number;
}
export interface SubtaskStatistics extends SubtaskCheckpointMetrics, SubtaskId {
  readonly acknowledgedAt: number;
}
export interface CheckpointRecord {
  readonly checkpointId: number;
  readonly checkpointType: 'CHECKPOINT' | 'UNALIGNED_CHECKPOINT' | 'SAVEPOINT' | 'SYNC_SAVEPOINT';
  readonly savepointFormat: 'CANONICAL' | 'NATIVE' | null;
  status: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  readonly triggerTimestamp: number;
  readonly subtasks: SubtaskStatistics[];
  readonly expectedSubtasks: number;
  /** of a task, when the checkpoint was taken */
  readonly parallelismOf: (task: number) => number;
  /** -1 while it is under way */
  endTimestamp: number;
  latestAckTimestamp: number;
  stateSize: number;
  checkpointedSize: number;
  processedBytes: number;
  persistedBytes: number;
  externalPath: string | null;
  discarded: boolean;
  failureMessage: string | null;
}
export interface Summary {
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}
export interface RestoredCheckpoint {
  readonly checkpointId: number;
  readonly restoreTimestamp: number;
  readonly isSavepoint: boolean;
  /** '': in the memory of the JobManager */
  readonly externalPath: string;
}

const defaultHistory = 10;
/** Of how many checkpoints a summary tells. */
const summarized = 10_000;

export class CheckpointStatistics {
  readonly counts: CheckpointCounts = { inProgress: 0, completed: 0, failed: 0, restored: 0, total: 0 };
  latestCompleted: CheckpointRecord | null = null;
  latestSavepoint: CheckpointRecord | null = null;
  latestFailed: CheckpointRecord | null = null;
  latestRestored: RestoredCheckpoint | null = null;
  readonly #historySize: number;
  readonly #records = new Map<number, CheckpointRecord>();
  readonly #durations: number[] = [];
  readonly #stateSizes: number[] = [];
  readonly #checkpointedSizes: number[] = [];
  readonly #processedBytes: number[] = [];
  readonly #persistedBytes: number[] = [];

  constructor(historySize = defaultHistory) {
    this.#historySize = historySize;
  }

  /** Newest first. */
  get history(): readonly CheckpointRecord[] {
    return [...this.#records.values()].reverse();
  }

  find(checkpointId: number): CheckpointRecord | null {
    return (
      this.#records.get(checkpointId) ??
      [this.latestCompleted, this.latestSavepoint, this.latestFailed].find(
        record => record?.checkpointId === checkpointId,
      ) ??
      null
    );
  }

  get summary(): {
    readonly endToEndDuration: Summary | null;
    readonly stateSize: Summary | null;
    readonly checkpointedSize: Summary | null;
    readonly processedBytes: Summary | null;
    readonly persistedBytes: Summary | null;
  } {
    return {
      endToEndDuration: summarize(this.#durations),
      stateSize: summarize(this.#stateSizes),
      checkpointedSize: summarize(this.#checkpointedSizes),
      processedBytes: summarize(this.#processedBytes),
      persistedBytes: summarize(this.#persistedBytes),
    };
  }

  started(
    { id, type, timestamp, plan }: Pick<PendingCheckpoint<unknown>, 'id' | 'type' | 'timestamp' | 'plan'>,
    { unaligned }: CheckpointSettings,
  ): void {
    this.counts.inProgress++;
    this.counts.total++;
    const isSavepoint = type.kind === 'savepoint';
    this.#records.set(id, {
      checkpointId: id,
      checkpointType: isSavepoint
        ? type.stop
          ? 'SYNC_SAVEPOINT'
          : 'SAVEPOINT'
        : unaligned
          ? 'UNALIGNED_CHECKPOINT'
          : 'CHECKPOINT',
      savepointFormat: isSavepoint ? (type.format === 'canonical' ? 'CANONICAL' : 'NATIVE') : null,
      status: 'IN_PROGRESS',
      triggerTimestamp: timestamp,
      subtasks: [],
      expectedSubtasks: plan.awaited,
      parallelismOf: task => plan.finished.parallelismOf(task),
      endTimestamp: -1,
      latestAckTimestamp: -1,
      stateSize: 0,
      checkpointedSize: 0,
      processedBytes: 0,
      persistedBytes: 0,
      externalPath: null,
      discarded: false,
      failureMessage: null,
    });
    this.#forget();
  }

  acknowledged(
    checkpointId: number,
    { task, subtask }: SubtaskId,
    metrics: SubtaskCheckpointMetrics,
    now: number,
  ): void {
    const record = this.#records.get(checkpointId);
    if (!record) return;
    record.subtasks.push({ ...metrics, task, subtask, acknowledgedAt: now });
    record.latestAckTimestamp = now;
    record.stateSize += metrics.stateSize;
    record.checkpointedSize += metrics.checkpointedSize;
    record.processedBytes += metrics.processedBytes;
    record.persistedBytes += metrics.persistedBytes;
  }

  completed({ checkpointId, location, completedAt, type }: CompletedCheckpoint<unknown>): void {
    const record = this.#end(checkpointId, 'COMPLETED', completedAt);
    record.externalPath = location;
    this.counts.completed++;
    if (type.kind === 'savepoint') this.latestSavepoint = record;
    else this.latestCompleted = record;
    keep(this.#durations, endToEndDuration(record));
    keep(this.#stateSizes, record.stateSize);
    keep(this.#checkpointedSizes, record.checkpointedSize);
    keep(this.#processedBytes, record.processedBytes);
    keep(this.#persistedBytes, record.persistedBytes);
  }

  failed(checkpointId: number, message: string, now: number): void {
    const record = this.#end(checkpointId, 'FAILED', now);
    record.failureMessage = message;
    this.counts.failed++;
    this.latestFailed = record;
  }

  restored(checkpoint: RestoredCheckpoint): void {
    this.counts.restored++;
    this.counts.total++;
    this.latestRestored = checkpoint;
  }

  discarded(checkpointId: number): void {
    const record = this.find(checkpointId);
    if (record) record.discarded = true;
  }

  #end(checkpointId: number, status: 'COMPLETED' | 'FAILED', now: number): CheckpointRecord {
    const record = this.#records.get(checkpointId)!;
    record.status = status;
    record.endTimestamp = now;
    this.counts.inProgress--;
    return record;
  }

  /** What is under way stays. */
  #forget(): void {
    for (const [id, { status }] of this.#records) {
      if (this.#records.size <= this.#historySize) return;
      if (status !== 'IN_PROGRESS') this.#records.delete(id);
    }
  }
}

/**
 * As in Flink: from the trigger to the last acknowledgement, so without writing the metadata; of a failed one to its
 * failure; -1 while nobody has acknowledged.
 */
export function endToEndDuration(record: CheckpointRecord): number {
  const { status, triggerTimestamp, latestAckTimestamp, endTimestamp } = record;
  const byAcknowledgement = status !== 'FAILED' && latestAckTimestamp >= 0;
  const end = byAcknowledgement ? latestAckTimestamp : endTimestamp;
  return end < 0 ? -1 : Math.max(0, end - triggerTimestamp);
}

function keep(values: number[], value: number): void {
  values.push(value);
  if (values.length > summarized) values.shift();
}

/** null: of nothing */
export function summarize(values: readonly number[]): Summary | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (quantile: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length) - 1)]!;
  return {
    min: sorted[0]!,
    max: sorted.at(-1)!,
    avg: sorted.reduce((a, b) => a + b, 0) / sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
  };
}
