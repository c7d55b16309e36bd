/**
 * Runs one job: deploys its execution, coordinates its sources and snapshots, follows every subtask to its end, and
 * moves the job through the states of runtime/core/job-state.ts.
 */
import type { Parameters } from '../../plugins/api/functions.js';
import type { PlanManifest } from '../contract/manifest.js';
import { RuntimeFault } from '../contract/fault.js';
import { mergeAccumulators, type AccumulatorValues } from '../core/accumulators.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import { isTerminal, mayBecome, type JobState } from '../core/job-state.js';
import type { LogEntry, LogLevel } from '../telemetry/log.js';
import { faultData, redactFault, toRuntimeFault } from '../taskmanager/faults.js';
import type { FaultData, SlotDeployment, SlotReport, SubtaskMetrics } from '../taskmanager/messages.js';
import { deploySlots } from './deployment.js';
import { Execution } from './execution.js';
import type { JobSnapshot } from './job-snapshot.js';
import { JobSources } from './job-sources.js';
import { fitNetworkMemory } from './network-memory.js';
import { PendingSnapshot } from './pending-snapshot.js';
import { restoreFor } from './restore.js';
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
  readonly restore: JobSnapshot | null;
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

export class JobMaster {
  readonly result: Promise<JobResult>;
  readonly #options: JobMasterOptions;
  readonly #startedAt = performance.now();
  readonly #sources: JobSources;
  readonly #prepared = new Set<string>();
  readonly #finished = new Set<string>();
  readonly #metrics = new Map<string, SubtaskMetrics>();
  readonly #accumulators: AccumulatorValues[] = [];
  readonly #collected = new Map<string, unknown[]>();
  readonly #snapshots = new Map<number, PendingSnapshot>();
  readonly #subtasks: number;
  #execution: Execution | null = null;
  #lastCheckpoint: number;
  #state: JobState = 'INITIALIZING';
  #fault: FaultData | null = null;
  #settle!: { readonly resolve: (result: JobResult) => void; readonly reject: (error: unknown) => void };

