/**
 * User functions. Every API method takes a lambda or an object with the method named here: an object literal, or an
 * instance of a class that implements the interface. The abstract classes add the life cycle and the runtime context;
 * the `…Like` types are what the API accepts, so that object literals need not extend anything.
 */
import type {
  BroadcastContext,
  CheckpointedFunctionLike,
  CheckpointListenerLike,
  Collector,
  JoinContext,
  KeyedBroadcastContext,
  KeyedBroadcastOnTimerContext,
  KeyedProcessContext,
  OnTimerContext,
  OpenContext,
  ProcessContext,
  ReadOnlyBroadcastContext,
  ReadOnlyKeyedBroadcastContext,
  ResultFuture,
  RichFunctionLike,
  RuntimeContext,
} from '../../plugins/api/functions.js';
import type { ProcessWindowContext, Window } from '../../plugins/api/windowing.js';

/** flink: MapFunction */
export interface MapFunction<T, O> {
  map(value: T): O;
}
/** flink: FlatMapFunction */
export interface FlatMapFunction<T, O> {
  flatMap(value: T, out: Collector<O>): Iterable<O> | void;
}
/** flink: FilterFunction */
export interface FilterFunction<T> {
  filter(value: T): boolean;
}
/** Combines two records into one of the same type; must be associative. flink: ReduceFunction */
export interface ReduceFunction<T> {
  reduce(accumulated: T, value: T): T;
}
/** The lambda is typed as a method, so that a stream of T is also a stream of T's supertypes. */
export type Reduce<T> = ReduceFunction<T> | ReduceFunction<T>['reduce'];
/** flink: AggregateFunction */
export interface AggregateFunction<IN, ACC, OUT> {
  createAccumulator(): ACC;
  /** May change and return the accumulator it was given. */
  add(value: IN, accumulator: ACC): ACC;
  getResult(accumulator: ACC): OUT;
  merge(a: ACC, b: ACC): ACC;
}
/** flink: KeySelector */
export interface KeySelector<T, K> {
  getKey(value: T): K;
}
/** Returns the index of the receiving subtask. flink: Partitioner */
export interface Partitioner<K> {
  partition(key: K, numPartitions: number): number;
}
/** flink: CoMapFunction */
export interface CoMapFunction<A, B, O> {
  map1(value: A): O;
  map2(value: B): O;
}
/** flink: CoFlatMapFunction */
export interface CoFlatMapFunction<A, B, O> {
  flatMap1(value: A, out: Collector<O>): Iterable<O> | void;
  flatMap2(value: B, out: Collector<O>): Iterable<O> | void;
}
/** flink: JoinFunction */
export interface JoinFunction<A, B, O> {
  join(first: A, second: B): O;
}
/** flink: FlatJoinFunction */
export interface FlatJoinFunction<A, B, O> {
  join(first: A, second: B, out: Collector<O>): void;
}
/** flink: CoGroupFunction */
export interface CoGroupFunction<A, B, O> {
  coGroup(first: Iterable<A>, second: Iterable<B>, out: Collector<O>): void;
}
/** flink: WindowFunction */
export interface WindowFunction<T, O, K, W extends Window> {
  apply(key: K, window: W, elements: Iterable<T>, out: Collector<O>): void;
}
/** flink: AllWindowFunction */
export interface AllWindowFunction<T, O, W extends Window> {
  apply(window: W, elements: Iterable<T>, out: Collector<O>): void;
}
/** flink: MapPartitionFunction */
export interface MapPartitionFunction<T, O> {
  mapPartition(values: Iterable<T>, out: Collector<O>): void;
}
/** flink: AsyncFunction */
export interface AsyncFunction<T, O> {
  asyncInvoke(input: T, resultFuture: ResultFuture<O>): void | Promise<void>;
  /** Called instead of failing the job when the request takes longer than the operator's timeout. */
  timeout?(input: T, resultFuture: ResultFuture<O>): void;
}

/** Takes part in checkpoints with operator state. flink: CheckpointedFunction */
export interface CheckpointedFunction extends CheckpointedFunctionLike {}
/**
 * Told of every checkpoint that is complete, except those it missed because the job failed or ended in between: act on all
 * up to the given one. Checkpoints are only given up with the job, so that nobody is left for notifyCheckpointAborted.
 * flink: CheckpointListener
 */
export interface CheckpointListener extends CheckpointListenerLike {}

