/**
 * Everything the JobMaster and a slot say to each other. Plain data: in one process it is posted, between processes it
 * becomes protobuf. Every message carries job and attempt, so that what an older attempt still says is recognised.
 */
import type { AccumulatorValues } from '../core/accumulators.js';
import type { Json, SourceSplit } from '../../plugins/api/source.js';
import type { OperatorSnapshot } from '../contract/state.js';
import type { LogEntry } from '../telemetry/log.js';
import type { MetricValue } from '../telemetry/metrics.js';

export interface Attempt {
  readonly jobId: string;
  /** from 1 */
  readonly attempt: number;
}

/** What a slot needs to know once: given when the slot starts. */
export interface SlotDeployment extends Attempt {
  /** of the job, from 0 */
  readonly slot: number;
  readonly jobName: string;
  /** folder of the unpacked artifact */
  readonly artifactDir: string;
  readonly batchMode: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly settings: SlotSettings;
  /** upstream before downstream */
  readonly subtasks: readonly SubtaskDeployment[];
}

/** The part of the configuration that slots act on. */
export interface SlotSettings {
  /** null: Node's own limit */
  readonly heapBytes: number | null;
  readonly autoWatermarkIntervalMs: number;
  readonly batchRows: number;
  /** one entry of a channel between threads, at most */
  readonly segmentBytes: number;
  readonly localCredits: number;
  readonly metricsIntervalMs: number;
  readonly sortMemoryBytes: number;
  readonly tmpDir: string;
  readonly committerRetries: number;
  readonly allowUnalignedSplits: boolean;
  /** bounded jobs: sinks commit together once everything has ended */
  readonly commitAtEndOfJob: boolean;
}

export interface SubtaskDeployment {
  readonly task: number;
  readonly name: string;
  readonly module: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly inputs: readonly { readonly keyed: boolean; readonly channels: readonly ChannelDeployment[] }[];
  readonly outputs: readonly OutputDeployment[];
  readonly restore: SubtaskRestore | null;
}
export interface OutputDeployment {
  readonly exchange: number;
  readonly maxParallelism: number;
  /** -1: only when full; 0: after every batch of input */
  readonly bufferTimeoutMs: number;
  readonly channels: readonly ChannelDeployment[];
}
/** `peer`: the slot at the other end. */
export interface ChannelDeployment {
  readonly id: number;
  readonly peer: SlotAddress;
}
/** A slot of the job and the TaskManager that runs it. */
export interface SlotAddress {
  readonly executor: string;
  readonly slot: number;
}

/** State of one subtask at a barrier. */
export interface SubtaskSnapshot {
  readonly task: number;
  readonly subtask: number;
  readonly parallelism: number;
  readonly operators: readonly OperatorSnapshot[];
  /** splits of the reader with their positions */
  readonly source: { readonly uidHash: string; readonly splits: readonly SourceSplit[] } | null;
  readonly sinks: readonly SinkSnapshot[];
}
/** What is found again after a change of the program is named by operator, never by task. */
export interface SinkSnapshot {
  readonly uidHash: string;
  readonly writerStates: readonly unknown[];
  readonly committables: readonly unknown[];
}
/** What a restarted subtask gets: of the operators all snapshots that may hold something for it. */
export interface SubtaskRestore {
  readonly checkpointId: number;
  readonly operators: readonly OperatorSnapshot[];
  readonly splits: readonly SourceSplit[];
  readonly sinks: readonly SinkSnapshot[];
}

export type SlotRequest = Attempt &
  (
    | {
        readonly type: 'source';
        readonly task: number;
        readonly subtask: number;
        readonly command: ReaderCommand;
      }
    | { readonly type: 'align'; readonly task: number; readonly maxWatermark: number }
    | { readonly type: 'triggerCheckpoint'; readonly checkpointId: number; readonly timestamp: number }
    | { readonly type: 'checkpointComplete'; readonly checkpointId: number }
    /** All slots are deployed: records may flow. */
    | { readonly type: 'run' }
    /** Every subtask has reached the end of its input. */
    | { readonly type: 'commit' }
    /** Stops without finishing: sinks are aborted. Answered by 'stopped'. */
    | { readonly type: 'cancel' }
  );
export type ReaderCommand =
  | { readonly kind: 'addSplits'; readonly splits: readonly SourceSplit[] }
  | { readonly kind: 'noMoreSplits' }
  | { readonly kind: 'event'; readonly event: Json };

export type SlotReport = Attempt & { readonly slot: number } &
  /** All subtasks are made; the slot waits for 'run'. */
  (
    | { readonly type: 'deployed' }
    | {
        readonly type: 'source';
        readonly task: number;
        readonly subtask: number;
        readonly request: ReaderRequest;
      }
    | {
        readonly type: 'watermark';
        readonly task: number;
        readonly subtask: number;
        readonly watermark: number | null;
      }
    | { readonly type: 'snapshot'; readonly checkpointId: number; readonly snapshot: SubtaskSnapshot }
    /** End of input reached, last output sent, sinks have prepared their commit. */
    | { readonly type: 'prepared'; readonly task: number; readonly subtask: number }
    | {
        readonly type: 'finished';
        readonly task: number;
        readonly subtask: number;
        readonly accumulators: AccumulatorValues;
        readonly metrics: SubtaskMetrics;
      }
    | { readonly type: 'metrics'; readonly subtasks: readonly SubtaskMetrics[] }
    | {
        readonly type: 'records';
        readonly id: string;
        readonly records: readonly unknown[];
        /** the subtask's last snapshot before these records; 0 when there was none */
        readonly afterCheckpoint: number;
      }
    | { readonly type: 'log'; readonly entry: LogEntry }
    | { readonly type: 'failed'; readonly fault: FaultData }
    /** All subtasks are finished or closed; the thread ends. */
    | { readonly type: 'stopped' }
  );
export type ReaderRequest =
  | { readonly kind: 'register' }
  | { readonly kind: 'split' }
  | { readonly kind: 'event'; readonly event: Json };

export interface SubtaskMetrics {
  readonly task: number;
  readonly subtask: number;
  readonly values: Readonly<Record<string, MetricValue>>;
  /** by operator uid */
  readonly operators: Readonly<Record<string, Readonly<Record<string, MetricValue>>>>;
}

/** A RuntimeFault as data. */
export interface FaultData {
  readonly code: string;
  readonly message: string;
  readonly domain: 'user' | 'external' | 'config' | 'artifact' | 'internal';
  readonly retry: 'never' | 'restart' | 'backoff';
  readonly fix: string | null;
  readonly facts: Readonly<Record<string, string>>;
  readonly stack: string | null;
}
