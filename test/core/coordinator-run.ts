/** A checkpoint coordinator with subtasks that answer when the test says so. */
import {
  CheckpointCoordinator,
  type CheckpointCoordinatorOptions,
} from '../../runtime/core/checkpoints/coordinator.js';
import type { CheckpointedTask } from '../../runtime/core/checkpoints/checkpoint-plan.js';
import type {
  CheckpointAction,
  CheckpointEvent,
  CheckpointType,
  SubtaskCheckpointMetrics,
} from '../../runtime/core/checkpoints/messages.js';
import {
  defaultCheckpointSettings,
  type CheckpointSettings,
} from '../../runtime/core/checkpoints/settings.js';
import type { SubtaskId } from '../../runtime/core/checkpoints/subtask-set.js';

export type Action<T extends CheckpointAction<string>['type']> = Extract<
  CheckpointAction<string>,
  { readonly type: T }
>;

export const savepoint: CheckpointType = { kind: 'savepoint', target: null, format: 'canonical', stop: null };
export const stopWith = (drain: boolean): CheckpointType => ({
  kind: 'savepoint',
  target: null,
  format: 'canonical',
  stop: { drain },
});
export const noMetrics: SubtaskCheckpointMetrics = {
  stateSize: 10,
  checkpointedSize: 4,
  syncMs: 1,
  asyncMs: 2,
  alignmentMs: 0,
  startDelayMs: 0,
  processedBytes: 0,
  persistedBytes: 0,
  unaligned: false,
};
/** Two sources (task 1) that all feed two sinks (task 2). */
export const sourceAndSink: readonly CheckpointedTask[] = [
  { task: 1, parallelism: 2, inputs: [] },
  { task: 2, parallelism: 2, inputs: [{ from: 1, upstreamOf: () => ({ first: 0, last: 1 }) }] },
];
export const all: readonly SubtaskId[] = [
  { task: 1, subtask: 0 },
  { task: 1, subtask: 1 },
  { task: 2, subtask: 0 },
  { task: 2, subtask: 1 },
];

export class CoordinatorRun {
  readonly coordinator: CheckpointCoordinator<string>;
  now = 1_000;
  attempt = 1;
  /** what was asked for last */
  actions: readonly CheckpointAction<string>[] = [];

  constructor(
    settings: Partial<CheckpointSettings> = {},
    options: Partial<CheckpointCoordinatorOptions<string>> = {},
  ) {
    this.coordinator = new CheckpointCoordinator<string>({
      settings: { ...defaultCheckpointSettings, intervalMs: 100, ...settings },
      completed: [],
      nextCheckpointId: 1,
      random: () => 0,
      ...options,
    });
  }

  on(event: CheckpointEvent<string>): readonly CheckpointAction<string>[] {
    return (this.actions = this.coordinator.on(event, this.now));
  }
  of<T extends CheckpointAction<string>['type']>(type: T): readonly Action<T>[] {
    return this.actions.filter((action): action is Action<T> => action.type === type);
  }

  run(finished: readonly SubtaskId[] = [], tasks = sourceAndSink): this {
    this.on({ type: 'attemptRunning', attempt: this.attempt, tasks, finished });
    return this;
  }
  /** Time passes; what is due happens. */
  pass(ms: number): readonly CheckpointAction<string>[] {
    this.now += ms;
    return this.on({ type: 'time' });
  }
  prepared(checkpointId: number): readonly CheckpointAction<string>[] {
    return this.on({ type: 'prepared', checkpointId, coordinators: `enumerators-${checkpointId}` });
  }
  ack(checkpointId: number, id: SubtaskId, more: { sharedFiles?: string[]; unionState?: boolean } = {}) {
    return this.on({
      type: 'acknowledge',
      attempt: this.attempt,
      checkpointId,
      ...id,
      handle: `state-${checkpointId}-${id.task}/${id.subtask}`,
      sharedFiles: more.sharedFiles ?? [],
      unionState: more.unionState ?? false,
      metrics: noMetrics,
    });
  }
  decline(
    checkpointId: number,
    reason: 'CHECKPOINT_DECLINED' | 'CHECKPOINT_DECLINED_TASK_NOT_READY' | 'IO_EXCEPTION',
  ) {
    return this.on({
      type: 'decline',
      attempt: this.attempt,
      checkpointId,
      task: 1,
      subtask: 0,
      reason,
      message: 'no',
    });
  }
  finalized(checkpointId: number) {
    return this.on({ type: 'finalized', checkpointId, location: `chk-${checkpointId}` });
  }
  trigger(request: string, checkpoint: CheckpointType) {
    return this.on({ type: 'trigger', request, checkpoint });
  }
  /** From the trigger to the completion, every subtask willing. */
  complete(checkpointId: number, sharedFiles: string[] = [], subtasks = all) {
    this.prepared(checkpointId);
    for (const id of subtasks) this.ack(checkpointId, id, { sharedFiles });
    return this.finalized(checkpointId);
  }
  types(): readonly string[] {
    return this.actions.map(({ type }) => type);
  }
}
