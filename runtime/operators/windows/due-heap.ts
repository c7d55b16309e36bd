/** Rows in order of time: a binary heap in typed arrays. */
const initialCapacity = 64;

export class DueHeap {
  #size = 0;
  #times = new Float64Array(initialCapacity);
  #rows = new Int32Array(initialCapacity);

  /** Of the first row; Infinity when there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Infinity : this.#times[0]!;
  }

  add(time: number, row: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const rows = this.#rows;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent]! <= time) break;
      times[at] = times[parent]!;
      rows[at] = rows[parent]!;
      at = parent;
    }
    times[at] = time;
    rows[at] = row;
  }

  /** Removes the first row and returns it. */
  take(): number {
    const times = this.#times;
    const rows = this.#rows;
    const first = rows[0]!;
    const size = --this.#size;
    const time = times[size]!;
    const row = rows[size]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= time) break;
      times[at] = times[child]!;
      rows[at] = rows[child]!;
      at = child;
    }
    times[at] = time;
    rows[at] = row;
    return first;
  }

  clear(): void {
    this.#size = 0;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#size);
    times.set(this.#times);
    this.#times = times;
    const rows = new Int32Array(2 * this.#size);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
