/**
 * Runs one job: moves it through the states of runtime/core/job-state.ts, decides what its failures mean, and ends it. Its
 * regions run through JobRegions; what its subtasks report goes through JobReports.
 */
import { mergeAccumulators } from '../core/accumulators.js';
import type { FailoverRegion } from '../core/failover.js';
import { isTerminal, mayBecome, type JobState } from '../core/job-state.js';
import { faultData, redactFault, toRuntimeFault } from '../taskmanager/faults.js';
import type { FaultData, SubtaskMetrics } from '../taskmanager/messages.js';
import type { LogEntry, LogLevel } from '../telemetry/log.js';
import type { CheckpointReference, InitialState } from './initial-state.js';
import { JobCheckpoints } from './job-checkpoints.js';
import { describeRegions, JobFailures } from './job-failures.js';
import { drainNeedsCheckpoints, endedEarly, snapshotDeclined, suspended } from './job-faults.js';
import type { JobHistory } from './job-history.js';
import type { JobMasterOptions, JobResult } from './job-master-options.js';
import { JobRegions } from './job-regions.js';
import { recordsRead } from './progress.js';
import { JobReports } from './job-reports.js';
import { JobSources } from './job-sources.js';
import { JobSubtasks } from './job-subtasks.js';
import { RestorePoints } from './restore-points.js';
import { StopRequest } from './stop-request.js';

export class JobMaster {
  readonly result: Promise<JobResult>;
  readonly checkpoints: JobCheckpoints;
  readonly regions: JobRegions;
  readonly subtasks: JobSubtasks;
  readonly failures: JobFailures;
  readonly history: JobHistory;
  readonly #options: JobMasterOptions;
  readonly #startedAt = performance.now();
  readonly #sources: JobSources;
  readonly #reports: JobReports;
  readonly #restorePoints: RestorePoints;
  #suspending = false;
  /** to be told when the job fails: tasks may have stopped for them, so that they restart together */
  readonly #stops = new Set<StopRequest>();
  #ending = false;
  #leaves: InitialState | null = null;
  #state: JobState = 'INITIALIZING';
  #fault: FaultData | null = null;
  #settle!: { readonly resolve: (result: JobResult) => void; readonly reject: (error: unknown) => void };

