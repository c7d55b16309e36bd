import type { Accumulator, Parameters } from '../../plugins/api/functions.js';
import type { Sink } from '../../plugins/api/sink.js';
import type { OperatorSpec } from '../contract/task.js';
import type { StateBackends, StateBackendsOptions } from '../state/index.js';
import type { Logger } from '../telemetry/log.js';
import type {
  FaultData,
  ReaderRequest,
  SubtaskDeployment,
  SubtaskMetrics,
  SubtaskSnapshot,
} from './messages.js';

/** The state backend that the deployment chose. */
export type StateBackendsFactory = (options: StateBackendsOptions) => StateBackends;

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
  readonly openState: StateBackendsFactory;
  /** tests look at what reaches a sink instead of writing it */
  readonly replaceSink?: (operator: OperatorSpec, sink: Sink<unknown>) => Sink<unknown>;
  now(): number;
  wake(): void;
  fail(fault: FaultData): void;
  requestSource(task: number, subtask: number, request: ReaderRequest): void;
  readonly log: Logger;
  sendToClient(id: string, records: readonly unknown[], afterCheckpoint: number): void;
  onSnapshot(checkpointId: number, snapshot: SubtaskSnapshot): void;
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
