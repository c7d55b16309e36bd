/**
 * Harnesses for single functions, after Flink's ProcessFunctionTestHarnesses and OneInputStreamOperatorTestHarness. They run
 * the real operators on real heap state, in this thread, with a clock and watermarks that the test moves.
 */
import type { DescriptorOf, RuntimeContext } from '../../plugins/api/functions.js';
import type { BroadcastState, MapState } from '../../plugins/api/state.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { OperatorFailure } from '../contract/operator-failure.js';
import type { KeyedStateBackend, OperatorSnapshot } from '../contract/state.js';
import type { Emit, EmitSide } from '../contract/task.js';
import { dynamicKey, dynamicState, dynamicStates } from './dynamic-state.js';
import { ManualClock } from './manual-clock.js';
import { TestOperatorContext } from './test-operator-context.js';

/** A record that left the operator; `timestamp` is null when it has none. */
export interface OutputRecord<T> {
  readonly value: T;
  readonly timestamp: number | null;
}

export interface HarnessOptions {
  /** processing time at the start, 0 by default */
  readonly processingTime?: number | undefined;
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** state from {@link OperatorHarness.snapshot} */
  readonly restore?: OperatorSnapshot | undefined;
}

/** What every operator of the library offers. */
export interface HarnessedOperator {
  open(): void;
  advanceWatermark(watermark: number): void;
  endInput(): void;
  prepareSnapshot(checkpointId: number): void;
  finish(): void;
  close(): void;
}

/** Common part: time, watermarks, output, state, snapshots. */
export class OperatorHarness<OP extends HarnessedOperator, OUT> {
  protected readonly operator: OP;
  readonly #context: TestOperatorContext;
  readonly #clock: ManualClock;
  readonly #keyed: boolean;
  #output: OutputRecord<OUT>[] = [];
  readonly #sideOutputs = new Map<string, OutputRecord<unknown>[]>();
  #watermark = MIN_TIMESTAMP;
  #lastCheckpoint = 0;

