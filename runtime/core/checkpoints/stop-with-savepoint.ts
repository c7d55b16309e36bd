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
  | { readonly type: 'savepointCompleted'; readonly location: string }
  /** `begun`: barriers may have reached tasks */
  | { readonly type: 'savepointFailed'; readonly begun: boolean; readonly message: string }
  | { readonly type: 'jobFinished' }
  | { readonly type: 'jobFailed'; readonly message: string };

export type StopAction =
  | { readonly type: 'answer'; readonly location: string }
  | { readonly type: 'refuse'; readonly message: string; readonly location: string | null }
  /** All tasks, finished ones too: they have flushed what they should have kept, or ended before their input did. */
  | { readonly type: 'restart'; readonly message: string };

export class StopWithSavepoint {
  readonly drain: boolean;
  #phase: StopPhase = 'savepoint';
  #location: string | null = null;

  constructor(drain: boolean) {
    this.drain = drain;
  }

  get phase(): StopPhase {
    return this.#phase;
  }

  /** An event that does not fit the phase any more is late and changes nothing. */
  on(event: StopEvent): readonly StopAction[] {
    switch (event.type) {
      case 'savepointCompleted':
        if (this.#phase !== 'savepoint') return [];
        this.#become('finishing');
        this.#location = event.location;
        return [];
      case 'savepointFailed': {
        if (this.#phase !== 'savepoint') return [];
        const { message } = event;
        this.#become('failed');
        const refuse = { type: 'refuse', message, location: null } as const;
        return this.drain && event.begun ? [refuse, { type: 'restart', message }] : [refuse];
      }
      case 'jobFinished':
        if (this.#phase !== 'finishing') return [];
        this.#become('stopped');
        return [{ type: 'answer', location: this.#location! }];
      case 'jobFailed': {
        if (this.#phase !== 'savepoint' && this.#phase !== 'finishing') return [];
        const finishing = this.#phase === 'finishing';
        this.#become('failed');
        const message = finishing
          ? `the savepoint is complete, but the job failed before it ended: ${event.message}`
          : event.message;
        const refuse = { type: 'refuse', message, location: this.#location } as const;
        // What has finished because the job stops, or was drained for it, is not at its end.
        return finishing || this.drain ? [refuse, { type: 'restart', message: event.message }] : [refuse];
      }
    }
  }

  #become(phase: StopPhase): void {
    if (!(stopTransitions[this.#phase] as readonly StopPhase[]).includes(phase))
      throw new Error(`stopping may not go from ${this.#phase} to ${phase}`);
    this.#phase = phase;
  }
}
