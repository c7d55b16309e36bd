/** Runs the slots that a JobMaster deployed here: their memory, their threads, and the messages between the two. */
import type { Attempt, FaultData, SlotDeployment, SlotReport, SlotRequest } from './messages.js';
import { allocateSlotMemory } from './slot-memory.js';
import { SlotThread } from './slot-thread.js';

/** Between a slot's last word and the end of its thread. */
const threadEndGraceMs = 1_000;

export interface SlotEvents {
  onReport(report: SlotReport): void;
  /** The slot is gone without having said 'stopped'. */
  onLost(slot: number, fault: FaultData): void;
}

export class TaskExecutor {
  readonly id: string;
  /** by job, attempt and slot */
  readonly #threads = new Map<string, SlotThread>();

  constructor(id: string) {
    this.id = id;
  }

  /** Starts one thread per slot. Slots that have channels to each other come in one call. */
  deploy(slots: readonly SlotDeployment[], events: SlotEvents): void {
    const memory = allocateSlotMemory(this.id, slots);
    for (const deployment of slots)
      this.#threads.set(
        keyOf(deployment, deployment.slot),
        new SlotThread({ deployment, memory: memory.get(deployment.slot)! }, events),
      );
  }

  /** A request to a slot that is gone, or of an attempt that was never here, has no effect. */
  send(slot: number, request: SlotRequest): void {
    this.#threads.get(keyOf(request, slot))?.send(request);
  }

  /** After 'stopped': resolves when the thread has ended. `force`: for a thread that does not stop by itself. */
  async release(attempt: Attempt, slot: number, force: boolean): Promise<void> {
    const key = keyOf(attempt, slot);
    const thread = this.#threads.get(key);
    if (!thread) return;
    await (force ? thread.terminate() : thread.end(threadEndGraceMs));
    this.#threads.delete(key);
  }
}

function keyOf({ jobId, attempt }: Attempt, slot: number): string {
  return `${jobId}/${attempt}/${slot}`;
}
