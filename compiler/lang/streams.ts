/**
 * The typed surface of streams. These classes name each other in their signatures (a DataStream gives a WindowedStream
 * gives a DataStream), so they are one module; everything that can stand alone (settings, windows, fields) does.
 */
import type {
  Collector,
  JoinContext,
  KeyedProcessContext,
  OutputTagLike,
  ProcessContext,
} from '../../plugins/api/functions.js';
import type { Sink } from '../../plugins/api/sink.js';
import type { DeadLetter } from '../../plugins/api/source.js';
import type { Duration } from '../../plugins/api/types.js';
import type {
  Evictor,
  GlobalWindow,
  ProcessWindowContext,
  Trigger,
  Window,
  WindowAssigner,
} from '../../plugins/api/windowing.js';
import { ApiReference } from './api-reference.js';
import type { Comparable, FieldPath, Numeric } from './field-path.js';
import type {
  AggregateFunction,
  AllWindowFunction,
  BroadcastProcessFunctionLike,
  CoFlatMapFunction,
  CoGroupFunction,
  CoMapFunction,
  CoProcessFunctionLike,
  FilterFunction,
  FlatMapFunction,
  JoinFunction,
  KeyedBroadcastProcessFunctionLike,
  KeyedCoProcessFunctionLike,
  KeyedProcessFunctionLike,
  KeySelector,
  MapFunction,
  MapPartitionFunction,
  Partitioner,
  ProcessAllWindowFunctionLike,
  ProcessFunctionLike,
  ProcessJoinFunctionLike,
  ProcessWindowFunctionLike,
  ReduceFunction,
  WindowFunction,
} from './functions.js';
import { PropertyKeySelector } from './key-selectors.js';
import { LabelFilter } from './label-filter.js';
import { setBufferTimeout, setMaxParallelism, setParallelism, setUid, setUidHash } from './op-settings.js';
import { edgeTo, recorder, takeSite } from './recorder.js';
import type { RecordedEdge, RecordedOp, RecordedPartition } from './recording.js';
import type { MapStateDescriptor } from './state.js';
import type { WatermarkStrategy } from './watermark-strategy.js';
import { refuseRichFunction, WindowBuilder } from './window-builder.js';
import { CountEvictor } from './windowing/evictors.js';
import { CountTrigger } from './windowing/count-trigger.js';
import { GlobalWindows } from './windowing/global-windows.js';
import { PurgingTrigger } from './windowing/purging-trigger.js';

/** Where a stream comes from. Not for users' programs. */
export const upstream: unique symbol = Symbol('flinkc.upstream');

/** A key as the API takes it: the name of a property, a lambda, or a KeySelector. */
export type Key<T, K> = ((value: T) => K) | KeySelector<T, K>;
/** The lambda is typed as a method, so that a stream of T is also a stream of T's supertypes. */
export type Reduce<T> = ReduceFunction<T> | ReduceFunction<T>['reduce'];
export type SortOrder = 'ASCENDING' | 'DESCENDING';
/** Whatever older types its migrate functions know. */
type AnyDescriptor = Omit<MapStateDescriptor<unknown, unknown>, 'migrate' | 'enableTimeToLive'>;
/** The record type of a stream type. */
export type RecordOf<S> = S extends DataStream<infer T> ? T : never;

/** A stream of records of type T. flink: DataStream */
export class DataStream<T> {
  readonly [upstream]: RecordedEdge;
  declare readonly __record?: T;

  constructor(edge: RecordedEdge) {
    this[upstream] = edge;
  }

  /** One result per record. flink: DataStream#map */
  map<R>(fn: ((value: T) => R) | MapFunction<T, R>): SingleOutputStreamOperator<R> {
    return derive('map', [this[upstream]], { fn }, takeSite());
  }

  /**
   * Any number of results per record: handed to `out`, whose type is then given (`flatMap<Word>((line, out) => …)`),
   * or returned as an iterable, from which it is inferred. flink: DataStream#flatMap
   */
  flatMap<R>(
    fn: ((value: T, out: Collector<R>) => Iterable<R> | void) | FlatMapFunction<T, R>,
  ): SingleOutputStreamOperator<R> {
    return derive('flatMap', [this[upstream]], { fn }, takeSite());
  }

  /** Keeps records for which `fn` is true; a type guard narrows the record type. flink: DataStream#filter */
  filter<S extends T>(fn: (value: T) => value is S): SingleOutputStreamOperator<S>;
  filter(fn: ((value: T) => boolean) | FilterFunction<T>): SingleOutputStreamOperator<T>;
  filter(fn: ((value: T) => boolean) | FilterFunction<T>): SingleOutputStreamOperator<T> {
    return derive('filter', [this[upstream]], { fn }, takeSite());
  }

  /** Records with only these properties. flink: DataStream#project (on fields by name instead of tuple positions) */
  project<P extends keyof T & string>(...fields: readonly P[]): SingleOutputStreamOperator<Pick<T, P>> {
    return derive('project', [this[upstream]], { fields }, takeSite());
  }

