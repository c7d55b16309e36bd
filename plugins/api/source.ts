/** Sources after Flink's Source V2 (flink: datastream-semantics §12). Splits and enumerator state are JSON values. */
import type { Batch, BatchLayout } from './batch.js';
import type { MetricGroup } from './metrics.js';
import type { Parameters } from './functions.js';
import type { RecordDecoder } from './format.js';
import type { Schema } from './schema.js';

export type Boundedness = 'BOUNDED' | 'CONTINUOUS_UNBOUNDED';
/** Plain data: what JSON.stringify keeps. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export interface SourceSplit {
  readonly splitId: string;
}

export interface Source<T, SplitT extends SourceSplit = SourceSplit, EnumT = unknown> {
  readonly boundedness: Boundedness;
  /** What the engine does with records that readers report as undecodable; default 'fail'. */
  readonly badRecordPolicy?: BadRecordPolicy;
  /** The format whose generated decoder readers want in their context: an object of flinkc's own libraries. */
  readonly format?: unknown;
  /** Short description for explain and task names: "file(rides.csv.gz)". Must not contain secrets. */
  describe(): string;
  createEnumerator(context: SplitEnumeratorContext<SplitT>): SplitEnumerator<SplitT, EnumT>;
  restoreEnumerator(
    context: SplitEnumeratorContext<SplitT>,
    checkpoint: EnumT,
  ): SplitEnumerator<SplitT, EnumT>;
  createReader(context: SourceReaderContext): SourceReader<T, SplitT>;
  /** phantom: carries the record type */
  readonly __record?: T;
}

/** Runs once, at the coordinator. */
export interface SplitEnumerator<SplitT, EnumT> {
  start(): void | Promise<void>;
  handleSplitRequest(subtask: number): void | Promise<void>;
  addSplitsBack(splits: readonly SplitT[], subtask: number): void;
  addReader(subtask: number): void;
  snapshotState(checkpointId: number): EnumT;
  notifyCheckpointComplete?(checkpointId: number): void;
  handleSourceEvent?(subtask: number, event: Json): void;
  close(): void | Promise<void>;
}
export interface SplitEnumeratorContext<SplitT> {
  readonly currentParallelism: number;
  readonly params: Parameters;
  registeredReaders(): readonly number[];
  assignSplit(split: SplitT, subtask: number): void;
  signalNoMoreSplits(subtask: number): void;
  sendEventToSourceReader(subtask: number, event: Json): void;
  /** Runs the task off the coordinator's turn; repeated every `periodMs` when given. Errors fail the job. */
  callAsync<R>(task: () => Promise<R>, handler: (result: R) => void, periodMs?: number): void;
  setIsProcessingBacklog?(backlog: boolean): void;
}

export type PollStatus = 'MORE_AVAILABLE' | 'NOTHING_AVAILABLE' | 'END_OF_INPUT';

/** One per subtask, in the slot's thread. pollNext never blocks; it fills at most what the output has room for. */
export interface SourceReader<T, SplitT> {
  start(): void;
  pollNext(output: ReaderOutput<T>): PollStatus;
  /** Resolves when pollNext may have something. */
  isAvailable(): Promise<void>;
  addSplits(splits: readonly SplitT[]): void;
  notifyNoMoreSplits(): void;
  handleSourceEvent?(event: Json): void;
  /** Splits with their positions, such that reading goes on after the last row handed out. */
  snapshotState(checkpointId: number): readonly SplitT[];
  notifyCheckpointComplete?(checkpointId: number): void;
  pauseOrResumeSplits?(pause: readonly string[], resume: readonly string[]): void;
  close(): Promise<void>;
}

export interface ReaderOutput<T> {
  /** Record by record; `timestamp` is the source's own. Returns false when the batch is full: return from pollNext. */
  collect(record: T, timestamp?: number, splitId?: string): boolean;
  /**
   * Column by column: the open batch of this split, with layout `context.layout`. Fill rows from batch.length on,
   * raise batch.length, then call commit. One batch holds rows of one split only.
   */
  batch(splitId: string): Batch;
  commit(): void;
  /** For sources that know about time themselves. */
  emitWatermark(watermark: number, splitId?: string): void;
  markIdle(splitId?: string): void;
  markActive(splitId?: string): void;
  /** The split is finished: it no longer takes part in the source's watermark. */
  releaseOutputForSplit(splitId: string): void;
}

export interface SourceReaderContext {
  readonly subtask: number;
  readonly parallelism: number;
  readonly metricGroup: MetricGroup;
  readonly params: Parameters;
  /** Columns the program needs, and the schema of the full record. */
  readonly layout: BatchLayout;
  readonly schema: Schema;
  /** Generated code asks Batch.rows and not the columns: see source-rows.ts. For sources with a SourceCompiler. */
  readonly computesRows?: boolean;
  /** Generated for this source's format, schema and needed fields; absent for formats without a generator. */
  readonly decoder?: ((context: import('./format.js').DecoderContext) => RecordDecoder) | undefined;
  /** For the decoder, see DecoderContext.accepts. */
  readonly accepts?: import('./format.js').RowFilter | undefined;
  readonly badRecords: BadRecordHandler;
  sendSplitRequest(): void;
  sendSourceEventToCoordinator(event: Json): void;
  currentProcessingTime(): number;
}

/** What to do with a record that cannot be decoded: fail the job, skip and count, or hand it to the dead-letter output. */
export type BadRecordPolicy = 'fail' | 'skip' | 'dead-letter';
export interface DeadLetter {
  readonly raw: Uint8Array;
  readonly reason: string;
  /** e.g. "access.log:8899" */
  readonly position: string;
}
export interface BadRecordHandler {
  /** Throws under 'fail'. */
  report(letter: DeadLetter): void;
}
