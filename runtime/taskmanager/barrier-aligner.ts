/**
 * Counts the barriers of checkpoints on the channels of a subtask (§9.2). EXACTLY_ONCE holds a channel back from its
 * barrier until the others have theirs; AT_LEAST_ONCE lets rows pass and may count several checkpoints at a time. A
 * barrier that overtakes (§9.3) ends the wait for the channels that allow it.
 */

export interface BarrierLane {
  /** nothing may be taken: its barrier has arrived, those of other channels have not */
  blocked: boolean;
  /** nothing more comes: counts as having delivered every barrier */
  closed: boolean;
  /** its barrier may be taken ahead of the rows before it */
  readonly overtakable: boolean;
}

interface Alignment {
  readonly checkpointId: number;
  readonly arrived: Set<BarrierLane>;
}

export class BarrierAligner {
  readonly #lanes: readonly BarrierLane[];
  readonly #blocks: boolean;
  readonly #complete: (checkpointId: number, delivered: ReadonlySet<BarrierLane>) => void;
  /** by ascending id */
  #pending: Alignment[] = [];
  /** highest checkpoint that is over: complete, or overtaken by a newer one */
  #over = 0;
  readonly #aborted = new Set<number>();

  constructor(
    lanes: readonly BarrierLane[],
    mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE',
    complete: (checkpointId: number, delivered: ReadonlySet<BarrierLane>) => void,
  ) {
    this.#lanes = lanes;
    this.#blocks = mode === 'EXACTLY_ONCE';
    this.#complete = complete;
  }

  onBarrier(lane: BarrierLane, checkpointId: number): void {
    // Late barriers of a checkpoint that is over mean nothing.
    if (checkpointId <= this.#over || this.#aborted.has(checkpointId)) return;
    let alignment = this.#pending.find(pending => pending.checkpointId === checkpointId);
    if (!alignment) {
      // A newer barrier ends the alignment of older checkpoints.
      if (this.#blocks) this.#giveUpBefore(checkpointId);
      alignment = { checkpointId, arrived: new Set() };
      this.#pending.push(alignment);
      this.#pending.sort((a, b) => a.checkpointId - b.checkpointId);
    }
    alignment.arrived.add(lane);
    if (this.#blocks) lane.blocked = true;
    this.#completeOne();
  }

  /**
   * Completes the checkpoint though barriers are missing, if they are missing only where they may be, and `announced`
   * on some channel at least. False: not yet, or it is over.
   */
  overtake(checkpointId: number, announced: (lane: BarrierLane) => boolean): boolean {
    if (checkpointId <= this.#over || this.#aborted.has(checkpointId)) return false;
    const arrived = this.#pending.find(pending => pending.checkpointId === checkpointId)?.arrived ?? none;
    const open = this.#lanes.filter(lane => !lane.closed && !arrived.has(lane));
    if (open.some(lane => !lane.overtakable)) return false;
    if (arrived.size === 0 && !open.some(announced)) return false;
    this.#giveUpBefore(checkpointId + 1);
    this.#complete(checkpointId, arrived);
    return true;
  }

  onClosed(): void {
    this.#completeOne();
  }

  /** The checkpoint will not be: what it holds back goes on. */
  abort(checkpointId: number): void {
    if (checkpointId <= this.#over) return;
    this.#aborted.add(checkpointId);
    const before = this.#pending.length;
    this.#pending = this.#pending.filter(pending => pending.checkpointId !== checkpointId);
    if (this.#blocks && this.#pending.length < before) this.#unblock();
  }

  #completeOne(): void {
    const done = this.#pending.find(({ arrived }) =>
      this.#lanes.every(lane => lane.closed || arrived.has(lane)),
    );
    if (!done) return;
    this.#giveUpBefore(done.checkpointId + 1);
    this.#complete(done.checkpointId, done.arrived);
  }

  #giveUpBefore(checkpointId: number): void {
    this.#over = checkpointId - 1;
    this.#pending = this.#pending.filter(pending => pending.checkpointId >= checkpointId);
    for (const id of this.#aborted) if (id < checkpointId) this.#aborted.delete(id);
    if (this.#blocks) this.#unblock();
  }

  #unblock(): void {
    for (const lane of this.#lanes) lane.blocked = false;
  }
}

const none: ReadonlySet<BarrierLane> = new Set();
