/** Sinks after Flink's Sink V2 (flink: datastream-semantics §11). Writer state and committables are JSON values. */
import type { Parameters } from './functions.js';
import type { MetricGroup } from './metrics.js';
import type { Schema } from './schema.js';

export interface Sink<T, StateT = unknown, CommT = unknown> {
  describe(): string;
  /**
   * Fields of a record that the sink reads. The others are neither decoded nor shipped unless somebody else reads them, so
   * they may be missing from what the writer gets. Absent: all.
   */
  readonly fields?: readonly (keyof T & string)[] | undefined;
  createWriter(context: WriterInitContext): SinkWriter<T, StateT, CommT>;
  restoreWriter?(context: WriterInitContext, states: readonly StateT[]): SinkWriter<T, StateT, CommT>;
  createCommitter?(context: CommitterInitContext): Committer<CommT>;
  readonly __record?: (record: T) => void;
}
export interface WriterInitContext {
  readonly subtask: number;
  readonly parallelism: number;
  readonly attemptNumber: number;
  /** the checkpoint the writer starts from; null when the job started without one */
  readonly restoredCheckpointId: number | null;
  readonly jobId: string;
  readonly metricGroup: MetricGroup;
  readonly params: Parameters;
  readonly schema: Schema;
  currentProcessingTime(): number;
  /** Hands records to the client that runs the job, under a name (flinkc/collect). They are structured-cloned. */
  sendToClient(id: string, records: readonly unknown[]): void;
  /** Calls back in the task's turn; for rolling by time. */
  registerProcessingTimer(timestamp: number, callback: () => void): void;
}
export interface SinkWriter<T, StateT = unknown, CommT = unknown> {
  /** Synchronous: buffers. */
  write(element: T, context: { readonly timestamp: number | null; readonly currentWatermark: number }): void;
  writeWatermark?(watermark: number): void;
  /** Asked after every batch: a promise stops the task until it settles. */
  backPressure?(): Promise<void> | null;
  /** All that was written becomes visible to prepareCommit (two-phase) or to the outside (at-least-once). */
  flush(endOfInput: boolean): Promise<void>;
  /** After flush(): what the committer gets once this checkpoint has completed. */
  prepareCommit?(checkpointId: number): Promise<readonly CommT[]>;
  snapshotState?(checkpointId: number): readonly StateT[];
  /** `aborted`: the job failed or was cancelled; nothing unfinished may look finished. */
  close(aborted: boolean): Promise<void>;
}
export interface CommitterInitContext {
  readonly params: Parameters;
  readonly metricGroup: MetricGroup;
}
export interface CommitRequest<CommT> {
  readonly committable: CommT;
  readonly numberOfRetries: number;
  signalFailedWithKnownReason(error: Error): void;
  signalFailedWithUnknownReason(error: Error): void;
  retryLater(): void;
  updateAndRetryLater(committable: CommT): void;
  signalAlreadyCommitted(): void;
}
/** Commits are repeated after a restore, so they must be idempotent. */
export interface Committer<CommT> {
  commit(requests: readonly CommitRequest<CommT>[]): Promise<void>;
  close(): Promise<void>;
}