export interface ProcessFunctionLike<T, O> extends RichFunctionLike {
  processElement(value: T, ctx: ProcessContext, out: Collector<O>): void;
}
export interface KeyedProcessFunctionLike<K, T, O> extends RichFunctionLike {
  processElement(value: T, ctx: KeyedProcessContext<K>, out: Collector<O>): void;
  onTimer?(timestamp: number, ctx: OnTimerContext<K>, out: Collector<O>): void;
}
export interface CoProcessFunctionLike<A, B, O> extends RichFunctionLike {
  processElement1(value: A, ctx: ProcessContext, out: Collector<O>): void;
  processElement2(value: B, ctx: ProcessContext, out: Collector<O>): void;
}
export interface KeyedCoProcessFunctionLike<K, A, B, O> extends RichFunctionLike {
  processElement1(value: A, ctx: KeyedProcessContext<K>, out: Collector<O>): void;
  processElement2(value: B, ctx: KeyedProcessContext<K>, out: Collector<O>): void;
  onTimer?(timestamp: number, ctx: OnTimerContext<K>, out: Collector<O>): void;
}
export interface ProcessJoinFunctionLike<A, B, O> extends RichFunctionLike {
  processElement(left: A, right: B, ctx: JoinContext, out: Collector<O>): void;
}
export interface ProcessWindowFunctionLike<T, O, K, W extends Window> extends RichFunctionLike {
  process(key: K, ctx: ProcessWindowContext<W>, elements: Iterable<T>, out: Collector<O>): void;
  /** The window is cleaned up: delete its window state. */
  clear?(ctx: ProcessWindowContext<W>): void;
}
export interface ProcessAllWindowFunctionLike<T, O, W extends Window> extends RichFunctionLike {
  process(ctx: ProcessWindowContext<W>, elements: Iterable<T>, out: Collector<O>): void;
  clear?(ctx: ProcessWindowContext<W>): void;
}
export interface BroadcastProcessFunctionLike<T, B, O> extends RichFunctionLike {
  processElement(value: T, ctx: ReadOnlyBroadcastContext, out: Collector<O>): void;
  processBroadcastElement(value: B, ctx: BroadcastContext, out: Collector<O>): void;
}
export interface KeyedBroadcastProcessFunctionLike<K, T, B, O> extends RichFunctionLike {
  processElement(value: T, ctx: ReadOnlyKeyedBroadcastContext<K>, out: Collector<O>): void;
  processBroadcastElement(value: B, ctx: KeyedBroadcastContext<K>, out: Collector<O>): void;
  onTimer?(timestamp: number, ctx: KeyedBroadcastOnTimerContext<K>, out: Collector<O>): void;
}

/**
 * Base of functions with a life cycle: open() after state was restored and before the first record, close() at the
 * end. Open state handles, metrics and connections in open(), never in the constructor.
 * flink: RichFunction
 */
export abstract class RichFunction implements RichFunctionLike {
  #runtimeContext: RuntimeContext | null = null;

  open(_context: OpenContext): void {}
  close(): void {}

  /** Called by the operator before open(). */
  setRuntimeContext(context: RuntimeContext): void {
    this.#runtimeContext = context;
  }

  /** State, parameters, metrics, names. Available from open() on. */
  getRuntimeContext(): RuntimeContext {
    if (this.#runtimeContext === null) {
      throw new Error(
        'The runtime context has not been initialized: use it in open() or later, not in the constructor.',
      );
    }
    return this.#runtimeContext;
  }
}

/** flink: RichMapFunction */
export abstract class RichMapFunction<T, O> extends RichFunction implements MapFunction<T, O> {
  abstract map(value: T): O;
}
/** flink: RichFlatMapFunction */
export abstract class RichFlatMapFunction<T, O> extends RichFunction implements FlatMapFunction<T, O> {
  abstract flatMap(value: T, out: Collector<O>): Iterable<O> | void;
}
/** flink: RichFilterFunction */
export abstract class RichFilterFunction<T> extends RichFunction implements FilterFunction<T> {
  abstract filter(value: T): boolean;
}
/** flink: RichReduceFunction */
export abstract class RichReduceFunction<T> extends RichFunction implements ReduceFunction<T> {
  abstract reduce(accumulated: T, value: T): T;
}
/** flink: RichCoMapFunction */
export abstract class RichCoMapFunction<A, B, O> extends RichFunction implements CoMapFunction<A, B, O> {
  abstract map1(value: A): O;
  abstract map2(value: B): O;
}
/** flink: RichCoFlatMapFunction */
export abstract class RichCoFlatMapFunction<A, B, O>
  extends RichFunction
  implements CoFlatMapFunction<A, B, O>
{
  abstract flatMap1(value: A, out: Collector<O>): Iterable<O> | void;
  abstract flatMap2(value: B, out: Collector<O>): Iterable<O> | void;
}
/** flink: RichWindowFunction */
export abstract class RichWindowFunction<T, O, K, W extends Window>
  extends RichFunction
  implements WindowFunction<T, O, K, W>
{
  abstract apply(key: K, window: W, elements: Iterable<T>, out: Collector<O>): void;
}
/** flink: RichAllWindowFunction */
export abstract class RichAllWindowFunction<T, O, W extends Window>
  extends RichFunction
  implements AllWindowFunction<T, O, W>
{
  abstract apply(window: W, elements: Iterable<T>, out: Collector<O>): void;
}
/** flink: RichAsyncFunction */
export abstract class RichAsyncFunction<T, O> extends RichFunction implements AsyncFunction<T, O> {
  abstract asyncInvoke(input: T, resultFuture: ResultFuture<O>): void | Promise<void>;
}

