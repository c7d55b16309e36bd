/**
 * A slot: one thread, one event loop, subtask i of every task of a slot-sharing group. The loop runs one unit of work
 * at a time and prefers the most downstream subtask that has some, so that rows leave before new ones come in. It
 * returns to the event loop every few milliseconds and sleeps when nothing is left to do.
 */
import { openFileSystem } from '../../plugins/file-systems.js';
import { schemeOf, type FileSystem } from '../../plugins/api/file-system.js';
import type { Accumulator } from '../../plugins/api/functions.js';
import type { AccumulatorValues } from '../core/accumulators.js';
import type { TaskModule } from '../contract/task.js';
import { Doorbell } from '../exchange/doorbell.js';
import type { StateBackend } from '../state/index.js';
import { CheckpointRequests } from './checkpoint-requests.js';
import { heapUse } from './heap-use.js';
import { openStates } from './open-states.js';
import { describeFailure, faultData, redactFault, sceneOf } from './faults.js';
import type {
  CheckpointRequest,
  FaultData,
  SlotDeployment,
  SlotReport,
  SlotRequest,
  SubtaskAccumulators,
  SubtaskMetrics,
} from './messages.js';
import { redactor } from '../telemetry/redact.js';
import { parametersOf } from './parameters.js';
import type { SlotMemory } from './slot-memory.js';
import type { ReportBody, SubtaskHost } from './subtask-host.js';
import type { Subtask } from './subtask.js';
import { LocalChannels, wireSubtask } from './wire-subtask.js';

/** How long the loop keeps the thread before messages and I/O get their turn. */
const turnMs = 4;
/** A unit of work that takes longer than turnMs makes a turn so long that writing files suffers; and what it gets then. */
const longTurnMs = 8;
const longestBreathMs = 20;
/** Closing sinks and readers of a failed job may hang; the slot reports after this long all the same. */
const abortTimeoutMs = 5_000;

export class Slot {
  readonly #deployment: SlotDeployment;
  readonly #report: (report: SlotReport) => void;
  readonly #memory: SlotMemory;
  readonly #bell: Doorbell;
  readonly #checkpoints = new CheckpointRequests();
  readonly #fileSystems = new Map<string, Promise<FileSystem>>();
  #backend: StateBackend | null = null;
  readonly #subtasks: Subtask[] = [];
  /** downstream first */
  #workers: readonly Subtask[] = [];
  #sources: readonly Subtask[] = [];
  #sourceTurn = 0;
  #scheduled = false;
  #state: 'deploying' | 'deployed' | 'running' | 'stopping' | 'stopped' = 'deploying';
  #deploying: Promise<void> = Promise.resolve();
  #sleepTimer: NodeJS.Timeout | null = null;
  #periodicTimer: NodeJS.Timeout | null = null;
  #metricsTimer: NodeJS.Timeout | null = null;
  #overtakeTimer: NodeJS.Timeout | null = null;
  #nextFlush = 0;
  readonly #redact: (text: string) => string;
  readonly #flushIntervalMs: () => number;
  readonly #wakeUp = (): void => this.wake();
  readonly #turn = (): void => this.#runTurn();

  constructor(deployment: SlotDeployment, memory: SlotMemory, report: (report: SlotReport) => void) {
    this.#deployment = deployment;
    this.#report = report;
    this.#memory = memory;
    this.#redact = redactor(deployment.secrets);
    this.#bell = new Doorbell(memory.doorbell);
    let interval = 0;
    this.#flushIntervalMs = () => (interval ||= smallestTimeout(this.#subtasks));
  }

  /** Makes all subtasks. Records flow when the JobMaster says that every slot has come as far. */
  deploy(load: (module: string) => Promise<TaskModule>, backend: Promise<StateBackend>): Promise<void> {
    this.#deploying = this.#deploy(load, backend);
    return this.#deploying;
  }

