/**
 * What a JobManager has to know of a job to go on with it. Secrets are not in it: they are read from the environment of
 * whoever leads.
 */
import type { JobState } from '../../core/job-state.js';
import type { CheckpointReference } from '../initial-state.js';
import type { VertexParallelism } from '../job-submission.js';

export interface JobRecord {
  readonly format: 1;
  /** fencing token of the leader that wrote it */
  readonly token: number;
  readonly jobId: string;
  readonly name: string;
  readonly artifactId: string;
  /** epoch milliseconds */
  readonly submittedAt: number;
  readonly submission: RecordedSubmission;
  /** oldest first */
  readonly checkpoints: readonly CheckpointReference[];
  /** Ids up to this one may be in use by this leader. */
  readonly reservedCheckpointId: number;
  /** null: it is to be gone on with */
  readonly ended: {
    readonly state: Extract<JobState, 'FINISHED' | 'CANCELED' | 'FAILED'>;
    readonly at: number;
  } | null;
}
export interface RecordedSubmission {
  readonly parallelism?: number | undefined;
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly configuration?: Readonly<Record<string, string>> | undefined;
  /** savepoint to start from, as long as there is no checkpoint */
  readonly restore?: string | undefined;
  readonly vertices?: Readonly<Record<string, VertexParallelism>> | undefined;
}

export function isJobRecord(value: unknown): boolean {
  const record = (value ?? {}) as Partial<JobRecord>;
  return (
    record.format === 1 &&
    Number.isSafeInteger(record.token) &&
    typeof record.jobId === 'string' &&
    typeof record.artifactId === 'string' &&
    typeof record.submission === 'object' &&
    Array.isArray(record.checkpoints) &&
    Number.isSafeInteger(record.reservedCheckpointId)
  );
}
