import type { Accumulator, Parameters } from '../../plugins/api/functions.js';
import type { Sink } from '../../plugins/api/sink.js';
import type { OperatorSpec } from '../contract/task.js';
import type { FileSystem } from '../../plugins/api/file-system.js';
import type { CheckpointRequests } from './checkpoint-requests.js';
import type { Logger } from '../telemetry/log.js';
import type {
  FaultData,
  CheckpointingSettings,
  ReaderRequest,
  SlotReport,
  SubtaskDeployment,
  SubtaskMetrics,
} from './messages.js';

/** A subtask's answer to a checkpoint. */
export type CheckpointReport = ReportBody<Extract<SlotReport, { readonly type: 'acknowledge' | 'decline' }>>;
/** A report without the fields that the slot adds to each. */
export type ReportBody<R extends SlotReport> = R extends SlotReport
  ? Omit<R, 'jobId' | 'attempt' | 'slot'>
  : never;

/** What a subtask needs from the slot it runs in. */
export interface SubtaskHost {
  readonly artifactDir: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly attempt: number;
  readonly batchMode: boolean;
  readonly params: Parameters;
  readonly batchRows: number;
  readonly autoWatermarkIntervalMs: number;
  readonly sortMemoryBytes: number;
  readonly tmpDir: string;
  readonly committerRetries: number;
  readonly allowUnalignedSplits: boolean;
  /** sinks commit when the whole job has ended, so that a job that fails late leaves nothing that looks finished */
  readonly commitAtEndOfJob: boolean;
  readonly checkpointing: CheckpointingSettings;
  /** what is known of checkpoints under way */
  readonly checkpoints: CheckpointRequests;
  /** for files whose paths start with `base` */
  fileSystemOf(base: string): Promise<FileSystem>;
  /** tests look at what reaches a sink instead of writing it */
  readonly replaceSink?: (operator: OperatorSpec, sink: Sink<unknown>) => Sink<unknown>;
  now(): number;
  wake(): void;
  fail(fault: FaultData): void;
  requestSource(task: number, subtask: number, request: ReaderRequest): void;
  readonly log: Logger;
  sendToClient(id: string, records: readonly unknown[], afterCheckpoint: number): void;
  onCheckpoint(report: CheckpointReport): void;
  /** Output is flushed, sinks have prepared their last commit. */
  onPrepared(subtask: EndingSubtask): void;
  onFinished(subtask: EndingSubtask): void;
}

/** What is told about a subtask at its end. */
export interface EndingSubtask {
  readonly deployment: SubtaskDeployment;
  readonly accumulators: ReadonlyMap<string, Accumulator>;
  metrics(now: number): SubtaskMetrics;
}
