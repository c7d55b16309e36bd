/**
 * Runs one job: deploys its execution, coordinates its sources and checkpoints, follows every subtask to its end, starts
 * it again after failures, and moves the job through the states of runtime/core/job-state.ts.
 */
import type { Parameters } from '../../plugins/api/functions.js';
import type { PlanManifest } from '../contract/manifest.js';
import { RuntimeFault } from '../contract/fault.js';
import { mergeAccumulators } from '../core/accumulators.js';
import { ExceptionHistory, type RootException } from '../core/exception-history.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import { isTerminal, mayBecome, type JobState } from '../core/job-state.js';
import {
  createRestartStrategy,
  type RestartStrategy,
  type RestartStrategySettings,
} from '../core/restart-strategy.js';
import type { LogEntry, LogLevel } from '../telemetry/log.js';
import { faultData, redactFault, toRuntimeFault } from '../taskmanager/faults.js';
import type { FaultData, SlotDeployment, SlotReport, SubtaskMetrics } from '../taskmanager/messages.js';
import { CollectedRecords } from './collected-records.js';
import { deploySlots } from './deployment.js';
import { Execution } from './execution.js';
import { JobAttempt } from './job-attempt.js';
import {
  JobCheckpoints,
  type CheckpointReference,
  type InitialState,
  type JobCheckpointsOptions,
} from './job-checkpoints.js';
import { JobSources } from './job-sources.js';
import { fitNetworkMemory } from './network-memory.js';
import { finishedTasks, restoreFor, type RestorePoint } from './restore.js';
import type { SlotProvider } from './task-executor-gateway.js';

export interface JobMasterOptions {
  readonly plan: PlanManifest;
  readonly graph: ExecutionGraph;
  /** what every slot of the job is told, whatever the attempt */
  readonly base: Omit<SlotDeployment, 'attempt' | 'slot' | 'subtasks'>;
  readonly bufferTimeoutMs: number;
  /** of the job's channels on one TaskManager */
  readonly networkMemoryBytes: number;
  readonly slots: SlotProvider;
  readonly params: Parameters;
  readonly checkpoints: Pick<
    JobCheckpointsOptions,
    'flinkc' | 'settings' | 'createSubdirectory' | 'historySize' | 'fileSystems' | 'restore' | 'recorder'
  >;
  readonly restartStrategy: RestartStrategySettings;
  /** Those before it were of an earlier JobMaster of the job. */
  readonly firstAttempt: number;
  /** `execution.state-recovery.allow-older-checkpoint` */
  readonly allowOlderCheckpoint: boolean;
  readonly exceptionHistorySize: number;
  /** How long slots may take to stop before their threads are ended from outside. */
  readonly stopTimeoutMs: number;
  readonly redact: (text: string) => string;
  readonly onLog?: (entry: LogEntry) => void;
  readonly onState?: (state: JobState) => void;
  readonly onMetrics?: (subtasks: readonly SubtaskMetrics[]) => void;
  readonly onRecords?: (id: string, records: readonly unknown[], afterCheckpoint: number) => void;
}

export interface JobResult {
  readonly jobId: string;
  readonly state: 'FINISHED' | 'CANCELED';
  readonly durationMs: number;
  readonly accumulators: Readonly<Record<string, unknown>>;
  /** what flinkc/collect sinks were given, by id */
  readonly collected: Readonly<Record<string, readonly unknown[]>>;
  /** the last metrics of every subtask */
  readonly metrics: readonly SubtaskMetrics[];
}

/** Restarting cannot mend these: what is wrong is the state, or what the job is asked to do with it. */
const lasting = new Set(['FC5012', 'FC5103', 'FC5113', 'FC5504', 'FC5506', 'FC5507']);

export class JobMaster {
  readonly result: Promise<JobResult>;
  readonly checkpoints: JobCheckpoints;
  readonly #options: JobMasterOptions;
  readonly #startedAt = performance.now();
  readonly #restarts: RestartStrategy;
  readonly #exceptions: ExceptionHistory<FaultData>;
  readonly #metrics = new Map<string, SubtaskMetrics>();
  readonly #collected = new CollectedRecords();
  #sources: JobSources | null = null;
  #execution: Execution | null = null;
  #attempt: JobAttempt | null = null;
  #attempts: number;
  #restoredFrom = 0;
  #restartTimer: NodeJS.Timeout | null = null;
  #restartDelayMs = 0;
  #executors: readonly string[] = [];
  #deployedAt: number | null = null;
  #suspending = false;
  #ending = false;
  #leaves: InitialState | null = null;
  #state: JobState = 'INITIALIZING';
  #fault: FaultData | null = null;
  #settle!: { readonly resolve: (result: JobResult) => void; readonly reject: (error: unknown) => void };