  async #deploy(load: (module: string) => Promise<TaskModule>, opened: Promise<StateBackend>): Promise<void> {
    const { subtasks } = this.#deployment;
    const [backend, modules] = await Promise.all([
      opened,
      Promise.all(subtasks.map(subtask => load(subtask.module))),
    ]);
    this.#backend = backend;
    if (this.#state !== 'deploying') return;
    const host = this.#host();
    const { batchRows, localCredits } = this.#deployment.settings;
    const locals = new LocalChannels(batchRows, localCredits);
    for (const [i, subtask] of subtasks.entries()) {
      const module = modules[i]!;
      try {
        const states = await openStates(host, backend, subtask, module);
        this.#subtasks.push(wireSubtask(host, subtask, module, locals, this.#memory.channels, states));
      } catch (error) {
        this.fail(describeFailure(error, sceneOf(subtask, module, host.artifactDir, null)));
        return;
      }
      if (this.#state !== 'deploying') return;
    }
    for (const subtask of this.#subtasks) {
      await subtask.start();
      if (this.#state !== 'deploying') return;
    }
    this.#workers = this.#subtasks.filter(subtask => !subtask.isSource).reverse();
    this.#sources = this.#subtasks.filter(subtask => subtask.isSource);
    this.#state = 'deployed';
    this.#say({ type: 'deployed' });
  }

  #run(): void {
    if (this.#state !== 'deployed') return;
    this.#state = 'running';
    this.#startTimers();
    this.wake();
  }

  onRequest(request: SlotRequest): void {
    if (request.jobId !== this.#deployment.jobId || request.attempt !== this.#deployment.attempt) return;
    switch (request.type) {
      case 'source':
        this.#find(request.task, request.subtask)?.onReaderCommand(request.command);
        return;
      case 'align':
        for (const subtask of this.#sources)
          if (subtask.deployment.task === request.task) subtask.align(request.maxWatermark);
        return;
      case 'triggerCheckpoint':
        this.#checkpoints.add(request.request);
        for (const { task, subtask } of request.subtasks)
          this.#find(task, subtask)?.checkpoints.trigger(request.request);
        this.#awaitOvertaking(request.request);
        return;
      case 'checkpointAborted':
        this.#checkpoints.aborted(request.checkpointId);
        for (const subtask of this.#subtasks) subtask.checkpoints.onAborted(request.checkpointId);
        return;
      case 'checkpointComplete':
        this.#checkpoints.completed(request.checkpointId);
        for (const subtask of this.#subtasks) subtask.checkpoints.onComplete(request.checkpointId);
        return;
      case 'run':
        this.#run();
        return;
      case 'commit':
        for (const subtask of this.#subtasks) subtask.commit();
        return;
      case 'cancel':
        void this.#stop(true);
        return;
    }
  }

  /** Barriers that overtake may have come before the word that they may; those that are aligned at first are so long enough. */
  #awaitOvertaking({ timestamp, options }: CheckpointRequest): void {
    if (options.unalignedAfterMs === null) return;
    if (this.#overtakeTimer) clearTimeout(this.#overtakeTimer);
    const delay = timestamp + options.unalignedAfterMs - Date.now();
    this.#overtakeTimer = setTimeout(this.#wakeUp, Math.min(Math.max(delay, 0), maxTimeoutMs));
    this.wake();
  }

  wake(): void {
    if (this.#scheduled || this.#state !== 'running') return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  /** A fault outside any subtask, or of one: the slot stops on the JobMaster's word. */
  fail(fault: FaultData): void {
    if (this.#state === 'stopped' || this.#state === 'stopping') return;
    this.#state = 'stopping';
    this.#say({ type: 'failed', fault: redactFault(fault, this.#redact) });
  }

  // ---- the loop ----

  #runTurn(): void {
    this.#scheduled = false;
    if (this.#state !== 'running') return;
    this.#bell.awake();
    if (this.#sleepTimer) {
      clearTimeout(this.#sleepTimer);
      this.#sleepTimer = null;
    }
    let now = performance.now();
    const until = now + turnMs;
    for (;;) {
      const subtask = this.#runOne();
      const after = performance.now();
      if (subtask) {
        subtask.telemetry.addBusy(after - now);
        now = after;
        this.#flushIfDue(now);
        if (now < until) continue;
        this.#takeBreath(now - until + turnMs);
        return;
      }
      now = after;
      if (this.#flushLocal()) continue;
      if (this.#finished()) return;
      this.#bell.sleep(this.#wakeUp);
      // What arrived before the bell was on did not ring.
      const late = this.#runOne();
      if (late === null) break;
      this.#bell.awake();
    }
    if (this.#state === 'running') this.#sleepUntilDue(now);
  }

  /**
   * The next turn, after messages and I/O had theirs. A file is many calls, each of which comes back when a turn is over:
   * where turns are long, checkpoints under way get some time in between.
   */
  #takeBreath(turnMs: number): void {
    this.#scheduled = true;
    if (turnMs > longTurnMs && this.#subtasks.some(subtask => subtask.checkpoints.isWriting))
      setTimeout(this.#turn, Math.min(turnMs / 8, longestBreathMs));
    else setImmediate(this.#turn);
  }

  #runOne(): Subtask | null {
    for (const subtask of this.#workers) if (subtask.step()) return subtask;
    const sources = this.#sources;
    for (let i = 0; i < sources.length; i++) {
      const subtask = sources[this.#sourceTurn]!;
      this.#sourceTurn = this.#sourceTurn + 1 === sources.length ? 0 : this.#sourceTurn + 1;
      if (subtask.step()) return subtask;
    }
    return null;
  }

  #flushLocal(): boolean {
    let moved = false;
    for (const subtask of this.#subtasks) if (subtask.outputs.flushLocal()) moved = true;
    return moved;
  }

  #flushIfDue(now: number): void {
    const interval = this.#flushIntervalMs();
    if (interval < 0 || now < this.#nextFlush) return;
    this.#nextFlush = now + interval;
    for (const subtask of this.#subtasks) subtask.outputs.flush();
  }

  #sleepUntilDue(now: number): void {
    let delay = Infinity;
    const clock = Date.now();
    for (const subtask of this.#subtasks) {
      delay = Math.min(delay, subtask.processingTime.nextDue - clock);
      if (this.#flushIntervalMs() >= 0 && subtask.outputs.hasOpenRows)
        delay = Math.min(delay, this.#nextFlush - now);
    }
    if (delay === Infinity) return;
    this.#sleepTimer = setTimeout(
      () => {
        this.#sleepTimer = null;
        this.#flushIfDue(performance.now());
        this.wake();
      },
      Math.min(Math.max(Math.ceil(delay), 0), maxTimeoutMs),
    );
  }

  #startTimers(): void {
    const { autoWatermarkIntervalMs, metricsIntervalMs } = this.#deployment.settings;
    if (autoWatermarkIntervalMs > 0 && !this.#deployment.batchMode)
      this.#periodicTimer = setInterval(() => this.#periodicEmit(), autoWatermarkIntervalMs);
    if (metricsIntervalMs > 0)
      this.#metricsTimer = setInterval(() => this.#reportMetrics(), metricsIntervalMs);
  }

  #periodicEmit(): void {
    if (this.#state !== 'running') return;
    const now = Date.now();
    for (const subtask of this.#subtasks) {
      subtask.onPeriodicEmit(now);
      const watermark = subtask.alignmentReport();
      if (watermark !== undefined)
        this.#say({
          type: 'watermark',
          task: subtask.deployment.task,
          subtask: subtask.deployment.subtask,
          watermark,
        });
    }
    this.wake();
  }

  // ---- the end ----

  #finished(): boolean {
    if (!this.#subtasks.every(subtask => subtask.finished)) return false;
    void this.#stop(false);
    return true;
  }

  async #stop(abort: boolean): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    for (const timer of [this.#periodicTimer, this.#metricsTimer]) if (timer) clearInterval(timer);
    for (const timer of [this.#sleepTimer, this.#overtakeTimer]) if (timer) clearTimeout(timer);
    if (abort) {
      this.#reportLast();
      await withTimeout(this.#abort(), abortTimeoutMs);
    }
    await withTimeout(
      this.#release().catch(() => {}),
      abortTimeoutMs,
    );
    this.#bell.close();
    this.#say({ type: 'stopped' });
  }

  /** What was counted until now is part of the result of a job that is cancelled. */
  #reportLast(): void {
    try {
      this.#reportMetrics();
    } catch {
      // A gauge or an accumulator of the program throws: it must not keep the slot from stopping.
    }
  }

  /** What is being deployed is not closed half made. */
  async #abort(): Promise<void> {
    await this.#deploying.catch(() => {});
    await Promise.all(this.#subtasks.map(subtask => subtask.abort()));
  }

  async #release(): Promise<void> {
    await this.#backend?.close();
    for (const fileSystem of this.#fileSystems.values()) await (await fileSystem).close();
  }

  #fileSystemOf(base: string): Promise<FileSystem> {
    const scheme = schemeOf(base);
    let fileSystem = this.#fileSystems.get(scheme);
    if (!fileSystem) {
      fileSystem = openFileSystem(base, this.#deployment.settings.checkpointing.fileSystems);
      this.#fileSystems.set(scheme, fileSystem);
    }
    return fileSystem;
  }

  #reportMetrics(): void {
    this.#say({
      type: 'metrics',
      subtasks: this.#metrics(),
      accumulators: this.#accumulators(),
      heap: heapUse(),
    });
  }
  #metrics(): readonly SubtaskMetrics[] {
    const now = Date.now();
    return this.#subtasks.filter(subtask => !subtask.finished).map(subtask => subtask.metrics(now));
  }
  #accumulators(): readonly SubtaskAccumulators[] {
    return this.#subtasks
      .filter(({ finished, accumulators }) => !finished && accumulators.size > 0)
      .map(({ deployment: { task, subtask }, accumulators }) => ({
        task,
        subtask,
        values: localValues(accumulators),
      }));
  }

  // ---- wiring ----

  #host(): SubtaskHost {
    const { jobId, jobName, attempt, artifactDir, batchMode, parameters, settings } = this.#deployment;
    return {
      artifactDir,
      jobId,
      jobName,
      attempt,
      batchMode,
      ...settings,
      params: parametersOf(parameters),
      checkpoints: this.#checkpoints,
      fileSystemOf: base => this.#fileSystemOf(base),
      now: () => Date.now(),
      wake: () => this.wake(),
      fail: fault => this.fail(fault),
      requestSource: (task, subtask, request) => this.#say({ type: 'source', task, subtask, request }),
      log: (level, message, fields = {}) =>
        this.#say({
          type: 'log',
          entry: { time: Date.now(), level, message: this.#redact(message), fields },
        }),
      sendToClient: (id, records, afterCheckpoint) =>
        this.#say({ type: 'records', id, records, afterCheckpoint }),
      onCheckpoint: report => this.#say(report),
      onPrepared: subtask =>
        this.#say({ type: 'prepared', task: subtask.deployment.task, subtask: subtask.deployment.subtask }),
      onFinished: subtask =>
        this.#say({
          type: 'finished',
          task: subtask.deployment.task,
          subtask: subtask.deployment.subtask,
          accumulators: localValues(subtask.accumulators),
          metrics: subtask.metrics(Date.now()),
        }),
    };
  }

  #find(task: number, subtask: number): Subtask | undefined {
    return this.#subtasks.find(
      ({ deployment }) => deployment.task === task && deployment.subtask === subtask,
    );
  }

  #say(body: ReportBody<SlotReport>): void {
    const { jobId, attempt, slot } = this.#deployment;
    this.#report({ jobId, attempt, slot, ...body });
  }

  /** For faults that no subtask saw: a rejected promise of a connector, say. */
  failWith(error: unknown, message: string): void {
    this.fail(faultData(error, 'FC5022', 'internal', message, this.#deployment.artifactDir));
  }
}

const maxTimeoutMs = 2 ** 31 - 1;

function smallestTimeout(subtasks: readonly Subtask[]): number {
  const timeouts = subtasks.map(subtask => subtask.outputs.bufferTimeoutMs).filter(timeout => timeout > 0);
  return timeouts.length === 0 ? -1 : Math.min(...timeouts);
}

function localValues(accumulators: ReadonlyMap<string, Accumulator>): AccumulatorValues {
  return Object.fromEntries(
    [...accumulators].map(([name, { localValue, mergedBy }]) => [
      name,
      { value: localValue, mergedBy: mergedBy ?? null },
    ]),
  );
}

async function withTimeout(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