  /** Side outputs, timestamps and metrics per record. flink: DataStream#process */
  process<R>(
    fn: ProcessFunctionLike<T, R> | ((value: T, ctx: ProcessContext, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return derive('process', [this[upstream]], { fn }, takeSite());
  }

  /**
   * Records with the same key go to the same subtask and share keyed state. The key is a property, or computed:
   * `keyBy('user')`, `keyBy(o => [o.country, o.city])`. flink: DataStream#keyBy
   */
  keyBy<P extends keyof T & string>(property: P): KeyedStream<T, T[P]>;
  keyBy<const K>(key: Key<T, K>): KeyedStream<T, K>;
  keyBy(key: Key<T, unknown> | (keyof T & string)): KeyedStream<T, unknown> {
    return new KeyedStream(hashed(this[upstream], key, takeSite()));
  }

  /** The records of all streams. flink: DataStream#union */
  union<S extends readonly DataStream<unknown>[]>(...others: S): DataStream<T | RecordOf<S[number]>> {
    const site = takeSite();
    const inputs = [this[upstream], ...others.map(other => other[upstream])];
    return new DataStream(edgeTo(recorder().record('union', inputs, {}, site)));
  }

  /** Two streams processed together, or a stream with a broadcast one. flink: DataStream#connect */
  connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  connect<U>(other: BroadcastStream<U>): BroadcastConnectedStream<T, U>;
  connect<U>(
    other: DataStream<U> | BroadcastStream<U>,
  ): ConnectedStreams<T, U> | BroadcastConnectedStream<T, U> {
    takeSite();
    return other instanceof BroadcastStream
      ? new BroadcastConnectedStream<T, U>(this[upstream], other)
      : new ConnectedStreams<T, U>(this[upstream], other[upstream]);
  }

  /** Pairs of records with equal keys in the same window. flink: DataStream#join */
  join<U>(other: DataStream<U>): JoinedStreams<T, U> {
    takeSite();
    return new JoinedStreams(this[upstream], other[upstream]);
  }

  /** Both sides' records with equal keys in the same window. flink: DataStream#coGroup */
  coGroup<U>(other: DataStream<U>): CoGroupedStreams<T, U> {
    takeSite();
    return new CoGroupedStreams(this[upstream], other[upstream]);
  }

  /** Windows over the whole stream: runs with parallelism 1. flink: DataStream#windowAll */
  windowAll<W extends Window>(assigner: WindowAssigner<T, W>): AllWindowedStream<T, W> {
    takeSite();
    return new AllWindowedStream(this[upstream], new WindowBuilder(assigner));
  }

  /** flink: DataStream#countWindowAll */
  countWindowAll(size: number, slide?: number): AllWindowedStream<T, GlobalWindow> {
    return new AllWindowedStream(this[upstream], countWindows<T>(size, slide, takeSite()));
  }

  /** Replaces the stream's timestamps and watermarks. flink: DataStream#assignTimestampsAndWatermarks */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStreamOperator<T> {
    return derive('assignTimestamps', [this[upstream]], { strategy }, takeSite());
  }

  /** One window per subtask over its whole bounded input. flink: DataStream#fullWindowPartition */
  fullWindowPartition(): PartitionWindowedStream<T> {
    takeSite();
    return new PartitionWindowedStream(this[upstream]);
  }

  /** Every record to every subtask; with descriptors, to be connected with broadcast state. flink: DataStream#broadcast */
  broadcast(): DataStream<T>;
  broadcast(...descriptors: readonly [AnyDescriptor, ...AnyDescriptor[]]): BroadcastStream<T>;
  broadcast(...descriptors: readonly AnyDescriptor[]): DataStream<T> | BroadcastStream<T> {
    takeSite();
    const edge = partitioned(this[upstream], { kind: 'broadcast' });
    return descriptors.length === 0 ? new DataStream(edge) : new BroadcastStream(edge, descriptors);
  }

  /** Uniformly at random. flink: DataStream#shuffle */
  shuffle(): DataStream<T> {
    return this.#partition({ kind: 'shuffle' });
  }

  /** To the subtask with the same index; both sides need the same parallelism. flink: DataStream#forward */
  forward(): DataStream<T> {
    return this.#partition({ kind: 'forward' });
  }

  /** Round robin over all subtasks. flink: DataStream#rebalance */
  rebalance(): DataStream<T> {
    return this.#partition({ kind: 'rebalance' });
  }

  /** Round robin over a local group of subtasks. flink: DataStream#rescale */
  rescale(): DataStream<T> {
    return this.#partition({ kind: 'rescale' });
  }

  /** Everything to subtask 0. flink: DataStream#global */
  global(): DataStream<T> {
    return this.#partition({ kind: 'global' });
  }

  /** `partitioner` chooses the subtask from the key. flink: DataStream#partitionCustom */
  partitionCustom<P extends keyof T & string>(
    partitioner: Partitioner<T[P]> | ((key: T[P], numPartitions: number) => number),
    key: P,
  ): DataStream<T>;
  partitionCustom<K>(
    partitioner: Partitioner<NoInfer<K>> | ((key: NoInfer<K>, numPartitions: number) => number),
    key: Key<T, K>,
  ): DataStream<T>;
  partitionCustom(partitioner: object, key: Key<T, unknown> | (keyof T & string)): DataStream<T> {
    const site = takeSite();
    const partition = { kind: 'custom', partitioner, key: keySelector(key), site } as const;
    return new DataStream(partitioned(this[upstream], partition));
  }

  /**
   * One stream per label: each record goes to the one that `label` returns, to none when that is null. In place of
   * tags and a ProcessFunction when the records stay as they are. (flink: side outputs)
   */
  splitBy<const L extends string>(
    labels: readonly L[],
    label: (value: T) => NoInfer<L> | null,
  ): { readonly [P in L]: DataStream<T> } {
    const site = takeSite();
    const streams: Partial<Record<L, DataStream<T>>> = {};
    for (const name of labels) {
      const params = { fn: new LabelFilter(name, label), outputType: 'input' };
      streams[name] = new DataStream(edgeTo(recorder().record('filter', [this[upstream]], params, site)));
    }
    return streams as { readonly [P in L]: DataStream<T> };
  }

  /** flink: DataStream#sinkTo */
  sinkTo(sink: Sink<T>): DataStreamSink<T> {
    return this.#sink(sink, takeSite(), sink.fields);
  }

  /** Prints each record to standard output, after `identifier> ` if given. flink: DataStream#print */
  print(identifier?: string): DataStreamSink<T> {
    const options = identifier === undefined ? {} : { identifier };
    return this.#sink(new ApiReference('flinkc/print', 'PrintSink', [options]), takeSite());
  }

  /** flink: DataStream#printToErr */
  printToErr(identifier?: string): DataStreamSink<T> {
    const options = identifier === undefined ? { stdErr: true } : { identifier, stdErr: true };
    return this.#sink(new ApiReference('flinkc/print', 'PrintSink', [options]), takeSite());
  }

  /**
   * Runs the job and hands this stream's records to the client. As the program only describes the job, code after it
   * does not run: `flinkc run` prints the records, flinkc/testing returns them. flink: DataStream#executeAndCollect
   */
  executeAndCollect(jobName = 'collect'): Promise<T[]> {
    this.#sink(new ApiReference('flinkc/collect', 'CollectSink', [jobName]), takeSite());
    recorder().execute(jobName);
    return new Promise(() => {}); // never settles: staging has ended
  }

  #partition(partition: RecordedPartition): DataStream<T> {
    takeSite();
    return new DataStream(partitioned(this[upstream], partition));
  }

  #sink(sink: object, site: string | null, fields?: readonly string[]): DataStreamSink<T> {
    const params = fields === undefined ? { sink } : { sink, fields };
    return new DataStreamSink(recorder().record('sink', [this[upstream]], params, site));
  }
}

/** A stream that one operator makes, with that operator's settings. flink: SingleOutputStreamOperator */
export class SingleOutputStreamOperator<T> extends DataStream<T> {
  #nonParallel = false;

  protected get op(): RecordedOp {
    return this[upstream].from;
  }

  /** Shown in plans, logs and metrics. flink: SingleOutputStreamOperator#name */
  name(name: string): this {
    takeSite();
    this.op.settings.name = name;
    return this;
  }

