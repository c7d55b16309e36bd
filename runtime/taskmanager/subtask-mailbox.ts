/** What waits for a subtask's thread, in order, and what the subtask itself waits for. */
export class SubtaskMailbox {
  readonly #wake: () => void;
  readonly #fail: (error: unknown) => void;
  readonly #mails: (() => void)[] = [];
  #holding = false;
  readonly #held: (() => void)[] = [];
  #suspensions = 0;
  #tracked = 0;

  /** `wake`: there is something to do again; `fail`: a promise was rejected */
  constructor(wake: () => void, fail: (error: unknown) => void) {
    this.#wake = wake;
    this.#fail = fail;
  }

  enqueue(callback: () => void): void {
    this.#mails.push(callback);
    this.#wake();
  }

  /** A callback that makes the task emit. */
  enqueueOutput(callback: () => void): void {
    this.enqueue(() => {
      if (this.#holding) this.#held.push(callback);
      else callback();
    });
  }

  /** False: there was none. */
  runNext(): boolean {
    const mail = this.#mails.shift();
    mail?.();
    return mail !== undefined;
  }

  /**
   * From a savepoint that stops the job: what the task would emit behind it is in that savepoint already, and nobody
   * takes it any more: receivers have stopped, a full channel would keep the subtask from its end.
   */
  holdOutput(): void {
    this.#holding = true;
  }

  /** The job goes on. */
  releaseOutput(): void {
    this.#holding = false;
    this.#mails.unshift(...this.#held.splice(0));
  }

  clear(): void {
    this.#mails.length = 0;
  }

  /** No unit of work until the promise settles. */
  suspend(promise: Promise<unknown>): void {
    this.#suspensions++;
    promise.then(
      () => {
        this.#suspensions--;
        this.#wake();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  get suspended(): boolean {
    return this.#suspensions > 0;
  }

  /** Work goes on, but the subtask does not end before the promise settles. */
  track(promise: Promise<unknown>): void {
    this.#tracked++;
    promise.then(
      () => {
        this.#tracked--;
        this.#wake();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  get tracks(): boolean {
    return this.#tracked > 0;
  }
}