  constructor(
    create: (context: TestOperatorContext, emit: Emit<OUT>, side: EmitSide) => OP,
    keyed: boolean,
    options: HarnessOptions,
  ) {
    this.#clock = new ManualClock(options.processingTime);
    this.#keyed = keyed;
    this.#context = new TestOperatorContext({
      clock: this.#clock,
      params: options.params,
      restore: options.restore,
    });
    this.operator = create(
      this.#context,
      (value, timestamp) => void this.#output.push(record(value, timestamp)),
      (tag, value, timestamp) => {
        const records = this.#sideOutputs.get(tag) ?? [];
        records.push(record(value, timestamp));
        this.#sideOutputs.set(tag, records);
      },
    );
    try {
      this.operator.open();
    } catch (error) {
      // only jobs have names to put to it
      throw error instanceof OperatorFailure ? error.cause : error;
    }
  }

  /** Everything emitted so far, in order. */
  get output(): readonly OutputRecord<OUT>[] {
    return this.#output;
  }
  /** {@link output} without timestamps. */
  get values(): readonly OUT[] {
    return this.#output.map(({ value }) => value);
  }
  /** The values emitted since the last call. */
  takeValues(): readonly OUT[] {
    const values = this.values;
    this.#output = [];
    return values;
  }
  /** Records emitted to a side output. */
  sideOutput<X>(tag: { readonly id: string; readonly __type?: X }): readonly OutputRecord<X>[] {
    return (this.#sideOutputs.get(tag.id) ?? []) as OutputRecord<X>[];
  }

  /** Event time: fires the event-time timers up to it. A watermark that is not higher than the last is ignored. */
  processWatermark(watermark: number): void {
    if (Number.isNaN(watermark)) throw new RangeError('a watermark is a number of milliseconds, not NaN');
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.operator.advanceWatermark(watermark);
  }

  /** Moves the clock and runs the timers that are due, each at its own time. */
  setProcessingTime(now: number): void {
    for (
      let due = this.#context.processingTime.nextDue;
      due <= now;
      due = this.#context.processingTime.nextDue
    ) {
      this.#clock.set(Math.max(due, this.#clock.now()));
      if (!this.#context.processingTime.runDue()) break;
      this.#runMails();
    }
    this.#clock.set(now);
  }
  get processingTime(): number {
    return this.#clock.now();
  }
  get currentWatermark(): number {
    return this.#watermark;
  }

  /**
   * Runtime context with `key` as current key, to look into keyed state:
   * `harness.stateOf('a').getState(descriptor).value()`.
   */
  stateOf(key: unknown): RuntimeContext {
    if (!this.#keyed) throw new TypeError('this function has no key and so no keyed state to look into');
    const keyed: KeyedStateBackend<unknown> = this.#context.keyedState(dynamicKey);
    keyed.setCurrentKey(key);
    return this.#context.runtimeContext(dynamicStates(), keyed);
  }
  /** Broadcast state, to look into or to prepare: `harness.broadcastState(rules).get('limit')`. */
  broadcastState<K, V>(descriptor: DescriptorOf<'map', MapState<K, V>>): BroadcastState<K, V> {
    return this.#context.operatorState.broadcast<K, V>(dynamicState(descriptor.name, 'broadcast'));
  }
  /** Keys that have state; 0 for functions without a key. */
  get numKeys(): number {
    return this.#keyed ? this.#context.keyedState(dynamicKey).size : 0;
  }
  /** Value of a counter that the function made. */
  counter(name: string): number {
    return this.#context.metricGroup.counter(name).count;
  }

  /** State as a checkpoint would store it; start another harness with it through `restore`. */
  snapshot(): OperatorSnapshot {
    this.operator.prepareSnapshot(++this.#lastCheckpoint);
    return this.#context.snapshot();
  }

  /** flink: AbstractStreamOperatorTestHarness#notifyOfCompletedCheckpoint */
  notifyOfCompletedCheckpoint(checkpointId: number): void {
    for (const listener of this.#context.checkpointListeners) listener.notifyCheckpointComplete(checkpointId);
  }

  /** End of bounded input: pending processing-time timers do not fire any more. */
  endInput(): void {
    this.operator.endInput();
    this.#context.processingTime.quiesce();
    this.operator.finish();
  }
  close(): void {
    this.operator.close();
  }

  /** Waits for asynchronous requests and takes in their results. */
  async settle(): Promise<void> {
    do {
      await Promise.allSettled(this.#context.tracked);
      await new Promise(resolve => setImmediate(resolve));
      this.#runMails();
    } while (this.#context.tracked.size > 0 || this.#context.mails.length > 0);
  }

  #runMails(): void {
    for (let mail = this.#context.mails.shift(); mail; mail = this.#context.mails.shift()) mail();
  }
}

function record<T>(value: T, timestamp: number): OutputRecord<T> {
  return { value, timestamp: timestamp === MIN_TIMESTAMP ? null : timestamp };
}

export interface OneInputOperator extends HarnessedOperator {
  processElement(value: unknown, timestamp: number, key?: unknown): void;
}
export interface TwoInputOperator extends HarnessedOperator {
  processElement1(value: unknown, timestamp: number, key?: unknown): void;
  processElement2(value: unknown, timestamp: number, key?: unknown): void;
}

/** One input, keyed or not. */
export class OneInputHarness<IN, OUT> extends OperatorHarness<OneInputOperator, OUT> {
  readonly #keyOf: ((value: IN) => unknown) | null;

  constructor(
    create: (context: TestOperatorContext, emit: Emit<OUT>, side: EmitSide) => OneInputOperator,
    keyOf: ((value: IN) => unknown) | null,
    options: HarnessOptions,
  ) {
    super(create, keyOf !== null, options);
    this.#keyOf = keyOf;
  }

  /** One record; without `timestamp` it has none. */
  processElement(value: IN, timestamp: number = MIN_TIMESTAMP): void {
    this.operator.processElement(value, timestamp, this.#keyOf?.(value));
  }
  /** Records as `[value, timestamp]`. */
  processElements(...records: readonly (readonly [IN, number])[]): void {
    for (const [value, timestamp] of records) this.processElement(value, timestamp);
  }
}

/** Two inputs, both keyed or neither. */
export class TwoInputHarness<A, B, OUT> extends OperatorHarness<TwoInputOperator, OUT> {
  readonly #keys: { readonly first: (value: A) => unknown; readonly second: (value: B) => unknown } | null;

  constructor(
    create: (context: TestOperatorContext, emit: Emit<OUT>, side: EmitSide) => TwoInputOperator,
    keys: { readonly first: (value: A) => unknown; readonly second: (value: B) => unknown } | null,
    options: HarnessOptions,
  ) {
    super(create, keys !== null, options);
    this.#keys = keys;
  }

  processElement1(value: A, timestamp: number = MIN_TIMESTAMP): void {
    this.operator.processElement1(value, timestamp, this.#keys?.first(value));
  }
  processElement2(value: B, timestamp: number = MIN_TIMESTAMP): void {
    this.operator.processElement2(value, timestamp, this.#keys?.second(value));
  }
}
