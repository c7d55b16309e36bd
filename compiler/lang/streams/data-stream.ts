/**
 * A DataStream gives KeyedStreams and SingleOutputStreamOperators, which extend it: the three are one module. What
 * stands between streams until its function is given (windows, joins, …) has its own and knows these only by type.
 */
import type {
  Collector,
  KeyedProcessContext,
  OutputTagLike,
  ProcessContext,
} from '../../../plugins/api/functions.js';
import type { Sink } from '../../../plugins/api/sink.js';
import type { Duration } from '../../../plugins/api/types.js';
import type { GlobalWindow, Window, WindowAssigner } from '../../../plugins/api/windowing.js';
import { ApiReference } from '../api-reference.js';
import type { Comparable, FieldPath, Numeric } from '../field-path.js';
import type {
  FilterFunction,
  FlatMapFunction,
  KeyedProcessFunctionLike,
  MapFunction,
  Partitioner,
  ProcessFunctionLike,
  Reduce,
} from '../functions.js';
import { LabelFilter } from '../label-filter.js';
import { setBufferTimeout, setMaxParallelism, setParallelism, setUid, setUidHash } from '../op-settings.js';
import { edgeTo, recorder, takeSite } from '../recorder.js';
import type { RecordedEdge, RecordedOp, RecordedPartition } from '../recording.js';
import type { WatermarkStrategy } from '../watermark-strategy.js';
import {
  BroadcastConnectedStream,
  BroadcastStream,
  KeyedBroadcastConnectedStream,
  type BroadcastDescriptor,
} from './broadcast-stream.js';
import { ConnectedStreams, KeyedConnectedStreams } from './connected-streams.js';
import { DataStreamSink } from './data-stream-sink.js';
import { fieldAggregation, type FieldFunction } from './field-aggregation.js';
import { IntervalJoin } from './interval-join.js';
import { CoGroupedStreams, JoinedStreams } from './joined-streams.js';
import { PartitionWindowedStream } from './partition-windowed-stream.js';
import { keySelector, partitioned, type Key } from './partitioning.js';
import { keyedAt, transform, upstream } from './upstream.js';
import { countWindows, windowsOf } from './window-settings.js';
import { AllWindowedStream, WindowedStream } from './windowed-stream.js';

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
    return this[transform]('map', { fn }, takeSite());
  }

  /**
   * Any number of results per record: handed to `out`, whose type is then given (`flatMap<Word>((line, out) => …)`),
   * or returned as an iterable, from which it is inferred. flink: DataStream#flatMap
   */
  flatMap<R>(
    fn: ((value: T, out: Collector<R>) => Iterable<R> | void) | FlatMapFunction<T, R>,
  ): SingleOutputStreamOperator<R> {
    return this[transform]('flatMap', { fn }, takeSite());
  }

  /** Keeps records for which `fn` is true; a type guard narrows the record type. flink: DataStream#filter */
  filter<S extends T>(fn: (value: T) => value is S): SingleOutputStreamOperator<S>;
  filter(fn: ((value: T) => boolean) | FilterFunction<T>): SingleOutputStreamOperator<T>;
  filter(fn: ((value: T) => boolean) | FilterFunction<T>): SingleOutputStreamOperator<T> {
    return this[transform]('filter', { fn }, takeSite());
  }

  /** Records with only these properties. flink: DataStream#project (on fields by name instead of tuple positions) */
  project<P extends keyof T & string>(...fields: readonly P[]): SingleOutputStreamOperator<Pick<T, P>> {
    return this[transform]('project', { fields }, takeSite());
  }

  /** Side outputs, timestamps and metrics per record. flink: DataStream#process */
  process<R>(
    fn: ProcessFunctionLike<T, R> | ((value: T, ctx: ProcessContext, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return this[transform]('process', { fn }, takeSite());
  }

  /**
   * Records with the same key go to the same subtask and share keyed state. The key is a property, or computed:
   * `keyBy('user')`, `keyBy(o => [o.country, o.city])`. flink: DataStream#keyBy
   */
  keyBy<P extends keyof T & string>(property: P): KeyedStream<T, T[P]>;
  keyBy<const K>(key: Key<T, K>): KeyedStream<T, K>;
  keyBy(key: Key<T, unknown> | (keyof T & string)): KeyedStream<T, unknown> {
    return this[keyedAt](key, takeSite());
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
      ? new BroadcastConnectedStream<T, U>(this, other)
      : new ConnectedStreams<T, U>(this, other);
  }

  /** Pairs of records with equal keys in the same window. flink: DataStream#join */
  join<U>(other: DataStream<U>): JoinedStreams<T, U> {
    takeSite();
    return new JoinedStreams(this, other);
  }

  /** Both sides' records with equal keys in the same window. flink: DataStream#coGroup */
  coGroup<U>(other: DataStream<U>): CoGroupedStreams<T, U> {
    takeSite();
    return new CoGroupedStreams(this, other);
  }

  /** Windows over the whole stream: runs with parallelism 1. flink: DataStream#windowAll */
  windowAll<W extends Window>(assigner: WindowAssigner<T, W>): AllWindowedStream<T, W> {
    takeSite();
    return new AllWindowedStream(this, windowsOf(assigner));
  }

  /** flink: DataStream#countWindowAll */
  countWindowAll(size: number, slide?: number): AllWindowedStream<T, GlobalWindow> {
    return new AllWindowedStream(this, countWindows<T>(size, slide, takeSite()));
  }

  /** Replaces the stream's timestamps and watermarks. flink: DataStream#assignTimestampsAndWatermarks */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): SingleOutputStreamOperator<T> {
    return this[transform]('assignTimestamps', { strategy }, takeSite());
  }

  /** One window per subtask over its whole bounded input. flink: DataStream#fullWindowPartition */
  fullWindowPartition(): PartitionWindowedStream<T> {
    takeSite();
    return new PartitionWindowedStream(this);
  }

  /** Every record to every subtask; with descriptors, to be connected with broadcast state. flink: DataStream#broadcast */
  broadcast(): DataStream<T>;
  broadcast(...descriptors: readonly [BroadcastDescriptor, ...BroadcastDescriptor[]]): BroadcastStream<T>;
  broadcast(...descriptors: readonly BroadcastDescriptor[]): DataStream<T> | BroadcastStream<T> {
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

  [transform]<R>(
    kind: string,
    params: Readonly<Record<string, unknown>>,
    site: string | null,
    ...others: readonly { readonly [upstream]: RecordedEdge }[]
  ): SingleOutputStreamOperator<R> {
    const inputs = [this, ...others].map(stream => stream[upstream]);
    return new SingleOutputStreamOperator(edgeTo(recorder().record(kind, inputs, params, site)));
  }

  [keyedAt]<K>(key: Key<T, K> | string, site: string | null): KeyedStream<T, K> {
    const partition = { kind: 'hash', key: keySelector(key), site } as const;
    return new KeyedStream(partitioned(this[upstream], partition));
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

/** A stream partitioned by key. flink: KeyedStream */
export class KeyedStream<T, K> extends DataStream<T> {
  declare readonly __key?: K;

  /** Keyed state and timers. flink: KeyedStream#process */
  override process<R>(
    fn:
      | KeyedProcessFunctionLike<K, T, R>
      | ((value: T, ctx: KeyedProcessContext<K>, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return this[transform]('process', { fn }, takeSite());
  }

  /** Emits the running result per key for every record. flink: KeyedStream#reduce */
  reduce(fn: Reduce<T>): SingleOutputStreamOperator<T> {
    return this[transform]('reduce', { fn }, takeSite());
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
    return new WindowedStream(this, windowsOf(assigner));
  }

  /**
   * Windows of `size` records; with `slide`, every `slide` records the last `size` ones, so that the first results
   * have fewer. flink: KeyedStream#countWindow
   */
  countWindow(size: number, slide?: number): WindowedStream<T, K, GlobalWindow> {
    return new WindowedStream(this, countWindows<T>(size, slide, takeSite()));
  }

  /** Pairs with records of the other stream that are close in event time. flink: KeyedStream#intervalJoin */
  intervalJoin<U>(other: KeyedStream<U, K>): IntervalJoin<T, U, K> {
    takeSite();
    return new IntervalJoin(this, other);
  }

  override connect<U>(other: KeyedStream<U, K>): KeyedConnectedStreams<T, U, K>;
  override connect<U>(other: DataStream<U>): ConnectedStreams<T, U>;
  override connect<U>(other: BroadcastStream<U>): KeyedBroadcastConnectedStream<T, U, K>;
  override connect<U>(
    other: DataStream<U> | BroadcastStream<U>,
  ): ConnectedStreams<T, U> | BroadcastConnectedStream<T, U> {
    takeSite();
    if (other instanceof BroadcastStream) return new KeyedBroadcastConnectedStream<T, U, K>(this, other);
    return other instanceof KeyedStream
      ? new KeyedConnectedStreams<T, U, K>(this, other)
      : new ConnectedStreams<T, U>(this, other);
  }

  #rolling(
    fn: FieldFunction,
    field: string | undefined,
    first: boolean,
    site: string | null,
  ): SingleOutputStreamOperator<T> {
    const params = { aggregation: fieldAggregation(fn, field, first) };
    return this[transform]('rollingAggregate', params, site);
  }
}
