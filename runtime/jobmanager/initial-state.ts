/** What a job starts from: its own latest checkpoint, or the savepoint it is given. */
import type { CompletedCheckpoint } from '../core/checkpoints/messages.js';
import type { CheckpointHandle } from './checkpoint-content.js';
import type { RestorePoint } from './restore.js';

/** A checkpoint that exists. */
export interface CheckpointReference {
  readonly checkpointId: number;
  /** the folder of its metadata; '' when the JobManager keeps it in memory */
  readonly location: string;
}

export interface InitialState {
  readonly point: RestorePoint;
  readonly location: string;
  /** The job may delete it once it has checkpoints of its own (CLAIM). */
  readonly owned: boolean;
  /** completed before it, and the job's as well; oldest first */
  readonly older?: readonly CheckpointReference[];
}

/** What the job has completed when it starts; the newest first. */
export function completedBefore(initial: InitialState): readonly CompletedCheckpoint<CheckpointHandle>[] {
  return [completedOf(initial), ...olderThan(initial)];
}

/** Its handles are nobody's business any more: they are read from the metadata. */
function completedOf({ point, location, owned }: InitialState): CompletedCheckpoint<CheckpointHandle> {
  const { checkpointId, type, timestamp } = point.metadata;
  return {
    checkpointId,
    attempt: 0,
    type:
      type === 'checkpoint'
        ? { kind: 'checkpoint' }
        : { kind: 'savepoint', target: null, format: 'canonical', stop: null },
    timestamp,
    coordinators: null,
    subtasks: [],
    finished: [],
    sharedFiles: [],
    completedAt: timestamp,
    location,
    stateSize: 0,
    owned,
  };
}

/** Only to be deleted when they are no longer kept, or to be gone back to. */
function olderThan({ older = [] }: InitialState): readonly CompletedCheckpoint<CheckpointHandle>[] {
  return older.map(({ checkpointId, location }) => ({
    checkpointId,
    location,
    attempt: 0,
    type: { kind: 'checkpoint' },
    timestamp: 0,
    coordinators: null,
    subtasks: [],
    finished: [],
    sharedFiles: [],
    completedAt: 0,
    stateSize: 0,
    owned: true,
  }));
}
