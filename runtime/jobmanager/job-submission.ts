import type { RootException } from '../core/exception-history.js';
import type { JobState } from '../core/job-state.js';
import type { FaultData } from '../taskmanager/messages.js';
import type { LogEntry } from '../telemetry/log.js';
import type { CheckpointReference, InitialState } from './initial-state.js';
import type { JobRecorder } from './job-checkpoints.js';
import type { JobDetails } from './job-details.js';
import type { JobHistory } from './job-history.js';
import type { JobResult } from './job-master-options.js';
import type { JobProgress } from './progress.js';

export interface JobSubmission {
  /** unpacked artifact: manifest.json, plan.json, tasks/*.mjs */
  readonly artifactDir: string;
  readonly parallelism?: number | undefined;
  /** `--param k=v` */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** values of secret parameters; by default the environment variables of that name */
  readonly secrets?: Readonly<Record<string, string | undefined>> | undefined;
  /** Flink option names; they win over what the program configures */
  readonly configuration?: Readonly<Record<string, string>> | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  readonly onLog?: ((entry: LogEntry) => void) | undefined;
  readonly onState?: ((state: JobState) => void) | undefined;
  /**
   * Records of flinkc/collect sinks as they come; without it they are in the result. A restored job gives once more
   * what came after the snapshot it starts from: `afterCheckpoint` >= its checkpointId.
   */
  readonly onRecords?:
    ((id: string, records: readonly unknown[], afterCheckpoint: number) => void) | undefined;
  /** checkpoint or savepoint to start from; wins over `execution.state-recovery.path` */
  readonly restore?: string | InitialState | undefined;
  /** 32 hexadecimal digits; by default random ones */
  readonly jobId?: string | undefined;
  /** Flink option names; what the program configures wins over them */
  readonly defaults?: Readonly<Record<string, string>> | undefined;
  /** of single vertices, by the uidHash of their first operator */
  readonly vertices?: Readonly<Record<string, VertexParallelism>> | undefined;
  readonly recorder?: JobRecorder | undefined;
  /** number of the first attempt; by default 1 */
  readonly firstAttempt?: number | undefined;
  /** of an earlier JobMaster of the job; default: it has none */
  readonly history?: JobHistory | undefined;
  /** The slots are elsewhere: options of the cluster's processes have their effect there. */
  readonly inCluster?: boolean;
  /** cancels the job */
  readonly signal?: AbortSignal | undefined;
}

export interface VertexParallelism {
  readonly parallelism: number;
  readonly maxParallelism: number;
}

export interface JobHandle {
  readonly jobId: string;
  readonly state: JobState;
  /** Rejects with a RuntimeFault when the job fails. */
  readonly result: Promise<JobResult>;
  cancel(): Promise<void>;
  /** Ends it here, for somebody who goes on with it from the checkpoint that this resolves with. */
  suspend(): Promise<InitialState | null>;
  readonly details: JobDetails;
  /** Failures the job was restarted for, newest first. */
  readonly exceptions: readonly RootException<FaultData>[];
  readonly history: JobHistory;
  triggerCheckpoint(): Promise<CheckpointReference>;
  /** `target`: the folder to make the savepoint's in; null: `execution.checkpointing.savepoint-dir` */
  triggerSavepoint(target: string | null): Promise<CheckpointReference>;
  /** Resolves when the job has ended with the savepoint. */
  stopWithSavepoint(target: string | null, drain: boolean): Promise<CheckpointReference>;
}
