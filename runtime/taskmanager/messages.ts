/**
 * Everything the JobMaster and a slot say to each other. Plain data: in one process it is posted, between processes it
 * becomes protobuf. Every message carries job and attempt, so that what an older attempt still says is recognised.
 */
import type { AccumulatorValues } from '../core/accumulators.js';
import type { StateBackendSettings } from '../core/state-backend-options.js';
import type { Json, SourceSplit } from '../../plugins/api/source.js';
import type {
  ChannelStateHandle,
  ChannelStatePart,
  FileHandle,
  OperatorStateHandle,
} from '../contract/snapshot.js';
import type { DeclineReason } from '../core/checkpoints/failure-reasons.js';
import type { CheckpointOptions, SubtaskCheckpointMetrics } from '../core/checkpoints/messages.js';
import type { SubtaskId } from '../core/checkpoints/subtask-set.js';
import type { CheckpointLocation } from '../state/storage/checkpoint-storage.js';
import type { SinkState, SourceState } from '../state/storage/metadata.js';
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
  /** bounded jobs without checkpoints: sinks commit together once everything has ended */
  readonly commitAtEndOfJob: boolean;
  readonly checkpointing: CheckpointingSettings;
  readonly stateBackend: StateBackendSettings;
}
export interface CheckpointingSettings {
  readonly mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE';
  /** Whoever has reached the end of its input takes part in one more checkpoint, which commits its last output (§13.3). */
  readonly finalCheckpoint: boolean;
  /** files up to this size lie in the metadata, bytes */
  readonly inlineBytes: number;
  /** without a directory: what the JobManager keeps of one file, bytes */
  readonly maxInlineBytes: number;
  /** what file systems take their options from */
  readonly fileSystems: Readonly<Record<string, string>>;
}

export interface SubtaskDeployment {
  readonly task: number;
  readonly name: string;
  readonly module: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly inputs: readonly InputDeployment[];
  readonly outputs: readonly OutputDeployment[];
  readonly restore: SubtaskRestore | null;
}
export interface InputDeployment {
  readonly keyed: boolean;
  /** of all exchanges, one after the other */
  readonly channels: readonly ChannelDeployment[];
  readonly exchanges: readonly {
    /** subtasks of the sending task, from this one on */
    readonly firstSender: number;
    readonly senders: number;
    /** barriers may overtake here (§9.3) */
    readonly overtakable: boolean;
  }[];
}
export interface OutputDeployment {
  readonly exchange: number;
  readonly maxParallelism: number;
  /** -1: only when full; 0: after every batch of input */
  readonly bufferTimeoutMs: number;
  readonly channels: readonly ChannelDeployment[];
  /** barriers may overtake here (§9.3) */
  readonly overtakable: boolean;
  readonly receiver: {
    /** uidHash of the first one of the receiving task */
    readonly operator: string;
    readonly input: number;
    /** index among the exchanges of the input */
    readonly exchange: number;
    /** of the first channel */
    readonly firstSubtask: number;
  };
}
/** `peer`: the slot at the other end. */
export interface ChannelDeployment {
  readonly id: number;
  readonly peer: SlotAddress;
  /** the sender had finished before the checkpoint that is restored: it is not there any more */
  readonly ended?: boolean;
}
/** A slot of the job and the TaskManager that runs it. */
export interface SlotAddress {
  readonly executor: string;
  readonly slot: number;
}

/** State of one subtask at a barrier; everything it names is durable. */
export interface SubtaskStateHandle {
  readonly operators: readonly OperatorStateHandle[];
  readonly source: SourceState | null;
  readonly sinks: readonly SinkState[];
  /** present when barriers have overtaken something */
  readonly channels?: ChannelStateHandle;
}
/** What a restarted subtask gets: of its operators all handles that may hold something for it. */
export interface SubtaskRestore {
  readonly checkpointId: number;
  /** what the files' paths start from; null: everything is inline */
  readonly base: string | null;
  readonly operators: readonly OperatorStateHandle[];
  readonly splits: readonly SourceSplit[];
  readonly sinks: readonly SinkState[];
  /** what barriers had overtaken: to be taken before anything new */
  readonly channels: readonly RecoveredChannel[];
}
/** Of a channel between two subtasks of the job that took the checkpoint. */
export interface RecoveredChannel {
  readonly input: number;
  /** index among the channels of the input; null: the job has another parallelism, and other channels */
  readonly channel: number | null;
  /** rows of other subtasks are among it: those whose keys they own */
  readonly filtered: boolean;
  /** in order */
  readonly parts: readonly RecoveredPart[];
}
export interface RecoveredPart
  extends
    Pick<ChannelStateHandle, 'byteOrder'>,
    Pick<ChannelStatePart, 'layout' | 'start' | 'end' | 'crc32'> {
  readonly file: FileHandle;
}
/** One checkpoint as slots are told of it. */
export interface CheckpointRequest {
  readonly checkpointId: number;
  /** when it was triggered, epoch milliseconds */
  readonly timestamp: number;
  readonly options: CheckpointOptions;
  /** null: the JobManager keeps it in memory */
  readonly location: CheckpointLocation | null;
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
    /** To every slot of the job, before any barrier: barriers carry the id only. They start at `subtasks`. */
    | {
        readonly type: 'triggerCheckpoint';
        readonly request: CheckpointRequest;
        readonly subtasks: readonly SubtaskId[];
      }
    | { readonly type: 'checkpointAborted'; readonly checkpointId: number }
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
    | ({
        readonly type: 'acknowledge';
        readonly checkpointId: number;
        readonly state: SubtaskStateHandle;
        readonly sharedFiles: readonly string[];
        readonly unionState: boolean;
        readonly metrics: SubtaskCheckpointMetrics;
      } & SubtaskId)
    | ({
        readonly type: 'decline';
        readonly checkpointId: number;
        readonly reason: DeclineReason;
        readonly message: string;
      } & SubtaskId)
    /** End of input reached, last output sent, sinks have prepared their commit. */
    | { readonly type: 'prepared'; readonly task: number; readonly subtask: number }
    | {
        readonly type: 'finished';
        readonly task: number;
        readonly subtask: number;
        readonly accumulators: AccumulatorValues;
        readonly metrics: SubtaskMetrics;
      }
    /** Of those that have not finished; `accumulators`: of those of them that have some. */
    | {
        readonly type: 'metrics';
        readonly subtasks: readonly SubtaskMetrics[];
        readonly accumulators: readonly SubtaskAccumulators[];
        readonly heap: HeapUse;
      }
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

/** Of the slot's thread; bytes. */
export interface HeapUse {
  readonly used: number;
  readonly committed: number;
  readonly max: number;
}

export interface SubtaskMetrics {
  readonly task: number;
  readonly subtask: number;
  readonly values: Readonly<Record<string, MetricValue>>;
  /** by operator uid */
  readonly operators: Readonly<Record<string, Readonly<Record<string, MetricValue>>>>;
}

export interface SubtaskAccumulators extends SubtaskId {
  readonly values: AccumulatorValues;
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