  /** Identifies the operator's state across versions of the program. flink: SingleOutputStreamOperator#uid */
  uid(uid: string): this {
    setUid(this.op, uid, takeSite());
    return this;
  }

  /** The operator's id itself: 32 hex digits. flink: SingleOutputStreamOperator#setUidHash */
  setUidHash(uidHash: string): this {
    setUidHash(this.op, uidHash, takeSite());
    return this;
  }

  /** flink: SingleOutputStreamOperator#setDescription */
  setDescription(description: string): this {
    takeSite();
    this.op.settings.description = description;
    return this;
  }

  /** flink: SingleOutputStreamOperator#setParallelism */
  setParallelism(parallelism: number): this {
    setParallelism(this.op, parallelism, this.#nonParallel, takeSite());
    return this;
  }

  /** Number of key groups: cannot change once there is state. flink: SingleOutputStreamOperator#setMaxParallelism */
  setMaxParallelism(maxParallelism: number): this {
    setMaxParallelism(this.op, maxParallelism, takeSite());
    return this;
  }

  /** flink: SingleOutputStreamOperator#forceNonParallel */
  forceNonParallel(): this {
    takeSite();
    this.#nonParallel = true;
    this.op.settings.parallelism = 1;
    this.op.settings.maxParallelism = 1;
    return this;
  }

  /** Longest time a record waits for its buffer to fill; 0 sends each at once, -1 only full buffers. flink: SingleOutputStreamOperator#setBufferTimeout */
  setBufferTimeout(timeout: Duration): this {
    setBufferTimeout(this.op, timeout, takeSite());
    return this;
  }

  /** Never fused with its neighbours. flink: SingleOutputStreamOperator#disableChaining */
  disableChaining(): this {
    takeSite();
    this.op.settings.chaining = 'never';
    return this;
  }

  /** Not fused with what comes before. flink: SingleOutputStreamOperator#startNewChain */
  startNewChain(): this {
    takeSite();
    this.op.settings.chaining = 'head';
    return this;
  }

  /** Operators of different groups never share a slot. flink: SingleOutputStreamOperator#slotSharingGroup */
  slotSharingGroup(group: string): this {
    takeSite();
    this.op.settings.slotSharingGroup = group;
    return this;
  }

  /** What this operator emits with `ctx.output(tag, value)`, or its late records. flink: SingleOutputStreamOperator#getSideOutput */
  getSideOutput<X>(tag: OutputTagLike<X>): DataStream<X> {
    takeSite();
    recorder().tag(tag.id, tag);
    return new DataStream({ from: this.op, sideOutput: tag.id, partition: { kind: 'auto' } });
  }
}

/** What a source makes. flink: DataStreamSource */
export class DataStreamSource<T> extends SingleOutputStreamOperator<T> {
  readonly #ops: readonly RecordedOp[];

  /** `ops`: the source itself first, then what is recorded with it and runs as one with it (generators). */
  constructor(edge: RecordedEdge, ops: readonly RecordedOp[] = [edge.from]) {
    super(edge);
    this.#ops = ops;
  }

  protected override get op(): RecordedOp {
    return this.#ops[0]!;
  }

  override setParallelism(parallelism: number): this {
    super.setParallelism(parallelism);
    return this.#align();
  }

  override setMaxParallelism(maxParallelism: number): this {
    super.setMaxParallelism(maxParallelism);
    return this.#align();
  }

  override forceNonParallel(): this {
    super.forceNonParallel();
    return this.#align();
  }

  /** Records that could not be decoded, of a source with the 'dead-letter' policy: raw bytes, reason and position. */
  deadLetters(): DataStream<DeadLetter> {
    takeSite();
    return new DataStream({ from: this.op, sideOutput: 'dead-letters', partition: { kind: 'auto' } });
  }

  #align(): this {
    for (const { settings } of this.#ops) {
      settings.parallelism = this.op.settings.parallelism;
      settings.maxParallelism = this.op.settings.maxParallelism;
    }
    return this;
  }
}

/** The end of a stream. flink: DataStreamSink */
export class DataStreamSink<T> {
  readonly #op: RecordedOp;
  declare readonly __record?: T;

  constructor(op: RecordedOp) {
    this.#op = op;
  }

  /** flink: DataStreamSink#name */
  name(name: string): this {
    takeSite();
    this.#op.settings.name = name;
    return this;
  }

