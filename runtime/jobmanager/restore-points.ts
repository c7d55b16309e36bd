/** What a restart begins with: the latest checkpoint, or an older one when that is damaged and the job may go back. */
import { faultData } from '../taskmanager/faults.js';
import type { FaultData } from '../taskmanager/messages.js';
import type { InitialState } from './initial-state.js';
import type { JobCheckpoints } from './job-checkpoints.js';
import type { RestorePoint } from './restore.js';

export class RestorePoints {
  readonly #checkpoints: JobCheckpoints;
  /** `execution.state-recovery.allow-older-checkpoint` */
  readonly #allowOlder: boolean;
  readonly #warn: (message: string) => void;

  constructor(checkpoints: JobCheckpoints, allowOlder: boolean, warn: (message: string) => void) {
    this.#checkpoints = checkpoints;
    this.#allowOlder = allowOlder;
    this.#warn = warn;
  }

  /** null: there is none, the job begins anew. */
  async latest(): Promise<RestorePoint | null> {
    for (;;) {
      try {
        return await this.#checkpoints.latest();
      } catch (error) {
        if (!this.passOver(faultData(error, 'FC5504', 'external', 'the checkpoint cannot be read')))
          throw error;
      }
    }
  }

  /** True: it is the latest checkpoint that is wrong, there is an older one, and the job may go back to it. */
  passOver(fault: FaultData): boolean {
    const { completed } = this.#checkpoints.coordinator;
    if (fault.code !== 'FC5504' || !this.#allowOlder || completed.all.length < 2) return false;
    const passed = completed.latest!.checkpointId;
    this.#checkpoints.forgetLatest();
    this.#warn(
      `checkpoint ${passed} is damaged; the job goes on from checkpoint ${completed.latest!.checkpointId}, and output since then is repeated: ${fault.message}`,
    );
    return true;
  }

  /** For whoever goes on with the job: one that cannot be read now may be readable to him. */
  async leave(): Promise<InitialState | null> {
    try {
      return await this.#checkpoints.latestState();
    } catch (error) {
      this.#warn(
        `the latest checkpoint cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
      return null;
    }
  }
}
