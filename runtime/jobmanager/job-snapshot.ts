/** A consistent cut of a whole job, in memory: what checkpoints and savepoints will store. */
import type { SubtaskSnapshot } from '../taskmanager/messages.js';

export interface JobSnapshot {
  readonly checkpointId: number;
  readonly subtasks: readonly SubtaskSnapshot[];
  /** state of the enumerators by the source operator's uidHash */
  readonly enumerators: ReadonlyMap<string, unknown>;
}
