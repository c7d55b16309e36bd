/**
 * Runs one job: brings its regions to run, and what failed of it to run again, and moves the job through the states of
 * runtime/core/job-state.ts. What its subtasks report goes through JobReports, what runs where is in JobExecutions.
 */
import { mergeAccumulators } from '../core/accumulators.js';
import type { RootException } from '../core/exception-history.js';
import { FailoverRegions, type FailoverRegion } from '../core/failover.js';
import { isTerminal, mayBecome, type JobState } from '../core/job-state.js';
import { faultData, redactFault, toRuntimeFault } from '../taskmanager/faults.js';
import type { FaultData, SubtaskMetrics } from '../taskmanager/messages.js';
import type { LogEntry, LogLevel } from '../telemetry/log.js';
import { deployRegions } from './deployment.js';
import { JobCheckpoints, type CheckpointReference, type InitialState } from './job-checkpoints.js';
import { JobExecutions, type RegionPhase } from './job-executions.js';
import { describeRegions, JobFailures } from './job-failures.js';
import {
  beganSavepoint,
  drainNeedsCheckpoints,
  endedEarly,
  snapshotDeclined,
  suspended,
} from './job-faults.js';
import type { JobMasterOptions, JobResult } from './job-master-options.js';
import { JobReports } from './job-reports.js';
import { JobSources } from './job-sources.js';
import { JobSubtasks } from './job-subtasks.js';
import { Redeployments, type Redeployment } from './redeployment.js';
import { RestorePoints } from './restore-points.js';
import { finishedTasks, restoreFor, type RestorePoint } from './restore.js';
import type { TaskExecutorGateway } from './task-executor-gateway.js';

export class JobMaster {
  readonly result: Promise<JobResult>;
  readonly checkpoints: JobCheckpoints;
  readonly #options: JobMasterOptions;
  readonly #startedAt = performance.now();
  readonly #regions: FailoverRegions;
  readonly #all: readonly FailoverRegion[];
  readonly #executions: JobExecutions;
  readonly #redeployments: Redeployments;
  readonly #subtasks: JobSubtasks;
  readonly #sources: JobSources;
  readonly #reports: JobReports;
  readonly #failures: JobFailures;
  readonly #restorePoints: RestorePoints;
  /** the latest that was begun */
  #attempt: number;
  #restoredFrom = 0;
  #suspending = false;
  /** A savepoint that ends the job is under way, or taken: tasks may have stopped for it, so that they restart together. */
  #stopping = false;
  #ending = false;
  #leaves: InitialState | null = null;
  #state: JobState = 'INITIALIZING';
  #fault: FaultData | null = null;
  #settle!: { readonly resolve: (result: JobResult) => void; readonly reject: (error: unknown) => void };

