/** A client that wants the job to end with a savepoint: asks StopWithSavepoint what happens means, and tells the client. */
import { StopWithSavepoint, type StopEvent } from '../core/checkpoints/stop-with-savepoint.js';
import type { FaultData } from '../taskmanager/messages.js';
import type { CheckpointReference } from './initial-state.js';
import { beganSavepoint, notStopped } from './job-faults.js';

export class StopRequest {
  /** Resolves when the job has ended with it. */
  readonly answer: Promise<CheckpointReference>;
  readonly #stop: StopWithSavepoint;
  #savepoint: CheckpointReference | null = null;
  #settle!: {
    readonly resolve: (savepoint: CheckpointReference) => void;
    readonly reject: (error: unknown) => void;
  };

  constructor(drain: boolean) {
    this.#stop = new StopWithSavepoint(drain);
    this.answer = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  savepointCompleted(savepoint: CheckpointReference): void {
    this.#savepoint = savepoint;
    this.#on({ type: 'savepointCompleted' });
  }

  /** True: the job has to restart. */
  savepointFailed(error: unknown): boolean {
    return this.#on({ type: 'savepointFailed', begun: beganSavepoint(error) }, error);
  }

  /** True: it has to restart as a whole. */
  jobFailed(fault: FaultData): boolean {
    return this.#on({ type: 'jobFailed' }, notStopped(fault, this.#savepoint));
  }

  jobFinished(): void {
    this.#on({ type: 'jobFinished' });
  }

  /** Whatever becomes of it, not here. */
  jobLost(error: unknown): void {
    this.#on({ type: 'jobFailed' }, error);
  }

  #on(event: StopEvent, error: unknown = null): boolean {
    const actions = this.#stop.on(event);
    if (actions.includes('answer')) this.#settle.resolve(this.#savepoint!);
    if (actions.includes('refuse')) this.#settle.reject(error);
    return actions.includes('restart');
  }
}
