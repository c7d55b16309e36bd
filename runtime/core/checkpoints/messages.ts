/**
 * What the checkpoint coordinator is told and what it wants done. Handles (`H`) are opaque to it: whoever writes state
 * knows what is in them. Every event of a subtask carries the attempt it comes from.
 */
import type { CheckpointedTask } from './checkpoint-plan.js';
import type { CheckpointFailureReason, DeclineReason } from './failure-reasons.js';
import type { SubtaskId } from './subtask-set.js';

export type CheckpointType =
  | { readonly kind: 'checkpoint' }
  | {
      readonly kind: 'savepoint';
      /** null: the configured default */
      readonly target: string | null;
      readonly format: 'canonical' | 'native';
      /** not null: the job ends with it; `drain`: as if its input had ended */
      readonly stop: { readonly drain: boolean } | null;
    };

/** How subtasks take it. */
export interface CheckpointOptions {
  readonly type: CheckpointType;
  readonly mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE';
  /** null: aligned; else barriers overtake once alignment took this many milliseconds, 0: at once */
  readonly unalignedAfterMs: number | null;
  /**
   * Shared files may be used again of checkpoints from this id on, those of older ones may be gone by now; null: of none,
   * as the first checkpoint after a restore without claim.
   */
  readonly reuseFrom: number | null;
}

/** What a subtask measured; bytes and milliseconds. */
export interface SubtaskCheckpointMetrics {
  readonly stateSize: number;
  /** of it, written for this checkpoint; the rest is shared with earlier ones */
  readonly checkpointedSize: number;
  readonly syncMs: number;
  readonly asyncMs: number;
  readonly alignmentMs: number;
  readonly startDelayMs: number;
  readonly processedBytes: number;
  readonly persistedBytes: number;
  readonly unaligned: boolean;
}

export interface SubtaskState<H> extends SubtaskId {
  readonly handle: H;
}
/** What `_metadata` has to hold. */
export interface CheckpointContent<H> {
  readonly checkpointId: number;
  readonly attempt: number;
  readonly type: CheckpointType;
  /** when it was triggered, epoch milliseconds */
  readonly timestamp: number;
  readonly coordinators: H | null;
  /** by task and index */
  readonly subtasks: readonly SubtaskState<H>[];
  /** had finished before; they have no state */
  readonly finished: readonly SubtaskId[];
  /** shared files that the handles refer to */
  readonly sharedFiles: readonly string[];
}
export interface CompletedCheckpoint<H> extends CheckpointContent<H> {
  readonly completedAt: number;
  /** where it can be restored from */
  readonly location: string;
  readonly stateSize: number;
  /** False: the user's; its files are never deleted. */
  readonly owned: boolean;
}

export type CheckpointEvent<H> =
  /** A new attempt runs: all subtasks are deployed and running, but those that had finished before the restore. */
  | {
      readonly type: 'attemptRunning';
      readonly attempt: number;
      /** After the restart of a region: subtasks outside of it go on with the attempt they have. */
      readonly attemptOf?: (id: SubtaskId) => number;
      readonly tasks: readonly CheckpointedTask[];
      readonly finished: readonly SubtaskId[];
    }
  /** The attempt failed, was cancelled, or a region of it restarts: what is under way is void. */
  | { readonly type: 'attemptEnded'; readonly reason: CheckpointFailureReason }
  | { readonly type: 'time' }
  | { readonly type: 'trigger'; readonly request: string; readonly checkpoint: CheckpointType }
  | { readonly type: 'prepared'; readonly checkpointId: number; readonly coordinators: H | null }
  | { readonly type: 'prepareFailed'; readonly checkpointId: number; readonly message: string }
  | ({
      readonly type: 'acknowledge';
      readonly attempt: number;
      readonly checkpointId: number;
      readonly handle: H;
      readonly sharedFiles: readonly string[];
      /** An operator of it keeps union list state. */
      readonly unionState: boolean;
      readonly metrics: SubtaskCheckpointMetrics;
    } & SubtaskId)
  | ({
      readonly type: 'decline';
      readonly attempt: number;
      readonly checkpointId: number;
      readonly reason: DeclineReason;
      readonly message: string;
    } & SubtaskId)
  /** The end of its input is reached; it waits for the final checkpoint. */
  | ({ readonly type: 'endOfData'; readonly attempt: number } & SubtaskId)
  | ({ readonly type: 'finished'; readonly attempt: number } & SubtaskId)
  /** The metadata is durable and, with high availability, recorded. */
  | { readonly type: 'finalized'; readonly checkpointId: number; readonly location: string }
  | {
      readonly type: 'finalizeFailed';
      readonly checkpointId: number;
      readonly message: string;
      /** Its record may exist all the same: nothing it refers to may be deleted. */
      readonly possiblyStored: boolean;
    }
  /** The job has ended for good, or this process is no longer its leader. */
  | { readonly type: 'shutdown'; readonly state: 'FINISHED' | 'CANCELED' | 'FAILED' | 'SUSPENDED' };

export type CheckpointAction<H> =
  /** Reserve the id, make the directory, snapshot source coordinators. Answered by `prepared` or `prepareFailed`. */
  | {
      readonly type: 'prepare';
      readonly attempt: number;
      readonly checkpointId: number;
      readonly checkpoint: CheckpointType;
      readonly timestamp: number;
    }
  | {
      readonly type: 'triggerSubtasks';
      readonly attempt: number;
      readonly checkpointId: number;
      readonly timestamp: number;
      readonly subtasks: readonly SubtaskId[];
      readonly options: CheckpointOptions;
    }
  /** Write the metadata, last and atomically. Answered by `finalized` or `finalizeFailed`. */
  | { readonly type: 'finalize'; readonly content: CheckpointContent<H> }
  /** To all running subtasks and source coordinators. */
  | {
      readonly type: 'notifyComplete';
      readonly attempt: number;
      readonly checkpointId: number;
      readonly timestamp: number;
    }
  /** To all running subtasks; also for the log. */
  | {
      readonly type: 'notifyAborted';
      readonly attempt: number;
      readonly checkpointId: number;
      readonly reason: CheckpointFailureReason;
      readonly message: string;
    }
  /** Files of a checkpoint that does not exist: its own, not the shared ones. */
  | {
      readonly type: 'discardAborted';
      readonly checkpointId: number;
      readonly coordinators: H | null;
      readonly subtasks: readonly SubtaskState<H>[];
    }
  | { readonly type: 'discardCompleted'; readonly checkpoint: CompletedCheckpoint<H> }
  | { readonly type: 'discardShared'; readonly files: readonly string[] }
  | {
      readonly type: 'requestCompleted';
      readonly request: string;
      readonly checkpoint: CompletedCheckpoint<H>;
    }
  | {
      readonly type: 'requestFailed';
      readonly request: string;
      /** null: it was never begun */
      readonly checkpointId: number | null;
      readonly reason: CheckpointFailureReason;
      readonly message: string;
    }
  /** The tolerable failures are exceeded. */
  | { readonly type: 'failJob'; readonly checkpointId: number; readonly message: string }
  /** After `shutdown`: nothing is under way any more. */
  | { readonly type: 'closed' };
