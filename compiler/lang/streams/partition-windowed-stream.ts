import type { Collector } from '../../../plugins/api/functions.js';
import type { AggregateFunction, MapPartitionFunction, Reduce } from '../functions.js';
import { takeSite } from '../recorder.js';
import type { DataStream, SingleOutputStreamOperator } from './data-stream.js';
import { keySelector, type Key } from './partitioning.js';
import { transform } from './upstream.js';

export type SortOrder = 'ASCENDING' | 'DESCENDING';

/** Each subtask's whole bounded input at once. flink: PartitionWindowedStream */
export class PartitionWindowedStream<T> {
  readonly #input: DataStream<T>;

  constructor(input: DataStream<T>) {
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
    return this.#input[transform]('fullWindowPartition', { operation, fn, order }, site);
  }
}
