/**
 * The regions of a job: brings them to run, all of them at first and those that failed again, and knows which runs where,
 * and in which attempt.
 */
import { FailoverRegions, type FailoverRegion } from '../core/failover.js';
import { faultData } from '../taskmanager/faults.js';
import type { FaultData, SlotReport } from '../taskmanager/messages.js';
import type { LogLevel } from '../telemetry/log.js';
import { deployRegions } from './deployment.js';
import type { RequestBody } from './execution.js';
import type { JobCheckpoints } from './job-checkpoints.js';
import { JobExecutions, type RegionPhase } from './job-executions.js';
import type { JobMasterOptions } from './job-master-options.js';
import type { JobReports } from './job-reports.js';
import type { JobSources } from './job-sources.js';
import type { JobSubtasks } from './job-subtasks.js';
import { Redeployments, type Redeployment } from './redeployment.js';
import type { RestorePoints } from './restore-points.js';
import { finishedTasks, restoreFor, type RestorePoint } from './restore.js';
import type { TaskExecutorGateway } from './task-executor-gateway.js';

/** What is deployed, stopped and restored with them. */
export interface RegionsParts {
  readonly subtasks: JobSubtasks;
  readonly sources: JobSources;
  readonly checkpoints: JobCheckpoints;
  readonly reports: JobReports;
  readonly restorePoints: RestorePoints;
}
export interface RegionsEvents {
  /** Nothing of the job runs any more, and all of it is deployed anew. */
  onRestart(): void;
  /** All regions that have not ended run. */
  onRunning(): void;
  onReport(report: SlotReport): void;
  onFailed(fault: FaultData, regions: readonly FailoverRegion[]): void;
  /** Nothing runs, and nothing is to. */
  onEnded(): void;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, number>>): void;
}

export class JobRegions {
  readonly all: readonly FailoverRegion[];
  readonly #options: JobMasterOptions;
  readonly #parts: () => RegionsParts;
  readonly #events: RegionsEvents;
  readonly #regions: FailoverRegions;
  readonly #executions: JobExecutions;
  readonly #redeployments: Redeployments;
  #attempt: number;
  #restoredFrom = 0;

