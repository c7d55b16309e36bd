import type { BroadcastProcessFunctionLike, KeyedBroadcastProcessFunctionLike } from '../functions.js';
import { takeSite } from '../recorder.js';
import type { RecordedEdge } from '../recording.js';
import type { MapStateDescriptor } from '../state.js';
import type { DataStream, SingleOutputStreamOperator } from './data-stream.js';
import { transform, upstream } from './upstream.js';

/** Whatever older types its migrate functions know. */
export type BroadcastDescriptor = Omit<MapStateDescriptor<unknown, unknown>, 'migrate' | 'enableTimeToLive'>;

/** A stream sent to every subtask, with the state that keeps it. flink: BroadcastStream */
export class BroadcastStream<T> {
  readonly [upstream]: RecordedEdge;
  readonly descriptors: readonly BroadcastDescriptor[];
  declare readonly __record?: T;

  constructor(edge: RecordedEdge, descriptors: readonly BroadcastDescriptor[]) {
    this[upstream] = edge;
    this.descriptors = descriptors;
  }
}

/** A stream with broadcast state beside it. flink: BroadcastConnectedStream */
export class BroadcastConnectedStream<T, B> {
  readonly #input: DataStream<T>;
  readonly #broadcast: BroadcastStream<B>;
  declare readonly __record?: T;

  constructor(input: DataStream<T>, broadcast: BroadcastStream<B>) {
    this.#input = input;
    this.#broadcast = broadcast;
  }

  /** The broadcast side writes the state, the other side reads it. flink: BroadcastConnectedStream#process */
  process<R>(fn: BroadcastProcessFunctionLike<T, B, R>): SingleOutputStreamOperator<R> {
    const site = takeSite();
    const params = { fn, descriptors: this.#broadcast.descriptors };
    return this.#input[transform]('broadcastProcess', params, site, this.#broadcast);
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
