/**
 * What a slot knows of checkpoints under way. A barrier may come through shared memory before the JobMaster's message
 * that says what it is for; whoever meets such a barrier waits for the message.
 */
import type { CheckpointRequest } from './messages.js';

export type KnownCheckpoint = CheckpointRequest | 'aborted';

export class CheckpointRequests {
  readonly #known = new Map<number, KnownCheckpoint>();
  readonly #waiting = new Map<number, ((known: KnownCheckpoint) => void)[]>();
  #completed = 0;
  #unaligned: CheckpointRequest | null = null;

  /** The checkpoint under way whose barriers may overtake; there is one at a time. */
  get unaligned(): CheckpointRequest | null {
    return this.#unaligned;
  }

  add(request: CheckpointRequest): void {
    if (request.options.unalignedAfterMs !== null) this.#unaligned = request;
    this.#learn(request.checkpointId, request);
  }

  aborted(checkpointId: number): void {
    this.#learn(checkpointId, 'aborted');
    if (this.#unaligned?.checkpointId === checkpointId) this.#unaligned = null;
  }

  completed(checkpointId: number): void {
    this.#completed = Math.max(this.#completed, checkpointId);
    if (this.#unaligned && this.#unaligned.checkpointId <= checkpointId) this.#unaligned = null;
    for (const id of this.#known.keys()) if (id <= checkpointId) this.#known.delete(id);
  }

  /** undefined: not heard of yet. */
  get(checkpointId: number): KnownCheckpoint | undefined {
    return this.#known.get(checkpointId) ?? (checkpointId <= this.#completed ? 'aborted' : undefined);
  }

  wait(checkpointId: number): Promise<KnownCheckpoint> {
    const known = this.get(checkpointId);
    if (known) return Promise.resolve(known);
    return new Promise(resolve => {
      const waiting = this.#waiting.get(checkpointId) ?? [];
      waiting.push(resolve);
      this.#waiting.set(checkpointId, waiting);
    });
  }

  #learn(checkpointId: number, known: KnownCheckpoint): void {
    this.#known.set(checkpointId, known);
    for (const resolve of this.#waiting.get(checkpointId) ?? []) resolve(known);
    this.#waiting.delete(checkpointId);
  }
}