  /** `parts`: they are asked for after the job was made. */
  constructor(options: JobMasterOptions, parts: () => RegionsParts, events: RegionsEvents) {
    this.#options = options;
    this.#parts = parts;
    this.#events = events;
    this.#attempt = options.firstAttempt - 1;
    this.#regions = new FailoverRegions(options.graph, options.failoverStrategy);
    this.all = this.#regions.regions;
    this.#redeployments = new Redeployments(this.all);
    this.#executions = new JobExecutions({
      jobId: options.base.jobId,
      regions: this.#regions,
      stopTimeoutMs: options.stopTimeoutMs,
      events: {
        onRunning: () => {
          if (this.#redeployments.none && !this.#executions.deploying) events.onRunning();
        },
        onReport: report => events.onReport(report),
        onFailed: (fault, failed) => events.onFailed(fault, failed),
        onStuck: stuck =>
          events.log('warn', `slots ${stuck.join(', ')} did not stop in time; their threads are ended`),
        onEnded: () => this.#endIfNothingRuns(),
      },
    });
  }

  /** the latest of any region, from 1; 0 before the first */
  get attempt(): number {
    return this.#attempt;
  }
  /** the checkpoint that was restored last; 0: none */
  get restoredFrom(): number {
    return this.#restoredFrom;
  }
  /** when the slot was granted, epoch milliseconds; null: it was not yet */
  deployedAt(slot: number): number | null {
    return this.#waits(slot) ? null : (this.#executions.placeOf(slot)?.deployedAt ?? null);
  }
  taskManagerOf(slot: number): Pick<TaskExecutorGateway, 'id' | 'dataAddress'> | null {
    return this.#waits(slot) ? null : (this.#executions.placeOf(slot)?.executor ?? null);
  }
  phaseOf(slot: number): RegionPhase {
    return this.#executions.phaseOf(slot);
  }
  /** They have failed already and are not deployed again yet. */
  haveFailed(regions: readonly FailoverRegion[]): boolean {
    return regions.every(region => this.#redeployments.of(region)?.waits);
  }

  broadcast(body: RequestBody): void {
    this.#executions.broadcast(body);
  }
  send(slot: number, body: RequestBody): void {
    this.#executions.send(slot, body);
  }

  start(): Promise<void> {
    const first = this.#redeployments.begin(this.all);
    first.waits = false;
    return this.#deploy(first);
  }

  /** Stops them and deploys them again, not before the delay is over. More of them may restart with these. */
  restart(regions: readonly FailoverRegion[], delayMs: number): Redeployment {
    const these = this.#redeployments.begin(regions);
    void this.#restart(these, delayMs);
    return these;
  }

  /** For good; onEnded follows. */
  stop(): void {
    this.#redeployments.annulAll();
    this.#executions.stopAll();
    this.#endIfNothingRuns();
  }

  async #restart(these: Redeployment, delayMs: number): Promise<void> {
    await Promise.all([this.#stopped(these), these.delay(delayMs)]);
    if (these.void) return;
    these.waits = false;
    if (these.whole) this.#events.onRestart();
    await this.#deploy(these);
  }

  /** Resolves when it is certain, too, which checkpoint is the latest. */
  async #stopped(these: Redeployment): Promise<void> {
    const { sources, checkpoints } = this.#parts();
    await this.#executions.stop(these.regions);
    if (!these.void) await sources.stop(these.subtasks);
    if (!these.void)
      await checkpoints.attemptEnded(these.whole ? 'CHECKPOINT_COORDINATOR_SUSPEND' : 'JOB_FAILOVER_REGION');
  }

  /** Slots load their modules while the enumerators start. */
  async #deploy(these: Redeployment): Promise<void> {
    try {
      const { restorePoints, sources } = this.#parts();
      const point = await restorePoints.latest();
      if (these.void) return;
      const { base, graph, slots, slotRequestTimeoutMs: timeoutMs } = this.#options;
      const { signal } = these;
      const executors = await slots.allocate(base.jobId, graph, these.slots, { timeoutMs, signal });
      if (these.void) return;
      this.#redeployments.done(these);
      this.#execute(these, point, executors);
      await sources.start();
    } catch (error) {
      if (these.void) return;
      this.#redeployments.done(these);
      const fault = faultData(error, 'FC5002', 'internal', 'the job could not be deployed');
      this.#events.onFailed(fault, these.regions);
    }
  }

  #execute(
    { subtasks, slots, regions, whole }: Redeployment,
    point: RestorePoint | null,
    executors: ReadonlyMap<number, TaskExecutorGateway>,
  ): void {
    const { graph, base, bufferTimeoutMs, networkMemoryBytes } = this.#options;
    const parts = this.#parts();
    const attempt = ++this.#attempt;
    const checkpointId = point?.metadata.checkpointId ?? 0;
    const enumerators = point?.metadata.enumerators ?? {};
    const finished = finishedTasks(point, graph.vertices);
    this.#restoredFrom = checkpointId;
    parts.reports.collected.restartFrom(checkpointId, slots);
    parts.subtasks.begin(subtasks, attempt, finished);
    parts.sources.restore(subtasks, { checkpointId, enumerators, finishedTasks: finished });
    const deployments = deployRegions(graph, slots, {
      base: { ...base, attempt },
      bufferTimeoutMs,
      networkMemoryBytes,
      executors: Array.from({ length: graph.slots }, (_, slot) => {
        return (executors.get(slot) ?? this.#executions.placeOf(slot)!.executor).id;
      }),
      finished,
      restore: restoreFor(point, graph),
    });
    const from = checkpointId === 0 ? 'the beginning' : `checkpoint ${checkpointId}`;
    if (!whole) this.#events.log('info', `slots ${slots.join(', ')} go on from ${from}`, { attempt });
    this.#executions.deploy(attempt, deployments, executors, regions);
  }

  #endIfNothingRuns(): void {
    if (this.#executions.none && this.#redeployments.none) this.#events.onEnded();
  }

  #waits(slot: number): boolean {
    const [region] = this.#regions.restartSet([slot]);
    return this.#redeployments.of(region!) !== null;
  }
}
