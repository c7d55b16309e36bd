/**
 * One parallel instance of a task: its module, inputs, outputs, source, sinks, timers and state. step() does one unit
 * of work (a batch, an event, a timer, a message) and never waits; what takes time suspends the subtask and wakes the
 * slot when it is done.
 */
import type { Accumulator } from '../../plugins/api/functions.js';
import type { Task, TaskModule } from '../contract/task.js';
import type { InputChannel } from '../exchange/channel.js';
import type { ChannelGate } from '../exchange/output-gate.js';
import { describeFailure, sceneOf } from './faults.js';
import type { ReaderCommand, SubtaskDeployment, SubtaskMetrics } from './messages.js';
import type { OpenedStates } from './open-states.js';
import type { MailboxProcessingTime } from './processing-time.js';
import { openSource, type OpenSource } from './source-task.js';
import { SubtaskCheckpoints, type SubtaskPhase } from './subtask-checkpoints.js';
import { SubtaskContext } from './subtask-context.js';
import { SubtaskEnding } from './subtask-ending.js';
import type { SubtaskHost } from './subtask-host.js';
import { SubtaskMailbox } from './subtask-mailbox.js';
import { SubtaskOutputs } from './subtask-outputs.js';
import { SubtaskTelemetry } from './subtask-telemetry.js';
import { TaskFeed } from './task-feed.js';

export class Subtask {
  readonly deployment: SubtaskDeployment;
  readonly telemetry: SubtaskTelemetry;
  readonly processingTime: MailboxProcessingTime;
  readonly accumulators = new Map<string, Accumulator>();
  readonly outputs: SubtaskOutputs;
  readonly checkpoints: SubtaskCheckpoints;
  readonly #host: SubtaskHost;
  readonly #module: TaskModule;
  readonly #mailbox: SubtaskMailbox;
  readonly #context: SubtaskContext;
  readonly #source: OpenSource | null;
  readonly #task: Task;
  readonly #feed: TaskFeed;
  readonly #ending: SubtaskEnding;
  #phase: SubtaskPhase = 'running';

