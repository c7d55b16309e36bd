/**
 * Hands a task its input, piece by piece: what its source reads, or what comes through its channels, after what barriers
 * had overtaken there before a restore; in BATCH mode keyed input sorted.
 */
import type { Batch } from '../../plugins/api/batch.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import type { Task, TaskModule } from '../contract/task.js';
import type { InputChannel } from '../exchange/channel.js';
import type { SubtaskDeployment } from './messages.js';
import { openStoredSource } from './open-states.js';
import { overtakableIn } from './overtaking-barriers.js';
import { RecoveredInputs } from './recovered-inputs.js';
import { SortedInputs } from './sorted-inputs.js';
import type { OpenSource } from './source-task.js';
import type { SubtaskContext } from './subtask-context.js';
import type { SubtaskHost } from './subtask-host.js';
import type { SubtaskMailbox } from './subtask-mailbox.js';
import type { SubtaskOutputs } from './subtask-outputs.js';
import type { SubtaskTelemetry } from './subtask-telemetry.js';
import { TaskInputs, type TaskInputsHandler } from './task-inputs.js';

export interface TaskFeedOptions {
  readonly host: SubtaskHost;
  readonly deployment: SubtaskDeployment;
  readonly module: TaskModule;
  readonly task: Task;
  readonly context: SubtaskContext;
  readonly telemetry: SubtaskTelemetry;
  readonly outputs: SubtaskOutputs;
  readonly mailbox: SubtaskMailbox;
  /** null: there are channels */
  readonly source: OpenSource | null;
  /** by input */
  readonly channels: readonly (readonly InputChannel[])[];
  /** Barriers have arrived on every channel. */
  readonly onBarrier: (checkpointId: number) => void;
}

export class TaskFeed implements TaskInputsHandler {
  /** null: a source */
  readonly inputs: TaskInputs | null;
  readonly #options: TaskFeedOptions;
  readonly #task: Task;
  readonly #sorted: SortedInputs | null;
  /** null: nothing left */
  #recovered: RecoveredInputs | null;
  readonly #fromSource: (batch: Batch) => void;
  #batch: Batch | null = null;
  #ended = false;

  constructor(options: TaskFeedOptions) {
    const { host, deployment, module, task, channels, telemetry } = options;
    this.#options = options;
    this.#task = task;
    this.inputs =
      channels.length > 0
        ? new TaskInputs(channels, this, host.checkpointing.mode, overtakableIn(deployment))
        : null;
    this.#recovered = this.#recover();
    this.#sorted =
      host.batchMode && deployment.inputs.some(input => input.keyed)
        ? new SortedInputs(module.inputs, {
            memoryBytes: host.sortMemoryBytes,
            tmpDir: host.tmpDir,
            batchRows: host.batchRows,
          })
        : null;
    this.#fromSource = batch => {
      telemetry.recordsIn += batch.length;
      this.#process(0, batch);
    };
  }

  /** One piece; false when there is none now, or never again. */
  next(): boolean {
    const { source } = this.#options;
    if (source) return this.#read(source);
    if (this.#recovered) return this.#replay(this.#recovered);
    if (this.inputs!.next()) return true;
    if (!this.inputs!.ended) return false;
    if (this.#sorted) return this.#feedSorted(this.#sorted);
    this.#ended = true;
    return false;
  }

  /** The task has had all of its input, and knows. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The batch the task is processing. */
  get batch(): Batch | null {
    return this.#batch;
  }

  /** Something from before the restore is left. */
  get recovering(): boolean {
    return this.#recovered !== null;
  }

  /** What the source has read belongs before the barrier. */
  drainSource(): void {
    this.#options.source?.driver.drain(this.#fromSource);
  }

  close(): void {
    this.#sorted?.close();
  }

  onBatch(input: number, batch: Batch): void {
    const { telemetry, deployment } = this.#options;
    telemetry.recordsIn += batch.length;
    // The other side of keyed input (broadcast) is complete before the first key is processed.
    if (this.#sorted && deployment.inputs[input]!.keyed) this.#sorted.add(input, batch);
    else this.#process(input, batch);
  }

  onWatermark(watermark: number): void {
    const { host, telemetry } = this.#options;
    // BATCH mode knows no progress of event time but the end (§3.12); sorted input ends later than its channels.
    if (host.batchMode && (watermark !== MAX_TIMESTAMP || this.#sorted)) return;
    telemetry.inputWatermark = watermark;
    this.#task.onWatermark(watermark);
  }

  onIdle(idle: boolean): void {
    if (!this.#options.host.batchMode) this.#task.onIdle(idle);
  }

  onBarrier(checkpointId: number): void {
    this.#options.onBarrier(checkpointId);
  }

  onEndOfInput(): void {
    if (!this.#sorted) this.#task.endInput();
  }

  #read({ driver, watermarks }: OpenSource): boolean {
    if (driver.step(this.#fromSource)) return true;
    if (!driver.ended) return false;
    watermarks.endOfInput();
    this.onEndOfInput();
    this.#ended = true;
    return false;
  }

  #process(input: number, batch: Batch): void {
    const { context, outputs, mailbox } = this.#options;
    this.#batch = batch;
    context.prefetch(input, batch);
    this.#task.processBatch(input, batch);
    this.#batch = null;
    outputs.flushAfterBatch();
    for (const sink of context.sinks) {
      const busy = sink.backPressure();
      if (busy) mailbox.suspend(busy);
    }
  }

  /** BATCH mode: one piece of the sorted input, key by key; then the end. */
  #feedSorted(sorted: SortedInputs): boolean {
    const piece = sorted.next();
    if (piece === null) {
      sorted.close();
      this.#task.onWatermark(MAX_TIMESTAMP);
      this.#task.endInput();
      this.#ended = true;
      return false;
    }
    if (piece.kind === 'rows') this.#process(piece.input, piece.batch);
    else this.#task.onKeyEnd(piece.input);
    return true;
  }

  /** What barriers had overtaken before the restore (§9.3). */
  #recover(): RecoveredInputs | null {
    const { host, deployment, module } = this.#options;
    const { restore } = deployment;
    if (!restore || restore.channels.length === 0) return null;
    return new RecoveredInputs({
      channels: restore.channels,
      source: () => openStoredSource(host, restore),
      inputs: module.inputs,
      deployment,
      batchRows: host.batchRows,
      onBatch: (input, batch) => this.onBatch(input, batch),
      onWatermark: (input, channel, watermark) =>
        this.inputs!.onRecoveredWatermark(input, channel, watermark),
    });
  }

  #replay(recovered: RecoveredInputs): boolean {
    if (recovered.next()) return true;
    const loading = recovered.load();
    if (loading) this.#options.mailbox.suspend(loading);
    else this.#recovered = null;
    return !loading;
  }
}