  constructor(options: JobMasterOptions) {
    this.#options = options;
    const { base, plan, graph } = options;
    this.#attempts = options.firstAttempt - 1;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever does not ask for the result must not be killed by its failure.
    this.result.catch(() => {});
    this.#restarts = createRestartStrategy(options.restartStrategy, Math.random);
    this.#exceptions = new ExceptionHistory(options.exceptionHistorySize);
    this.checkpoints = new JobCheckpoints({
      ...options.checkpoints,
      jobId: base.jobId,
      jobName: plan.jobName,
      graph,
      snapshotSources: checkpointId => this.#sources!.snapshot(checkpointId),
      notifySources: checkpointId => this.#sources?.notifyCheckpointComplete(checkpointId),
      broadcast: request => this.#execution?.broadcast(request),
      fail: fault => this.#fail(faultData(fault, fault.code, fault.domain, fault.message)),
      log: (level, message, fields) => this.#log(level, message, fields),
    });
  }

  get state(): JobState {
    return this.#state;
  }
  /** Failures that the job was restarted for, and the last one; newest first. */
  get exceptions(): readonly RootException<FaultData>[] {
    return this.#exceptions.entries;
  }

  get exceptionsTruncated(): boolean {
    return this.#exceptions.truncated;
  }
  get fault(): FaultData | null {
    return this.#fault;
  }
  /** The last of every subtask. */
  get metrics(): readonly SubtaskMetrics[] {
    return [...this.#metrics.values()];
  }
  get accumulators(): Readonly<Record<string, unknown>> {
    return mergeAccumulators(this.#attempt?.accumulators ?? []);
  }
  /** from 1; 0 before the first */
  get attempt(): number {
    return this.#attempts;
  }
  /** when the attempt got its slots, epoch milliseconds; null: it waits for them */
  get deployedAt(): number | null {
    return this.#deployedAt;
  }
  taskManagerOf(slot: number): string | null {
    return this.#executors[slot] ?? null;
  }
  hasFinished(task: number, subtask: number): boolean {
    return this.#attempt?.hasFinished({ task, subtask }) ?? false;
  }

  start(): Promise<void> {
    this.#become('CREATED');
    return this.#deploy();
  }

  /** Stops without finishing. Resolves when everything has stopped. */
  async cancel(): Promise<void> {
    if (!this.#ending && !this.#suspending && mayBecome(this.#state, 'CANCELLING')) {
      const waits = this.#restartTimer !== null;
      this.#become('CANCELLING');
      if (waits) this.#endRestartDelay();
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
      const waits = this.#restartTimer !== null;
      this.#endRestartDelay();
      if (waits || this.#state !== 'RESTARTING') this.#stop();
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
    try {
      savepoint = await this.checkpoints.trigger({ kind: 'savepoint', target, format: 'canonical', stop });
    } catch (error) {
      if (drain && this.#state === 'RUNNING' && beganSavepoint(error))
        this.#fail(faultData(error, 'FC5013', 'internal', 'the job was drained for a savepoint that failed'));
      throw error;
    }
    await this.result;
    return savepoint;
  }

  #takesCheckpoints(): boolean {
    // BATCH mode holds input back to sort it; what is held back is in no snapshot.
    return !this.#options.base.batchMode && this.#state === 'RUNNING';
  }

  // ---- attempts ----

  /** Slots load their modules while the enumerators start. */
  async #deploy(): Promise<void> {
    try {
      const point = await this.#restorePoint();
      if (this.#state !== 'CREATED') return;
      const { base, params, graph } = this.#options;
      this.#restoredFrom = point?.metadata.checkpointId ?? 0;
      this.#collected.restartFrom(this.#restoredFrom);
      const finished = finishedTasks(point, graph.vertices);
      this.#attempt = new JobAttempt(++this.#attempts, graph.vertices, finished);
      const sources = new JobSources({
        vertices: graph.vertices.filter(({ task }) => !finished.has(task.id)),
        artifactDir: base.artifactDir,
        params,
        restore: new Map(Object.entries(point?.metadata.enumerators ?? {})),
        send: (slot, task, subtask, command) =>
          this.#execution?.send(slot, { type: 'source', task, subtask, command }),
        align: (task, maxWatermark) => this.#execution?.broadcast({ type: 'align', task, maxWatermark }),
        fail: fault => this.#fail(fault),
      });
      this.#sources = sources;
      await this.#execute(point, finished);
      await sources.start();
    } catch (error) {
      this.#fail(faultData(error, 'FC5002', 'internal', 'the job could not be deployed'));
    }
  }

  /** Latest checkpoint, or what the job was started from. One that cannot be read is passed over where that is allowed. */
  async #restorePoint(): Promise<RestorePoint | null> {
    for (;;) {
      try {
        return await this.checkpoints.latest();
      } catch (error) {
        if (!this.#passOver(faultData(error, 'FC5504', 'external', 'the checkpoint cannot be read')))
          throw error;
      }
    }
  }

  /** True: there is an older checkpoint, and the job may go back to it. */
  #passOver(fault: FaultData): boolean {
    const { completed } = this.checkpoints.coordinator;
    if (fault.code !== 'FC5504' || !this.#options.allowOlderCheckpoint || completed.all.length < 2)
      return false;
    const passed = completed.latest!.checkpointId;
    this.checkpoints.forgetLatest();
    this.#log(
      'warn',
      `checkpoint ${passed} is damaged; the job goes on from checkpoint ${completed.latest!.checkpointId}, and output since then is repeated: ${fault.message}`,
    );
    return true;
  }

  async #execute(point: RestorePoint | null, finished: ReadonlySet<number>): Promise<void> {
    const { graph, base, bufferTimeoutMs, networkMemoryBytes, slots, stopTimeoutMs } = this.#options;
    const attempt = this.#attempts;
    const executors = await slots.allocate(base.jobId, graph);
    if (this.#state !== 'CREATED' || this.#suspending) return;
    const names = executors.map(({ id }) => id);
    this.#executors = names;
    this.#deployedAt = Date.now();
    const deployments = deploySlots(graph, {
      base: { ...base, attempt },
      bufferTimeoutMs,
      executors: names,
      finished,
      restore: restoreFor(point),
    });
    this.#execution = new Execution({
      jobId: base.jobId,
      attempt,
      slots: fitNetworkMemory(deployments, names, networkMemoryBytes),
      executors,
      stopTimeoutMs,
      events: {
        onRunning: () => {
          if (!mayBecome(this.#state, 'RUNNING')) return;
          this.#become('RUNNING');
          if (!base.batchMode) this.checkpoints.attemptRunning(attempt, this.#attempt!.alreadyFinished);
        },
        onReport: report => this.#onReport(report),
        onFailed: fault => this.#fail(fault),
        onStuck: stuck =>
          this.#log('warn', `slots ${stuck.join(', ')} did not stop in time; their threads are ended`),
        onEnded: () => void this.#onAttemptEnded(),
      },
    });
    this.#execution.deploy();
  }

  async #onAttemptEnded(): Promise<void> {
    this.#execution = null;
    await this.#sources?.close();
    if (this.#state !== 'RESTARTING' || this.#suspending) {
      await this.#end();
      return;
    }
    this.#deployedAt = null;
    this.#executors = [];
    await this.checkpoints.attemptEnded('CHECKPOINT_COORDINATOR_SUSPEND');
    this.#restartTimer = setTimeout(() => this.#restart(), this.#restartDelayMs);
  }

  #restart(): void {
    this.#restartTimer = null;
    if (this.#state !== 'RESTARTING') return;
    this.#become('CREATED');
    void this.#deploy();
  }

  #endRestartDelay(): void {
    if (this.#restartTimer) clearTimeout(this.#restartTimer);
    this.#restartTimer = null;
  }

  // ---- reports ----

  #onReport(report: SlotReport): void {
    const attempt = this.#attempt!;
    switch (report.type) {
      case 'source':
        this.#sources?.onRequest(report.task, report.subtask, report.request);
        return;
      case 'watermark':
        this.#sources?.onWatermark(report.task, report.subtask, report.watermark);
        return;
      case 'acknowledge':
      case 'decline':
        this.checkpoints.onReport(report);
        return;
      case 'prepared':
        // Where there are checkpoints, the last of them says when.
        if (attempt.onEnded(report) && !this.#options.base.settings.checkpointing.finalCheckpoint)
          this.#execution?.broadcast({ type: 'commit' });
        this.checkpoints.onEndOfData(attempt.number, { task: report.task, subtask: report.subtask });
        return;
      case 'finished':
        attempt.onFinished(report, report.accumulators);
        this.checkpoints.onFinished(attempt.number, { task: report.task, subtask: report.subtask });
        this.#keepMetrics([report.metrics]);
        this.#sources?.onFinished(report.task, report.subtask);
        return;
      case 'metrics':
        this.#keepMetrics(report.subtasks);
        return;
      case 'records':
        if (this.#options.onRecords)
          this.#options.onRecords(report.id, report.records, report.afterCheckpoint);
        else this.#collected.add(report.id, report.records, report.afterCheckpoint);
        return;
      case 'log':
        this.#options.onLog?.(report.entry);
        return;
      case 'deployed':
      case 'failed':
      case 'stopped':
        // The execution's own.
        return;
    }
  }

  #keepMetrics(subtasks: readonly SubtaskMetrics[]): void {
    for (const metrics of subtasks) this.#metrics.set(`${metrics.task}/${metrics.subtask}`, metrics);
    this.#options.onMetrics?.([...this.#metrics.values()]);
  }

  // ---- states ----

  #become(state: JobState): void {
    if (!mayBecome(this.#state, state)) throw new Error(`job may not go from ${this.#state} to ${state}`);
    this.#log('info', `job '${this.#options.plan.jobName}' is ${state}`, { from: this.#state, to: state });
    this.#state = state;
    this.#options.onState?.(state);
  }

  /** The first fault decides; what fails while the job stops for it is its consequence. */
  #fail(fault: FaultData): void {
    if (isTerminal(this.#state) || this.#state === 'FAILING' || this.#suspending || this.#ending) return;
    const shown = redactFault(fault, this.#options.redact);
    const entry = { timestamp: Date.now(), fault: shown, subtask: null };
    if (this.#state === 'RESTARTING') {
      this.#exceptions.add(entry, false);
      return;
    }
    this.#fault = shown;
    const passedOver = this.#attempt !== null && this.#restoredFrom > 0 && this.#passOver(shown);
    const decision =
      this.#state === 'CANCELLING' || (!passedOver && !canBeMended(shown))
        ? { restart: false as const, reason: 'restarting cannot mend it' }
        : this.#restarts.failed(Date.now());
    this.#exceptions.add(entry, true);
    this.#log('error', shown.message, { code: shown.code, ...shown.facts });
    if (decision.restart) {
      this.#restartDelayMs = decision.delayMs;
      this.#log('warn', `the job restarts in ${decision.delayMs} ms: ${shown.code} ${shown.message}`, {
        attempt: this.#attempts,
      });
      this.#become('RESTARTING');
    } else this.#become('FAILING');
    this.#stop();
  }

  #stop(): void {
    if (this.#execution) this.#execution.cancel();
    else void this.#onAttemptEnded();
  }

  async #end(): Promise<void> {
    this.#ending = true;
    const complete = this.#attempt?.complete ?? false;
    const last = await this.#lastState(complete);
    if (last === 'SUSPENDED') this.#leaves = await this.#latestState();
    // First of all: what has ended can no longer be cancelled.
    if (mayBecome(this.#state, last)) this.#become(last);
    await this.checkpoints.shutdown(last);
    this.#options.slots.free(this.#options.base.jobId);
    if (last === 'SUSPENDED') {
      this.#settle.reject(suspended());
      return;
    }
    const fault = this.#fault ? toRuntimeFault(this.#fault) : null;
    if (last === 'FAILED') {
      this.#settle.reject(
        fault ??
          new RuntimeFault('FC5002', { message: 'the job stopped before its end', domain: 'internal' }),
      );
      return;
    }
    this.#settle.resolve({
      jobId: this.#options.base.jobId,
      state: last,
      durationMs: performance.now() - this.#startedAt,
      accumulators: mergeAccumulators(this.#attempt?.accumulators ?? []),
      collected: this.#collected.all,
      metrics: [...this.#metrics.values()],
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
      this.#log('warn', `the end of the job (${last}) could not be recorded: ${messageOf(error)}`);
      return 'SUSPENDED';
    }
  }

  /** A checkpoint that cannot be read now may be readable to whoever goes on. */
  async #latestState(): Promise<InitialState | null> {
    try {
      return await this.checkpoints.latestState();
    } catch (error) {
      this.#log('warn', `the latest checkpoint cannot be read: ${messageOf(error)}`);
      return null;
    }
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

/** As in Flink everything is tried again that is not wrong for good. */
function canBeMended({ code, domain }: FaultData): boolean {
  return domain !== 'config' && domain !== 'artifact' && !lasting.has(code);
}

/** Its barriers may have reached tasks. */
function beganSavepoint(error: unknown): boolean {
  return error instanceof RuntimeFault && error.facts['began'] === 'true';
}

/** Tasks that end without checkpoints do not wait for one, so the savepoint would come too late for them. */
function drainNeedsCheckpoints(): RuntimeFault {
  return new RuntimeFault('FC5510', {
    message: 'a job can only be drained into a savepoint when it takes checkpoints',
    domain: 'config',
    fix: 'set execution.checkpointing.interval, or stop without draining',
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function suspended(): RuntimeFault {
  return new RuntimeFault('FC5623', {
    message: 'this JobManager no longer runs the job',
    domain: 'internal',
    fix: 'ask the JobManager that leads now; the job goes on there from its latest checkpoint',
  });
}

function snapshotDeclined(): RuntimeFault {
  return new RuntimeFault('FC5013', {
    message: 'a snapshot needs all tasks running, in STREAMING mode',
    domain: 'internal',
    retry: 'backoff',
  });
}
