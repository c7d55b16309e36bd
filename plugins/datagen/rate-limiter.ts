/** Spreads records over time: at most `perSecond` on average, in steps of the clock the engine hands in. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #start: number;
  #emitted = 0;

  constructor(perSecond: number, now: number) {
    if (!(perSecond > 0)) throw new RangeError(`a rate must be positive, not ${perSecond}`);
    this.#perSecond = perSecond;
    this.#start = now;
  }
  /** How many records may go out now: 0 when ahead of time. */
  take(now: number): number {
    return Math.max(0, Math.floor(((now - this.#start) / 1000) * this.#perSecond) + 1 - this.#emitted);
  }
  used(count: number): void {
    this.#emitted += count;
  }
  /** Milliseconds until take() gives at least 1. */
  wait(now: number): number {
    return Math.max(0, Math.ceil(this.#start + (this.#emitted / this.#perSecond) * 1000 - now));
  }
}
