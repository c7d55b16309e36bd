/** Processing-time callbacks of one subtask: a binary heap that the slot's loop asks, no host timer per callback. */
import type { ProcessingTimeService } from '../contract/task.js';

interface Scheduled {
  readonly timestamp: number;
  readonly handle: number;
  readonly callback: (timestamp: number) => void;
}

const before = (a: Scheduled, b: Scheduled): boolean =>
  a.timestamp < b.timestamp || (a.timestamp === b.timestamp && a.handle < b.handle);

export class MailboxProcessingTime implements ProcessingTimeService {
  readonly #clock: () => number;
  readonly #heap: Scheduled[] = [];
  /** handles that were neither cancelled nor run */
  readonly #live = new Set<number>();
  #lastHandle = 0;
  #quiesced = false;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock();
  }

  schedule(timestamp: number, callback: (timestamp: number) => void): number {
    const handle = ++this.#lastHandle;
    if (this.#quiesced) return handle;
    this.#live.add(handle);
    this.#push({ timestamp, handle, callback });
    return handle;
  }

  cancel(handle: number): void {
    this.#live.delete(handle);
  }

  /** When the earliest callback is due: one millisecond after its timestamp (datastream-semantics §3.5). */
  get nextDue(): number {
    this.#dropCancelled();
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.timestamp + 1;
  }

  /** Runs the earliest callback if its time has passed. */
  runDue(): boolean {
    this.#dropCancelled();
    const first = this.#heap[0];
    if (!first || this.#clock() <= first.timestamp) return false;
    this.#pop();
    this.#live.delete(first.handle);
    first.callback(first.timestamp);
    return true;
  }

  /** End of input: what is pending does not fire any more, and nothing new is taken (§13.2). */
  quiesce(): void {
    this.#quiesced = true;
    this.#heap.length = 0;
    this.#live.clear();
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && !this.#live.has(this.#heap[0]!.handle)) this.#pop();
  }

  #push(scheduled: Scheduled): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(scheduled);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(scheduled, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = scheduled;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}