  constructor(options: JobMasterOptions) {
    this.#options = options;
    const { base, plan, graph, params } = options;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever does not ask for the result must not be killed by its failure.
    this.result.catch(() => {});
    const log = (level: LogLevel, message: string, fields?: LogEntry['fields']): void =>
      this.#log(level, message, fields);
    const parts = () => ({
      subtasks: this.subtasks,
      sources: this.#sources,
      checkpoints: this.checkpoints,
      reports: this.#reports,
      restorePoints: this.#restorePoints,
    });
    this.regions = new JobRegions(options, parts, {
      onRestart: () => this.#become('CREATED'),
      onRunning: () => this.#onRunning(),
      onReport: report => this.#reports.on(report),
      onFailed: (fault, regions) => this.#fail(fault, regions),
      onEnded: () => this.#end(),
      log,
    });
    this.subtasks = new JobSubtasks(graph.vertices);
    this.history = options.history;
    this.failures = new JobFailures(graph, options.restartStrategy, options.history.exceptions);
    this.#sources = new JobSources({
      vertices: graph.vertices,
      artifactDir: base.artifactDir,
      params,
      send: (slot, task, subtask, command) =>
        this.regions.send(slot, { type: 'source', task, subtask, command }),
      align: (task, maxWatermark) => this.regions.broadcast({ type: 'align', task, maxWatermark }),
      fail: fault => this.#fail(fault),
    });
    this.checkpoints = new JobCheckpoints({
      ...options.checkpoints,
      statistics: options.history.checkpoints,
      jobId: base.jobId,
      jobName: plan.jobName,
      graph,
      snapshotSources: checkpointId => this.#sources.snapshot(checkpointId),
      notifySources: checkpointId => this.#sources.notifyCheckpointComplete(checkpointId),
      broadcast: request => this.regions.broadcast(request),
      fail: fault => this.#fail(faultData(fault, fault.code, fault.domain, fault.message)),
      log,
    });
    this.#restorePoints = new RestorePoints(this.checkpoints, options.allowOlderCheckpoint, message =>
      log('warn', message),
    );
    this.#reports = new JobReports({
      ...options,
      subtasks: this.subtasks,
      sources: this.#sources,
      checkpoints: this.checkpoints,
      onAllEnded: () => {
        // Where there are checkpoints, the last of them says when.
        if (!base.settings.checkpointing.finalCheckpoint) this.regions.broadcast({ type: 'commit' });
      },
    });
  }

  get state(): JobState {
    return this.#state;
  }
  get fault(): FaultData | null {
    return this.#fault;
  }
  /** The last of every subtask. */
  get metrics(): readonly SubtaskMetrics[] {
    return this.#reports.metrics;
  }
  get accumulators(): Readonly<Record<string, unknown>> {
    return mergeAccumulators(this.subtasks.accumulators);
  }

  start(): Promise<void> {
    this.#become('CREATED');
    return this.regions.start();
  }

  /** Stops without finishing. Resolves when everything has stopped. */
  async cancel(): Promise<void> {
    if (!this.#ending && !this.#suspending && mayBecome(this.#state, 'CANCELLING')) {
      this.#become('CANCELLING');
      this.regions.stop();
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
      this.regions.stop();
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
   * When the savepoint cannot be taken the job goes on; a drained one goes back to its last checkpoint. Rejects as well
   * when the job fails before it has ended: FC5516, the savepoint is complete.
   */
  async stopWithSavepoint(target: string | null, drain: boolean): Promise<CheckpointReference> {
    if (!this.#takesCheckpoints()) throw snapshotDeclined();
    if (drain && !this.#options.base.settings.checkpointing.finalCheckpoint) throw drainNeedsCheckpoints();
    const stop = new StopRequest(drain);
    this.#stops.add(stop);
    this.result.then(
      () => stop.jobFinished(),
      (error: unknown) => stop.jobLost(error),
    );
    this.checkpoints.trigger({ kind: 'savepoint', target, format: 'canonical', stop: { drain } }).then(
      savepoint => stop.savepointCompleted(savepoint),
      (error: unknown) => {
        this.#stops.delete(stop);
        if (stop.savepointFailed(error) && this.#state === 'RUNNING')
          this.#fail(
            faultData(error, 'FC5013', 'internal', 'the job was drained for a savepoint that failed'),
          );
      },
    );
    return stop.answer;
  }

  #takesCheckpoints(): boolean {
    // BATCH mode holds input back to sort it; what is held back is in no snapshot.
    return !this.#options.base.batchMode && this.#state === 'RUNNING';
  }

  #onRunning(): void {
    if (!mayBecome(this.#state, 'RUNNING') || this.#suspending) return;
    this.#become('RUNNING');
    if (!this.#options.base.batchMode) this.checkpoints.attemptRunning(this.regions.attempt, this.subtasks);
  }

  /**
   * The first fault decides; what fails while the same regions stop for it is its consequence. What is not of some
   * regions is of all.
   */
  #fail(fault: FaultData, failed: readonly FailoverRegion[] = this.regions.all): void {
    if (isTerminal(this.#state) || this.#state === 'FAILING' || this.#suspending || this.#ending) return;
    const shown = redactFault(fault, this.#options.redact);
    if (this.regions.haveFailed(failed)) {
      this.failures.concurrent(shown);
      return;
    }
    this.#fault = shown;
    const passedOver = this.regions.restoredFrom > 0 && this.#restorePoints.passOver(shown);
    // What sources assigned after an older checkpoint is known no more.
    const stopping = [...this.#stops].filter(stop => stop.jobFailed(shown));
    this.#stops.clear();
    const whole = passedOver || stopping.length > 0 || failed.length === this.regions.all.length;
    const mendable = this.#state === 'CANCELLING' ? false : passedOver || null;
    const decision = this.failures.decide(shown, whole ? null : failed, mendable);
    this.#log('error', shown.message, { code: shown.code, ...shown.facts });
    if (!decision.restart) {
      this.#become('FAILING');
      this.regions.stop();
      return;
    }
    const { delayMs } = decision;
    const these = this.regions.restart(whole ? this.regions.all : failed, delayMs);
    const what = these.whole
      ? 'the job'
      : `a region of the job (${describeRegions(these.regions, this.#options.graph)})`;
    this.#log('warn', `${what} restarts in ${delayMs} ms: ${shown.code} ${shown.message}`, {
      attempt: this.regions.attempt,
    });
    if (this.#state !== 'RESTARTING') this.#become('RESTARTING');
  }

  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    void this.#finish();
  }

  async #finish(): Promise<void> {
    await this.#sources.close();
    const last = await this.#lastState(this.subtasks.complete);
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
      recordsRead: recordsRead(this.#options.graph, this.metrics),
      metrics: this.metrics,
    });
  }

  /** Recorded before its checkpoints are deleted: who goes on with a job must find them. */
  async #lastState(complete: boolean): Promise<'FINISHED' | 'CANCELED' | 'FAILED' | 'SUSPENDED'> {
    if (this.#suspending && !complete) return 'SUSPENDED';
    const last = lastStateOf(this.#state, complete);
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

/** `complete`: every subtask has finished. */
function lastStateOf(state: JobState, complete: boolean): 'FINISHED' | 'CANCELED' | 'FAILED' {
  if (state === 'FAILING') return 'FAILED';
  if (state === 'CANCELLING') return 'CANCELED';
  return complete ? 'FINISHED' : 'FAILED';
}
