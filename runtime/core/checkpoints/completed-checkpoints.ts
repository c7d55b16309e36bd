/** Which completed checkpoints are kept, what may be deleted, and which one a job is restored from. */
import type { CompletedCheckpoint } from './messages.js';
import type { CheckpointRetention } from './settings.js';
import { SharedFiles } from './shared-files.js';

export interface Discarded<H> {
  readonly checkpoints: readonly CompletedCheckpoint<H>[];
  readonly sharedFiles: readonly string[];
}

/** Retention when the job reaches a terminal state (datastream-semantics §9.4). */
const kept: Readonly<Record<CheckpointRetention, readonly string[]>> = {
  NO_EXTERNALIZED_CHECKPOINTS: ['SUSPENDED'],
  DELETE_ON_CANCELLATION: ['FAILED', 'SUSPENDED'],
  RETAIN_ON_CANCELLATION: ['CANCELED', 'FAILED', 'SUSPENDED'],
};

type LastState = 'FINISHED' | 'CANCELED' | 'FAILED' | 'SUSPENDED';

/** Whether checkpoints stay when the job ends like this. */
export const areRetained = (state: LastState, retention: CheckpointRetention): boolean =>
  kept[retention].includes(state);

export class CompletedCheckpoints<H> {
  readonly shared = new SharedFiles();
  readonly #numRetained: number;
  /** ascending ids */
  #kept: CompletedCheckpoint<H>[] = [];

  /** `restored`: what was completed before this process; a file of theirs may be deleted when they are owned. */
  constructor(numRetained: number, restored: readonly CompletedCheckpoint<H>[]) {
    this.#numRetained = numRetained;
    this.#kept = [...restored].sort((a, b) => a.checkpointId - b.checkpointId);
    for (const { owned, sharedFiles, checkpointId } of this.#kept)
      if (owned) this.shared.use(sharedFiles, checkpointId);
  }

  /** Oldest first. */
  get all(): readonly CompletedCheckpoint<H>[] {
    return this.#kept;
  }

  /** What a restart begins with; null: the initial state. */
  get latest(): CompletedCheckpoint<H> | null {
    return this.#kept.at(-1) ?? null;
  }

  has(checkpointId: number): boolean {
    return this.#kept.some(checkpoint => checkpoint.checkpointId === checkpointId);
  }

  /** The oldest one whose shared files are there and the job's. */
  get reuseFrom(): number | null {
    return this.#kept.find(({ owned }) => owned)?.checkpointId ?? null;
  }

  /** `stillUsed`: from which checkpoint on those under way may refer to shared files. */
  add(checkpoint: CompletedCheckpoint<H>, stillUsed: number): Discarded<H> {
    this.#kept.push(checkpoint);
    const subsumed = this.#kept.splice(0, Math.max(0, this.#kept.length - this.#numRetained));
    return {
      checkpoints: subsumed.filter(({ owned }) => owned),
      sharedFiles: this.shared.takeUnused(Math.min(stillUsed, this.#kept[0]!.checkpointId)),
    };
  }

  /**
   * A checkpoint that cannot be read is no longer one; what is left decides. Its files stay for whoever wants to look
   * into it. Going back further than the latest repeats effects that sinks have committed: the caller has to be allowed.
   */
  remove(checkpointId: number): void {
    this.#kept = this.#kept.filter(checkpoint => checkpoint.checkpointId !== checkpointId);
  }

  /** At the end of the job: nothing, or all that the job owns. */
  end(state: LastState, retention: CheckpointRetention): Discarded<H> {
    if (areRetained(state, retention)) return { checkpoints: [], sharedFiles: [] };
    const checkpoints = this.#kept.filter(({ owned }) => owned);
    this.#kept = this.#kept.filter(({ owned }) => !owned);
    return { checkpoints, sharedFiles: this.shared.takeAll() };
  }
}
