/** What of a job runs: of each failover region its latest execution, and where that is. */
import type { FailoverRegion, FailoverRegions } from '../core/failover.js';
import type { FaultData, SlotDeployment, SlotReport } from '../taskmanager/messages.js';
import { Execution, type RequestBody } from './execution.js';
import type { TaskExecutorGateway } from './task-executor-gateway.js';

export interface JobExecutionsEvents {
  /** Its slots are deployed, and its records flow. */
  onRunning(region: FailoverRegion): void;
  onReport(report: SlotReport): void;
  /** `regions`: what failed together. May come more than once for a region: later faults are often consequences. */
  onFailed(fault: FaultData, regions: readonly FailoverRegion[]): void;
  onStuck(slots: readonly number[]): void;
  /** Nothing of it is left. */
  onEnded(region: FailoverRegion): void;
}

/** NONE: not deployed, or nothing of it is left. */
export type RegionPhase = 'NONE' | 'DEPLOYING' | 'RUNNING' | 'STOPPING';

export interface JobExecutionsOptions {
  readonly jobId: string;
  readonly regions: FailoverRegions;
  readonly stopTimeoutMs: number;
  readonly events: JobExecutionsEvents;
}

interface RegionRun {
  readonly execution: Execution;
  readonly ended: Promise<void>;
  phase: Exclude<RegionPhase, 'NONE'>;
}
interface Place {
  readonly executor: TaskExecutorGateway;
  /** epoch milliseconds */
  readonly deployedAt: number;
}

export class JobExecutions {
  readonly #options: JobExecutionsOptions;
  readonly #runs = new Map<FailoverRegion, RegionRun>();
  /** by slot: where it was deployed last */
  readonly #places = new Map<number, Place>();

  constructor(options: JobExecutionsOptions) {
    this.#options = options;
  }

  deploy(
    attempt: number,
    deployments: ReadonlyMap<number, SlotDeployment>,
    executors: ReadonlyMap<number, TaskExecutorGateway>,
    regions: readonly FailoverRegion[],
  ): void {
    const deployedAt = Date.now();
    for (const [slot, executor] of executors) this.#places.set(slot, { executor, deployedAt });
    // All are known before the first of them can fail.
    const runs = regions.map(region =>
      this.#add(
        region,
        attempt,
        region.slots.map(slot => deployments.get(slot)!),
        executors,
      ),
    );
    for (const { execution, phase } of runs) if (phase === 'DEPLOYING') execution.deploy();
  }

  /** Resolves when nothing of these regions is left. Sinks are aborted. */
  async stop(regions: readonly FailoverRegion[]): Promise<void> {
    const runs = regions.flatMap(region => this.#runs.get(region) ?? []);
    for (const run of runs) {
      if (run.phase === 'STOPPING') continue;
      run.phase = 'STOPPING';
      run.execution.cancel();
    }
    await Promise.all(runs.map(({ ended }) => ended));
  }
  stopAll(): void {
    void this.stop([...this.#runs.keys()]);
  }

  broadcast(body: RequestBody): void {
    for (const { execution } of this.#runs.values()) execution.broadcast(body);
  }
  send(slot: number, body: RequestBody): void {
    this.#runs.get(this.#regionOf(slot))?.execution.send(slot, body);
  }

  /** Nothing is deployed. */
  get none(): boolean {
    return this.#runs.size === 0;
  }
  get deploying(): boolean {
    return [...this.#runs.values()].some(({ phase }) => phase !== 'RUNNING');
  }
  phaseOf(slot: number): RegionPhase {
    return this.#runs.get(this.#regionOf(slot))?.phase ?? 'NONE';
  }
  /** of the slot's latest execution; null: it had none */
  placeOf(slot: number): Place | null {
    return this.#places.get(slot) ?? null;
  }

  #add(
    region: FailoverRegion,
    attempt: number,
    slots: readonly SlotDeployment[],
    executors: ReadonlyMap<number, TaskExecutorGateway>,
  ): RegionRun {
    const { jobId, stopTimeoutMs, events } = this.#options;
    let onEnded!: () => void;
    const ended = new Promise<void>(resolve => (onEnded = resolve));
    const execution = new Execution({
      jobId,
      attempt,
      slots,
      executors,
      stopTimeoutMs,
      events: {
        onRunning: () => {
          if (run.phase !== 'DEPLOYING') return;
          run.phase = 'RUNNING';
          events.onRunning(region);
        },
        onReport: report => events.onReport(report),
        onFailed: (fault, slot) => events.onFailed(fault, this.#hitBy(fault, slot)),
        onStuck: stuck => events.onStuck(stuck),
        onEnded: () => {
          this.#runs.delete(region);
          onEnded();
          events.onEnded(region);
        },
      },
    });
    const run: RegionRun = { execution, ended, phase: 'DEPLOYING' };
    this.#runs.set(region, run);
    return run;
  }

  /** With a TaskManager everything that runs there is lost, and that is one failure. */
  #hitBy({ code }: FaultData, slot: number): readonly FailoverRegion[] {
    const { regions } = this.#options;
    const lost = this.#places.get(slot)!.executor;
    if (code !== 'FC5607') return regions.restartSet([slot]);
    const slots = [...this.#places].flatMap(([other, { executor }]) => (executor === lost ? [other] : []));
    return regions.restartSet(slots).filter(region => this.#runs.has(region));
  }

  #regionOf(slot: number): FailoverRegion {
    return this.#options.regions.restartSet([slot])[0]!;
  }
}