  constructor(options: JobMasterOptions) {
    this.#options = options;
    const { base, plan, graph, params, failoverStrategy, stopTimeoutMs } = options;
    this.#attempt = options.firstAttempt - 1;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever does not ask for the result must not be killed by its failure.
    this.result.catch(() => {});
    this.#failures = new JobFailures(graph, options.restartStrategy, options.exceptionHistorySize);
    this.#regions = new FailoverRegions(graph, failoverStrategy);
    this.#all = this.#regions.regions;
    this.#redeployments = new Redeployments(this.#all);
    this.#executions = new JobExecutions({
      jobId: base.jobId,
      regions: this.#regions,
      stopTimeoutMs,
      events: {
        onRunning: () => this.#onRunning(),
        onReport: report => this.#reports.on(report),
        onFailed: (fault, failed) => this.#fail(fault, failed),
        onStuck: stuck =>
          this.#log('warn', `slots ${stuck.join(', ')} did not stop in time; their threads are ended`),
        onEnded: () => this.#endIfNothingRuns(),
      },
    });
    this.#subtasks = new JobSubtasks(graph.vertices);
    this.#sources = new JobSources({
      vertices: graph.vertices,
      artifactDir: base.artifactDir,
      params,
      send: (slot, task, subtask, command) =>
        this.#executions.send(slot, { type: 'source', task, subtask, command }),
      align: (task, maxWatermark) => this.#executions.broadcast({ type: 'align', task, maxWatermark }),
      fail: fault => this.#fail(fault, this.#all),
    });
    this.checkpoints = new JobCheckpoints({
      ...options.checkpoints,
      jobId: base.jobId,
      jobName: plan.jobName,
      graph,
      snapshotSources: checkpointId => this.#sources.snapshot(checkpointId),
      notifySources: checkpointId => this.#sources.notifyCheckpointComplete(checkpointId),
      broadcast: request => this.#executions.broadcast(request),
      fail: fault => this.#fail(faultData(fault, fault.code, fault.domain, fault.message), this.#all),
      log: (level, message, fields) => this.#log(level, message, fields),
    });
    this.#restorePoints = new RestorePoints(this.checkpoints, options.allowOlderCheckpoint, message =>
      this.#log('warn', message),
    );
    this.#reports = new JobReports({
      ...options,
      subtasks: this.#subtasks,
      sources: this.#sources,
      checkpoints: this.checkpoints,
      onAllEnded: () => {
        // Where there are checkpoints, the last of them says when.
        if (!base.settings.checkpointing.finalCheckpoint) this.#executions.broadcast({ type: 'commit' });
      },
    });
  }

  get state(): JobState {
    return this.#state;
  }
  /** Failures that the job, or regions of it, were restarted for, and the last one; newest first. */
  get exceptions(): readonly RootException<FaultData>[] {
    return this.#failures.exceptions;
  }
  get exceptionsTruncated(): boolean {
    return this.#failures.truncated;
  }
  get fault(): FaultData | null {
    return this.#fault;
  }
  /** The last of every subtask. */
  get metrics(): readonly SubtaskMetrics[] {
    return this.#reports.metrics;
  }
  get accumulators(): Readonly<Record<string, unknown>> {
    return mergeAccumulators(this.#subtasks.accumulators);
  }
  /** the latest, from 1; 0 before the first. Regions that were not restarted go on with theirs. */
  get attempt(): number {
    return this.#attempt;
  }
  attemptOf(task: number, subtask: number): number {
    return this.#subtasks.attemptOf({ task, subtask });
  }
  /** when the slot was granted, epoch milliseconds; null: it was not yet */
  deployedAt(slot: number): number | null {
    return this.#waits(slot) ? null : (this.#executions.placeOf(slot)?.deployedAt ?? null);
  }
  taskManagerOf(slot: number): string | null {
    return this.#waits(slot) ? null : (this.#executions.placeOf(slot)?.executor.id ?? null);
  }
  phaseOf(slot: number): RegionPhase {
    return this.#executions.phaseOf(slot);
  }
  hasFinished(task: number, subtask: number): boolean {
    return this.#subtasks.hasFinished({ task, subtask });
  }

  start(): Promise<void> {
    this.#become('CREATED');
    const first = this.#redeployments.begin(this.#all);
    first.waits = false;
    return this.#deploy(first);
  }

  /** Stops without finishing. Resolves when everything has stopped. */
  async cancel(): Promise<void> {
    if (!this.#ending && !this.#suspending && mayBecome(this.#state, 'CANCELLING')) {
      this.#become('CANCELLING');
      this.#stop();
    }
    await this.result.catch(() => {});
  }

  /**
   * Ends here what somebody else goes on with: another leader, or this job with another parallelism. Resolves with its
   * latest checkpoint when nothing of it runs any more; null: there is none, or the job has ended after all.
   */
  async suspend(): Promise<InitialState | null> {
    if (!isTerminal(this.#state) && !this.#suspending && !this.#ending) {
      this.#suspending = true;
      this.#stop();
    }
    await this.result.catch(() => {});
    return this.#leaves;
  }

  /** A checkpoint beside the periodic ones. */
  triggerCheckpoint(): Promise<CheckpointReference> {
    return this.#takesCheckpoints()
      ? this.checkpoints.trigger({ kind: 'checkpoint' })
      : Promise.reject(snapshotDeclined());
  }

  /** `target`: the folder to make the savepoint's in; null: `execution.checkpointing.savepoint-dir`. */
  triggerSavepoint(target: string | null): Promise<CheckpointReference> {
    return this.#takesCheckpoints()
      ? this.checkpoints.trigger({ kind: 'savepoint', target, format: 'canonical', stop: null })
      : Promise.reject(snapshotDeclined());
  }

  /**
   * Takes a savepoint with which the job ends (§10.3). `drain`: as if its input had ended, windows and timers fire.
   * When the savepoint cannot be taken the job goes on; a drained one goes back to its last checkpoint.
   */
  async stopWithSavepoint(target: string | null, drain: boolean): Promise<CheckpointReference> {
    if (!this.#takesCheckpoints()) throw snapshotDeclined();
    if (drain && !this.#options.base.settings.checkpointing.finalCheckpoint) throw drainNeedsCheckpoints();
    const stop = { drain };
    let savepoint: CheckpointReference;
    this.#stopping = true;
    try {
      savepoint = await this.checkpoints.trigger({ kind: 'savepoint', target, format: 'canonical', stop });
    } catch (error) {
      this.#stopping = false;
      if (drain && this.#state === 'RUNNING' && beganSavepoint(error))
        this.#fail(
          faultData(error, 'FC5013', 'internal', 'the job was drained for a savepoint that failed'),
          this.#all,
        );
      throw error;
    }
    await this.result;
    return savepoint;
  }

  #takesCheckpoints(): boolean {
    // BATCH mode holds input back to sort it; what is held back is in no snapshot.
    return !this.#options.base.batchMode && this.#state === 'RUNNING';
  }

  // ---- deploying ----

  /** Slots load their modules while the enumerators start. */
  async #deploy(these: Redeployment): Promise<void> {
    try {
      const point = await this.#restorePoints.latest();
      if (these.void) return;
      const { base, graph, slots } = this.#options;
      const executors = await slots.allocate(base.jobId, graph, these.slots, these.signal);
      if (these.void) return;
      this.#redeployments.done(these);
      this.#execute(these, point, executors);
      await this.#sources.start();
    } catch (error) {
      if (these.void) return;
      this.#redeployments.done(these);
      this.#fail(faultData(error, 'FC5002', 'internal', 'the job could not be deployed'), these.regions);
    }
  }

  #execute(
    { subtasks, slots, regions, whole }: Redeployment,
    point: RestorePoint | null,
    executors: ReadonlyMap<number, TaskExecutorGateway>,
  ): void {
    const { graph, base, bufferTimeoutMs, networkMemoryBytes } = this.#options;
    const attempt = ++this.#attempt;
    const checkpointId = point?.metadata.checkpointId ?? 0;
    const enumerators = point?.metadata.enumerators ?? {};
    const finished = finishedTasks(point, graph.vertices);
    this.#restoredFrom = checkpointId;
    this.#reports.collected.restartFrom(checkpointId, slots);
    this.#subtasks.begin(subtasks, attempt, finished);
    this.#sources.restore(subtasks, { checkpointId, enumerators, finishedTasks: finished });
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
    if (!whole) this.#log('info', `slots ${slots.join(', ')} go on from ${from}`, { attempt });
    this.#executions.deploy(attempt, deployments, executors, regions);
  }

  /** A region runs. With the last of them the job does, and takes checkpoints. */
  #onRunning(): void {
    if (!this.#redeployments.none || this.#executions.deploying) return;
    if (!mayBecome(this.#state, 'RUNNING') || this.#suspending) return;
    this.#become('RUNNING');
    if (!this.#options.base.batchMode) this.checkpoints.attemptRunning(this.#attempt, this.#subtasks);
  }

  // ---- failures ----

  /** The first fault decides; what fails while the same regions stop for it is its consequence. */
  #fail(fault: FaultData, failed: readonly FailoverRegion[]): void {
    if (isTerminal(this.#state) || this.#state === 'FAILING' || this.#suspending || this.#ending) return;
    const shown = redactFault(fault, this.#options.redact);
    if (failed.every(region => this.#redeployments.of(region)?.waits)) {
      this.#failures.concurrent(shown);
      return;
    }
    this.#fault = shown;
    const passedOver = this.#restoredFrom > 0 && this.#restorePoints.passOver(shown);
    // What sources assigned after an older checkpoint is known no more.
    const whole = passedOver || this.#stopping || failed.length === this.#all.length;
    this.#stopping = false;
    const decision = this.#failures.decide(
      shown,
      whole ? null : failed,
      this.#state === 'CANCELLING' ? false : passedOver || null,
    );
    this.#log('error', shown.message, { code: shown.code, ...shown.facts });
    if (!decision.restart) {
      this.#become('FAILING');
      this.#stop();
      return;
    }
    const these = this.#redeployments.begin(whole ? this.#all : failed);
    const what = these.whole
      ? 'the job'
      : `a region of the job (${describeRegions(these.regions, this.#options.graph)})`;
    this.#log('warn', `${what} restarts in ${decision.delayMs} ms: ${shown.code} ${shown.message}`, {
      attempt: this.#attempt,
    });
    if (this.#state !== 'RESTARTING') this.#become('RESTARTING');
    void this.#redeploy(these, decision.delayMs);
  }

  async #redeploy(these: Redeployment, delayMs: number): Promise<void> {
    await Promise.all([this.#stopRegions(these), these.delay(delayMs)]);
    if (these.void) return;
    these.waits = false;
    if (these.whole) this.#become('CREATED');
    await this.#deploy(these);
  }

  /** Resolves when it is certain, too, which checkpoint is the latest. */
  async #stopRegions(these: Redeployment): Promise<void> {
    const { regions, subtasks, whole } = these;
    await this.#executions.stop(regions);
    if (!these.void) await this.#sources.stop(subtasks);
    if (!these.void)
      await this.checkpoints.attemptEnded(whole ? 'CHECKPOINT_COORDINATOR_SUSPEND' : 'JOB_FAILOVER_REGION');
  }

  #waits(slot: number): boolean {
    const [region] = this.#regions.restartSetOfSlots([slot]);
    return this.#redeployments.of(region!) !== null;
  }

  // ---- the end ----

  #stop(): void {
    this.#redeployments.annulAll();
    this.#executions.stopAll();
    this.#endIfNothingRuns();
  }

  #endIfNothingRuns(): void {
    if (this.#ending || !this.#executions.none || !this.#redeployments.none) return;
    this.#ending = true;
    void this.#end();
  }

  async #end(): Promise<void> {
    await this.#sources.close();
    const last = await this.#lastState(this.#subtasks.complete);
    if (last === 'SUSPENDED') {
      // What is being written decides which checkpoint is the latest.
      await this.checkpoints.attemptEnded('CHECKPOINT_COORDINATOR_SUSPEND');
      this.#leaves = await this.#restorePoints.leave();
    }
    // First of all: what has ended can no longer be cancelled.
    if (mayBecome(this.#state, last)) this.#become(last);
    await this.checkpoints.shutdown(last);
    const { base, slots } = this.#options;
    slots.free(base.jobId);
    if (last === 'SUSPENDED') {
      this.#settle.reject(suspended());
      return;
    }
    if (last === 'FAILED') {
      this.#settle.reject(this.#fault ? toRuntimeFault(this.#fault) : endedEarly());
      return;
    }
    this.#settle.resolve({
      jobId: base.jobId,
      state: last,
      durationMs: performance.now() - this.#startedAt,
      accumulators: this.accumulators,
      collected: this.#reports.collected.all,
      metrics: this.metrics,
    });
  }

  /** Recorded before its checkpoints are deleted: who goes on with a job must find them. */
  async #lastState(complete: boolean): Promise<'FINISHED' | 'CANCELED' | 'FAILED' | 'SUSPENDED'> {
    if (this.#suspending && !complete) return 'SUSPENDED';
    const last =
      this.#state === 'FAILING'
        ? 'FAILED'
        : this.#state === 'CANCELLING'
          ? 'CANCELED'
          : complete
            ? 'FINISHED'
            : 'FAILED';
    try {
      await this.#options.checkpoints.recorder?.ended(last);
      return last;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log('warn', `the end of the job (${last}) could not be recorded: ${reason}`);
      return 'SUSPENDED';
    }
  }

  #become(state: JobState): void {
    if (!mayBecome(this.#state, state)) throw new Error(`job may not go from ${this.#state} to ${state}`);
    this.#log('info', `job '${this.#options.plan.jobName}' is ${state}`, { from: this.#state, to: state });
    this.#state = state;
    this.#options.onState?.(state);
  }

  #log(level: LogLevel, message: string, fields: LogEntry['fields'] = {}): void {
    this.#options.onLog?.({
      time: Date.now(),
      level,
      message,
      fields: { jobId: this.#options.base.jobId, ...fields },
    });
  }
}
