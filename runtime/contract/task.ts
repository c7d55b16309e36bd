/**
 * The task contract: what a generated module offers and what it is given. A task knows nothing of threads, gRPC,
 * files or checkpoint storage, is synchronous per batch, and runs the same in a unit test, the embedded runtime
 * and a TaskManager.
 */
import type { Batch, BatchLayout } from '../../plugins/api/batch.js';
import type {
  CheckpointListenerLike,
  Parameters,
  RuntimeContext,
  TimeDomain,
} from '../../plugins/api/functions.js';
import type { DecoderContext, RecordDecoder, RowFilter } from '../../plugins/api/format.js';
import type { MetricGroup } from '../../plugins/api/metrics.js';
import type { DeadLetter, Source } from '../../plugins/api/source.js';
import type { RowAccess } from '../../plugins/api/source-rows.js';
import type { Sink, SinkWriter } from '../../plugins/api/sink.js';
import type { WatermarkStrategySpec } from '../../plugins/api/watermarks.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { ValueCodec } from './codec.js';
import type { KeyedStateBackend, KeyType, OperatorStateBackend, StateSpec } from './state.js';

export interface TaskModule {
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  /** operators in chain order, for names in errors, metrics and snapshots */
  readonly operators: readonly OperatorSpec[];
  /** present when the head is a source */
  readonly source?: SourceSpec;
  create(context: TaskContext): Task;
}

export interface InputSpec {
  readonly layout: BatchLayout;
  /** codecs of the 'object' columns by column index, for exchanges that leave the thread */
  readonly codecs: Readonly<Record<number, ValueCodec>>;
  /** hash-partitioned input: the column with the key */
  readonly key: { readonly column: number; readonly type: KeyType } | null;
}
export interface OutputSpec {
  readonly exchange: number;
  readonly layout: BatchLayout;
  readonly codecs: Readonly<Record<number, ValueCodec>>;
}
export interface OperatorSpec {
  readonly uid: string;
  readonly uidHash: string;
  readonly name: string;
  /** "orders.ts:12:4" */
  readonly origin: string;
}
export interface SourceSpec {
  create(params: Parameters): Source<unknown>;
  readonly operator: number;
  readonly schema: Schema;
  readonly layout: BatchLayout;
  /** deadLetter: something reads the dead-letter side output of this source */
  readonly deadLetters: boolean;
  readonly decoder?: (context: DecoderContext) => RecordDecoder;
  /** the batch loop asks Batch.rows for values */
  readonly rows?: RowAccess;
  /** Filters behind the source, for the decoder: the loop asks them again. */
  accepts?(params: Parameters): RowFilter;
  watermarks?(params: Parameters): WatermarkStrategySpec<unknown>;
}

export interface Task {
  /** Rows of one input. The batch stays the caller's. */
  processBatch(input: number, batch: Batch): void;
  /** The combined watermark of all inputs rose. Fires timers and windows, then forwards to the outputs. */
  onWatermark(watermark: number): void;
  /** All inputs became idle, or one became active again. */
  onIdle(idle: boolean): void;
  /** Periodic call (pipeline.auto-watermark-interval) for watermark generators inside this task. */
  onPeriodicEmit(now: number): void;
  /** Source tasks: a record the decoder refused, under the dead-letter policy. */
  onDeadLetter?(letter: DeadLetter): void;
  /** All inputs have ended (BATCH, or bounded input). */
  endInput(): void;
  /** What must precede the barrier: emits buffered output. */
  prepareSnapshot(checkpointId: number): void;
  /** BATCH mode: all records of the current key were processed; fire its timers, event before processing time. */
  onKeyEnd(input: number): void;
  /** End of all input, after the final watermark: last output. */
  finish(): void;
  /** Number of in-flight asynchronous requests; the task is not done before it is 0, and gets no batch at capacity. */
  readonly pending: number;
  readonly canAccept: boolean;
  close(): void;
}

