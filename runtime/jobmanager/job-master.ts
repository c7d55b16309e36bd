/**
 * Runs one job: deploys its slots, coordinates its sources, follows every subtask to its end, and moves the job
 * through the states of runtime/core/job-state.ts. Talks to slots in messages only.
 */
import { join } from 'node:path';
import type { Parameters } from '../../plugins/api/functions.js';
import type { PlanManifest } from '../contract/manifest.js';
import { RuntimeFault } from '../contract/fault.js';
import { mergeAccumulators, type AccumulatorValues } from '../core/accumulators.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import { isTerminal, mayBecome, type JobState } from '../core/job-state.js';
import type { LogEntry, LogLevel } from '../telemetry/log.js';
import { faultData, redactFault, toRuntimeFault } from '../taskmanager/faults.js';
import type {
  FaultData,
  SlotDeployment,
  SlotReport,
  SlotRequest,
  SubtaskMetrics,
} from '../taskmanager/messages.js';
import { SlotThread } from '../taskmanager/slot-thread.js';
import { AlignmentCoordinator } from './alignment-coordinator.js';
import type { JobSnapshot } from './job-snapshot.js';
import { PendingSnapshot } from './pending-snapshot.js';
import { loadTask } from './load-task.js';
import { SourceCoordinator } from './source-coordinator.js';

/** Between a slot's last word and the end of its thread. */
const threadEndGraceMs = 1_000;

export interface JobMasterOptions {
  readonly jobId: string;
  readonly attempt: number;
  readonly plan: PlanManifest;
  readonly graph: ExecutionGraph;
  readonly slots: readonly SlotDeployment[];
  readonly artifactDir: string;
  readonly params: Parameters;
  readonly batchMode: boolean;
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
  readonly #threads: SlotThread[] = [];
  readonly #sources = new Map<number, SourceCoordinator>();
  readonly #alignments: AlignmentCoordinator[] = [];
  readonly #deployed = new Set<number>();
  readonly #stopped = new Set<number>();
  readonly #prepared = new Set<string>();
  readonly #finished = new Set<string>();
  readonly #metrics = new Map<string, SubtaskMetrics>();
  readonly #accumulators: AccumulatorValues[] = [];
  readonly #collected = new Map<string, unknown[]>();
  readonly #snapshots = new Map<number, PendingSnapshot>();
  readonly #subtasks: number;
  #lastCheckpoint: number;
  #state: JobState = 'INITIALIZING';
  #fault: FaultData | null = null;
  #stopTimer: NodeJS.Timeout | null = null;
  #settle!: { readonly resolve: (result: JobResult) => void; readonly reject: (error: unknown) => void };

  constructor(options: JobMasterOptions) {
    this.#options = options;
    this.#subtasks = options.graph.vertices.reduce((sum, vertex) => sum + vertex.parallelism, 0);
    this.#lastCheckpoint = options.restore?.checkpointId ?? 0;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever does not ask for the result must not be killed by its failure.
    this.result.catch(() => {});
  }

  get state(): JobState {
    return this.#state;
  }

  /** Threads start at once; enumerators while the threads load their modules. */
  async start(): Promise<void> {
    this.#become('CREATED');
    for (const deployment of this.#options.slots)
      this.#threads.push(
        new SlotThread(deployment, {
          onReport: report => this.#onReport(report),
          onLost: (slot, fault) => {
            this.#stopped.add(slot);
            this.#fail(fault);
            this.#endIfStopped();
          },
        }),
      );
    try {
      await this.#startSources();
    } catch (error) {
      this.#fail(
        faultData(error, 'FC5008', 'external', 'a source could not be started', this.#options.artifactDir),
      );
    }
  }

