/**
 * One attempt to run the slots of a region: deploys them, passes messages both ways, and stops them. It knows when all of
 * them run and when nothing of them is left; what that means for the job, the JobMaster decides.
 */
import type { Attempt, FaultData, SlotDeployment, SlotReport, SlotRequest } from '../taskmanager/messages.js';
import type { TaskExecutorGateway } from './task-executor-gateway.js';

export interface ExecutionEvents {
  /** Every slot is deployed, and records flow. */
  onRunning(): void;
  onReport(report: SlotReport): void;
  /** May come more than once: later faults are often consequences of the first. */
  onFailed(fault: FaultData, slot: number): void;
  /** These slots did not stop in time and are ended from outside. */
  onStuck(slots: readonly number[]): void;
  /** Every slot has stopped and is released. */
  onEnded(): void;
}

export interface ExecutionOptions extends Attempt {
  readonly slots: readonly SlotDeployment[];
  /** by slot of the job */
  readonly executors: ReadonlyMap<number, TaskExecutorGateway>;
  /** How long slots may take to stop before they are ended from outside. */
  readonly stopTimeoutMs: number;
  readonly events: ExecutionEvents;
}

export class Execution {
  readonly #options: ExecutionOptions;
  readonly #deployed = new Set<number>();
  readonly #stopped = new Set<number>();
  #stopTimer: NodeJS.Timeout | null = null;
  #ending = false;

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  deploy(): void {
    const { slots, executors } = this.#options;
    const events = {
      onReport: (report: SlotReport) => this.#onReport(report),
      onLost: (slot: number, fault: FaultData) => {
        if (!this.#ending) this.#options.events.onFailed(fault, slot);
        this.#onStopped(slot);
      },
    };
    const byExecutor = new Map<TaskExecutorGateway, SlotDeployment[]>();
    for (const deployment of slots) {
      const executor = executors.get(deployment.slot)!;
      byExecutor.set(executor, [...(byExecutor.get(executor) ?? []), deployment]);
    }
    for (const [executor, deployments] of byExecutor) executor.deploy(deployments, events);
  }

  /** Stops without finishing; sinks are aborted. onEnded follows. */
  cancel(): void {
    this.broadcast({ type: 'cancel' });
    this.#stopTimer ??= setTimeout(() => this.#force(), this.#options.stopTimeoutMs);
  }

  broadcast(body: RequestBody): void {
    for (const { slot } of this.#options.slots) this.send(slot, body);
  }

  send(slot: number, body: RequestBody): void {
    const { jobId, attempt, executors } = this.#options;
    if (!this.#stopped.has(slot))
      executors.get(slot)!.send(slot, { jobId, attempt, ...body } as unknown as SlotRequest);
  }

  #onReport(report: SlotReport): void {
    const { jobId, attempt, slots, events } = this.#options;
    if (report.jobId !== jobId || report.attempt !== attempt) return;
    switch (report.type) {
      case 'deployed':
        this.#deployed.add(report.slot);
        if (this.#deployed.size < slots.length) return;
        events.onRunning();
        this.broadcast({ type: 'run' });
        return;
      case 'failed':
        // Once everything has stopped there is nothing left to fail.
        if (!this.#ending) events.onFailed(report.fault, report.slot);
        return;
      case 'stopped':
        this.#onStopped(report.slot);
        return;
      default:
        events.onReport(report);
    }
  }

  #onStopped(slot: number): void {
    this.#stopped.add(slot);
    if (this.#stopped.size < this.#options.slots.length || this.#ending) return;
    this.#ending = true;
    void this.#release();
  }

  /** A thread in an endless loop of user code hears no message. */
  #force(): void {
    const { slots, executors, events } = this.#options;
    const stuck = slots.filter(({ slot }) => !this.#stopped.has(slot)).map(({ slot }) => slot);
    if (stuck.length === 0) return;
    events.onStuck(stuck);
    for (const slot of stuck)
      void executors
        .get(slot)!
        .release(this.#options, slot, true)
        .finally(() => this.#onStopped(slot));
  }

  async #release(): Promise<void> {
    if (this.#stopTimer) clearTimeout(this.#stopTimer);
    const { slots, executors, events } = this.#options;
    await Promise.allSettled(
      slots.map(({ slot }) => executors.get(slot)!.release(this.#options, slot, false)),
    );
    events.onEnded();
  }
}

export type RequestBody = SlotRequest extends infer R
  ? R extends SlotRequest
    ? Omit<R, 'jobId' | 'attempt'>
    : never
  : never;
