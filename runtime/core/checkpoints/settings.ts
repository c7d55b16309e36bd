/** What `execution.checkpointing.*` decides about checkpoints, in milliseconds. */

export interface CheckpointSettings {
  /** null: no periodic checkpoints */
  readonly intervalMs: number | null;
  readonly minPauseMs: number;
  readonly timeoutMs: number;
  readonly maxConcurrent: number;
  /** consecutive failures that the job survives */
  readonly tolerableFailures: number;
  readonly numRetained: number;
  readonly mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE';
  readonly unaligned: boolean;
  /** with unaligned: how long barriers are aligned before they overtake; 0: they overtake at once */
  readonly alignedTimeoutMs: number;
  readonly afterTasksFinish: boolean;
  readonly retention: CheckpointRetention;
}
export type CheckpointRetention =
  'NO_EXTERNALIZED_CHECKPOINTS' | 'DELETE_ON_CANCELLATION' | 'RETAIN_ON_CANCELLATION';

/** Flink's defaults. */
export const defaultCheckpointSettings: CheckpointSettings = {
  intervalMs: null,
  minPauseMs: 0,
  timeoutMs: 600_000,
  maxConcurrent: 1,
  tolerableFailures: 0,
  numRetained: 1,
  mode: 'EXACTLY_ONCE',
  unaligned: false,
  alignedTimeoutMs: 0,
  afterTasksFinish: true,
  retention: 'NO_EXTERNALIZED_CHECKPOINTS',
};