/** Records, side outputs and the clocks; no timers or keyed state without keyBy. flink: ProcessFunction */
export abstract class ProcessFunction<T, O> extends RichFunction implements ProcessFunctionLike<T, O> {
  abstract processElement(value: T, ctx: ProcessContext, out: Collector<O>): void;
}
/** Keyed state and timers per key. flink: KeyedProcessFunction */
export abstract class KeyedProcessFunction<K, T, O>
  extends RichFunction
  implements KeyedProcessFunctionLike<K, T, O>
{
  abstract processElement(value: T, ctx: KeyedProcessContext<K>, out: Collector<O>): void;
  onTimer?(timestamp: number, ctx: OnTimerContext<K>, out: Collector<O>): void;
}
/** flink: CoProcessFunction */
export abstract class CoProcessFunction<A, B, O>
  extends RichFunction
  implements CoProcessFunctionLike<A, B, O>
{
  abstract processElement1(value: A, ctx: ProcessContext, out: Collector<O>): void;
  abstract processElement2(value: B, ctx: ProcessContext, out: Collector<O>): void;
}
/** Two keyed inputs that share state and timers. flink: KeyedCoProcessFunction */
export abstract class KeyedCoProcessFunction<K, A, B, O>
  extends RichFunction
  implements KeyedCoProcessFunctionLike<K, A, B, O>
{
  abstract processElement1(value: A, ctx: KeyedProcessContext<K>, out: Collector<O>): void;
  abstract processElement2(value: B, ctx: KeyedProcessContext<K>, out: Collector<O>): void;
  onTimer?(timestamp: number, ctx: OnTimerContext<K>, out: Collector<O>): void;
}
/** flink: ProcessJoinFunction */
export abstract class ProcessJoinFunction<A, B, O>
  extends RichFunction
  implements ProcessJoinFunctionLike<A, B, O>
{
  abstract processElement(left: A, right: B, ctx: JoinContext, out: Collector<O>): void;
}
/** Called once per firing with the window's contents. flink: ProcessWindowFunction */
export abstract class ProcessWindowFunction<T, O, K, W extends Window>
  extends RichFunction
  implements ProcessWindowFunctionLike<T, O, K, W>
{
  abstract process(key: K, ctx: ProcessWindowContext<W>, elements: Iterable<T>, out: Collector<O>): void;
  clear?(ctx: ProcessWindowContext<W>): void;
}
/** flink: ProcessAllWindowFunction */
export abstract class ProcessAllWindowFunction<T, O, W extends Window>
  extends RichFunction
  implements ProcessAllWindowFunctionLike<T, O, W>
{
  abstract process(ctx: ProcessWindowContext<W>, elements: Iterable<T>, out: Collector<O>): void;
  clear?(ctx: ProcessWindowContext<W>): void;
}
/** flink: BroadcastProcessFunction */
export abstract class BroadcastProcessFunction<T, B, O>
  extends RichFunction
  implements BroadcastProcessFunctionLike<T, B, O>
{
  abstract processElement(value: T, ctx: ReadOnlyBroadcastContext, out: Collector<O>): void;
  abstract processBroadcastElement(value: B, ctx: BroadcastContext, out: Collector<O>): void;
}
/** flink: KeyedBroadcastProcessFunction */
export abstract class KeyedBroadcastProcessFunction<K, T, B, O>
  extends RichFunction
  implements KeyedBroadcastProcessFunctionLike<K, T, B, O>
{
  abstract processElement(value: T, ctx: ReadOnlyKeyedBroadcastContext<K>, out: Collector<O>): void;
  abstract processBroadcastElement(value: B, ctx: KeyedBroadcastContext<K>, out: Collector<O>): void;
  onTimer?(timestamp: number, ctx: KeyedBroadcastOnTimerContext<K>, out: Collector<O>): void;
}
