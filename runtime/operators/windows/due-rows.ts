/**
 * Rows in order of the time at which something has to be done about them. Most rows are added for a time later than all
 * that is sorted already, a gap after the present: they wait as they come, and are sorted together when it is their turn.
 * HOT: bench/nexmark, q11.
 */
import { DueHeap } from './due-heap.js';

const initialCapacity = 64;
/** Fewer rows than this are sorted one by one. */
const worthSorting = 256;

export class DueRows {
  // All that is later than #horizon, in no order.
  #waiting = 0;
  #times = new Float64Array(initialCapacity);
  #rows = new Int32Array(initialCapacity);
  #first = Infinity;
  #last = -Infinity;
  #isWhole = true;
  /** Times up to this are in #sorted or #early. */
  #horizon = -Infinity;
  readonly #sorted = new SortedRows();
  /** What was added when it was the turn of its time already. */
  readonly #early = new DueHeap();

  /** Of the first row; Infinity when there is none. */
  get nextTime(): number {
    const next = Math.min(this.#sorted.nextTime, this.#early.nextTime);
    if (next < Infinity || this.#waiting === 0) return next;
    this.#sort();
    return Math.min(this.#sorted.nextTime, this.#early.nextTime);
  }

  add(time: number, row: number): void {
    if (time < this.#horizon) {
      this.#early.add(time, row);
      return;
    }
    if (this.#waiting === this.#times.length) this.#grow();
    this.#times[this.#waiting] = time;
    this.#rows[this.#waiting++] = row;
    this.#first = Math.min(this.#first, time);
    this.#last = Math.max(this.#last, time);
    this.#isWhole = this.#isWhole && Math.floor(time) === time;
  }

  /** Removes the row that nextTime is of, and returns it. */
  take(): number {
    return this.#sorted.nextTime <= this.#early.nextTime ? this.#sorted.take() : this.#early.take();
  }

  clear(): void {
    this.#forgetWaiting();
    this.#horizon = -Infinity;
    this.#sorted.clear();
    this.#early.clear();
  }

  #sort(): void {
    const size = this.#waiting;
    this.#horizon = this.#last;
    if (size >= worthSorting && this.#isWhole && this.#last - this.#first < maxRange)
      this.#sorted.fill(this.#times, this.#rows, size, this.#first, this.#last);
    else for (let i = 0; i < size; i++) this.#early.add(this.#times[i]!, this.#rows[i]!);
    this.#forgetWaiting();
  }

  #forgetWaiting(): void {
    this.#waiting = 0;
    this.#first = Infinity;
    this.#last = -Infinity;
    this.#isWhole = true;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#waiting);
    times.set(this.#times);
    this.#times = times;
    const rows = new Int32Array(2 * this.#waiting);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}

/** Between the first and the last of times that are sorted: their distance from the first fits into 32 bits. */
const maxRange = 2 ** 32;
const digitBits = 11;
const digitMask = (1 << digitBits) - 1;

/** Rows in order of whole times, sorted by one digit after the other. Rows of equal times keep their order. */
class SortedRows {
  #at = 0;
  #size = 0;
  #base = 0;
  /** from #base, in milliseconds */
  #offsets = new Uint32Array(initialCapacity);
  #rows = new Int32Array(initialCapacity);
  #spareOffsets = new Uint32Array(initialCapacity);
  #spareRows = new Int32Array(initialCapacity);
  readonly #starts = new Int32Array(digitMask + 1);

  get nextTime(): number {
    return this.#at === this.#size ? Infinity : this.#base + this.#offsets[this.#at]!;
  }

  take(): number {
    return this.#rows[this.#at++]!;
  }

  /** @param first @param last of the times */
  fill(times: Float64Array, rows: Int32Array, size: number, first: number, last: number): void {
    if (size > this.#rows.length) {
      this.#offsets = new Uint32Array(times.length);
      this.#rows = new Int32Array(times.length);
      this.#spareOffsets = new Uint32Array(times.length);
      this.#spareRows = new Int32Array(times.length);
    }
    for (let i = 0; i < size; i++) this.#offsets[i] = times[i]! - first;
    this.#rows.set(rows.subarray(0, size));
    this.#at = 0;
    this.#size = size;
    this.#base = first;
    const range = last - first;
    for (let shift = 0; shift < 32 && range >= 2 ** shift; shift += digitBits) this.#sortByDigit(shift);
  }

  clear(): void {
    this.#at = this.#size = 0;
  }

  #sortByDigit(shift: number): void {
    const starts = this.#starts;
    startsOfDigits(starts, this.#offsets, this.#size, shift);
    const toOffsets = this.#spareOffsets;
    const toRows = this.#spareRows;
    this.#spareOffsets = this.#offsets;
    this.#spareRows = this.#rows;
    this.#offsets = toOffsets;
    this.#rows = toRows;
    for (let i = 0; i < this.#size; i++) {
      const offset = this.#spareOffsets[i]!;
      const to = starts[(offset >>> shift) & digitMask]!++;
      toOffsets[to] = offset;
      toRows[to] = this.#spareRows[i]!;
    }
  }
}

// Loops of their own: V8 compiles the first one before it has seen what comes after it.
function startsOfDigits(starts: Int32Array, offsets: Uint32Array, size: number, shift: number): void {
  starts.fill(0);
  for (let i = 0; i < size; i++) starts[(offsets[i]! >>> shift) & digitMask]!++;
  sumsBefore(starts);
}
function sumsBefore(counts: Int32Array): void {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    counts[i] = sum;
    sum += count;
  }
}
