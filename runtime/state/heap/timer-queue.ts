import type { ChangedSlots } from './changed-slots.js';
import type { CopyOnWrite } from './copy-on-write.js';
import { PAGE_BITS, PAGE_MASK, PAGE_SIZE, SlotAllocator } from './pages.js';
import { SlotTable, spread, spreadNumber } from './slot-table.js';

/**
 * Timers of one time domain, first the earliest, equal ones in order of registration. A timer is
 * (slot of its key, id of its namespace, timestamp) in columns; a table over them finds duplicates.
 */
export class TimerQueue extends SlotTable {
  readonly #slots = new SlotAllocator();
  #timestamp = new Float64Array(64);
  #key = new Int32Array(64);
  #namespace = new Int32Array(64);
  #sequence = new Float64Array(64);
  /** place in the heap */
  #place = new Int32Array(64);
  #heap = new Int32Array(64);
  #nextSequence = 0;
  /** while a snapshot is being written */
  copyOnWrite: CopyOnWrite | null = null;
  /** with a changelog */
  changes: ChangedSlots | null = null;

  /** Earliest timer, or -1. */
  first(): number {
    return this.size === 0 ? -1 : this.#heap[0]!;
  }
  timestampOf(timer: number): number {
    return this.#timestamp[timer]!;
  }
  keyOf(timer: number): number {
    return this.#key[timer]!;
  }
  namespaceOf(timer: number): number {
    return this.#namespace[timer]!;
  }
  at(position: number): number {
    return this.#heap[position]!;
  }

  find(key: number, namespace: number, timestamp: number): number {
    const hash = hashTimer(key, namespace, timestamp);
    const { table, mask } = this.directory[hash >>> this.shift]!;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const timer = table[i]! - 1;
      if (timer < 0) return -1;
      if (
        this.#timestamp[timer] === timestamp &&
        this.#key[timer] === key &&
        this.#namespace[timer] === namespace
      )
        return timer;
    }
  }
  /** False when there is such a timer already. */
  insert(key: number, namespace: number, timestamp: number): boolean {
    if (this.find(key, namespace, timestamp) >= 0) return false;
    const timer = this.#slots.allocate();
    if (timer === this.#timestamp.length) this.#grow();
    this.#timestamp[timer] = timestamp;
    this.#key[timer] = key;
    this.#namespace[timer] = namespace;
    this.#sequence[timer] = this.#nextSequence++;
    const place = this.size;
    this.add(hashTimer(key, namespace, timestamp), timer);
    this.#up(place, timer);
    this.changes?.added(timer);
    return true;
  }
  /** Slots of all timers, in pages. */
  present(): Uint8Array[] {
    const pages: Uint8Array[] = [];
    for (let place = 0; place < this.size; place++) {
      const timer = this.#heap[place]!;
      while (timer >>> PAGE_BITS >= pages.length) pages.push(new Uint8Array(PAGE_SIZE));
      pages[timer >>> PAGE_BITS]![timer & PAGE_MASK] = 1;
    }
    return pages;
  }
  remove(timer: number): void {
    this.copyOnWrite?.release(timer);
    this.changes?.removed(timer);
    this.delete(this.hashOf(timer), timer);
    const place = this.#place[timer]!;
    const last = this.#heap[this.size]!;
    if (last !== timer) {
      this.#up(place, last);
      if (this.#place[last] === place) this.#down(place, last);
    }
    this.#slots.free(timer);
  }
  protected override hashOf(timer: number): number {
    return hashTimer(this.#key[timer]!, this.#namespace[timer]!, this.#timestamp[timer]!);
  }

  #before(a: number, b: number): boolean {
    const ta = this.#timestamp[a]!;
    const tb = this.#timestamp[b]!;
    return ta < tb || (ta === tb && this.#sequence[a]! < this.#sequence[b]!);
  }
  #up(place: number, timer: number): void {
    const heap = this.#heap;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent]!;
      if (!this.#before(timer, above)) break;
      heap[place] = above;
      this.#place[above] = place;
      place = parent;
    }
    heap[place] = timer;
    this.#place[timer] = place;
  }
  #down(place: number, timer: number): void {
    const heap = this.#heap;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && this.#before(heap[child + 1]!, heap[child]!)) child++;
      const below = heap[child]!;
      if (!this.#before(below, timer)) break;
      heap[place] = below;
      this.#place[below] = place;
      place = child;
    }
    heap[place] = timer;
    this.#place[timer] = place;
  }
  #grow(): void {
    this.#timestamp = grown(this.#timestamp, Float64Array);
    this.#sequence = grown(this.#sequence, Float64Array);
    this.#key = grown(this.#key, Int32Array);
    this.#namespace = grown(this.#namespace, Int32Array);
    this.#place = grown(this.#place, Int32Array);
    this.#heap = grown(this.#heap, Int32Array);
  }
}

function hashTimer(key: number, namespace: number, timestamp: number): number {
  return spread(
    (spreadNumber(timestamp) + Math.imul(key, 0x9e3779b1) + Math.imul(namespace, 0x85ebca77)) | 0,
  );
}

function grown<A extends Float64Array | Int32Array>(array: A, Type: new (length: number) => A): A {
  const larger = new Type(array.length * 2);
  larger.set(array);
  return larger;
}
