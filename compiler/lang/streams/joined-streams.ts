/** Window joins and coGroups: the same calls up to the function that is applied at their end. */
import type { Collector } from '../../../plugins/api/functions.js';
import type { Window, WindowAssigner } from '../../../plugins/api/windowing.js';
import type { CoGroupFunction, JoinFunction } from '../functions.js';
import { takeSite } from '../recorder.js';
import type { DataStream, KeyedStream, SingleOutputStreamOperator } from './data-stream.js';
import type { Key } from './partitioning.js';
import { keyedAt, transform } from './upstream.js';
import { windowsOf, WithWindow, type WindowSettings } from './window-settings.js';

/** What `window` leads to. */
interface WithTwoInputWindow<A, B, K, W extends Window> {
  readonly join: WindowJoin<A, B, K, W>;
  readonly coGroup: WindowCoGroup<A, B, K, W>;
}
type Pairing = keyof WithTwoInputWindow<unknown, unknown, unknown, Window>;

abstract class PairedStreams<A, B, P extends Pairing> {
  readonly #first: DataStream<A>;
  readonly #second: DataStream<B>;
  readonly #pairing: P;
  declare readonly __records?: readonly [A, B];

  constructor(first: DataStream<A>, second: DataStream<B>, pairing: P) {
    this.#first = first;
    this.#second = second;
    this.#pairing = pairing;
  }

  /** Key of the first stream. flink: JoinedStreams#where, CoGroupedStreams#where */
  where<F extends keyof A & string>(property: F): PairedStreamsWhere<A, B, A[F], P>;
  where<const K>(key: Key<A, K>): PairedStreamsWhere<A, B, K, P>;
  where(key: Key<A, unknown> | string): PairedStreamsWhere<A, B, unknown, P> {
    const keyed = this.#first[keyedAt](key, takeSite());
    return new PairedStreamsWhere(keyed, this.#second, this.#pairing);
  }
}

/** `a.join(b).where(…).equalTo(…).window(…).apply(…)`. flink: JoinedStreams */
export class JoinedStreams<A, B> extends PairedStreams<A, B, 'join'> {
  constructor(first: DataStream<A>, second: DataStream<B>) {
    super(first, second, 'join');
  }
}

/** `a.coGroup(b).where(…).equalTo(…).window(…).apply(…)`. flink: CoGroupedStreams */
export class CoGroupedStreams<A, B> extends PairedStreams<A, B, 'coGroup'> {
  constructor(first: DataStream<A>, second: DataStream<B>) {
    super(first, second, 'coGroup');
  }
}

/** flink: JoinedStreams.Where, CoGroupedStreams.Where */
class PairedStreamsWhere<A, B, K, P extends Pairing> {
  readonly #first: KeyedStream<A, K>;
  readonly #second: DataStream<B>;
  readonly #pairing: P;
  declare readonly __types?: readonly [A, B, K];

  constructor(first: KeyedStream<A, K>, second: DataStream<B>, pairing: P) {
    this.#first = first;
    this.#second = second;
    this.#pairing = pairing;
  }

  /** Key of the second stream. flink: JoinedStreams.Where#equalTo, CoGroupedStreams.Where#equalTo */
  equalTo<F extends keyof B & string>(property: B[F] extends K ? F : never): PairedStreamsEqualTo<A, B, K, P>;
  equalTo(key: Key<B, K>): PairedStreamsEqualTo<A, B, K, P>;
  equalTo(key: Key<B, K> | string): PairedStreamsEqualTo<A, B, K, P> {
    const keyed = this.#second[keyedAt](key, takeSite());
    return new PairedStreamsEqualTo(this.#first, keyed, this.#pairing);
  }
}

/** flink: JoinedStreams.Where.EqualTo, CoGroupedStreams.Where.EqualTo */
class PairedStreamsEqualTo<A, B, K, P extends Pairing> {
  readonly #inputs: readonly [KeyedStream<A, K>, KeyedStream<B, K>];
  readonly #pairing: P;
  declare readonly __types?: readonly [A, B, K];

  constructor(first: KeyedStream<A, K>, second: KeyedStream<B, K>, pairing: P) {
    this.#inputs = [first, second];
    this.#pairing = pairing;
  }

  /** flink: JoinedStreams.Where.EqualTo#window, CoGroupedStreams.Where.EqualTo#window */
  window<W extends Window>(assigner: WindowAssigner<A | B, W>): WithTwoInputWindow<A, B, K, W>[P] {
    takeSite();
    const Windowed = { join: WindowJoin, coGroup: WindowCoGroup }[this.#pairing];
    return new Windowed<A, B, K, W>(this.#inputs, windowsOf(assigner)) as WithTwoInputWindow<A, B, K, W>[P];
  }
}

abstract class TwoInputWindow<A, B, K, W extends Window> extends WithWindow<A | B, W> {
  readonly #inputs: readonly [KeyedStream<A, K>, KeyedStream<B, K>];
  declare readonly __types?: readonly [A, B, K];

  constructor(inputs: readonly [KeyedStream<A, K>, KeyedStream<B, K>], windows: WindowSettings<A | B, W>) {
    super(windows);
    this.#inputs = inputs;
  }

  protected applied<R>(kind: string, fn: object): SingleOutputStreamOperator<R> {
    const [first, second] = this.#inputs;
    return first[transform](kind, { window: this.windows, fn }, takeSite(), second);
  }
}

/** flink: JoinedStreams.WithWindow */
export class WindowJoin<A, B, K, W extends Window> extends TwoInputWindow<A, B, K, W> {
  /** Once per pair of records. flink: JoinedStreams.WithWindow#apply */
  apply<R>(fn: ((first: A, second: B) => R) | JoinFunction<A, B, R>): SingleOutputStreamOperator<R> {
    return this.applied('windowJoin', fn);
  }
}

/** flink: CoGroupedStreams.WithWindow */
export class WindowCoGroup<A, B, K, W extends Window> extends TwoInputWindow<A, B, K, W> {
  /** Once per key and window, with both sides' records; one side may be empty. flink: CoGroupedStreams.WithWindow#apply */
  apply<R>(
    fn: CoGroupFunction<A, B, R> | ((first: Iterable<A>, second: Iterable<B>, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return this.applied('coGroup', fn);
  }
}
