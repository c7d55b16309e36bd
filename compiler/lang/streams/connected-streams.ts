import type { Collector } from '../../../plugins/api/functions.js';
import type {
  CoFlatMapFunction,
  CoMapFunction,
  CoProcessFunctionLike,
  KeyedCoProcessFunctionLike,
} from '../functions.js';
import { takeSite } from '../recorder.js';
import type { DataStream, SingleOutputStreamOperator } from './data-stream.js';
import type { Key } from './partitioning.js';
import { keyedAt, transform } from './upstream.js';

/** Two streams with one function. flink: ConnectedStreams */
export class ConnectedStreams<A, B> {
  protected readonly first: DataStream<A>;
  protected readonly second: DataStream<B>;
  declare readonly __records?: readonly [A, B];

  constructor(first: DataStream<A>, second: DataStream<B>) {
    this.first = first;
    this.second = second;
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
    return new KeyedConnectedStreams(this.first[keyedAt](key1, site), this.second[keyedAt](key2, site));
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
    return this.first[transform]('coMap', { fn }, site, this.second);
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
    return this.first[transform]('coFlatMap', { fn }, site, this.second);
  }

  /** flink: ConnectedStreams#process */
  process<R>(fn: CoProcessFunctionLike<A, B, R>): SingleOutputStreamOperator<R> {
    return this.first[transform]('coProcess', { fn }, takeSite(), this.second);
  }
}

/** Two streams connected by key. flink: ConnectedStreams (of two KeyedStreams) */
export class KeyedConnectedStreams<A, B, K> extends ConnectedStreams<A, B> {
  declare readonly __key?: K;

  /** Shared keyed state and timers. flink: ConnectedStreams#process(KeyedCoProcessFunction) */
  override process<R>(fn: KeyedCoProcessFunctionLike<K, A, B, R>): SingleOutputStreamOperator<R> {
    return this.first[transform]('coProcess', { fn }, takeSite(), this.second);
  }
}
