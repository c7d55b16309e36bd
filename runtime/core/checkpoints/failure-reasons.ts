/**
 * Why a checkpoint was not taken or not completed, in Flink's words, and whether that counts against
 * `execution.checkpointing.tolerable-failed-checkpoints` (datastream-semantics §9.1).
 */

interface Rule {
  /** counts against the tolerable failures */
  readonly counted: boolean;
  readonly message: string;
}

export const checkpointFailures = {
  PERIODIC_SCHEDULER_SHUTDOWN: { counted: false, message: 'periodic checkpoints are stopped' },
  TOO_MANY_CHECKPOINT_REQUESTS: { counted: false, message: 'too many checkpoints are waiting to be taken' },
  NOT_ALL_REQUIRED_TASKS_RUNNING: { counted: false, message: 'not all tasks are running' },
  TRIGGER_CHECKPOINT_FAILURE: { counted: false, message: 'the checkpoint could not be started' },
  BLOCKING_OUTPUT_EXIST: { counted: false, message: 'a blocking exchange is running' },
  IO_EXCEPTION: { counted: true, message: 'the storage failed' },
  CHECKPOINT_ASYNC_EXCEPTION: { counted: true, message: 'writing the state of a subtask failed' },
  CHECKPOINT_EXPIRED: { counted: true, message: 'the checkpoint timed out' },
  CHECKPOINT_DECLINED: { counted: true, message: 'a subtask declined the checkpoint' },
  FINALIZE_CHECKPOINT_FAILURE: { counted: true, message: 'the metadata could not be written' },
  CHECKPOINT_SUBSUMED: { counted: false, message: 'a newer checkpoint has completed' },
  CHECKPOINT_DECLINED_TASK_NOT_READY: { counted: false, message: 'a subtask is not ready' },
  CHECKPOINT_DECLINED_TASK_CLOSING: { counted: false, message: 'a subtask is ending' },
  CHECKPOINT_DECLINED_SUBSUMED: { counted: false, message: 'a newer barrier overtook it' },
  CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER: { counted: false, message: 'it was cancelled upstream' },
  CHECKPOINT_DECLINED_INPUT_END_OF_STREAM: { counted: false, message: 'an input ended' },
  CHECKPOINT_COORDINATOR_SUSPEND: { counted: false, message: 'the job restarts or is suspended' },
  CHECKPOINT_COORDINATOR_SHUTDOWN: { counted: false, message: 'the job has ended' },
  JOB_FAILOVER_REGION: { counted: false, message: 'a region of the job restarts' },
  TASK_FAILURE: { counted: false, message: 'a task failed' },
} as const satisfies Record<string, Rule>;

export type CheckpointFailureReason = keyof typeof checkpointFailures;

/** What a subtask may say when it does not take part. */
export type DeclineReason = Extract<
  CheckpointFailureReason,
  'IO_EXCEPTION' | 'CHECKPOINT_ASYNC_EXCEPTION' | `CHECKPOINT_DECLINED${string}`
>;

/** Consecutive failures that count; every checkpoint counts once, a success sets the count back. */
export class FailureBudget {
  readonly #tolerable: number;
  readonly #counted = new Set<number>();
  #lastSuccess = -Infinity;

  constructor(tolerable: number) {
    this.#tolerable = tolerable;
  }

  /** True: the budget is exceeded and the job has to fail; the count starts again. */
  failed(checkpointId: number, reason: CheckpointFailureReason): boolean {
    if (!checkpointFailures[reason].counted || checkpointId < this.#lastSuccess) return false;
    this.#counted.add(checkpointId);
    if (this.#counted.size <= this.#tolerable) return false;
    this.#counted.clear();
    return true;
  }

  succeeded(checkpointId: number): void {
    if (checkpointId <= this.#lastSuccess) return;
    this.#lastSuccess = checkpointId;
    this.#counted.clear();
  }
}
