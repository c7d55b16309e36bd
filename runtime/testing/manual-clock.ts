/** Processing time that moves only when the test says so. */
export class ManualClock {
  #now: number;

  constructor(now = 0) {
    this.#now = now;
  }
  now(): number {
    return this.#now;
  }
  /** Never backwards. */
  set(now: number): void {
    if (now < this.#now) throw new RangeError(`processing time cannot go back from ${this.#now} to ${now}`);
    this.#now = now;
  }
}
