/** One checkpoint under way: its phase, who has acknowledged, what was handed in. */
import type { CheckpointPlan } from './checkpoint-plan.js';
import type { CheckpointContent, CheckpointType, SubtaskState } from './messages.js';
import { SubtaskSet, type SubtaskId, type TaskSize } from './subtask-set.js';

export type CheckpointPhase =
  'preparing' | 'acknowledging' | 'acknowledged' | 'finalizing' | 'completed' | 'aborted';

/** Every legal transition. What is being finalized can no longer be taken back: its metadata may exist already. */
export const phaseTransitions = {
  preparing: ['acknowledging', 'aborted'],
  acknowledging: ['acknowledged', 'aborted'],
  acknowledged: ['finalizing', 'aborted'],
  finalizing: ['completed', 'aborted'],
  completed: [],
  aborted: [],
} as const satisfies Record<CheckpointPhase, readonly CheckpointPhase[]>;

export class PendingCheckpoint<H> {
  readonly id: number;
  readonly attempt: number;
  readonly type: CheckpointType;
  readonly timestamp: number;
  readonly deadline: number;
  /** whoever asked for it; null: periodic */
  readonly request: string | null;
  readonly plan: CheckpointPlan;
  /** of which checkpoints on it may use shared files again */
  readonly reuseFrom: number | null;
  readonly states: SubtaskState<H>[] = [];
  readonly sharedFiles = new Set<string>();
  coordinators: H | null = null;
  stateSize = 0;
  readonly #acknowledged: SubtaskSet;
  readonly #withUnionState = new Set<number>();
  #phase: CheckpointPhase = 'preparing';

  constructor(
    options: Pick<
      PendingCheckpoint<H>,
      'id' | 'attempt' | 'type' | 'timestamp' | 'deadline' | 'request' | 'plan' | 'reuseFrom'
    >,
    tasks: readonly TaskSize[],
  ) {
    this.id = options.id;
    this.attempt = options.attempt;
    this.type = options.type;
    this.timestamp = options.timestamp;
    this.deadline = options.deadline;
    this.request = options.request;
    this.plan = options.plan;
    this.reuseFrom = options.reuseFrom;
    this.#acknowledged = new SubtaskSet(tasks);
  }

  get phase(): CheckpointPhase {
    return this.#phase;
  }
  /** Its effects are visible: sinks commit, older checkpoints go. A plain savepoint has none. */
  get hasEffects(): boolean {
    return this.type.kind === 'checkpoint' || this.type.stop !== null;
  }
  get abortable(): boolean {
    return (phaseTransitions[this.#phase] as readonly CheckpointPhase[]).includes('aborted');
  }

  become(phase: CheckpointPhase): void {
    if (!(phaseTransitions[this.#phase] as readonly CheckpointPhase[]).includes(phase))
      throw new Error(`checkpoint ${this.id} may not go from ${this.#phase} to ${phase}`);
    this.#phase = phase;
  }

  hasAcknowledged(id: SubtaskId): boolean {
    return this.#acknowledged.has(id);
  }

  /** True when all have. A repeated acknowledgement changes nothing. */
  acknowledge(state: SubtaskState<H>, sharedFiles: readonly string[], unionState: boolean): boolean {
    if (this.plan.finished.has(state) || !this.#acknowledged.add(state)) return false;
    this.states.push(state);
    for (const file of sharedFiles) this.sharedFiles.add(file);
    if (unionState) this.#withUnionState.add(state.task);
    return this.#acknowledged.size === this.plan.awaited;
  }

  /** Union list state of a task is complete only when all or none of its subtasks have finished. */
  get lacksUnionState(): boolean {
    return [...this.#withUnionState].some(task => this.plan.finished.countOf(task) > 0);
  }

  get content(): CheckpointContent<H> {
    return {
      checkpointId: this.id,
      attempt: this.attempt,
      type: this.type,
      timestamp: this.timestamp,
      coordinators: this.coordinators,
      subtasks: [...this.states].sort((a, b) => a.task - b.task || a.subtask - b.subtask),
      finished: [...this.plan.finished],
      sharedFiles: [...this.sharedFiles],
    };
  }
}
