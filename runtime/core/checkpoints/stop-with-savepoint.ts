/**
 * Stopping a job with a savepoint (datastream-semantics §10.3): the savepoint completes, sinks commit what is in it, all
 * tasks finish. What fails before that leaves the job running; a drained job has flushed its windows as if its input
 * had ended, and has to start again from its last checkpoint.
 */

export type StopPhase = 'savepoint' | 'finishing' | 'stopped' | 'failed';

/** Every legal transition. */
const stopTransitions = {
  savepoint: ['finishing', 'failed'],
  finishing: ['stopped', 'failed'],
  stopped: [],
  failed: [],
} as const satisfies Record<StopPhase, readonly StopPhase[]>;

export type StopEvent =
  | { readonly type: 'savepointCompleted' }
  /** `begun`: barriers may have reached tasks */
  | { readonly type: 'savepointFailed'; readonly begun: boolean }
  | { readonly type: 'jobFinished' }
  | { readonly type: 'jobFailed' };

/**
 * What whoever asked for it is told, and whether the job has to restart: all tasks, finished ones too, which have flushed
 * what they should have kept, or ended before their input did.
 */
export type StopAction = 'answer' | 'refuse' | 'restart';

export class StopWithSavepoint {
  readonly #drain: boolean;
  #phase: StopPhase = 'savepoint';

  constructor(drain: boolean) {
    this.#drain = drain;
  }

  get phase(): StopPhase {
    return this.#phase;
  }

  /** An event that does not fit the phase any more is late and changes nothing. */
  on(event: StopEvent): readonly StopAction[] {
    switch (event.type) {
      case 'savepointCompleted':
        if (this.#phase === 'savepoint') this.#become('finishing');
        return [];
      case 'savepointFailed':
        if (this.#phase !== 'savepoint') return [];
        this.#become('failed');
        return this.#drain && event.begun ? ['refuse', 'restart'] : ['refuse'];
      case 'jobFinished':
        if (this.#phase !== 'finishing') return [];
        this.#become('stopped');
        return ['answer'];
      case 'jobFailed':
        if (this.#phase !== 'savepoint' && this.#phase !== 'finishing') return [];
        this.#become('failed');
        // A savepoint that is being written may still complete, and regions that run finish for it.
        return ['refuse', 'restart'];
    }
  }

  #become(phase: StopPhase): void {
    if (!(stopTransitions[this.#phase] as readonly StopPhase[]).includes(phase))
      throw new Error(`stopping may not go from ${this.#phase} to ${phase}`);
    this.#phase = phase;
  }
}