  /** Stops without finishing. Resolves when everything has stopped. */
  async cancel(): Promise<void> {
    if (mayBecome(this.#state, 'CANCELLING')) {
      this.#become('CANCELLING');
      this.#stopSlots();
    }
    await this.result.catch(() => {});
  }

  /** A consistent cut of the running job (§9.2). */
  triggerSnapshot(): Promise<JobSnapshot> {
    // BATCH mode holds input back to sort it; what is held back is in no snapshot.
    if (
      this.#options.batchMode ||
      this.#state !== 'RUNNING' ||
      this.#finished.size > 0 ||
      this.#prepared.size > 0
    )
      return Promise.reject(snapshotDeclined());
    const checkpointId = ++this.#lastCheckpoint;
    const enumerators = new Map(
      [...this.#sources.values()].map(source => [source.uidHash, source.snapshot(checkpointId)]),
    );
    const pending = new PendingSnapshot(checkpointId, this.#subtasks, enumerators);
    this.#snapshots.set(checkpointId, pending);
    this.#broadcast({ type: 'triggerCheckpoint', checkpointId, timestamp: Date.now() });
    return pending.result;
  }

  // ---- sources ----

  async #startSources(): Promise<void> {
    const { graph, artifactDir, params, restore } = this.#options;
    const sources = graph.vertices.filter(vertex => vertex.task.isSource);
    await Promise.all(
      sources.map(async vertex => {
        const module = await loadTask(join(artifactDir, vertex.task.module));
        if (this.#ending) return;
        const spec = module.source;
        if (!spec) throw new Error(`task '${vertex.task.name}' has no source`);
        const { uidHash, name } = module.operators[spec.operator]!;
        const coordinator = new SourceCoordinator({
          uidHash,
          source: spec.create(params),
          parallelism: vertex.parallelism,
          params,
          restore: restore?.enumerators.get(uidHash),
          send: (subtask, command) =>
            this.#send(vertex.firstSlot + subtask, {
              type: 'source',
              task: vertex.task.id,
              subtask,
              command,
            }),
          fail: error =>
            this.#fail(faultData(error, 'FC5008', 'external', `source '${name}' failed`, artifactDir)),
        });
        this.#sources.set(vertex.task.id, coordinator);
        const alignment = spec.watermarks?.(params).alignment;
        if (alignment) this.#align(vertex.task.id, alignment);
      }),
    );
    for (const [task, requests] of this.#earlyRequests)
      for (const request of requests) this.#sources.get(task)?.onRequest(...request);
    this.#earlyRequests.clear();
    await Promise.all([...this.#sources.values()].map(source => source.start()));
  }

  #groups = new Map<
    string,
    { readonly maxDrift: number; readonly updateIntervalMs: number; readonly tasks: number[] }
  >();

  #align(
    task: number,
    spec: { readonly group: string; readonly maxDrift: number; readonly updateInterval: number },
  ): void {
    const group = this.#groups.get(spec.group);
    if (group) {
      group.tasks.push(task);
      return;
    }
    const created = { maxDrift: spec.maxDrift, updateIntervalMs: spec.updateInterval, tasks: [task] };
    this.#groups.set(spec.group, created);
    const send = (to: number, maxWatermark: number): void =>
      this.#broadcast({ type: 'align', task: to, maxWatermark });
    this.#alignments.push(new AlignmentCoordinator(created, send));
  }

  /** Readers may register before the enumerator's module is loaded. */
  readonly #earlyRequests = new Map<number, Parameters2<SourceCoordinator['onRequest']>[]>();

  // ---- reports ----

  #onReport(report: SlotReport): void {
    if (report.jobId !== this.#options.jobId || report.attempt !== this.#options.attempt) return;
    switch (report.type) {
      case 'deployed':
        this.#deployed.add(report.slot);
        if (this.#deployed.size === this.#threads.length && mayBecome(this.#state, 'RUNNING')) {
          this.#become('RUNNING');
          this.#broadcast({ type: 'run' });
        }
        return;
      case 'source': {
        const source = this.#sources.get(report.task);
        if (source) source.onRequest(report.subtask, report.request);
        else {
          const early = this.#earlyRequests.get(report.task) ?? [];
          early.push([report.subtask, report.request]);
          this.#earlyRequests.set(report.task, early);
        }
        return;
      }
      case 'watermark':
        for (const alignment of this.#alignments)
          alignment.onReport(report.task, report.subtask, report.watermark);
        return;
      case 'snapshot':
        this.#onSnapshot(report.checkpointId, report.snapshot);
        return;
      case 'prepared':
        this.#prepared.add(`${report.task}/${report.subtask}`);
        if (this.#prepared.size === this.#subtasks) this.#broadcast({ type: 'commit' });
        return;
      case 'finished':
        this.#finished.add(`${report.task}/${report.subtask}`);
        this.#accumulators.push(report.accumulators);
        this.#keepMetrics([report.metrics]);
        for (const alignment of this.#alignments) alignment.remove(report.task, report.subtask);
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
      case 'failed':
        this.#fail(report.fault);
        return;
      case 'stopped':
        this.#stopped.add(report.slot);
        this.#endIfStopped();
        return;
    }
  }

  #onSnapshot(checkpointId: number, snapshot: Parameters2<PendingSnapshot['add']>[0]): void {
    const pending = this.#snapshots.get(checkpointId);
    if (!pending?.add(snapshot)) return;
    this.#snapshots.delete(checkpointId);
    for (const source of this.#sources.values()) source.notifyCheckpointComplete(checkpointId);
    this.#broadcast({ type: 'checkpointComplete', checkpointId });
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
    this.#stopSlots();
  }

  #stopSlots(): void {
    this.#broadcast({ type: 'cancel' });
    this.#stopTimer ??= setTimeout(() => void this.#terminate(), this.#options.stopTimeoutMs);
    this.#endIfStopped();
  }

  /** A thread in an endless loop of user code hears no message. */
  async #terminate(): Promise<void> {
    const stuck = this.#options.slots.filter(({ slot }) => !this.#stopped.has(slot)).map(({ slot }) => slot);
    await Promise.all(stuck.flatMap(slot => this.#threads[slot]?.terminate() ?? []));
    for (const slot of stuck) this.#stopped.add(slot);
    this.#fault ??= faultData(null, 'FC5004', 'user', `slot ${stuck.join(', ')} did not stop in time`);
    this.#endIfStopped();
  }

  #endIfStopped(): void {
    if (this.#stopped.size < this.#options.slots.length || this.#ending) return;
    this.#ending = true;
    void this.#end();
  }
  #ending = false;

  async #end(): Promise<void> {
    if (this.#stopTimer) clearTimeout(this.#stopTimer);
    for (const alignment of this.#alignments) alignment.close();
    await Promise.allSettled([...this.#sources.values()].map(source => source.close()));
    await Promise.all(this.#threads.map(thread => thread.end(threadEndGraceMs)));
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
      jobId: this.#options.jobId,
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
      fields: { jobId: this.#options.jobId, ...fields },
    });
  }

  // ---- slots ----

  #broadcast(body: RequestBody): void {
    for (const { slot } of this.#options.slots) this.#send(slot, body);
  }

  #send(slot: number, body: RequestBody): void {
    const { jobId, attempt } = this.#options;
    if (!this.#stopped.has(slot)) this.#threads[slot]?.send({ jobId, attempt, ...body } as SlotRequest);
  }
}

function snapshotDeclined(): RuntimeFault {
  return new RuntimeFault('FC5013', {
    message: 'a snapshot needs all tasks running, in STREAMING mode',
    domain: 'internal',
    retry: 'backoff',
  });
}

type RequestBody = SlotRequest extends infer R
  ? R extends SlotRequest
    ? Omit<R, 'jobId' | 'attempt'>
    : never
  : never;
type Parameters2<F> = F extends (...args: infer A) => unknown ? A : never;