  constructor(options: JobMasterOptions) {
    this.#options = options;
    const { graph, base, params, restore } = options;
    this.#subtasks = graph.vertices.reduce((sum, vertex) => sum + vertex.parallelism, 0);
    this.#lastCheckpoint = restore?.checkpointId ?? 0;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever does not ask for the result must not be killed by its failure.
    this.result.catch(() => {});
    this.#sources = new JobSources({
      vertices: graph.vertices,
      artifactDir: base.artifactDir,
      params,
      restore: restore?.enumerators ?? new Map(),
      send: (slot, task, subtask, command) =>
        this.#execution?.send(slot, { type: 'source', task, subtask, command }),
      align: (task, maxWatermark) => this.#execution?.broadcast({ type: 'align', task, maxWatermark }),
      fail: fault => this.#fail(fault),
    });
  }

  get state(): JobState {
    return this.#state;
  }

  /** Slots load their modules while the enumerators start. */
  async start(): Promise<void> {
    this.#become('CREATED');
    try {
      await this.#deploy(1);
    } catch (error) {
      this.#fail(faultData(error, 'FC5002', 'internal', 'the job could not be deployed'));
      return;
    }
    await this.#sources.start();
  }

  /** Stops without finishing. Resolves when everything has stopped. */
  async cancel(): Promise<void> {
    if (mayBecome(this.#state, 'CANCELLING')) {
      this.#become('CANCELLING');
      this.#stop();
    }
    await this.result.catch(() => {});
  }

  /** A consistent cut of the running job (§9.2). */
  triggerSnapshot(): Promise<JobSnapshot> {
    // BATCH mode holds input back to sort it; what is held back is in no snapshot.
    const { batchMode } = this.#options.base;
    if (batchMode || this.#state !== 'RUNNING' || this.#finished.size > 0 || this.#prepared.size > 0)
      return Promise.reject(snapshotDeclined());
    const checkpointId = ++this.#lastCheckpoint;
    const pending = new PendingSnapshot(checkpointId, this.#subtasks, this.#sources.snapshot(checkpointId));
    this.#snapshots.set(checkpointId, pending);
    this.#execution!.broadcast({ type: 'triggerCheckpoint', checkpointId, timestamp: Date.now() });
    return pending.result;
  }

  async #deploy(attempt: number): Promise<void> {
    const { graph, base, bufferTimeoutMs, networkMemoryBytes, slots, restore, stopTimeoutMs } = this.#options;
    const executors = await slots.allocate(base.jobId, graph);
    if (this.#state !== 'CREATED') return;
    const names = executors.map(({ id }) => id);
    const deployments = deploySlots(graph, {
      base: { ...base, attempt },
      bufferTimeoutMs,
      executors: names,
      restore: restoreFor(restore),
    });
    this.#execution = new Execution({
      jobId: base.jobId,
      attempt,
      slots: fitNetworkMemory(deployments, names, networkMemoryBytes),
      executors,
      stopTimeoutMs,
      events: {
        onRunning: () => {
          if (mayBecome(this.#state, 'RUNNING')) this.#become('RUNNING');
        },
        onReport: report => this.#onReport(report),
        onFailed: fault => this.#fail(fault),
        onStuck: stuck =>
          this.#log('warn', `slots ${stuck.join(', ')} did not stop in time; their threads are ended`),
        onEnded: () => void this.#end(),
      },
    });
    this.#execution.deploy();
  }

  // ---- reports ----

  #onReport(report: SlotReport): void {
    switch (report.type) {
      case 'source':
        this.#sources.onRequest(report.task, report.subtask, report.request);
        return;
      case 'watermark':
        this.#sources.onWatermark(report.task, report.subtask, report.watermark);
        return;
      case 'snapshot':
        this.#onSnapshot(report);
        return;
      case 'prepared':
        this.#prepared.add(`${report.task}/${report.subtask}`);
        if (this.#prepared.size === this.#subtasks) this.#execution!.broadcast({ type: 'commit' });
        return;
      case 'finished':
        this.#finished.add(`${report.task}/${report.subtask}`);
        this.#accumulators.push(report.accumulators);
        this.#keepMetrics([report.metrics]);
        this.#sources.onFinished(report.task, report.subtask);
        return;
      case 'metrics':
        this.#keepMetrics(report.subtasks);
        return;
      case 'records':
        this.#onRecords(report.id, report.records, report.afterCheckpoint);
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

  #onSnapshot({ checkpointId, snapshot }: SlotReport & { readonly type: 'snapshot' }): void {
    const pending = this.#snapshots.get(checkpointId);
    if (!pending?.add(snapshot)) return;
    this.#snapshots.delete(checkpointId);
    this.#sources.notifyCheckpointComplete(checkpointId);
    this.#execution!.broadcast({ type: 'checkpointComplete', checkpointId });
  }

  #onRecords(id: string, records: readonly unknown[], afterCheckpoint: number): void {
    if (this.#options.onRecords) {
      this.#options.onRecords(id, records, afterCheckpoint);
      return;
    }
    let all = this.#collected.get(id);
    if (!all) this.#collected.set(id, (all = []));
    for (const record of records) all.push(record);
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

  /** The first fault decides; later ones are its consequences. */
  #fail(fault: FaultData): void {
    if (isTerminal(this.#state) || this.#state === 'FAILING') return;
    this.#fault = redactFault(fault, this.#options.redact);
    this.#log('error', this.#fault.message, { code: fault.code, ...this.#fault.facts });
    this.#become('FAILING');
    this.#stop();
  }

  #stop(): void {
    if (this.#execution) this.#execution.cancel();
    else void this.#end();
  }

  async #end(): Promise<void> {
    await this.#sources.close();
    this.#options.slots.free(this.#options.base.jobId);
    const complete = this.#finished.size === this.#subtasks;
    if (this.#state === 'FAILING') this.#become('FAILED');
    else if (this.#state === 'CANCELLING') this.#become('CANCELED');
    else if (complete) this.#become('FINISHED');
    const fault = this.#fault ? toRuntimeFault(this.#fault) : null;
    const error =
      fault ?? new RuntimeFault('FC5002', { message: 'the job stopped before its end', domain: 'internal' });
    for (const pending of this.#snapshots.values()) pending.fail(complete ? snapshotDeclined() : error);
    if (this.#state !== 'FINISHED' && this.#state !== 'CANCELED') {
      this.#settle.reject(error);
      return;
    }
    this.#settle.resolve({
      jobId: this.#options.base.jobId,
      state: this.#state,
      durationMs: performance.now() - this.#startedAt,
      accumulators: mergeAccumulators(this.#accumulators),
      collected: Object.fromEntries(this.#collected),
      metrics: [...this.#metrics.values()],
    });
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

function snapshotDeclined(): RuntimeFault {
  return new RuntimeFault('FC5013', {
    message: 'a snapshot needs all tasks running, in STREAMING mode',
    domain: 'internal',
    retry: 'backoff',
  });
}
