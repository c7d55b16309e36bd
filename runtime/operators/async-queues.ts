/** In which order the results of asynchronous requests leave (datastream-semantics §6). */

/** A record whose request has been made, and its results once they are there. */
export interface AsyncEntry<IN, OUT> {
  readonly value: IN;
  readonly timestamp: number;
  results: readonly OUT[] | null;
}
/** Something that must not overtake the results before it: a watermark, a change of idleness, the end of the input. */
export type AsyncEvent =
  | { readonly kind: 'watermark'; readonly watermark: number }
  | { readonly kind: 'idle'; readonly idle: boolean }
  | { readonly kind: 'end' };

export interface AsyncOutput<IN, OUT> {
  emitResults(entry: AsyncEntry<IN, OUT>): void;
  emitEvent(event: AsyncEvent): void;
}

export interface AsyncQueue<IN, OUT> {
  /** records whose results have not left */
  readonly records: number;
  readonly isEmpty: boolean;
  add(entry: AsyncEntry<IN, OUT>): void;
  addEvent(event: AsyncEvent): void;
  /** The entry has its results; lets out what may leave. */
  completed(entry: AsyncEntry<IN, OUT>): void;
  /** Records whose results have not left, oldest first. */
  entries(): Iterable<AsyncEntry<IN, OUT>>;
}

/** Results leave in the order of the inputs. */
export class OrderedQueue<IN, OUT> implements AsyncQueue<IN, OUT> {
  records = 0;
  readonly #output: AsyncOutput<IN, OUT>;
  #items: (AsyncEntry<IN, OUT> | AsyncEvent)[] = [];
  #head = 0;

  constructor(output: AsyncOutput<IN, OUT>) {
    this.#output = output;
  }
  get isEmpty(): boolean {
    return this.#head === this.#items.length;
  }
  add(entry: AsyncEntry<IN, OUT>): void {
    this.records++;
    this.#items.push(entry);
  }
  addEvent(event: AsyncEvent): void {
    this.#items.push(event);
    this.#drain();
  }
  completed(): void {
    this.#drain();
  }
  *entries(): Iterable<AsyncEntry<IN, OUT>> {
    for (let i = this.#head; i < this.#items.length; i++) {
      const item = this.#items[i]!;
      if ('results' in item) yield item;
    }
  }
  #drain(): void {
    while (!this.isEmpty) {
      const item = this.#items[this.#head]!;
      if (!('results' in item)) {
        this.#removeHead();
        this.#output.emitEvent(item);
      } else if (item.results === null) return;
      else {
        this.#removeHead();
        this.records--;
        this.#output.emitResults(item);
      }
    }
  }
  #removeHead(): void {
    this.#head++;
    // Shifting each time would cost the length of the queue.
    if (this.#head >= 1024 || this.#head === this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}

interface Segment<IN, OUT> {
  readonly entries: Set<AsyncEntry<IN, OUT>>;
  /** what follows when all of the segment has left; null while it is the last segment */
  event: AsyncEvent | null;
}

/** Results leave as they come, but none overtakes a watermark and no watermark overtakes one. */
export class UnorderedQueue<IN, OUT> implements AsyncQueue<IN, OUT> {
  records = 0;
  readonly #output: AsyncOutput<IN, OUT>;
  readonly #segments: Segment<IN, OUT>[] = [{ entries: new Set(), event: null }];

  constructor(output: AsyncOutput<IN, OUT>) {
    this.#output = output;
  }
  get isEmpty(): boolean {
    return this.#segments.length === 1 && this.#segments[0]!.entries.size === 0;
  }
  add(entry: AsyncEntry<IN, OUT>): void {
    this.records++;
    this.#segments.at(-1)!.entries.add(entry);
  }
  addEvent(event: AsyncEvent): void {
    this.#segments.at(-1)!.event = event;
    this.#segments.push({ entries: new Set(), event: null });
    this.#passEvents();
  }
  completed(entry: AsyncEntry<IN, OUT>): void {
    const first = this.#segments[0]!;
    if (!first.entries.has(entry)) return; // behind a watermark: waits for it
    this.#release(first, entry);
    this.#passEvents();
  }
  *entries(): Iterable<AsyncEntry<IN, OUT>> {
    for (const segment of this.#segments) yield* segment.entries;
  }
  #passEvents(): void {
    for (
      let first = this.#segments[0]!;
      first.entries.size === 0 && first.event;
      first = this.#segments[0]!
    ) {
      this.#segments.shift();
      this.#output.emitEvent(first.event);
      const next = this.#segments[0]!;
      for (const entry of next.entries) if (entry.results !== null) this.#release(next, entry);
    }
  }
  #release(segment: Segment<IN, OUT>, entry: AsyncEntry<IN, OUT>): void {
    segment.entries.delete(entry);
    this.records--;
    this.#output.emitResults(entry);
  }
}
