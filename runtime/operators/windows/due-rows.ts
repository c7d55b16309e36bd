/**
 * Rows in order of the time at which something has to be done about them. Only what is due soon lies in a heap; the rest
 * waits, in no order, in buckets of time, so that a heap of all live rows, which no cache holds, is not needed.
 */
import { TimeHeap } from './time-heap.js';

interface Bucket {
  readonly start: number;
  readonly times: number[];
  readonly rows: number[];
}

export class DueRows {
  /** milliseconds */
  readonly #width: number;
  /** what is due before #horizon */
  readonly #soon = new TimeHeap();
  #horizon = -Infinity;
  /** by start */
  readonly #buckets = new Map<number, Bucket>();
  readonly #starts = new TimeHeap();
  /** the one that was added to last */
  #current: Bucket | null = null;

  /** @param width of a bucket in milliseconds; best: what is added at one time is due over some dozens of them */
  constructor(width: number) {
    this.#width = Math.max(1, Math.ceil(width));
  }

  /** Of the first row; Infinity when there is none. */
  get nextTime(): number {
    const next = this.#soon.nextTime;
    return next === Infinity ? this.#openBucket() : next;
  }

  add(time: number, row: number): void {
    if (time < this.#horizon) {
      this.#soon.add(time, row);
      return;
    }
    let bucket = this.#current;
    if (bucket === null || time < bucket.start || time >= bucket.start + this.#width)
      this.#current = bucket = this.#bucketOf(time);
    bucket.times.push(time);
    bucket.rows.push(row);
  }

  /** Removes the row that nextTime is of, and returns it. */
  take(): number {
    return this.#soon.take();
  }

  clear(): void {
    this.#soon.clear();
    this.#starts.clear();
    this.#buckets.clear();
    this.#current = null;
    this.#horizon = -Infinity;
  }

  #bucketOf(time: number): Bucket {
    const start = Math.floor(time / this.#width) * this.#width;
    let bucket = this.#buckets.get(start);
    if (bucket === undefined) {
      bucket = { start, times: [], rows: [] };
      this.#buckets.set(start, bucket);
      this.#starts.add(start, 0);
    }
    return bucket;
  }

  #openBucket(): number {
    const start = this.#starts.nextTime;
    if (start === Infinity) return Infinity;
    this.#starts.take();
    const { times, rows } = this.#buckets.get(start)!;
    this.#buckets.delete(start);
    this.#current = null;
    this.#horizon = start + this.#width;
    for (let i = 0; i < rows.length; i++) this.#soon.add(times[i]!, rows[i]!);
    return this.#soon.nextTime;
  }
}
