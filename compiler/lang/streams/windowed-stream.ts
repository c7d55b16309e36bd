/** Windows of one stream: per key, or over the whole stream. */
import type { Collector, OutputTagLike } from '../../../plugins/api/functions.js';
import type { ProcessWindowContext, Window } from '../../../plugins/api/windowing.js';
import type { Comparable, FieldPath, Numeric } from '../field-path.js';
import {
  RichFunction,
  type AggregateFunction,
  type AllWindowFunction,
  type ProcessAllWindowFunctionLike,
  type ProcessWindowFunctionLike,
  type Reduce,
  type WindowFunction,
} from '../functions.js';
import { recorder, takeSite } from '../recorder.js';
import type { DataStream, SingleOutputStreamOperator } from './data-stream.js';
import { fieldAggregation, type FieldFunction } from './field-aggregation.js';
import { transform } from './upstream.js';
import { WithWindow, type WindowSettings } from './window-settings.js';

/** What windows can do whether or not they have a key. */
abstract class OneInputWindows<T, W extends Window> extends WithWindow<T, W> {
  protected readonly input: DataStream<T>;
  /** over the whole stream, not per key */
  protected abstract readonly all: boolean;

  constructor(input: DataStream<T>, windows: WindowSettings<T, W>) {
    super(windows);
    this.input = input;
  }

  /** Late records go to this side output instead of being dropped. flink: WindowedStream#sideOutputLateData */
  sideOutputLateData(tag: OutputTagLike<T>): this {
    takeSite();
    recorder().tag(tag.id, tag);
    this.windows = { ...this.windows, lateTag: tag.id };
    return this;
  }

  /** Other fields as in the first record. flink: WindowedStream#sum */
  sum<F extends FieldPath<T, Numeric>>(field: F): SingleOutputStreamOperator<T>;
  sum<V extends T & Numeric>(this: OneInputWindows<V, W>): SingleOutputStreamOperator<V>;
  sum(field?: string): SingleOutputStreamOperator<T> {
    return this.#field('sum', field, true, takeSite());
  }

  /** Other fields as in the first record. flink: WindowedStream#min */
  min<F extends FieldPath<T, Comparable>>(field: F): SingleOutputStreamOperator<T>;
  min<V extends T & Comparable>(this: OneInputWindows<V, W>): SingleOutputStreamOperator<V>;
  min(field?: string): SingleOutputStreamOperator<T> {
    return this.#field('min', field, true, takeSite());
  }

  /** Other fields as in the first record. flink: WindowedStream#max */
  max<F extends FieldPath<T, Comparable>>(field: F): SingleOutputStreamOperator<T>;
  max<V extends T & Comparable>(this: OneInputWindows<V, W>): SingleOutputStreamOperator<V>;
  max(field?: string): SingleOutputStreamOperator<T> {
    return this.#field('max', field, true, takeSite());
  }

  /** The record with the smallest field; of equals the first, or the last with `first` false. flink: WindowedStream#minBy */
  minBy<F extends FieldPath<T, Comparable>>(field: F, first = true): SingleOutputStreamOperator<T> {
    return this.#field('minBy', field, first, takeSite());
  }

  /** The record with the largest field; of equals the first, or the last with `first` false. flink: WindowedStream#maxBy */
  maxBy<F extends FieldPath<T, Comparable>>(field: F, first = true): SingleOutputStreamOperator<T> {
    return this.#field('maxBy', field, first, takeSite());
  }

  #field(
    fn: FieldFunction,
    field: string | undefined,
    first: boolean,
    site: string | null,
  ): SingleOutputStreamOperator<T> {
    return this.windowed({ kind: 'field', aggregation: fieldAggregation(fn, field, first) }, site);
  }

  protected reduced<R>(fn: Reduce<T>, window: object | null): SingleOutputStreamOperator<R> {
    const site = takeSite();
    refuseRichFunction(fn, 'reduce', site);
    return this.windowed({ kind: 'reduce', reduce: fn, window }, site);
  }

  protected aggregated<R>(fn: object, window: object | null): SingleOutputStreamOperator<R> {
    const site = takeSite();
    refuseRichFunction(fn, 'aggregate', site);
    return this.windowed({ kind: 'aggregate', aggregate: fn, window }, site);
  }

  protected windowed<R>(fn: object, site: string | null): SingleOutputStreamOperator<R> {
    const params = { all: this.all, window: this.windows, function: fn };
    const results = this.input[transform]<R>('window', params, site);
    // without a key there is nothing to distribute by
    return this.all ? results.forceNonParallel() : results;
  }
}

