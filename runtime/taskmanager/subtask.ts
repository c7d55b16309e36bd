/**
 * One parallel instance of a task: its module, inputs, outputs, source, sinks, timers and state. step() does one unit
 * of work (a batch, an event, a timer, a message) and never waits; what takes time suspends the subtask and wakes the
 * slot when it is done.
 */
import type { Batch } from '../../plugins/api/batch.js';
import type { Accumulator } from '../../plugins/api/functions.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { Task, TaskModule } from '../contract/task.js';
import type { SinkState } from '../state/storage/metadata.js';
import type { ChannelEvent, InputChannel } from '../exchange/channel.js';
import type { ChannelGate } from '../exchange/output-gate.js';
import { describeFailure, sceneOf } from './faults.js';
import type { CheckpointRequest, ReaderCommand, SubtaskDeployment, SubtaskMetrics } from './messages.js';
import { openStoredSource, type OpenedStates } from './open-states.js';
import { OvertakingBarriers, overtakableIn } from './overtaking-barriers.js';
import type { MailboxProcessingTime } from './processing-time.js';
import { RecoveredInputs } from './recovered-inputs.js';
import type { SinkDriver } from './sink-driver.js';
import { SortedInputs } from './sorted-inputs.js';
import { openSource, type OpenSource } from './source-task.js';
import { SubtaskCheckpoints } from './subtask-checkpoints.js';
import { SubtaskContext } from './subtask-context.js';
import type { SubtaskHost } from './subtask-host.js';
import { SubtaskEnding } from './subtask-ending.js';
import { TaskInputs, type TaskInputsHandler } from './task-inputs.js';
import { SubtaskTelemetry } from './subtask-telemetry.js';

/** stopped: by a savepoint that ends the job, until it is complete or given up */
type Phase = 'running' | 'stopped' | 'ending' | 'aborted';

export class Subtask implements TaskInputsHandler {
  readonly deployment: SubtaskDeployment;
  readonly telemetry: SubtaskTelemetry;
  readonly processingTime: MailboxProcessingTime;
  readonly accumulators = new Map<string, Accumulator>();
  readonly #host: SubtaskHost;
  readonly #module: TaskModule;
  readonly #inputs: TaskInputs | null;
  readonly #gates: readonly ChannelGate[];
  readonly #context: SubtaskContext;
  readonly #task: Task;
  readonly #source: OpenSource | null;
  readonly #sinks: readonly SinkDriver[];
  readonly #sorted: SortedInputs | null;
  /** null: nothing left */
  #recovered: RecoveredInputs | null;
  readonly #mails: (() => void)[] = [];
  readonly #ending: SubtaskEnding;
  readonly #checkpoints: SubtaskCheckpoints;
  readonly #barriers: OvertakingBarriers;
  /** checkpoints that wait until this subtask has reached the end of its input */
  readonly #deferred: CheckpointRequest[] = [];
  /** the first checkpoint that holds the end of input; 0: none yet */
  #finalCheckpoint = 0;
  /** the savepoint that stops the job; 0: none */
  #stopping = 0;
  /** what came for operators since it: nothing when the job ends, what goes on when it does not */
  readonly #held: (() => void)[] = [];
  readonly #processBatch: (batch: Batch) => void;
  readonly #flushAfterBatch: readonly ChannelGate[];
  #phase: Phase = 'running';
  #suspensions = 0;
  #tracked = 0;
  #batch: Batch | null = null;

