/** Evictors (flink: datastream-semantics §4.5). They run before the window function, or after it with `doEvictAfter`. */
import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import { MIN_TIMESTAMP, type Duration } from '../../../plugins/api/types.js';
import type { Evictor, TimestampedValue, Window } from '../../../plugins/api/windowing.js';
import { delta, type Delta } from './delta.js';

type Elements<T> = readonly TimestampedValue<T>[];

/** Keeps the last `maxCount` records. flink: CountEvictor */
export class CountEvictor implements Evictor<unknown, Window>, Shippable {
  readonly maxCount: number;
  readonly doEvictAfter: boolean;

  constructor(maxCount: number, doEvictAfter = false) {
    if (!(maxCount >= 0)) throw new Error('CountEvictor needs a count of at least zero');
    this.maxCount = maxCount;
    this.doEvictAfter = doEvictAfter;
  }

  static of(maxCount: number, doEvictAfter?: boolean): CountEvictor {
    return new CountEvictor(maxCount, doEvictAfter);
  }

  evictBefore<T>(elements: Elements<T>): Elements<T> {
    return this.doEvictAfter ? elements : this.#evict(elements);
  }

  evictAfter<T>(elements: Elements<T>): Elements<T> {
    return this.doEvictAfter ? this.#evict(elements) : elements;
  }

  #evict<T>(elements: Elements<T>): Elements<T> {
    return elements.length <= this.maxCount ? elements : elements.slice(elements.length - this.maxCount);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'CountEvictor', args: [this.maxCount, this.doEvictAfter] };
  }
}

/** Keeps the records of the last `windowSize` ms, counted from the newest record. flink: TimeEvictor */
export class TimeEvictor implements Evictor<unknown, Window>, Shippable {
  readonly windowSize: number;
  readonly doEvictAfter: boolean;

  constructor(windowSize: Duration, doEvictAfter = false) {
    this.windowSize = windowSize;
    this.doEvictAfter = doEvictAfter;
  }

  static of(windowSize: Duration, doEvictAfter?: boolean): TimeEvictor {
    return new TimeEvictor(windowSize, doEvictAfter);
  }

  evictBefore<T>(elements: Elements<T>): Elements<T> {
    return this.doEvictAfter ? elements : this.#evict(elements);
  }

  evictAfter<T>(elements: Elements<T>): Elements<T> {
    return this.doEvictAfter ? this.#evict(elements) : elements;
  }

  #evict<T>(elements: Elements<T>): Elements<T> {
    // as in Flink the first record stands for all: a stream has timestamps or it has not
    if (elements[0] === undefined || elements[0].timestamp === MIN_TIMESTAMP) return elements;
    let newest = MIN_TIMESTAMP;
    for (const element of elements) newest = Math.max(newest, element.timestamp);
    const cutoff = newest - this.windowSize;
    return elements.filter(element => element.timestamp > cutoff);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'TimeEvictor', args: [this.windowSize, this.doEvictAfter] };
  }
}

/** Removes the records that are `threshold` or more away from the last one. flink: DeltaEvictor */
export class DeltaEvictor<T> implements Evictor<T, Window>, Shippable {
  readonly threshold: number;
  readonly deltaFunction: Delta<T>;
  readonly doEvictAfter: boolean;

  constructor(threshold: number, deltaFunction: Delta<T>, doEvictAfter = false) {
    this.threshold = threshold;
    this.deltaFunction = deltaFunction;
    this.doEvictAfter = doEvictAfter;
  }

  static of<T>(threshold: number, deltaFunction: Delta<T>, doEvictAfter?: boolean): DeltaEvictor<T> {
    return new DeltaEvictor(threshold, deltaFunction, doEvictAfter);
  }

  evictBefore(elements: Elements<T>): Elements<T> {
    return this.doEvictAfter ? elements : this.#evict(elements);
  }

  evictAfter(elements: Elements<T>): Elements<T> {
    return this.doEvictAfter ? this.#evict(elements) : elements;
  }

  #evict(elements: Elements<T>): Elements<T> {
    const last = elements.at(-1);
    if (last === undefined) return elements;
    return elements.filter(element => delta(this.deltaFunction, element.value, last.value) < this.threshold);
  }

  [ship](): ShipReference {
    return {
      module: 'flinkc',
      name: 'DeltaEvictor',
      args: [this.threshold, this.deltaFunction, this.doEvictAfter],
    };
  }
}
