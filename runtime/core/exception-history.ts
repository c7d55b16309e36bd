/**
 * The last failures of a job, each with those that happened at the same time: while the job was being restarted for it,
 * others of its tasks fail as well. Pure; what a failure is made of (`F`) is the caller's.
 */

export interface ExceptionEntry<F> {
  readonly timestamp: number;
  readonly fault: F;
  /** the subtasks that were restarted for it; null: the whole job */
  readonly region: string | null;
}
export interface RootException<F> extends ExceptionEntry<F> {
  readonly concurrent: readonly ExceptionEntry<F>[];
}

/** A wave of failures is not remembered one by one. */
const maxConcurrent = 100;

export class ExceptionHistory<F> {
  readonly #size: number;
  #entries: RootException<F>[] = [];
  #truncated = false;

  constructor(size: number) {
    this.#size = size;
  }

  /** Newest first. */
  get entries(): readonly RootException<F>[] {
    return [...this.#entries].reverse();
  }
  /** Older ones are forgotten. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** `isNewAttempt` as the restart strategy says: else it belongs to the newest one. */
  add(entry: ExceptionEntry<F>, isNewAttempt: boolean): void {
    const newest = this.#entries.at(-1);
    if (isNewAttempt || !newest) {
      this.#entries.push({ ...entry, concurrent: [] });
      if (this.#entries.length > this.#size) {
        this.#entries.shift();
        this.#truncated = true;
      }
    } else if (newest.concurrent.length < maxConcurrent)
      this.#entries[this.#entries.length - 1] = { ...newest, concurrent: [...newest.concurrent, entry] };
  }
}