  constructor(
    host: SubtaskHost,
    deployment: SubtaskDeployment,
    module: TaskModule,
    inputs: readonly (readonly InputChannel[])[],
    gates: readonly ChannelGate[],
    states: OpenedStates,
  ) {
    this.#host = host;
    this.#module = module;
    this.deployment = deployment;
    this.#gates = gates;
    this.#flushAfterBatch = gates.filter((_, i) => deployment.outputs[i]!.bufferTimeoutMs === 0);
    this.processingTime = states.processingTime;
    this.#checkpoints = new SubtaskCheckpoints(host, deployment, module);
    this.telemetry = new SubtaskTelemetry(module.operators);
    this.#context = new SubtaskContext({
      host,
      deployment,
      module,
      gates,
      processingTime: this.processingTime,
      states: states.operators,
      telemetry: this.telemetry,
      accumulators: this.accumulators,
      enqueue: callback => this.#enqueueOutput(callback),
      track: promise => this.#track(promise),
    });
    this.#source = module.source
      ? openSource({
          host,
          deployment,
          source: module.source,
          context: this.#context,
          telemetry: this.telemetry,
          target: {
            onWatermark: watermark => this.onWatermark(watermark),
            onIdle: idle => this.onIdle(idle),
          },
          onDeadLetter: letter => this.#task.onDeadLetter?.(letter),
          fail: error => this.#fail(error),
        })
      : null;
    this.#task = module.create(this.#context);
    this.#sinks = this.#context.sinks;
    this.#inputs =
      inputs.length > 0
        ? new TaskInputs(inputs, this, host.checkpointing.mode, overtakableIn(deployment))
        : null;
    this.#barriers = new OvertakingBarriers({
      deployment,
      self: module.operators[0]!.uidHash,
      inputs: this.#inputs,
      gates,
      now: () => host.now(),
    });
    this.#recovered = this.#recover();
    this.#sorted =
      host.batchMode && deployment.inputs.some(input => input.keyed)
        ? new SortedInputs(module.inputs, {
            memoryBytes: host.sortMemoryBytes,
            tmpDir: host.tmpDir,
            batchRows: host.batchRows,
          })
        : null;
    this.#ending = new SubtaskEnding({
      task: this.#task,
      sinks: this.#sinks,
      commitAtEndOfJob: host.commitAtEndOfJob,
      finalCheckpoint: host.checkpointing.finalCheckpoint,
      tracked: () => this.#tracked,
      suspend: promise => this.#suspend(promise),
      quiesce: () => this.processingTime.quiesce(),
      flush: () => this.flushGates(),
      announceEnd: () => this.#broadcast({ kind: 'end' }),
      announceClosed: () => this.#broadcast({ kind: 'closed' }),
      closeSource: async () => {
        await this.#source?.driver.close();
        await this.#context.closeStates();
      },
      onPrepared: () => {
        host.onPrepared(this);
        for (const request of this.#deferred.splice(0)) this.enqueue(() => this.#checkpoint(request));
      },
      onFinished: () => host.onFinished(this),
    });
    this.#processBatch = batch => {
      this.telemetry.recordsIn += batch.length;
      this.#process(0, batch);
    };
  }

  /** Before the first step: commits what the restored snapshot had prepared, then starts the reader. */
  async start(): Promise<void> {
    try {
      for (const sink of this.#sinks)
        await sink.recommit(this.#restoredSink(sink.uidHash)?.committables ?? []);
      this.#source?.driver.start(this.deployment.restore?.splits ?? []);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#source)
      this.#host.requestSource(this.deployment.task, this.deployment.subtask, { kind: 'register' });
  }

  get isSource(): boolean {
    return this.#source !== null;
  }
  get finished(): boolean {
    return this.#phase === 'aborted' || this.#ending.finished;
  }
  /** Waits for promises of sinks or of asynchronous requests. */
  get waiting(): boolean {
    return !this.finished && (this.#suspensions > 0 || this.#tracked > 0 || this.#task.pending > 0);
  }

  /** Files of a checkpoint are being written. */
  get isWriting(): boolean {
    return this.#checkpoints.isWriting;
  }

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
    if (this.#suspensions > 0 || this.finished) return false;
    const mail = this.#mails.shift();
    if (mail) {
      mail();
      return true;
    }
    const free = this.#drainGates();
    // Back-pressure holds everything up but barriers that overtake.
    if (this.#overtake()) return true;
    if (!free) return false;
    if (this.#phase !== 'stopped' && this.processingTime.runDue()) return true;
    switch (this.#phase) {
      case 'running':
        return this.#advance();
      case 'ending':
        // Barriers still come while the subtask waits for its last checkpoint.
        return this.#ending.step() || (this.#ending.awaitsCommit && (this.#inputs?.next() ?? false));
      case 'stopped':
      case 'aborted':
        return false;
    }
  }

  enqueue(callback: () => void): void {
    this.#mails.push(callback);
    this.#host.wake();
  }

  /**
   * What it emits behind a savepoint that stops the job is in that savepoint already, and nobody takes it any more:
   * receivers have stopped, a full channel would keep this subtask from its end.
   */
  #enqueueOutput(callback: () => void): void {
    this.enqueue(() => {
      if (this.#stopping === 0) callback();
      else this.#held.push(callback);
    });
  }

  // ---- input ----

  #advance(): boolean {
    if (!this.#task.canAccept) return false;
    if (this.#source) {
      if (this.#source.driver.step(this.#processBatch)) return true;
      if (!this.#source.driver.ended) return false;
      this.#source.watermarks.endOfInput();
      this.onEndOfInput(0);
      this.#phase = 'ending';
      return true;
    }
    if (this.#recovered) return this.#replay(this.#recovered);
    if (this.#inputs!.next()) return true;
    if (!this.#inputs!.ended) return false;
    if (this.#sorted) return this.#feedSorted();
    this.#phase = 'ending';
    return true;
  }

  /** What barriers had overtaken before the restore (§9.3). */
  #recover(): RecoveredInputs | null {
    const { deployment } = this;
    const { restore } = deployment;
    if (!restore || restore.channels.length === 0) return null;
    return new RecoveredInputs({
      channels: restore.channels,
      source: () => openStoredSource(this.#host, restore),
      inputs: this.#module.inputs,
      deployment,
      batchRows: this.#host.batchRows,
      onBatch: (input, batch) => this.onBatch(input, batch),
      onWatermark: (input, channel, watermark) =>
        this.#inputs!.onRecoveredWatermark(input, channel, watermark),
    });
  }

  #replay(recovered: RecoveredInputs): boolean {
    if (recovered.next()) return true;
    const loading = recovered.load();
    if (loading) this.#suspend(loading);
    else this.#recovered = null;
    return !loading;
  }

  onBatch(input: number, batch: Batch): void {
    this.telemetry.recordsIn += batch.length;
    // The other side of keyed input (broadcast) is complete before the first key is processed.
    if (this.#sorted && this.deployment.inputs[input]!.keyed) this.#sorted.add(input, batch);
    else this.#process(input, batch);
  }

  #process(input: number, batch: Batch): void {
    this.#batch = batch;
    this.#context.prefetch(input, batch);
    this.#task.processBatch(input, batch);
    this.#batch = null;
    this.#afterBatch();
  }

  #afterBatch(): void {
    for (const gate of this.#flushAfterBatch) gate.flushAll();
    for (const sink of this.#sinks) {
      const busy = sink.backPressure();
      if (busy) this.#suspend(busy);
    }
  }

  /** BATCH mode: one piece of the sorted input, key by key; then the end. */
  #feedSorted(): boolean {
    const piece = this.#sorted!.next();
    if (piece === null) {
      this.#sorted!.close();
      this.#task.onWatermark(MAX_TIMESTAMP);
      for (let input = 0; input < this.deployment.inputs.length; input++) this.#task.endInput(input);
      this.#phase = 'ending';
      return true;
    }
    if (piece.kind === 'rows') this.#process(piece.input, piece.batch);
    else this.#task.onKeyEnd(piece.input);
    return true;
  }

  onWatermark(watermark: number): void {
    // BATCH mode knows no progress of event time but the end (§3.12); sorted input ends later than its channels.
    if (this.#host.batchMode && (watermark !== MAX_TIMESTAMP || this.#sorted)) return;
    this.telemetry.inputWatermark = watermark;
    this.#task.onWatermark(watermark);
  }

  onIdle(idle: boolean): void {
    if (!this.#host.batchMode) this.#task.onIdle(idle);
  }

  onEndOfInput(input: number): void {
    if (!this.#sorted) this.#task.endInput(input);
  }

  onPeriodicEmit(now: number): void {
    if (this.#phase !== 'running' || this.#host.batchMode) return;
    try {
      const blocked = this.telemetry.backPressured;
      this.#source?.watermarks.setBackPressured(blocked);
      if (blocked || this.#suspensions > 0) return;
      this.#source?.watermarks.onPeriodicEmit();
      this.#task.onPeriodicEmit(now);
    } catch (error) {
      this.#fail(error);
    }
  }

  onReaderCommand(command: ReaderCommand): void {
    this.enqueue(() => this.#source?.driver.onCommand(command));
  }

  align(maxWatermark: number): void {
    this.enqueue(() => this.#source?.driver.align(maxWatermark));
  }

  /** Watermark for the alignment group; undefined when this subtask belongs to none. */
  alignmentReport(): number | null | undefined {
    return this.#source?.aligned && this.#phase === 'running'
      ? this.#source.watermarks.alignmentReport()
      : undefined;
  }

  // ---- output ----

  #drainGates(): boolean {
    let free = true;
    for (const gate of this.#gates) if (!gate.drain()) free = false;
    this.telemetry.setBackPressured(!free);
    return free;
  }

  /** Buffer timeout. */
  flushGates(): void {
    for (const gate of this.#gates) gate.flushAll();
  }
  /** Rows for receivers in this thread; true when there were some. */
  flushLocalGates(): boolean {
    let moved = false;
    for (const gate of this.#gates) if (gate.flushLocal()) moved = true;
    return moved;
  }
  get bufferTimeoutMs(): number {
    let timeout = -1;
    for (const { bufferTimeoutMs } of this.deployment.outputs)
      if (bufferTimeoutMs > 0 && (timeout < 0 || bufferTimeoutMs < timeout)) timeout = bufferTimeoutMs;
    return timeout;
  }
  get hasOpenRows(): boolean {
    return this.#gates.some(gate => gate.hasOpenRows);
  }

  #broadcast(event: ChannelEvent): void {
    for (const gate of this.#gates) gate.broadcast(event);
  }

  // ---- snapshots (§9.2) ----

  /** The barrier starts here: at a source, or where everything upstream has finished. */
  triggerCheckpoint(request: CheckpointRequest): void {
    this.enqueue(() => {
      const stop = request.options.type.kind === 'savepoint' ? request.options.type.stop : null;
      if (this.#phase === 'running' && this.#source && stop?.drain) this.#source.driver.endInput();
      if (this.#phase === 'running' && this.#source && !stop?.drain) {
        this.#source.driver.drain(this.#processBatch);
        this.#checkpoint(request);
      } else if (this.#phase === 'ending' && this.#ending.awaitsCommit) this.#checkpoint(request);
      else if (!this.#ending.closed) this.#deferred.push(request);
    });
  }

  /** Barriers have arrived on every channel. */
  onBarrier(checkpointId: number): void {
    const known = this.#host.checkpoints.get(checkpointId);
    if (known === undefined)
      this.#suspend(this.#host.checkpoints.wait(checkpointId).then(() => this.onBarrier(checkpointId)));
    else if (known !== 'aborted') this.#checkpoint(known);
  }

  /** §9.3. True: barriers that are still on their way have overtaken, and the snapshot is begun. */
  #overtake(): boolean {
    const request = this.#host.checkpoints.unaligned;
    if (request === null) return false;
    const overtakes = this.#barriers.advance(request);
    if (!overtakes || !(this.#phase === 'running' || this.#ending.awaitsCommit)) return false;
    // What is recovered is not in the channels: it comes to its end first.
    if (this.#recovered) return false;
    return this.#inputs?.overtake(request.checkpointId) ?? false;
  }

  #checkpoint(request: CheckpointRequest): void {
    const { checkpointId } = request;
    if (this.#host.checkpoints.get(checkpointId) === 'aborted') return;
    const started = performance.now();
    this.#task.prepareSnapshot(checkpointId);
    // After the end of input sinks have prepared everything.
    if (this.#sinks.length === 0 || this.#phase === 'ending') {
      this.#snapshot(request, started);
      return;
    }
    // Nothing is processed between what the writers prepare and the snapshot.
    this.#suspend(
      Promise.all(this.#sinks.map(sink => sink.prepare(checkpointId, false))).then(() =>
        this.#snapshot(request, started),
      ),
    );
  }

  #snapshot(request: CheckpointRequest, started: number): void {
    const { checkpointId, timestamp, options } = request;
    const alignment = this.#inputs?.alignmentOf(checkpointId) ?? null;
    const alignedMs = alignment ? performance.now() - alignment.startedAt : 0;
    const recording = this.#barriers.send(request);
    this.#context.lastCheckpoint = checkpointId;
    if (this.#phase === 'ending') this.#finalCheckpoint ||= checkpointId;
    else if (options.type.kind === 'savepoint' && options.type.stop) {
      this.#stopping = checkpointId;
      this.#phase = 'stopped';
    }
    const taken = {
      operators: this.#context.snapshotOperators(checkpointId, options.type.kind),
      source: this.#source && {
        uidHash: this.#source.uidHash,
        splits: this.#source.driver.snapshot(checkpointId),
      },
      sinks: this.#sinks.map(sink => sink.snapshot(checkpointId)),
      syncMs: performance.now() - started,
      startDelayMs: Math.max(0, this.#host.now() - timestamp - alignedMs),
      alignmentMs: alignedMs,
      processedBytes: alignment ? this.#inputs!.bytes - alignment.bytes : 0,
      inFlight: recording?.done ?? null,
      alignment,
    };
    void this.#checkpoints.write(request, taken);
  }

  checkpointComplete(checkpointId: number): void {
    this.enqueue(() => {
      if (this.#ending.closed) return;
      this.#checkpoints.notifyCheckpointComplete(checkpointId);
      this.#context.notifyCheckpointComplete(checkpointId);
      this.#source?.driver.notifyCheckpointComplete(checkpointId);
      if (this.#stopping === checkpointId) {
        this.#phase = 'ending';
        this.#ending.stopAfter(checkpointId);
      } else if (this.#finalCheckpoint > 0 && this.#finalCheckpoint <= checkpointId) this.commit();
      else if (this.#sinks.length > 0)
        this.#track(Promise.all(this.#sinks.map(sink => sink.commitUpTo(checkpointId))));
    });
  }

  checkpointAborted(checkpointId: number): void {
    this.enqueue(() => {
      this.#inputs?.abortCheckpoint(checkpointId);
      this.#barriers.cancel(checkpointId);
      this.#checkpoints.notifyCheckpointAborted(checkpointId);
      if (this.#ending.closed) return;
      this.#context.notifyCheckpointAborted(checkpointId);
      // The end of input is in the next one.
      if (this.#finalCheckpoint === checkpointId) this.#finalCheckpoint = 0;
      if (this.#stopping !== checkpointId) return;
      this.#stopping = 0;
      if (this.#phase === 'stopped') this.#phase = 'running';
      this.#mails.unshift(...this.#held.splice(0));
    });
  }

  #restoredSink(uidHash: string): SinkState | undefined {
    return this.deployment.restore?.sinks.find(sink => sink.uidHash === uidHash);
  }

  /** The JobMaster's word that every subtask has reached the end of its input. */
  commit(): void {
    this.#ending.commit();
    this.#host.wake();
  }

  // ---- failure and cancellation ----

  /** Ends without finishing: what sinks wrote since the last commit must not look complete. Never throws. */
  async abort(): Promise<void> {
    if (this.finished) return;
    this.#phase = 'aborted';
    this.#mails.length = 0;
    this.processingTime.quiesce();
    this.#sorted?.close();
    this.#checkpoints.abortAll();
    this.#barriers.cancel();
    if (this.#ending.closed) return;
    const closing: (() => unknown)[] = [
      () => this.#task.close(),
      ...this.#sinks.map(sink => () => sink.close(true)),
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
    this.#host.fail(
      describeFailure(error, sceneOf(this.deployment, this.#module, this.#host.artifactDir, this.#batch)),
    );
  }

  // ---- asynchronous work ----

  /** No unit of work until the promise settles. */
  #suspend(promise: Promise<unknown>): void {
    this.#suspensions++;
    promise.then(
      () => {
        this.#suspensions--;
        this.#host.wake();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #track(promise: Promise<unknown>): void {
    this.#tracked++;
    promise.then(
      () => {
        this.#tracked--;
        this.#host.wake();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  metrics(now: number): SubtaskMetrics {
    const { telemetry } = this;
    telemetry.recordsOut = telemetry.buffersOut = telemetry.bytesOut = 0;
    for (const gate of this.#gates) {
      telemetry.recordsOut += gate.records;
      telemetry.buffersOut += gate.batches;
      telemetry.bytesOut += gate.bytes;
    }
    telemetry.bytesIn = this.#inputs?.bytes ?? 0;
    telemetry.queuedIn = this.#inputs?.queued ?? 0;
    return {
      task: this.deployment.task,
      subtask: this.deployment.subtask,
      ...telemetry.read(now, this.isSource),
    };
  }

  get inputWatermark(): number {
    return this.telemetry.inputWatermark ?? MIN_TIMESTAMP;
  }
}