  constructor(
    host: SubtaskHost,
    deployment: SubtaskDeployment,
    module: TaskModule,
    channels: readonly (readonly InputChannel[])[],
    gates: readonly ChannelGate[],
    states: OpenedStates,
  ) {
    this.#host = host;
    this.#module = module;
    this.deployment = deployment;
    this.processingTime = states.processingTime;
    this.telemetry = new SubtaskTelemetry(module.operators);
    this.outputs = new SubtaskOutputs(gates, deployment.outputs);
    const mailbox = new SubtaskMailbox(
      () => host.wake(),
      error => this.#fail(error),
    );
    this.#mailbox = mailbox;
    this.#context = new SubtaskContext({
      host,
      deployment,
      module,
      gates,
      processingTime: this.processingTime,
      states: states.operators,
      telemetry: this.telemetry,
      accumulators: this.accumulators,
      enqueue: callback => mailbox.enqueueOutput(callback),
      track: promise => mailbox.track(promise),
    });
    this.#source = this.#openSource();
    this.#task = module.create(this.#context);
    const parts = {
      host,
      deployment,
      module,
      task: this.#task,
      context: this.#context,
      telemetry: this.telemetry,
      outputs: this.outputs,
      mailbox,
      source: this.#source,
    };
    this.#feed = new TaskFeed({
      ...parts,
      channels,
      onBarrier: checkpointId => this.checkpoints.onBarrier(checkpointId),
    });
    this.#ending = this.#makeEnding();
    this.checkpoints = new SubtaskCheckpoints({
      ...parts,
      feed: this.#feed,
      ending: this.#ending,
      phase: () => this.#phase,
      enter: phase => (this.#phase = phase),
    });
  }

  #openSource(): OpenSource | null {
    const { source } = this.#module;
    if (!source) return null;
    return openSource({
      host: this.#host,
      deployment: this.deployment,
      source,
      context: this.#context,
      telemetry: this.telemetry,
      target: {
        onWatermark: watermark => this.#feed.onWatermark(watermark),
        onIdle: idle => this.#feed.onIdle(idle),
      },
      onDeadLetter: letter => this.#task.onDeadLetter?.(letter),
      fail: error => this.#fail(error),
    });
  }

  #makeEnding(): SubtaskEnding {
    const host = this.#host;
    return new SubtaskEnding({
      task: this.#task,
      sinks: this.#context.sinks,
      commitAtEndOfJob: host.commitAtEndOfJob,
      finalCheckpoint: host.checkpointing.finalCheckpoint,
      mailbox: this.#mailbox,
      outputs: this.outputs,
      quiesce: () => this.processingTime.quiesce(),
      closeSource: async () => {
        await this.#source?.driver.close();
        await this.#context.closeStates();
      },
      onPrepared: () => {
        host.onPrepared(this);
        this.checkpoints.beginDeferred();
      },
      onFinished: () => host.onFinished(this),
    });
  }

  /** Before the first step: commits what the restored snapshot had prepared, then starts the reader. */
  async start(): Promise<void> {
    const { task, subtask, restore } = this.deployment;
    try {
      for (const sink of this.#context.sinks) {
        const restored = restore?.sinks.find(({ uidHash }) => uidHash === sink.uidHash);
        await sink.recommit(restored?.committables ?? []);
      }
      this.#source?.driver.start(restore?.splits ?? []);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#source) this.#host.requestSource(task, subtask, { kind: 'register' });
  }

  get isSource(): boolean {
    return this.#source !== null;
  }
  get finished(): boolean {
    return this.#phase === 'aborted' || this.#ending.finished;
  }
  /** Waits for promises of sinks or of asynchronous requests. */
  get waiting(): boolean {
    return !this.finished && (this.#mailbox.suspended || this.#mailbox.tracks || this.#task.pending > 0);
  }

  // ---- work ----

  /** One unit of work; false when there is nothing to do until something changes. */
  step(): boolean {
    try {
      return this.#step();
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #step(): boolean {
    // Messages wait too: what a finished asynchronous request emits must not come between prepare and snapshot.
    if (this.#mailbox.suspended || this.finished) return false;
    if (this.#mailbox.runNext()) return true;
    const free = this.outputs.drain();
    this.telemetry.setBackPressured(!free);
    // Back-pressure holds everything up but barriers that overtake.
    if (this.checkpoints.overtake()) return true;
    if (!free) return false;
    if (this.#phase !== 'stopped' && this.processingTime.runDue()) return true;
    switch (this.#phase) {
      case 'running':
        return this.#advance();
      case 'ending':
        // Barriers still come while the subtask waits for its last checkpoint.
        return this.#ending.step() || (this.#ending.awaitsCommit && (this.#feed.inputs?.next() ?? false));
      case 'stopped':
      case 'aborted':
        return false;
    }
  }

  #advance(): boolean {
    if (!this.#task.canAccept) return false;
    if (this.#feed.next()) return true;
    if (!this.#feed.ended) return false;
    this.#phase = 'ending';
    return true;
  }

  onPeriodicEmit(now: number): void {
    if (this.#phase !== 'running' || this.#host.batchMode) return;
    try {
      const blocked = this.telemetry.backPressured;
      this.#source?.watermarks.setBackPressured(blocked);
      if (blocked || this.#mailbox.suspended) return;
      this.#source?.watermarks.onPeriodicEmit();
      this.#task.onPeriodicEmit(now);
    } catch (error) {
      this.#fail(error);
    }
  }

  // ---- messages of the JobMaster ----

  onReaderCommand(command: ReaderCommand): void {
    this.#mailbox.enqueue(() => this.#source?.driver.onCommand(command));
  }

  align(maxWatermark: number): void {
    this.#mailbox.enqueue(() => this.#source?.driver.align(maxWatermark));
  }

  /** Every subtask has reached the end of its input. */
  commit(): void {
    this.#ending.commit();
    this.#host.wake();
  }

  // ---- failure and cancellation ----

  /** Ends without finishing: what sinks wrote since the last commit must not look complete. Never throws. */
  async abort(): Promise<void> {
    if (this.finished) return;
    this.#phase = 'aborted';
    this.#mailbox.clear();
    this.processingTime.quiesce();
    this.#feed.close();
    this.checkpoints.abortAll();
    if (this.#ending.closed) return;
    const closing: (() => unknown)[] = [
      () => this.#task.close(),
      ...this.#context.sinks.map(sink => () => sink.close(true)),
      () => this.#source?.driver.close(),
      () => this.#context.closeStates(),
    ];
    for (const close of closing) {
      try {
        await close();
      } catch {
        // The first failure is the one that is reported; a failing close must not hide it or stop the others.
      }
    }
  }

  #fail(error: unknown): void {
    if (this.finished) return;
    const scene = sceneOf(this.deployment, this.#module, this.#host.artifactDir, this.#feed.batch);
    this.#host.fail(describeFailure(error, scene));
  }

  // ---- reports ----

  /** Watermark for the alignment group; undefined when this subtask belongs to none. */
  alignmentReport(): number | null | undefined {
    return this.#source?.aligned && this.#phase === 'running'
      ? this.#source.watermarks.alignmentReport()
      : undefined;
  }

  metrics(now: number): SubtaskMetrics {
    const { telemetry, deployment } = this;
    this.outputs.countInto(telemetry);
    telemetry.bytesIn = this.#feed.inputs?.bytes ?? 0;
    telemetry.queuedIn = this.#feed.inputs?.queued ?? 0;
    const { task, subtask } = deployment;
    return { task, subtask, ...telemetry.read(now, this.isSource) };
  }
}
