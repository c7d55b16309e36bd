/** What the simulated job consists of, and what its processes tell each other. */
import type {
  CheckpointOptions,
  CheckpointType,
  CompletedCheckpoint,
} from '../../runtime/core/checkpoints/messages.js';

export const sourceTask = 0;
export const sinkTask = 1;

/** A record: the n-th of a source. */
export interface SimRecord {
  readonly source: number;
  readonly n: number;
}
/** What a sink has prepared and must commit once its checkpoint is complete. */
export interface Transaction {
  readonly id: string;
  readonly checkpointId: number;
  readonly records: readonly SimRecord[];
}
export interface SubtaskSnapshot {
  readonly checkpointId: number;
  /** source: records sent */
  readonly position: number;
  readonly ended: boolean;
  /** sink: records received, by source */
  readonly received: readonly number[];
  readonly transactions: readonly Transaction[];
  readonly sharedFiles: readonly string[];
}
/** In a channel, in order. */
export type Item =
  | { readonly kind: 'record'; readonly record: SimRecord }
  | { readonly kind: 'barrier'; readonly checkpointId: number; readonly options: CheckpointOptions }
  | { readonly kind: 'end' }
  | { readonly kind: 'close' };

export type Checkpoint = CompletedCheckpoint<string>;
/** Kept where it can be compared and swapped: what a new leader goes on from. */
export interface JobRecord {
  readonly token: number;
  readonly write: string;
  readonly nextCheckpointId: number;
  readonly completed: readonly Checkpoint[];
  readonly result: 'FINISHED' | 'CANCELED' | 'FAILED' | null;
}

/** Recorded ones are what a restart may begin with. */
export function isRestorePoint(type: CheckpointType): boolean {
  return type.kind === 'checkpoint' || type.stop !== null;
}
