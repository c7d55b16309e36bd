// Async I/O: ordered and unordered, lambda and object, timeouts that answer, and retries.
import {
  AsyncDataStream,
  AsyncRetryStrategies,
  createEnvironment,
  ExponentialBackoffRetryStrategy,
  FixedDelayRetryStrategy,
  RichAsyncFunction,
  seconds,
  type AsyncFunction,
  type ResultFuture,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

class Lookup extends RichAsyncFunction<number, string> {
  #prefix = '';
  override open(): void {
    this.#prefix = 'n';
  }
  async asyncInvoke(input: number, future: ResultFuture<string>): Promise<void> {
    await wait(30 - input * 5);
    future.complete(input % 2 === 0 ? [] : [`${this.#prefix}${input}`, `${this.#prefix}${input}`]);
  }
}
class Slow implements AsyncFunction<number, string> {
  asyncInvoke(input: number, future: ResultFuture<string>): void {
    if (input !== 3) future.complete([String(input)]);
  }
  timeout(input: number, future: ResultFuture<string>): void {
    future.complete([`${input} took too long`]);
  }
}
/** The first attempt fails or gives nothing, the second answers. */
class Flaky extends RichAsyncFunction<number, number> {
  readonly #attempts = new Map<number, number>();
  asyncInvoke(input: number, future: ResultFuture<number>): void {
    const attempt = (this.#attempts.get(input) ?? 0) + 1;
    this.#attempts.set(input, attempt);
    if (attempt === 2) future.complete([input * 10 + attempt]);
    else if (input % 2 === 0) future.complete([]);
    else future.completeExceptionally(new Error('refused'));
  }
}

const env = createEnvironment();
const numbers = env.fromSequence(1, 5);
const lookup = new Lookup();
const retries = {
  ifResult: (results: readonly number[]): boolean => results.length === 0,
  ifException: (error: unknown): boolean => error instanceof Error && error.message === 'refused',
};

AsyncDataStream.orderedWait(numbers, lookup, seconds(10), 3).sinkTo(new CollectSink('ordered'));
AsyncDataStream.unorderedWait(
  numbers,
  async n => {
    await wait(20 - n);
    return { n, half: n / 2 };
  },
  seconds(10),
).sinkTo(new CollectSink('unordered'));
AsyncDataStream.unorderedWait(numbers, new Slow(), 100).sinkTo(new CollectSink('timeout'));
AsyncDataStream.orderedWaitWithRetry(
  numbers,
  new Flaky(),
  seconds(10),
  new FixedDelayRetryStrategy<number>(3, 10, retries),
).sinkTo(new CollectSink('fixed'));
AsyncDataStream.unorderedWaitWithRetry(
  numbers,
  new Flaky(),
  seconds(10),
  new ExponentialBackoffRetryStrategy<number>(3, 5, 100, 2, retries),
  10,
).sinkTo(new CollectSink('exponential'));
AsyncDataStream.orderedWaitWithRetry(
  numbers,
  new Flaky(),
  seconds(10),
  AsyncRetryStrategies.fixedDelay<number>(2, 10, retries),
).sinkTo(new CollectSink('factory'));

AsyncDataStream.orderedWaitWithRetry(numbers, new Flaky(), seconds(10), {
  maxAttempts: 2,
  delay: 5,
  multiplier: 2,
  maxDelay: 20,
  ifResult: results => results.length === 0,
  ifException: retries.ifException,
}).sinkTo(new CollectSink('options'));

await env.execute('async');

// expected ordered: "n1", "n1", "n3", "n3", "n5", "n5"
// expected unordered: {"n":1,"half":0.5}, {"n":2,"half":1}, {"n":3,"half":1.5}, {"n":4,"half":2}, {"n":5,"half":2.5}
// expected timeout: "1", "2", "3 took too long", "4", "5"
// expected fixed: 12, 22, 32, 42, 52
// expected exponential: 12, 22, 32, 42, 52
// expected options: 12, 22, 32, 42, 52
// expected factory: 12, 22, 32, 42, 52
