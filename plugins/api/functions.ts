/** What user functions are given while they run. The base classes users extend are in compiler/lang/functions.ts. */
import type { MetricGroup } from './metrics.js';
import type {
  AggregatingState,
  BroadcastState,
  ListState,
  MapState,
  ReadOnlyBroadcastState,
  ReducingState,
  StateDescriptorLike,
  ValueState,
} from './state.js';

export interface Collector<T> {
  collect(record: T): void;
}

export type TimeDomain = 'EVENT_TIME' | 'PROCESSING_TIME';

export interface TimerService {
  currentProcessingTime(): number;
  currentWatermark(): number;
  registerEventTimeTimer(timestamp: number): void;
  registerProcessingTimeTimer(timestamp: number): void;
  deleteEventTimeTimer(timestamp: number): void;
  deleteProcessingTimeTimer(timestamp: number): void;
}

export interface TaskInfo {
  readonly taskName: string;
  readonly indexOfThisSubtask: number;
  readonly numberOfParallelSubtasks: number;
  readonly maxNumberOfParallelSubtasks: number;
  readonly attemptNumber: number;
}
export interface JobInfo {
  readonly jobId: string;
  readonly jobName: string;
}
/** Deploy-time parameters (`env.param`, `env.secret`, `--param k=v`). */
export interface Parameters {
  get(name: string): string;
  getOptional(name: string): string | undefined;
  readonly all: Readonly<Record<string, string>>;
}

/** Structural stand-ins for the descriptor classes: the type parameters decide the handle's type. */
export interface DescriptorOf<Kind extends string, Handle> extends StateDescriptorLike {
  readonly stateKind: Kind & StateDescriptorLike['stateKind'];
  readonly __handle?: Handle;
}

export interface RuntimeContext {
  readonly taskInfo: TaskInfo;
  readonly jobInfo: JobInfo;
  readonly metricGroup: MetricGroup;
  readonly params: Parameters;
  getState<T>(descriptor: DescriptorOf<'value', ValueState<T>>): ValueState<T>;
  getListState<T>(descriptor: DescriptorOf<'list', ListState<T>>): ListState<T>;
  getMapState<K, V>(descriptor: DescriptorOf<'map', MapState<K, V>>): MapState<K, V>;
  getReducingState<T>(descriptor: DescriptorOf<'reducing', ReducingState<T>>): ReducingState<T>;
  getAggregatingState<IN, OUT>(
    descriptor: DescriptorOf<'aggregating', AggregatingState<IN, OUT>>,
  ): AggregatingState<IN, OUT>;
  addAccumulator(name: string, accumulator: Accumulator): void;
  getAccumulator(name: string): Accumulator | undefined;
  getIntCounter(name: string): Accumulator<number>;
}
export interface Accumulator<T = unknown> {
  add(value: T): void;
  readonly localValue: T;
  merge(other: T): void;
  /** How the values of all subtasks become one, away from this class; default: numbers add up, lists are joined. */
  readonly mergedBy?: 'max' | 'min';
}

export interface OpenContext {}

/** Life cycle shared by all rich functions. open() runs after state was restored, before the first record. */
export interface RichFunctionLike {
  open?(context: OpenContext): void;
  close?(): void;
  setRuntimeContext?(context: RuntimeContext): void;
}

/** Operator state, for functions that take part in checkpoints. */
export interface OperatorStateStore {
  getListState<T>(descriptor: DescriptorOf<'list', ListState<T>>): ListState<T>;
  getUnionListState<T>(descriptor: DescriptorOf<'list', ListState<T>>): ListState<T>;
  getBroadcastState<K, V>(descriptor: DescriptorOf<'map', MapState<K, V>>): BroadcastState<K, V>;
}
export interface FunctionInitializationContext {
  readonly isRestored: boolean;
  readonly operatorStateStore: OperatorStateStore;
}
export interface CheckpointedFunctionLike {
  snapshotState(context: { readonly checkpointId: number }): void;
  initializeState(context: FunctionInitializationContext): void;
}
export interface CheckpointListenerLike {
  notifyCheckpointComplete(checkpointId: number): void;
  notifyCheckpointAborted?(checkpointId: number): void;
}

/** Identity is id + record type. */
export interface OutputTagLike<T> {
  readonly id: string;
  readonly __type?: T;
}

export interface ProcessContext {
  /** Timestamp of the current record, or null when it has none. */
  timestamp(): number | null;
  readonly timerService: TimerService;
  output<X>(tag: OutputTagLike<X>, value: X): void;
}
export interface KeyedProcessContext<K> extends ProcessContext {
  readonly currentKey: K;
}
export interface OnTimerContext<K> extends KeyedProcessContext<K> {
  readonly timeDomain: TimeDomain;
}
export interface BroadcastContext extends ProcessContext {
  getBroadcastState<K, V>(descriptor: DescriptorOf<'map', MapState<K, V>>): BroadcastState<K, V>;
}
export interface ReadOnlyBroadcastContext extends ProcessContext {
  getBroadcastState<K, V>(descriptor: DescriptorOf<'map', MapState<K, V>>): ReadOnlyBroadcastState<K, V>;
}
export interface ReadOnlyKeyedBroadcastContext<K> extends ReadOnlyBroadcastContext {
  readonly currentKey: K;
}
export interface KeyedBroadcastOnTimerContext<K> extends ReadOnlyKeyedBroadcastContext<K> {
  readonly timeDomain: TimeDomain;
}
/** No key is current while a broadcast element is processed, hence the visit of all keys. */
export interface KeyedBroadcastContext<K> extends BroadcastContext {
  /** Visits every key of this subtask that has a value in the state. */
  applyToKeyedState<S>(descriptor: DescriptorOf<string, S>, visit: (key: K, state: S) => void): void;
}
/** Context of an interval join's function. */
export interface JoinContext {
  readonly leftTimestamp: number;
  readonly rightTimestamp: number;
  /** The larger of the two, which the results carry. */
  readonly timestamp: number;
  output<X>(tag: OutputTagLike<X>, value: X): void;
}

/** Completed once, with any number of results; later calls are ignored. */
export interface ResultFuture<O> {
  complete(results: Iterable<O>): void;
  completeExceptionally(error: unknown): void;
}
/** When and how async I/O tries again (flink: AsyncRetryStrategy). Total time is bounded by the operator's timeout. */
export interface AsyncRetryStrategy<O> {
  /** Attempt numbers start at 1. */
  canRetry(currentAttempts: number): boolean;
  backoffTimeMillis(currentAttempts: number): number;
  /** Absent predicates never ask for a retry. */
  readonly resultPredicate: ((results: readonly O[]) => boolean) | null;
  readonly exceptionPredicate: ((error: unknown) => boolean) | null;
}