  /** flink: DataStreamSink#uid */
  uid(uid: string): this {
    setUid(this.#op, uid, takeSite());
    return this;
  }

  /** flink: DataStreamSink#setUidHash */
  setUidHash(uidHash: string): this {
    setUidHash(this.#op, uidHash, takeSite());
    return this;
  }

  /** flink: DataStreamSink#setDescription */
  setDescription(description: string): this {
    takeSite();
    this.#op.settings.description = description;
    return this;
  }

  /** flink: DataStreamSink#setParallelism */
  setParallelism(parallelism: number): this {
    setParallelism(this.#op, parallelism, false, takeSite());
    return this;
  }

  /** flink: DataStreamSink#setMaxParallelism */
  setMaxParallelism(maxParallelism: number): this {
    setMaxParallelism(this.#op, maxParallelism, takeSite());
    return this;
  }

  /** flink: DataStreamSink#disableChaining */
  disableChaining(): this {
    takeSite();
    this.#op.settings.chaining = 'never';
    return this;
  }

  /** flink: DataStreamSink#slotSharingGroup */
  slotSharingGroup(group: string): this {
    takeSite();
    this.#op.settings.slotSharingGroup = group;
    return this;
  }
}

/** A stream partitioned by key. flink: KeyedStream */
export class KeyedStream<T, K> extends DataStream<T> {
  declare readonly __key?: K;

  /** Keyed state and timers. flink: KeyedStream#process */
  override process<R>(
    fn:
      | KeyedProcessFunctionLike<K, T, R>
      | ((value: T, ctx: KeyedProcessContext<K>, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return derive('process', [this[upstream]], { fn }, takeSite());
  }

  /** Emits the running result per key for every record. flink: KeyedStream#reduce */
  reduce(fn: Reduce<T>): SingleOutputStreamOperator<T> {
    return derive('reduce', [this[upstream]], { fn }, takeSite());
  }

  /** Running sum of a field; other fields as in the first record. flink: KeyedStream#sum */
  sum<F extends FieldPath<T, Numeric>>(field: F): SingleOutputStreamOperator<T>;
  sum<V extends T & Numeric>(this: KeyedStream<V, K>): SingleOutputStreamOperator<V>;
  sum(field?: string): SingleOutputStreamOperator<T> {
    return this.#rolling('sum', field, true, takeSite());
  }

  /** Running minimum of a field; other fields as in the first record. flink: KeyedStream#min */
  min<F extends FieldPath<T, Comparable>>(field: F): SingleOutputStreamOperator<T>;
  min<V extends T & Comparable>(this: KeyedStream<V, K>): SingleOutputStreamOperator<V>;
  min(field?: string): SingleOutputStreamOperator<T> {
    return this.#rolling('min', field, true, takeSite());
  }

  /** Running maximum of a field; other fields as in the first record. flink: KeyedStream#max */
  max<F extends FieldPath<T, Comparable>>(field: F): SingleOutputStreamOperator<T>;
  max<V extends T & Comparable>(this: KeyedStream<V, K>): SingleOutputStreamOperator<V>;
  max(field?: string): SingleOutputStreamOperator<T> {
    return this.#rolling('max', field, true, takeSite());
  }

  /** The record with the smallest field; of equals the first, or the last with `first` false. flink: KeyedStream#minBy */
  minBy<F extends FieldPath<T, Comparable>>(field: F, first = true): SingleOutputStreamOperator<T> {
    return this.#rolling('minBy', field, first, takeSite());
  }

  /** The record with the largest field; of equals the first, or the last with `first` false. flink: KeyedStream#maxBy */
  maxBy<F extends FieldPath<T, Comparable>>(field: F, first = true): SingleOutputStreamOperator<T> {
    return this.#rolling('maxBy', field, first, takeSite());
  }

  /** flink: KeyedStream#window */
  window<W extends Window>(assigner: WindowAssigner<T, W>): WindowedStream<T, K, W> {
    takeSite();
    return new WindowedStream(this[upstream], new WindowBuilder(assigner));
  }

  /**
   * Windows of `size` records; with `slide`, every `slide` records the last `size` ones, so that the first results
   * have fewer. flink: KeyedStream#countWindow
   */
  countWindow(size: number, slide?: number): WindowedStream<T, K, GlobalWindow> {
    return new WindowedStream(this[upstream], countWindows<T>(size, slide, takeSite()));
  }

  /** Pairs with records of the other stream that are close in event time. flink: KeyedStream#intervalJoin */
  intervalJoin<U>(other: KeyedStream<U, K>): IntervalJoin<T, U, K> {
    takeSite();
    return new IntervalJoin(this[upstream], other[upstream]);
  }

  override connect<U>(other: KeyedStream<U, K>): KeyedConnectedStreams<T, U, K>;
  override connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  override connect<U>(other: BroadcastStream<U>): KeyedBroadcastConnectedStream<T, U, K>;
  override connect<U>(
    other: DataStream<U> | BroadcastStream<U>,
  ): ConnectedStreams<T, U> | BroadcastConnectedStream<T, U> {
    takeSite();
    if (other instanceof BroadcastStream)
      return new KeyedBroadcastConnectedStream<T, U, K>(this[upstream], other);
    return other instanceof KeyedStream
      ? new KeyedConnectedStreams<T, U, K>(this[upstream], other[upstream])
      : new ConnectedStreams<T, U>(this[upstream], other[upstream]);
  }

  #rolling(
    fn: FieldFunction,
    field: string | undefined,
    first: boolean,
    site: string | null,
  ): SingleOutputStreamOperator<T> {
    const params = { aggregation: fieldAggregation(fn, field, first) };
    return derive('rollingAggregate', [this[upstream]], params, site);
  }
}

/** A lambda of the form of ProcessWindowFunction#process. */
type ProcessWindow<T, R, K, W extends Window> =
  | ProcessWindowFunctionLike<T, R, K, W>
  | ((key: K, ctx: ProcessWindowContext<W>, elements: Iterable<T>, out: Collector<R>) => void);

/** A keyed stream cut into windows. flink: WindowedStream */
export class WindowedStream<T, K, W extends Window> {
  readonly #input: RecordedEdge;
  readonly #builder: WindowBuilder<T, W>;
  declare readonly __key?: K;

  constructor(input: RecordedEdge, builder: WindowBuilder<T, W>) {
    this.#input = input;
    this.#builder = builder;
  }

  /** When results are emitted; default: the assigner's. flink: WindowedStream#trigger */
  trigger(trigger: Trigger<T, W>): this {
    this.#builder.trigger(trigger, takeSite());
    return this;
  }

  /** Removes records before or after the window function; keeps every record of the window in state. flink: WindowedStream#evictor */
  evictor(evictor: Evictor<T, W>): this {
    takeSite();
    this.#builder.evictor(evictor);
    return this;
  }

  /** How long after its end a window still takes records. flink: WindowedStream#allowedLateness */
  allowedLateness(lateness: Duration): this {
    this.#builder.allowedLateness(lateness, takeSite());
    return this;
  }

  /** Late records go to this side output instead of being dropped. flink: WindowedStream#sideOutputLateData */
  sideOutputLateData(tag: OutputTagLike<T>): this {
    takeSite();
    this.#builder.sideOutputLateData(tag);
    return this;
  }

  /** Combines records as they arrive: one accumulator per window. flink: WindowedStream#reduce */
  reduce(fn: Reduce<T>): SingleOutputStreamOperator<T>;
  reduce<R>(fn: Reduce<T>, windowFunction: ProcessWindow<T, R, K, W>): SingleOutputStreamOperator<R>;
  reduce(
    fn: Reduce<T>,
    windowFunction: ProcessWindow<T, unknown, K, W> | null = null,
  ): SingleOutputStreamOperator<unknown> {
    const site = takeSite();
    refuseRichFunction(fn, 'reduce', site);
    return this.#apply({ kind: 'reduce', reduce: fn, window: windowFunction }, site);
  }

  /** Aggregates records as they arrive: one accumulator per window. flink: WindowedStream#aggregate */
  aggregate<ACC, R>(fn: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  aggregate<ACC, V, R>(
    fn: AggregateFunction<T, ACC, V>,
    windowFunction: ProcessWindow<V, R, K, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate(fn: object, windowFunction: object | null = null): SingleOutputStreamOperator<unknown> {
    const site = takeSite();
    refuseRichFunction(fn, 'aggregate', site);
    return this.#apply({ kind: 'aggregate', aggregate: fn, window: windowFunction }, site);
  }

  /** All records of a window at once, with its context. flink: WindowedStream#process */
  process<R>(fn: ProcessWindow<T, R, K, W>): SingleOutputStreamOperator<R> {
    return this.#apply({ kind: 'process', window: fn }, takeSite());
  }

  /** All records of a window at once. flink: WindowedStream#apply */
  apply<R>(
    fn: WindowFunction<T, R, K, W> | ((key: K, window: W, elements: Iterable<T>, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return this.#apply({ kind: 'apply', window: fn }, takeSite());
  }

  /** flink: WindowedStream#sum */
  sum<F extends FieldPath<T, Numeric>>(field: F): SingleOutputStreamOperator<T>;
  sum<V extends T & Numeric>(this: WindowedStream<V, K, W>): SingleOutputStreamOperator<V>;
  sum(field?: string): SingleOutputStreamOperator<T> {
    return this.#field('sum', field, true, takeSite());
  }

  /** Other fields as in the first record. flink: WindowedStream#min */
  min<F extends FieldPath<T, Comparable>>(field: F): SingleOutputStreamOperator<T>;
  min<V extends T & Comparable>(this: WindowedStream<V, K, W>): SingleOutputStreamOperator<V>;
  min(field?: string): SingleOutputStreamOperator<T> {
    return this.#field('min', field, true, takeSite());
  }

  /** Other fields as in the first record. flink: WindowedStream#max */
  max<F extends FieldPath<T, Comparable>>(field: F): SingleOutputStreamOperator<T>;
  max<V extends T & Comparable>(this: WindowedStream<V, K, W>): SingleOutputStreamOperator<V>;
  max(field?: string): SingleOutputStreamOperator<T> {
    return this.#field('max', field, true, takeSite());
  }

  /** flink: WindowedStream#minBy */
  minBy<F extends FieldPath<T, Comparable>>(field: F, first = true): SingleOutputStreamOperator<T> {
    return this.#field('minBy', field, first, takeSite());
  }

  /** flink: WindowedStream#maxBy */
  maxBy<F extends FieldPath<T, Comparable>>(field: F, first = true): SingleOutputStreamOperator<T> {
    return this.#field('maxBy', field, first, takeSite());
  }

  #field(
    fn: FieldFunction,
    field: string | undefined,
    first: boolean,
    site: string | null,
  ): SingleOutputStreamOperator<T> {
    return this.#apply({ kind: 'field', aggregation: fieldAggregation(fn, field, first) }, site);
  }

  #apply<R>(fn: object, site: string | null): SingleOutputStreamOperator<R> {
    const params = { all: false, window: this.#builder.settings, function: fn };
    return derive('window', [this.#input], params, site);
  }
}

/** A lambda of the form of ProcessAllWindowFunction#process. */
type ProcessAllWindow<T, R, W extends Window> =
  | ProcessAllWindowFunctionLike<T, R, W>
  | ((ctx: ProcessWindowContext<W>, elements: Iterable<T>, out: Collector<R>) => void);

/** A stream cut into windows without a key: runs with parallelism 1. flink: AllWindowedStream */
export class AllWindowedStream<T, W extends Window> {
  readonly #input: RecordedEdge;
  readonly #builder: WindowBuilder<T, W>;

  constructor(input: RecordedEdge, builder: WindowBuilder<T, W>) {
    this.#input = input;
    this.#builder = builder;
  }

  /** flink: AllWindowedStream#trigger */
  trigger(trigger: Trigger<T, W>): this {
    this.#builder.trigger(trigger, takeSite());
    return this;
  }

  /** flink: AllWindowedStream#evictor */
  evictor(evictor: Evictor<T, W>): this {
    takeSite();
    this.#builder.evictor(evictor);
    return this;
  }

  /** flink: AllWindowedStream#allowedLateness */
  allowedLateness(lateness: Duration): this {
    this.#builder.allowedLateness(lateness, takeSite());
    return this;
  }

  /** flink: AllWindowedStream#sideOutputLateData */
  sideOutputLateData(tag: OutputTagLike<T>): this {
    takeSite();
    this.#builder.sideOutputLateData(tag);
    return this;
  }

  /** flink: AllWindowedStream#reduce */
  reduce(fn: Reduce<T>): SingleOutputStreamOperator<T>;
  reduce<R>(fn: Reduce<T>, windowFunction: ProcessAllWindow<T, R, W>): SingleOutputStreamOperator<R>;
  reduce(
    fn: Reduce<T>,
    windowFunction: ProcessAllWindow<T, unknown, W> | null = null,
  ): SingleOutputStreamOperator<unknown> {
    const site = takeSite();
    refuseRichFunction(fn, 'reduce', site);
    return this.#apply({ kind: 'reduce', reduce: fn, window: windowFunction }, site);
  }

  /** flink: AllWindowedStream#aggregate */
  aggregate<ACC, R>(fn: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  aggregate<ACC, V, R>(
    fn: AggregateFunction<T, ACC, V>,
    windowFunction: ProcessAllWindow<V, R, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate(fn: object, windowFunction: object | null = null): SingleOutputStreamOperator<unknown> {
    const site = takeSite();
    refuseRichFunction(fn, 'aggregate', site);
    return this.#apply({ kind: 'aggregate', aggregate: fn, window: windowFunction }, site);
  }

  /** flink: AllWindowedStream#process */
  process<R>(fn: ProcessAllWindow<T, R, W>): SingleOutputStreamOperator<R> {
    return this.#apply({ kind: 'process', window: fn }, takeSite());
  }

  /** flink: AllWindowedStream#apply */
  apply<R>(
    fn: AllWindowFunction<T, R, W> | ((window: W, elements: Iterable<T>, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return this.#apply({ kind: 'apply', window: fn }, takeSite());
  }

  /** flink: AllWindowedStream#sum */
  sum<F extends FieldPath<T, Numeric>>(field: F): SingleOutputStreamOperator<T>;
  sum<V extends T & Numeric>(this: AllWindowedStream<V, W>): SingleOutputStreamOperator<V>;
  sum(field?: string): SingleOutputStreamOperator<T> {
    return this.#field('sum', field, true, takeSite());
  }

  /** flink: AllWindowedStream#min */
  min<F extends FieldPath<T, Comparable>>(field: F): SingleOutputStreamOperator<T>;
  min<V extends T & Comparable>(this: AllWindowedStream<V, W>): SingleOutputStreamOperator<V>;
  min(field?: string): SingleOutputStreamOperator<T> {
    return this.#field('min', field, true, takeSite());
  }

  /** flink: AllWindowedStream#max */
  max<F extends FieldPath<T, Comparable>>(field: F): SingleOutputStreamOperator<T>;
  max<V extends T & Comparable>(this: AllWindowedStream<V, W>): SingleOutputStreamOperator<V>;
  max(field?: string): SingleOutputStreamOperator<T> {
    return this.#field('max', field, true, takeSite());
  }

  /** flink: AllWindowedStream#minBy */
  minBy<F extends FieldPath<T, Comparable>>(field: F, first = true): SingleOutputStreamOperator<T> {
    return this.#field('minBy', field, first, takeSite());
  }

  /** flink: AllWindowedStream#maxBy */
  maxBy<F extends FieldPath<T, Comparable>>(field: F, first = true): SingleOutputStreamOperator<T> {
    return this.#field('maxBy', field, first, takeSite());
  }

  #field(
    fn: FieldFunction,
    field: string | undefined,
    first: boolean,
    site: string | null,
  ): SingleOutputStreamOperator<T> {
    return this.#apply({ kind: 'field', aggregation: fieldAggregation(fn, field, first) }, site);
  }

  #apply<R>(fn: object, site: string | null): SingleOutputStreamOperator<R> {
    const params = { all: true, window: this.#builder.settings, function: fn };
    // without a key there is nothing to distribute by
    return derive<R>('window', [this.#input], params, site).forceNonParallel();
  }
}

/** Two streams with one function. flink: ConnectedStreams */
export class ConnectedStreams<A, B> {
  protected readonly inputs: readonly [RecordedEdge, RecordedEdge];
  declare readonly __records?: readonly [A, B];

  constructor(first: RecordedEdge, second: RecordedEdge) {
    this.inputs = [first, second];
  }

  /** Both sides by key: the function gets keyed state and timers. flink: ConnectedStreams#keyBy */
  keyBy<P extends keyof A & string, Q extends keyof B & string>(
    property1: P,
    property2: B[Q] extends A[P] ? Q : never,
  ): KeyedConnectedStreams<A, B, A[P]>;
  keyBy<P extends keyof A & string>(property1: P, key2: Key<B, A[P]>): KeyedConnectedStreams<A, B, A[P]>;
  keyBy<const K>(key1: Key<A, K>, key2: Key<B, NoInfer<K>>): KeyedConnectedStreams<A, B, K>;
  keyBy(
    key1: Key<A, unknown> | string,
    key2: Key<B, unknown> | string,
  ): KeyedConnectedStreams<A, B, unknown> {
    const site = takeSite();
    return new KeyedConnectedStreams(hashed(this.inputs[0], key1, site), hashed(this.inputs[1], key2, site));
  }

  /** One function per side, or a CoMapFunction. flink: ConnectedStreams#map */
  map<R>(fn: CoMapFunction<A, B, R>): SingleOutputStreamOperator<R>;
  map<R1, R2>(map1: (value: A) => R1, map2: (value: B) => R2): SingleOutputStreamOperator<R1 | R2>;
  map(
    first: CoMapFunction<A, B, unknown> | ((value: A) => unknown),
    map2?: (value: B) => unknown,
  ): SingleOutputStreamOperator<unknown> {
    const site = takeSite();
    const fn = typeof first === 'function' ? { map1: first, map2 } : first;
    return derive('coMap', this.inputs, { fn }, site);
  }

  /** One function per side, or a CoFlatMapFunction. flink: ConnectedStreams#flatMap */
  flatMap<R>(fn: CoFlatMapFunction<A, B, R>): SingleOutputStreamOperator<R>;
  flatMap<R1, R2 = R1>(
    flatMap1: (value: A, out: Collector<R1>) => Iterable<R1> | void,
    flatMap2: (value: B, out: Collector<R2>) => Iterable<R2> | void,
  ): SingleOutputStreamOperator<R1 | R2>;
  flatMap(
    first:
      CoFlatMapFunction<A, B, unknown> | ((value: A, out: Collector<unknown>) => Iterable<unknown> | void),
    flatMap2?: (value: B, out: Collector<unknown>) => Iterable<unknown> | void,
  ): SingleOutputStreamOperator<unknown> {
    const site = takeSite();
    const fn = typeof first === 'function' ? { flatMap1: first, flatMap2 } : first;
    return derive('coFlatMap', this.inputs, { fn }, site);
  }

  /** flink: ConnectedStreams#process */
  process<R>(fn: CoProcessFunctionLike<A, B, R>): SingleOutputStreamOperator<R> {
    return derive('coProcess', this.inputs, { fn }, takeSite());
  }
}

/** Two streams connected by key. flink: ConnectedStreams (of two KeyedStreams) */
export class KeyedConnectedStreams<A, B, K> extends ConnectedStreams<A, B> {
  declare readonly __key?: K;

  /** Shared keyed state and timers. flink: ConnectedStreams#process(KeyedCoProcessFunction) */
  override process<R>(fn: KeyedCoProcessFunctionLike<K, A, B, R>): SingleOutputStreamOperator<R> {
    return derive('coProcess', this.inputs, { fn }, takeSite());
  }
}

/** A stream sent to every subtask, with the state that keeps it. flink: BroadcastStream */
export class BroadcastStream<T> {
  readonly [upstream]: RecordedEdge;
  readonly descriptors: readonly AnyDescriptor[];
  declare readonly __record?: T;

  constructor(edge: RecordedEdge, descriptors: readonly AnyDescriptor[]) {
    this[upstream] = edge;
    this.descriptors = descriptors;
  }
}

/** A stream with broadcast state beside it. flink: BroadcastConnectedStream */
export class BroadcastConnectedStream<T, B> {
  readonly #input: RecordedEdge;
  readonly #broadcast: BroadcastStream<B>;
  declare readonly __record?: T;

  constructor(input: RecordedEdge, broadcast: BroadcastStream<B>) {
    this.#input = input;
    this.#broadcast = broadcast;
  }

  /** The broadcast side writes the state, the other side reads it. flink: BroadcastConnectedStream#process */
  process<R>(fn: BroadcastProcessFunctionLike<T, B, R>): SingleOutputStreamOperator<R> {
    const site = takeSite();
    const params = { fn, descriptors: this.#broadcast.descriptors };
    return derive('broadcastProcess', [this.#input, this.#broadcast[upstream]], params, site);
  }
}

/** A keyed stream with broadcast state beside it. flink: BroadcastConnectedStream (of a KeyedStream) */
export class KeyedBroadcastConnectedStream<T, B, K> extends BroadcastConnectedStream<T, B> {
  declare readonly __key?: K;

  /** flink: BroadcastConnectedStream#process(KeyedBroadcastProcessFunction) */
  override process<R>(fn: KeyedBroadcastProcessFunctionLike<K, T, B, R>): SingleOutputStreamOperator<R> {
    return super.process<R>(fn as unknown as BroadcastProcessFunctionLike<T, B, R>);
  }
}

/** `a.join(b).where(…).equalTo(…).window(…).apply(…)`. flink: JoinedStreams */
export class JoinedStreams<A, B> {
  readonly #inputs: readonly [RecordedEdge, RecordedEdge];
  declare readonly __records?: readonly [A, B];

  constructor(first: RecordedEdge, second: RecordedEdge) {
    this.#inputs = [first, second];
  }

  /** Key of the first stream. flink: JoinedStreams#where */
  where<P extends keyof A & string>(property: P): JoinedStreamsWhere<A, B, A[P]>;
  where<const K>(key: Key<A, K>): JoinedStreamsWhere<A, B, K>;
  where(key: Key<A, unknown> | string): JoinedStreamsWhere<A, B, unknown> {
    const [first, second] = this.#inputs;
    return new JoinedStreamsWhere(hashed(first, key, takeSite()), second);
  }
}

/** flink: JoinedStreams.Where */
export class JoinedStreamsWhere<A, B, K> {
  readonly #inputs: readonly [RecordedEdge, RecordedEdge];
  declare readonly __types?: readonly [A, B, K];

  constructor(first: RecordedEdge, second: RecordedEdge) {
    this.#inputs = [first, second];
  }

  /** Key of the second stream. flink: JoinedStreams.Where#equalTo */
  equalTo<P extends keyof B & string>(property: B[P] extends K ? P : never): JoinedStreamsEqualTo<A, B, K>;
  equalTo(key: Key<B, K>): JoinedStreamsEqualTo<A, B, K>;
  equalTo(key: Key<B, unknown> | string): JoinedStreamsEqualTo<A, B, K> {
    const [first, second] = this.#inputs;
    return new JoinedStreamsEqualTo(first, hashed(second, key, takeSite()));
  }
}

/** flink: JoinedStreams.Where.EqualTo */
export class JoinedStreamsEqualTo<A, B, K> {
  readonly #inputs: readonly [RecordedEdge, RecordedEdge];
  declare readonly __types?: readonly [A, B, K];

  constructor(first: RecordedEdge, second: RecordedEdge) {
    this.#inputs = [first, second];
  }

  /** flink: JoinedStreams.Where.EqualTo#window */
  window<W extends Window>(assigner: WindowAssigner<A | B, W>): WindowJoin<A, B, K, W> {
    takeSite();
    return new WindowJoin<A, B, K, W>(this.#inputs, new WindowBuilder(assigner));
  }
}

/** Settings that window joins and coGroups share. */
abstract class TwoInputWindow<A, B, W extends Window> {
  protected readonly inputs: readonly [RecordedEdge, RecordedEdge];
  protected readonly builder: WindowBuilder<A | B, W>;

  constructor(inputs: readonly [RecordedEdge, RecordedEdge], builder: WindowBuilder<A | B, W>) {
    this.inputs = inputs;
    this.builder = builder;
  }

  /** flink: JoinedStreams.WithWindow#trigger, CoGroupedStreams.WithWindow#trigger */
  trigger(trigger: Trigger<A | B, W>): this {
    this.builder.trigger(trigger, takeSite());
    return this;
  }

  /** flink: JoinedStreams.WithWindow#evictor, CoGroupedStreams.WithWindow#evictor */
  evictor(evictor: Evictor<A | B, W>): this {
    takeSite();
    this.builder.evictor(evictor);
    return this;
  }

  /** flink: JoinedStreams.WithWindow#allowedLateness, CoGroupedStreams.WithWindow#allowedLateness */
  allowedLateness(lateness: Duration): this {
    this.builder.allowedLateness(lateness, takeSite());
    return this;
  }
}

/** flink: JoinedStreams.WithWindow */
export class WindowJoin<A, B, K, W extends Window> extends TwoInputWindow<A, B, W> {
  declare readonly __key?: K;

  /** Once per pair of records. flink: JoinedStreams.WithWindow#apply */
  apply<R>(fn: ((first: A, second: B) => R) | JoinFunction<A, B, R>): SingleOutputStreamOperator<R> {
    return derive('windowJoin', this.inputs, { window: this.builder.settings, fn }, takeSite());
  }
}

/** `a.coGroup(b).where(…).equalTo(…).window(…).apply(…)`. flink: CoGroupedStreams */
export class CoGroupedStreams<A, B> {
  readonly #inputs: readonly [RecordedEdge, RecordedEdge];
  declare readonly __records?: readonly [A, B];

  constructor(first: RecordedEdge, second: RecordedEdge) {
    this.#inputs = [first, second];
  }

  /** Key of the first stream. flink: CoGroupedStreams#where */
  where<P extends keyof A & string>(property: P): CoGroupedStreamsWhere<A, B, A[P]>;
  where<const K>(key: Key<A, K>): CoGroupedStreamsWhere<A, B, K>;
  where(key: Key<A, unknown> | string): CoGroupedStreamsWhere<A, B, unknown> {
    const [first, second] = this.#inputs;
    return new CoGroupedStreamsWhere(hashed(first, key, takeSite()), second);
  }
}

/** flink: CoGroupedStreams.Where */
export class CoGroupedStreamsWhere<A, B, K> {
  readonly #inputs: readonly [RecordedEdge, RecordedEdge];
  declare readonly __types?: readonly [A, B, K];

  constructor(first: RecordedEdge, second: RecordedEdge) {
    this.#inputs = [first, second];
  }

  /** Key of the second stream. flink: CoGroupedStreams.Where#equalTo */
  equalTo<P extends keyof B & string>(property: B[P] extends K ? P : never): CoGroupedStreamsEqualTo<A, B, K>;
  equalTo(key: Key<B, K>): CoGroupedStreamsEqualTo<A, B, K>;
  equalTo(key: Key<B, unknown> | string): CoGroupedStreamsEqualTo<A, B, K> {
    const [first, second] = this.#inputs;
    return new CoGroupedStreamsEqualTo(first, hashed(second, key, takeSite()));
  }
}

/** flink: CoGroupedStreams.Where.EqualTo */
export class CoGroupedStreamsEqualTo<A, B, K> {
  readonly #inputs: readonly [RecordedEdge, RecordedEdge];
  declare readonly __types?: readonly [A, B, K];

  constructor(first: RecordedEdge, second: RecordedEdge) {
    this.#inputs = [first, second];
  }

  /** flink: CoGroupedStreams.Where.EqualTo#window */
  window<W extends Window>(assigner: WindowAssigner<A | B, W>): WindowCoGroup<A, B, K, W> {
    takeSite();
    return new WindowCoGroup<A, B, K, W>(this.#inputs, new WindowBuilder(assigner));
  }
}

/** flink: CoGroupedStreams.WithWindow */
export class WindowCoGroup<A, B, K, W extends Window> extends TwoInputWindow<A, B, W> {
  declare readonly __key?: K;

  /** Once per key and window, with both sides' records; one side may be empty. flink: CoGroupedStreams.WithWindow#apply */
  apply<R>(
    fn: CoGroupFunction<A, B, R> | ((first: Iterable<A>, second: Iterable<B>, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return derive('coGroup', this.inputs, { window: this.builder.settings, fn }, takeSite());
  }
}

/** flink: KeyedStream.IntervalJoin */
export class IntervalJoin<A, B, K> {
  readonly #inputs: readonly [RecordedEdge, RecordedEdge];
  declare readonly __types?: readonly [A, B, K];

  constructor(left: RecordedEdge, right: RecordedEdge) {
    this.#inputs = [left, right];
  }

  /** left.ts + lower ≤ right.ts ≤ left.ts + upper; bounds may be negative. flink: KeyedStream.IntervalJoin#between */
  between(lower: Duration, upper: Duration): IntervalJoined<A, B, K> {
    const site = takeSite();
    if (!(lower <= upper)) {
      recorder().mistake('FC2110', { lower: String(lower), upper: String(upper) }, site);
    }
    return new IntervalJoined(this.#inputs, lower, upper);
  }
}

/** flink: KeyedStream.IntervalJoined */
export class IntervalJoined<A, B, K> {
  readonly #inputs: readonly [RecordedEdge, RecordedEdge];
  readonly #lower: number;
  readonly #upper: number;
  #lowerExclusive = false;
  #upperExclusive = false;
  #leftLateTag: string | null = null;
  #rightLateTag: string | null = null;
  declare readonly __key?: K;

  constructor(inputs: readonly [RecordedEdge, RecordedEdge], lower: number, upper: number) {
    this.#inputs = inputs;
    this.#lower = lower;
    this.#upper = upper;
  }

  /** flink: KeyedStream.IntervalJoined#lowerBoundExclusive */
  lowerBoundExclusive(): this {
    takeSite();
    this.#lowerExclusive = true;
    return this;
  }

  /** flink: KeyedStream.IntervalJoined#upperBoundExclusive */
  upperBoundExclusive(): this {
    takeSite();
    this.#upperExclusive = true;
    return this;
  }

  /** flink: KeyedStream.IntervalJoined#sideOutputLeftLateData */
  sideOutputLeftLateData(tag: OutputTagLike<A>): this {
    takeSite();
    recorder().tag(tag.id, tag);
    this.#leftLateTag = tag.id;
    return this;
  }

  /** flink: KeyedStream.IntervalJoined#sideOutputRightLateData */
  sideOutputRightLateData(tag: OutputTagLike<B>): this {
    takeSite();
    recorder().tag(tag.id, tag);
    this.#rightLateTag = tag.id;
    return this;
  }

  /** Once per pair. flink: KeyedStream.IntervalJoined#process */
  process<R>(
    fn: ProcessJoinFunctionLike<A, B, R> | ((left: A, right: B, ctx: JoinContext, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    const site = takeSite();
    const params = {
      lower: this.#lower,
      upper: this.#upper,
      lowerExclusive: this.#lowerExclusive,
      upperExclusive: this.#upperExclusive,
      leftLateTag: this.#leftLateTag,
      rightLateTag: this.#rightLateTag,
      fn,
    };
    return derive('intervalJoin', this.#inputs, params, site);
  }
}

/** Each subtask's whole bounded input at once. flink: PartitionWindowedStream */
export class PartitionWindowedStream<T> {
  readonly #input: RecordedEdge;

  constructor(input: RecordedEdge) {
    this.#input = input;
  }

  /** flink: PartitionWindowedStream#mapPartition */
  mapPartition<R>(
    fn: MapPartitionFunction<T, R> | ((values: Iterable<T>, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return this.#operation('mapPartition', fn, null, takeSite());
  }

  /** By a property or a computed key. flink: PartitionWindowedStream#sortPartition */
  sortPartition<P extends keyof T & string>(property: P, order: SortOrder): SingleOutputStreamOperator<T>;
  sortPartition<K>(key: Key<T, K>, order: SortOrder): SingleOutputStreamOperator<T>;
  sortPartition(key: Key<T, unknown> | string, order: SortOrder): SingleOutputStreamOperator<T> {
    return this.#operation('sortPartition', keySelector(key), order, takeSite());
  }

  /** flink: PartitionWindowedStream#aggregate */
  aggregate<ACC, R>(fn: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R> {
    return this.#operation('aggregate', fn, null, takeSite());
  }

  /** flink: PartitionWindowedStream#reduce */
  reduce(fn: Reduce<T>): SingleOutputStreamOperator<T> {
    return this.#operation('reduce', fn, null, takeSite());
  }

  #operation<R>(
    operation: string,
    fn: object,
    order: SortOrder | null,
    site: string | null,
  ): SingleOutputStreamOperator<R> {
    return derive('fullWindowPartition', [this.#input], { operation, fn, order }, site);
  }
}

function derive<R>(
  kind: string,
  inputs: readonly RecordedEdge[],
  params: Readonly<Record<string, unknown>>,
  site: string | null,
): SingleOutputStreamOperator<R> {
  return new SingleOutputStreamOperator(edgeTo(recorder().record(kind, inputs, params, site)));
}

function partitioned(edge: RecordedEdge, partition: RecordedPartition): RecordedEdge {
  return { from: edge.from, sideOutput: edge.sideOutput, partition };
}

function hashed<T>(edge: RecordedEdge, key: Key<T, unknown> | string, site: string | null): RecordedEdge {
  return partitioned(edge, { kind: 'hash', key: keySelector(key), site });
}

function keySelector<T>(key: Key<T, unknown> | string): object {
  return typeof key === 'string' ? new PropertyKeySelector<Record<string, unknown>, string>(key) : key;
}

type FieldFunction = 'sum' | 'min' | 'max' | 'minBy' | 'maxBy';

/** mirrors FieldAggregation of compiler/ir/graph.ts */
interface FieldAggregation {
  readonly function: FieldFunction;
  readonly field: readonly string[];
  readonly first: boolean;
}

/** Records that are values themselves have no field. */
function fieldAggregation(fn: FieldFunction, field: string | undefined, first: boolean): FieldAggregation {
  return { function: fn, field: field === undefined ? [] : field.split('.'), first };
}

/** flink: KeyedStream#countWindow: windows of n purge, sliding ones evict. */
function countWindows<T>(
  size: number,
  slide: number | undefined,
  site: string | null,
): WindowBuilder<T, GlobalWindow> {
  const builder = new WindowBuilder<T, GlobalWindow>(GlobalWindows.create());
  for (const count of slide === undefined ? [size] : [size, slide]) {
    if (!(Number.isInteger(count) && count > 0)) {
      recorder().mistake('FC2111', { count: String(count) }, site);
      return builder;
    }
  }
  if (slide === undefined) {
    builder.trigger(PurgingTrigger.of(CountTrigger.of(size)), site);
  } else {
    builder.evictor(CountEvictor.of(size));
    builder.trigger(CountTrigger.of(slide), site);
  }
  return builder;
}
