/** What a task and its operators are given: the engine's side of runtime/contract/task.ts. */
import type {
  Accumulator,
  CheckpointListenerLike,
  Parameters,
  RuntimeContext,
} from '../../plugins/api/functions.js';
import type { Batch } from '../../plugins/api/batch.js';
import type { MetricGroup } from '../../plugins/api/metrics.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { Sink, SinkWriter, WriterInitContext } from '../../plugins/api/sink.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import type { KeyedStateBackend, KeyType, OperatorStateBackend, StateSpec } from '../contract/state.js';
import type {
  OperatorContext,
  OperatorSpec,
  ProcessingTimeService,
  SourceWatermarksHandle,
  TaskContext,
  TaskModule,
} from '../contract/task.js';
import { inOperator, operatorFailure } from '../contract/operator-failure.js';
import type { ChannelGate } from '../exchange/output-gate.js';
import type { SnapshotType, StateSnapshot } from '../contract/snapshot.js';
import { StateRuntimeContext, type OperatorState } from '../state/index.js';
import type { SubtaskDeployment } from './messages.js';
import { OperatorProcessingTime } from './operator-processing-time.js';
import { SinkDriver } from './sink-driver.js';
import type { SubtaskHost } from './subtask-host.js';
import type { SubtaskTelemetry } from './subtask-telemetry.js';

export interface SubtaskContextOptions {
  readonly host: SubtaskHost;
  readonly deployment: SubtaskDeployment;
  readonly module: TaskModule;
  readonly gates: readonly ChannelGate[];
  readonly processingTime: ProcessingTimeService;
  /** by operator of the module */
  readonly states: readonly OperatorState[];
  readonly telemetry: SubtaskTelemetry;
  readonly accumulators: Map<string, Accumulator>;
  readonly enqueue: (callback: () => void) => void;
  readonly track: (promise: Promise<unknown>) => void;
}

export class SubtaskContext implements TaskContext {
  readonly taskName: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly params: Parameters;
  readonly processingTime: ProcessingTimeService;
  readonly batchMode: boolean;
  readonly outputs: readonly ChannelGate[];
  readonly metricGroup: MetricGroup;
  sourceWatermarks?: SourceWatermarksHandle;
  readonly sinks: SinkDriver[] = [];
  /** the checkpoint of the last snapshot, of this run or restored; 0 when there is none */
  lastCheckpoint: number;
  readonly #options: SubtaskContextOptions;
  readonly #operators: readonly SubtaskOperatorContext[];
  /** backends that gain from knowing many keys at once */
  readonly #onDisk: KeyedStateBackend<unknown>[] = [];
  #idle = false;

  constructor(options: SubtaskContextOptions) {
    const { host, deployment } = options;
    this.#options = options;
    this.taskName = deployment.name;
    this.subtask = deployment.subtask;
    this.parallelism = deployment.parallelism;
    this.maxParallelism = deployment.maxParallelism;
    this.params = host.params;
    this.processingTime = options.processingTime;
    this.batchMode = host.batchMode;
    this.outputs = options.gates;
    this.metricGroup = options.telemetry.task;
    this.lastCheckpoint = deployment.restore?.checkpointId ?? 0;
    this.#operators = options.module.operators.map(
      (spec, index) => new SubtaskOperatorContext(options, spec, index, this.#onDisk),
    );
    options.states.forEach((state, index) => state.registerMetrics?.(options.telemetry.operatorScope(index)));
  }

  operator(index: number): OperatorContext {
    return this.#operators[index]!;
  }

  emitWatermark(watermark: number): void {
    // BATCH mode knows no event time but its end (§3.12), whatever generators inside the task say.
    if (this.batchMode && watermark !== MAX_TIMESTAMP) return;
    this.#options.telemetry.outputWatermark = watermark;
    for (const gate of this.outputs) gate.broadcast({ kind: 'watermark', timestamp: watermark });
  }

