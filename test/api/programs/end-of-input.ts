// §13.2: input has ended for an operator when every input of its task has, and when requests before it are answered.
import { AsyncDataStream, createEnvironment, RichAsyncFunction, seconds } from 'flinkc';
import type { ResultFuture } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

/** Answers when it is asked for the third time. The last three, which the end of the input finds in flight, answer at once. */
class Reluctant extends RichAsyncFunction<number, number> {
  readonly #asked = new Map<number, number>();
  asyncInvoke(n: number, future: ResultFuture<number>): void {
    const asked = (this.#asked.get(n) ?? 0) + 1;
    this.#asked.set(n, asked);
    if (asked === 3 || n > 27) future.complete([n]);
    else future.completeExceptionally(new Error('not yet'));
  }
}
const retry = { maxAttempts: 3, delay: 1, ifException: () => true };
const summary = (values: Iterable<number>): readonly [count: number, sum: number] => {
  const all = [...values];
  return [all.length, all.reduce((a, b) => a + b, 0)];
};

const env = createEnvironment();
const thirty = env.fromSequence(1, 30).setParallelism(1);
const once = AsyncDataStream.orderedWaitWithRetry(
  thirty,
  new Reluctant(),
  seconds(60),
  retry,
  3,
).setParallelism(1);
const twice = AsyncDataStream.orderedWaitWithRetry(
  once,
  new Reluctant(),
  seconds(60),
  retry,
  2,
).setParallelism(1);
twice
  .fullWindowPartition()
  .mapPartition<readonly [number, number]>((values, out) => out.collect(summary(values)))
  .setParallelism(1)
  .sinkTo(new CollectSink('behind-requests'));

const few = env.fromData(-1, -2);
const many = env.fromSequence(1, 3000).setParallelism(1);
const negate = (n: number): number => -n;
few
  .connect(many)
  .map(negate, negate)
  .setParallelism(1)
  .fullWindowPartition()
  .mapPartition<readonly [number, number]>((values, out) => out.collect(summary(values)))
  .setParallelism(1)
  .sinkTo(new CollectSink('behind-two-inputs'));
few
  .union(many)
  .fullWindowPartition()
  .mapPartition<readonly [number, number]>((values, out) => out.collect(summary(values)))
  .setParallelism(1)
  .sinkTo(new CollectSink('behind-a-union'));

await env.execute('end-of-input');

// expected behind-requests: [30, 465]
// expected behind-two-inputs: [3002, -4501497]
// expected behind-a-union: [3002, 4501497]
