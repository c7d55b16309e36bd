/** Idleness by the absence of events (datastream-semantics §2.4 withIdleness). flink: WatermarksWithIdleness */

export interface Clock {
  now(): number;
}

/** Stands still while the task cannot read although there may be data: back-pressure, paused splits. */
export class PausableClock implements Clock {
  readonly #clock: Clock;
  #pausedAt: number | null = null;
  #lost = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return (this.#pausedAt ?? this.#clock.now()) - this.#lost;
  }

  pause(): void {
    this.#pausedAt ??= this.#clock.now();
  }

  resume(): void {
    if (this.#pausedAt === null) return;
    this.#lost += this.#clock.now() - this.#pausedAt;
    this.#pausedAt = null;
  }
}

/** Asked once per period, so that an event costs no clock read: the real delay is between d and d plus two periods. */
export class IdlenessTimer {
  readonly #timeout: number;
  readonly #clock: Clock;
  #active = false;
  #inactiveSince: number | null = null;

  constructor(timeout: number, clock: Clock) {
    this.#timeout = timeout;
    this.#clock = clock;
  }

  activity(): void {
    this.#active = true;
  }

  /** The periodic check. */
  isIdle(): boolean {
    if (this.#active) {
      this.#active = false;
      this.#inactiveSince = null;
      return false;
    }
    const now = this.#clock.now();
    this.#inactiveSince ??= now;
    return now - this.#inactiveSince > this.#timeout;
  }
}