  emitIdle(idle: boolean): void {
    if (idle === this.#idle || this.batchMode) return;
    this.#idle = idle;
    for (const gate of this.outputs) gate.broadcast({ kind: idle ? 'idle' : 'active' });
  }

  openSink(operator: number, sink: Sink<unknown>, schema: Schema): SinkWriter<unknown> {
    const context = this.#writerContext(operator, schema);
    const { spec } = this.#operators[operator]!;
    const used = this.#options.host.replaceSink?.(spec, sink) ?? sink;
    const states =
      this.#options.deployment.restore?.sinks.find(entry => entry.uidHash === spec.uidHash)?.writerStates ??
      [];
    const writer = inOperator(operator, () =>
      states.length > 0 && used.restoreWriter
        ? used.restoreWriter(context, states)
        : used.createWriter(context),
    );
    this.registerSink(operator, used, writer);
    return writer;
  }

  registerSink(operator: number, sink: Sink<unknown>, writer: SinkWriter<unknown>): void {
    const { host, telemetry } = this.#options;
    const committer = { params: host.params, metricGroup: telemetry.operatorScope(operator) };
    this.sinks.push(
      new SinkDriver(
        this.#operators[operator]!.spec.uidHash,
        operator,
        sink,
        writer,
        committer,
        host.committerRetries,
        host.log,
      ),
    );
  }

  enqueue(callback: () => void): void {
    this.#options.enqueue(callback);
  }
  track(promise: Promise<unknown>): void {
    this.#options.track(promise);
  }

  /** State on disk: what the operators have of the keys of the batch is read at once. */
  prefetch(input: number, batch: Batch): void {
    if (this.#onDisk.length === 0) return;
    const key = this.#options.module.inputs[input]?.key;
    if (!key || batch.layout.columns[key.column]!.kind === 'bool') return;
    for (const keyed of this.#onDisk)
      if (keyed.keyType.codec.fingerprint === key.type.codec.fingerprint)
        keyed.prefetch!(batch.columns[key.column]!, batch.length);
  }

  notifyCheckpointComplete(checkpointId: number): void {
    for (const operator of this.#operators) operator.notifyCheckpointComplete(checkpointId);
  }

  notifyCheckpointAborted(checkpointId: number): void {
    for (const operator of this.#operators) operator.notifyCheckpointAborted(checkpointId);
  }

  /** The synchronous part, by operator; those without state are not in it. */
  snapshotOperators(
    checkpointId: number,
    type: SnapshotType,
  ): readonly { readonly operator: number; readonly snapshot: StateSnapshot }[] {
    return this.#options.states.flatMap((state, operator) => {
      const snapshot = inOperator(operator, () => state.snapshot(checkpointId, type));
      return snapshot ? [{ operator, snapshot }] : [];
    });
  }

  async closeStates(): Promise<void> {
    await Promise.all(this.#options.states.map(state => state.close()));
  }

  #writerContext(operator: number, schema: Schema): WriterInitContext {
    const { host, deployment, telemetry, processingTime } = this.#options;
    return {
      subtask: deployment.subtask,
      parallelism: deployment.parallelism,
      attemptNumber: host.attempt - 1,
      restoredCheckpointId: deployment.restore?.checkpointId ?? null,
      jobId: host.jobId,
      metricGroup: telemetry.operatorScope(operator),
      params: host.params,
      schema,
      currentProcessingTime: () => processingTime.now(),
      sendToClient: (id, records) => host.sendToClient(id, records, this.lastCheckpoint),
      registerProcessingTimer: (timestamp, callback) => {
        processingTime.schedule(timestamp, callback);
      },
    };
  }
}

class SubtaskOperatorContext implements OperatorContext {
  readonly spec: OperatorSpec;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly params: Parameters;
  readonly metricGroup: MetricGroup;
  readonly processingTime: ProcessingTimeService;
  readonly batchMode: boolean;
  readonly #options: SubtaskContextOptions;
  readonly index: number;
  readonly #onDisk: KeyedStateBackend<unknown>[];
  readonly #checkpointListeners: CheckpointListenerLike[] = [];

  constructor(
    options: SubtaskContextOptions,
    spec: OperatorSpec,
    index: number,
    onDisk: KeyedStateBackend<unknown>[],
  ) {
    this.#onDisk = onDisk;
    const { host, deployment } = options;
    this.#options = options;
    this.index = index;
    this.spec = spec;
    this.subtask = deployment.subtask;
    this.parallelism = deployment.parallelism;
    this.maxParallelism = deployment.maxParallelism;
    this.params = host.params;
    this.metricGroup = options.telemetry.operatorScope(index);
    this.processingTime = new OperatorProcessingTime(options.processingTime, index);
    this.batchMode = host.batchMode;
  }

  keyedState<K>(key: KeyType): KeyedStateBackend<K> {
    const keyed = this.#state.keyed<K>(key);
    const known = keyed as unknown as KeyedStateBackend<unknown>;
    if (keyed.prefetch && !this.#onDisk.includes(known)) this.#onDisk.push(known);
    return keyed;
  }

  get operatorState(): OperatorStateBackend {
    return this.#state.operator;
  }

  runtimeContext(
    states: Readonly<Record<string, StateSpec>>,
    keyed: KeyedStateBackend<unknown> | null,
  ): RuntimeContext {
    const { host, deployment, accumulators } = this.#options;
    return new StateRuntimeContext({
      taskInfo: {
        taskName: deployment.name,
        indexOfThisSubtask: deployment.subtask,
        numberOfParallelSubtasks: deployment.parallelism,
        maxNumberOfParallelSubtasks: deployment.maxParallelism,
        attemptNumber: host.attempt - 1,
      },
      jobInfo: { jobId: host.jobId, jobName: host.jobName },
      metricGroup: this.metricGroup,
      params: this.params,
      accumulators,
      states,
      keyed,
    });
  }

  addCheckpointListener(listener: CheckpointListenerLike): void {
    this.#checkpointListeners.push(listener);
  }
  notifyCheckpointComplete(checkpointId: number): void {
    this.#state.notifyCheckpointComplete?.(checkpointId);
    for (const listener of this.#checkpointListeners)
      inOperator(this.index, () => listener.notifyCheckpointComplete(checkpointId));
  }

  enqueue(callback: () => void): void {
    this.#options.enqueue(() => inOperator(this.index, callback));
  }
  track(promise: Promise<unknown>): void {
    this.#options.track(
      promise.catch((error: unknown) => {
        throw operatorFailure(error, this.index, -1);
      }),
    );
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#state.notifyCheckpointAborted?.(checkpointId);
    for (const listener of this.#checkpointListeners)
      inOperator(this.index, () => listener.notifyCheckpointAborted?.(checkpointId));
  }

  get #state(): OperatorState {
    return this.#options.states[this.index]!;
  }
}
