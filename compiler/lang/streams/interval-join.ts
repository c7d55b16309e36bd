import type { Collector, JoinContext, OutputTagLike } from '../../../plugins/api/functions.js';
import type { Duration } from '../../../plugins/api/types.js';
import type { ProcessJoinFunctionLike } from '../functions.js';
import { recorder, takeSite } from '../recorder.js';
import type { KeyedStream, SingleOutputStreamOperator } from './data-stream.js';
import { transform } from './upstream.js';

/** flink: KeyedStream.IntervalJoin */
export class IntervalJoin<A, B, K> {
  readonly #inputs: readonly [KeyedStream<A, K>, KeyedStream<B, K>];
  declare readonly __types?: readonly [A, B, K];

  constructor(left: KeyedStream<A, K>, right: KeyedStream<B, K>) {
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
  readonly #inputs: readonly [KeyedStream<A, K>, KeyedStream<B, K>];
  readonly #lower: number;
  readonly #upper: number;
  #lowerExclusive = false;
  #upperExclusive = false;
  #leftLateTag: string | null = null;
  #rightLateTag: string | null = null;
  declare readonly __key?: K;

  constructor(inputs: readonly [KeyedStream<A, K>, KeyedStream<B, K>], lower: number, upper: number) {
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
    const [left, right] = this.#inputs;
    const params = {
      lower: this.#lower,
      upper: this.#upper,
      lowerExclusive: this.#lowerExclusive,
      upperExclusive: this.#upperExclusive,
      leftLateTag: this.#leftLateTag,
      rightLateTag: this.#rightLateTag,
      fn,
    };
    return left[transform]('intervalJoin', params, site, right);
  }
}
