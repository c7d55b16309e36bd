import type { AsyncRetryStrategy } from '../../plugins/api/functions.js';
import type { Duration } from '../../plugins/api/types.js';
import { retryStrategy, type RetryOptions } from './async-retry.js';
import type { AsyncFunction } from './functions.js';
import { recorder, takeSite } from './recorder.js';
import type { DataStream, SingleOutputStreamOperator } from './streams/data-stream.js';
import { transform } from './streams/upstream.js';

/** An async lambda gives one result per record; with asyncInvoke(input, future) there can be any number. */
export type AsyncOperation<T, R> = AsyncFunction<T, R> | ((input: T) => Promise<R>);

/** flink: AsyncDataStream.DEFAULT_QUEUE_CAPACITY */
const defaultCapacity = 100;

/**
 * Requests to other systems without waiting for each. `timeout` is per record, retries included; 0 means none.
 * `capacity` bounds the requests in flight: beyond it the stream waits. In-flight inputs are part of checkpoints and
 * asked again after a restore, so requests must tolerate repeats. flink: AsyncDataStream
 */
export class AsyncDataStream {
  /** Results leave in the order of the inputs. flink: AsyncDataStream#orderedWait */
  static orderedWait<T, R>(
    stream: DataStream<T>,
    fn: AsyncOperation<NoInfer<T>, R>,
    timeout: Duration,
    capacity: number = defaultCapacity,
  ): SingleOutputStreamOperator<R> {
    return asyncWait(stream, fn, true, timeout, capacity, null, takeSite());
  }

  /** Results leave as they come, but never overtake a watermark. flink: AsyncDataStream#unorderedWait */
  static unorderedWait<T, R>(
    stream: DataStream<T>,
    fn: AsyncOperation<NoInfer<T>, R>,
    timeout: Duration,
    capacity: number = defaultCapacity,
  ): SingleOutputStreamOperator<R> {
    return asyncWait(stream, fn, false, timeout, capacity, null, takeSite());
  }

  /** flink: AsyncDataStream#orderedWaitWithRetry */
  static orderedWaitWithRetry<T, R>(
    stream: DataStream<T>,
    fn: AsyncOperation<NoInfer<T>, R>,
    timeout: Duration,
    retry: AsyncRetryStrategy<R> | RetryOptions<R>,
    capacity: number = defaultCapacity,
  ): SingleOutputStreamOperator<R> {
    return asyncWait(stream, fn, true, timeout, capacity, retry, takeSite());
  }

  /** flink: AsyncDataStream#unorderedWaitWithRetry */
  static unorderedWaitWithRetry<T, R>(
    stream: DataStream<T>,
    fn: AsyncOperation<NoInfer<T>, R>,
    timeout: Duration,
    retry: AsyncRetryStrategy<R> | RetryOptions<R>,
    capacity: number = defaultCapacity,
  ): SingleOutputStreamOperator<R> {
    return asyncWait(stream, fn, false, timeout, capacity, retry, takeSite());
  }
}

function asyncWait<T, R>(
  stream: DataStream<T>,
  fn: AsyncOperation<T, R>,
  ordered: boolean,
  timeout: number,
  capacity: number,
  retry: AsyncRetryStrategy<R> | RetryOptions<R> | null,
  site: string | null,
): SingleOutputStreamOperator<R> {
  if (!(timeout >= 0)) recorder().mistake('FC2112', { setting: 'timeout', value: String(timeout) }, site);
  if (!(Number.isInteger(capacity) && capacity > 0)) {
    recorder().mistake('FC2112', { setting: 'capacity', value: String(capacity) }, site);
  }
  const params = { fn, ordered, timeout, capacity, retry: retry && retryStrategy(retry) };
  return stream[transform]('asyncWait', params, site);
}