/** Pre-aggregates have no life cycle of their own: nobody would call open(). */
function refuseRichFunction(fn: object, method: string, site: string | null): void {
  if (fn instanceof RichFunction) recorder().mistake('FC2109', { method }, site);
}

/** A lambda of the form of ProcessWindowFunction#process. */
type ProcessWindow<T, R, K, W extends Window> =
  | ProcessWindowFunctionLike<T, R, K, W>
  | ((key: K, ctx: ProcessWindowContext<W>, elements: Iterable<T>, out: Collector<R>) => void);

/** A keyed stream cut into windows. flink: WindowedStream */
export class WindowedStream<T, K, W extends Window> extends OneInputWindows<T, W> {
  declare readonly __key?: K;
  protected readonly all = false;

  /** Combines records as they arrive: one accumulator per window. flink: WindowedStream#reduce */
  reduce(fn: Reduce<T>): SingleOutputStreamOperator<T>;
  reduce<R>(fn: Reduce<T>, windowFunction: ProcessWindow<T, R, K, W>): SingleOutputStreamOperator<R>;
  reduce(fn: Reduce<T>, windowFunction: object | null = null): SingleOutputStreamOperator<unknown> {
    return this.reduced(fn, windowFunction);
  }

  /** Aggregates records as they arrive: one accumulator per window. flink: WindowedStream#aggregate */
  aggregate<ACC, R>(fn: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  aggregate<ACC, V, R>(
    fn: AggregateFunction<T, ACC, V>,
    windowFunction: ProcessWindow<V, R, K, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate(fn: object, windowFunction: object | null = null): SingleOutputStreamOperator<unknown> {
    return this.aggregated(fn, windowFunction);
  }

  /** All records of a window at once, with its context. flink: WindowedStream#process */
  process<R>(fn: ProcessWindow<T, R, K, W>): SingleOutputStreamOperator<R> {
    return this.windowed({ kind: 'process', window: fn }, takeSite());
  }

  /** All records of a window at once. flink: WindowedStream#apply */
  apply<R>(
    fn: WindowFunction<T, R, K, W> | ((key: K, window: W, elements: Iterable<T>, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return this.windowed({ kind: 'apply', window: fn }, takeSite());
  }
}

/** A lambda of the form of ProcessAllWindowFunction#process. */
type ProcessAllWindow<T, R, W extends Window> =
  | ProcessAllWindowFunctionLike<T, R, W>
  | ((ctx: ProcessWindowContext<W>, elements: Iterable<T>, out: Collector<R>) => void);

/** A stream cut into windows without a key: runs with parallelism 1. flink: AllWindowedStream */
export class AllWindowedStream<T, W extends Window> extends OneInputWindows<T, W> {
  protected readonly all = true;

  /** Combines records as they arrive: one accumulator per window. flink: AllWindowedStream#reduce */
  reduce(fn: Reduce<T>): SingleOutputStreamOperator<T>;
  reduce<R>(fn: Reduce<T>, windowFunction: ProcessAllWindow<T, R, W>): SingleOutputStreamOperator<R>;
  reduce(fn: Reduce<T>, windowFunction: object | null = null): SingleOutputStreamOperator<unknown> {
    return this.reduced(fn, windowFunction);
  }

  /** Aggregates records as they arrive: one accumulator per window. flink: AllWindowedStream#aggregate */
  aggregate<ACC, R>(fn: AggregateFunction<T, ACC, R>): SingleOutputStreamOperator<R>;
  aggregate<ACC, V, R>(
    fn: AggregateFunction<T, ACC, V>,
    windowFunction: ProcessAllWindow<V, R, W>,
  ): SingleOutputStreamOperator<R>;
  aggregate(fn: object, windowFunction: object | null = null): SingleOutputStreamOperator<unknown> {
    return this.aggregated(fn, windowFunction);
  }

  /** All records of a window at once, with its context. flink: AllWindowedStream#process */
  process<R>(fn: ProcessAllWindow<T, R, W>): SingleOutputStreamOperator<R> {
    return this.windowed({ kind: 'process', window: fn }, takeSite());
  }

  /** All records of a window at once. flink: AllWindowedStream#apply */
  apply<R>(
    fn: AllWindowFunction<T, R, W> | ((window: W, elements: Iterable<T>, out: Collector<R>) => void),
  ): SingleOutputStreamOperator<R> {
    return this.windowed({ kind: 'apply', window: fn }, takeSite());
  }
}
