/** An OperatorContext on its own: heap state, manual clock, callbacks run when the harness says. */
import type {
  Accumulator,
  CheckpointListenerLike,
  Parameters,
  RuntimeContext,
} from '../../plugins/api/functions.js';
import type {
  KeyedStateBackend,
  KeyType,
  OperatorSnapshot,
  OperatorStateBackend,
  StateSpec,
} from '../contract/state.js';
import type { OperatorContext, OperatorSpec } from '../contract/task.js';
import { createHeapStateBackends, StateRuntimeContext, type StateBackends } from '../state/index.js';
import { MailboxProcessingTime } from '../taskmanager/processing-time.js';
import { parametersOf } from '../taskmanager/parameters.js';
import { MetricScope } from '../telemetry/metrics.js';
import type { ManualClock } from './manual-clock.js';

export interface TestContextOptions {
  readonly clock: ManualClock;
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly restore?: OperatorSnapshot | undefined;
}

const operator: OperatorSpec = { uid: 'operator', uidHash: 'operator', name: 'operator', origin: 'test' };

export class TestOperatorContext implements OperatorContext {
  readonly index = 0;
  readonly spec = operator;
  readonly subtask = 0;
  readonly parallelism = 1;
  readonly maxParallelism = 128;
  readonly params: Parameters;
  readonly metricGroup = new MetricScope();
  readonly processingTime: MailboxProcessingTime;
  readonly batchMode = false;
  readonly accumulators = new Map<string, Accumulator>();
  readonly checkpointListeners: CheckpointListenerLike[] = [];
  readonly mails: (() => void)[] = [];
  /** what track() was given and has not settled */
  readonly tracked = new Set<Promise<unknown>>();
  readonly #state: StateBackends;

  constructor(options: TestContextOptions) {
    this.params = parametersOf(options.params ?? {});
    this.processingTime = new MailboxProcessingTime(() => options.clock.now());
    this.#state = createHeapStateBackends({
      operator,
      subtask: 0,
      parallelism: 1,
      maxParallelism: this.maxParallelism,
      processingTime: this.processingTime,
      batchMode: false,
      restore: options.restore ? [options.restore] : null,
    });
  }

  keyedState<K>(key: KeyType): KeyedStateBackend<K> {
    return this.#state.keyed<K>(key);
  }
  get operatorState(): OperatorStateBackend {
    return this.#state.operator;
  }
  runtimeContext(
    states: Readonly<Record<string, StateSpec>>,
    keyed: KeyedStateBackend<unknown> | null,
  ): RuntimeContext {
    return new StateRuntimeContext({
      taskInfo: {
        taskName: 'test',
        indexOfThisSubtask: 0,
        numberOfParallelSubtasks: 1,
        maxNumberOfParallelSubtasks: this.maxParallelism,
        attemptNumber: 0,
      },
      jobInfo: { jobId: '0'.repeat(32), jobName: 'test' },
      metricGroup: this.metricGroup,
      params: this.params,
      accumulators: this.accumulators,
      states,
      keyed,
    });
  }
  addCheckpointListener(listener: CheckpointListenerLike): void {
    this.checkpointListeners.push(listener);
  }
  enqueue(callback: () => void): void {
    this.mails.push(callback);
  }
  track(promise: Promise<unknown>): void {
    this.tracked.add(promise);
    const done = (): void => void this.tracked.delete(promise);
    promise.then(done, done);
  }
  snapshot(): OperatorSnapshot {
    return this.#state.snapshot();
  }
}