export interface TaskContext {
  readonly taskName: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly params: Parameters;
  readonly processingTime: ProcessingTimeService;
  readonly batchMode: boolean;
  readonly outputs: readonly OutputGate[];
  readonly metricGroup: MetricGroup;
  /** per operator of TaskModule.operators */
  operator(index: number): OperatorContext;
  /** Forwards to every output after flushing its open batches. */
  emitWatermark(watermark: number): void;
  emitIdle(idle: boolean): void;
  /** Makes the sink's writer, with its restored state if there is any, and registers it. `schema`: of the records. */
  openSink(operator: number, sink: Sink<unknown>, schema: Schema): SinkWriter<unknown>;
  /** For writers made otherwise: the engine flushes, commits and closes them. */
  registerSink(operator: number, sink: Sink<unknown>, writer: SinkWriter<unknown>): void;
  /** Runs `callback` as a message of its own in this subtask's mailbox (async I/O completions). */
  enqueue(callback: () => void): void;
  /** Keeps the task busy until the promise settles; a rejection fails the task. */
  track(promise: Promise<unknown>): void;
  /** source tasks: watermark bookkeeping per split, made by the engine from SourceSpec.watermarks */
  readonly sourceWatermarks?: SourceWatermarksHandle;
}

/** Given by the engine to a source task (implementation: runtime/operators/source-watermarks.ts). */
export interface SourceWatermarksHandle {
  /** Fast path for bounded/none generators: call once per batch with the largest timestamp in it. */
  onBatch(splitId: string, maxTimestamp: number): void;
  /** General path, per record; true when the combined source watermark rose or idleness changed → call drain(). */
  onEvent(splitId: string, event: unknown, timestamp: number): boolean;
  /** 'batch': onBatch suffices; 'event': onEvent per record; 'none'. */
  readonly mode: 'batch' | 'event' | 'none';
  /** Emits what is pending through the task: calls back task.onWatermark / onIdle. */
  drain(): void;
}

/** One outgoing exchange. Rows are written into the open batch of a channel. */
export interface OutputGate {
  readonly channels: number;
  /** of the receiving task: hash partitioning maps a key's group of these to a channel */
  readonly maxParallelism: number;
  /** open[c] is the batch being filled for channel c; replaced by flush() */
  readonly open: Batch[];
  /** Call as soon as open[c].length === open[c].capacity. */
  flush(channel: number): void;
  /** Rows that are not written yet, to be asked for whenever the gate sends what is there. */
  hold(rows: HeldRows): void;
}

/** Rows that a task keeps back because later ones may be added to them. */
export interface HeldRows {
  readonly isEmpty: boolean;
  /** Writes all of them into the gate's open batches. */
  release(): void;
  /** What the watermark covers is complete: it goes out right after the rows. */
  onWatermark(watermark: number): void;
}

export interface ProcessingTimeService {
  now(): number;
  /** Runs in the subtask's mailbox turn once now() > timestamp (that is: at timestamp + 1). Returns a handle for cancel. */
  schedule(timestamp: number, callback: (timestamp: number) => void): number;
  cancel(handle: number): void;
}

/** What one operator of a chain is given. */
export interface OperatorContext {
  readonly spec: OperatorSpec;
  /** in TaskModule.operators: failures name the operator by it */
  readonly index: number;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly params: Parameters;
  readonly metricGroup: MetricGroup;
  readonly processingTime: ProcessingTimeService;
  readonly batchMode: boolean;
  /** made on first call, from the backend that the deployment chose; one per operator */
  keyedState<K>(key: KeyType): KeyedStateBackend<K>;
  readonly operatorState: OperatorStateBackend;
  /** RuntimeContext for user functions; state descriptors are looked up in `states` by name, else an error */
  runtimeContext(
    states: Readonly<Record<string, StateSpec>>,
    keyed: KeyedStateBackend<unknown> | null,
  ): RuntimeContext;
  /** The listener is told of completed checkpoints in the mailbox, between two batches, until the task is closed. */
  addCheckpointListener(listener: CheckpointListenerLike): void;
  enqueue(callback: () => void): void;
  track(promise: Promise<unknown>): void;
}

/** Continuation of the chain: generated code. */
export type Emit<T> = (value: T, timestamp: number) => void;
export type EmitSide = (tag: string, value: unknown, timestamp: number) => void;

export type { Batch, BatchLayout, TimeDomain };
