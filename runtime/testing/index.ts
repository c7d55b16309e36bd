/**
 * `flinkc/testing`: harnesses for any test runner.
 *
 * ```ts
 * import { keyedProcessHarness } from 'flinkc/testing';
 *
 * const harness = keyedProcessHarness(new CountPerUser(), { key: (click: Click) => click.user });
 * harness.processElement({ user: 'ann' }, 1_000);
 * harness.processWatermark(60_000);                       // fires event-time timers
 * assert.equal(harness.values, [{ user: 'ann', clicks: 1 }]);
 * assert.is(harness.stateOf('ann').getState(countDescriptor).value(), 1);
 * ```
 *
 * Everything runs in the caller's thread and is deterministic: time stands still until the test moves it.
 */
import type { Evictor, Trigger, Window, WindowAssigner } from '../../plugins/api/windowing.js';
import type { StateDescriptorLike } from '../../plugins/api/state.js';
import {
  BroadcastProcessOperator,
  CoProcessOperator,
  KeyedBroadcastProcessOperator,
  KeyedCoProcessOperator,
  KeyedProcessOperator,
  ProcessOperator,
  WindowOperator,
  type BroadcastProcessSpec,
  type CoProcessSpec,
  type KeyedBroadcastProcessSpec,
  type KeyedCoProcessSpec,
  type KeyedProcessSpec,
  type ProcessSpec,
  type WindowContentsSpec,
  type WindowFunctionSpec,
} from '../operators/index.js';
import type { AggregateLike, StateSpec } from '../contract/state.js';
import { dynamicKey, dynamicState, dynamicStates } from './dynamic-state.js';
import { OneInputHarness, TwoInputHarness, type HarnessOptions } from './operator-harness.js';

export { OneInputHarness, OperatorHarness, TwoInputHarness } from './operator-harness.js';
export type { HarnessOptions, OutputRecord } from './operator-harness.js';
export { ProgramHarness, openProgram } from './program-harness.js';
export type { ProgramHarnessOptions, SourceHandle } from './program-harness.js';

export interface KeyedOptions<IN, K> extends HarnessOptions {
  readonly key: (value: IN) => K;
}
export interface TwoKeysOptions<A, B, K> extends HarnessOptions {
  readonly key1: (value: A) => K;
  readonly key2: (value: B) => K;
}

/** A ProcessFunction, or the lambda of `.process(…)`, on a stream that is not keyed. */
export function processHarness<IN, OUT>(
  fn: ProcessSpec<IN, OUT>['fn'],
  options: HarnessOptions = {},
): OneInputHarness<IN, OUT> {
  return new OneInputHarness<IN, OUT>(
    (context, emit, side) =>
      new ProcessOperator<IN, OUT>(context, { fn, states: dynamicStates() }, emit, side),
    null,
    options,
  );
}

/** A KeyedProcessFunction: state and timers per key. */
export function keyedProcessHarness<K, IN, OUT>(
  fn: KeyedProcessSpec<K, IN, OUT>['fn'],
  options: KeyedOptions<IN, K>,
): OneInputHarness<IN, OUT> {
  return new OneInputHarness<IN, OUT>(
    (context, emit, side) =>
      new KeyedProcessOperator<K, IN, OUT>(
        context,
        { key: dynamicKey, fn, states: dynamicStates() },
        emit,
        side,
      ),
    options.key,
    options,
  );
}

/** A CoProcessFunction on two streams that are not keyed. */
export function coProcessHarness<A, B, OUT>(
  fn: CoProcessSpec<A, B, OUT>['fn'],
  options: HarnessOptions = {},
): TwoInputHarness<A, B, OUT> {
  return new TwoInputHarness<A, B, OUT>(
    (context, emit, side) =>
      new CoProcessOperator<A, B, OUT>(context, { fn, states: dynamicStates() }, emit, side),
    null,
    options,
  );
}

/** A KeyedCoProcessFunction: both inputs share state and timers of a key. */
export function keyedCoProcessHarness<K, A, B, OUT>(
  fn: KeyedCoProcessSpec<K, A, B, OUT>['fn'],
  options: TwoKeysOptions<A, B, K>,
): TwoInputHarness<A, B, OUT> {
  return new TwoInputHarness<A, B, OUT>(
    (context, emit, side) =>
      new KeyedCoProcessOperator<K, A, B, OUT>(
        context,
        { key: dynamicKey, fn, states: dynamicStates() },
        emit,
        side,
      ),
    { first: options.key1, second: options.key2 },
    options,
  );
}

/** A BroadcastProcessFunction; processElement2 is the broadcast side. */
export function broadcastProcessHarness<A, B, OUT>(
  fn: BroadcastProcessSpec<A, B, OUT>['fn'],
  descriptors: readonly StateDescriptorLike[],
  options: HarnessOptions = {},
): TwoInputHarness<A, B, OUT> {
  const spec = { fn, broadcastStates: broadcastStates(descriptors), states: dynamicStates() };
  return new TwoInputHarness<A, B, OUT>(
    (context, emit, side) => new BroadcastProcessOperator<A, B, OUT>(context, spec, emit, side),
    null,
    options,
  );
}

/** A KeyedBroadcastProcessFunction; processElement2 is the broadcast side, which has no key. */
export function keyedBroadcastProcessHarness<K, A, B, OUT>(
  fn: KeyedBroadcastProcessSpec<K, A, B, OUT>['fn'],
  descriptors: readonly StateDescriptorLike[],
  options: KeyedOptions<A, K>,
): TwoInputHarness<A, B, OUT> {
  const spec = {
    key: dynamicKey,
    fn,
    broadcastStates: broadcastStates(descriptors),
    states: dynamicStates(),
  };
  return new TwoInputHarness<A, B, OUT>(
    (context, emit, side) => new KeyedBroadcastProcessOperator<K, A, B, OUT>(context, spec, emit, side),
    { first: options.key, second: () => null },
    options,
  );
}

/** At most one of reduce and aggregate, at most one of process and apply, and at least one of the four. */
export interface WindowHarnessOptions<IN, K, W extends Window, OUT, T = IN> extends KeyedOptions<IN, K> {
  readonly assigner: WindowAssigner<IN, W>;
  readonly trigger?: Trigger<IN, W>;
  readonly evictor?: Evictor<IN, W>;
  readonly allowedLateness?: number;
  readonly lateTag?: { readonly id: string };
  readonly reduce?: (a: IN, b: IN) => IN;
  // oxlint-disable-next-line typescript/no-explicit-any -- accumulators of any type; none is assignable both ways
  readonly aggregate?: AggregateLike<IN, any, T>;
  /** A ProcessWindowFunction: gets what reduce or aggregate made of the records, without either the records. */
  readonly process?: WindowFunctionOf<'process', K, W, T, OUT>;
  /** A WindowFunction; the same. */
  readonly apply?: WindowFunctionOf<'apply', K, W, T, OUT>;
}
type WindowFunctionOf<KIND extends 'process' | 'apply', K, W extends Window, T, OUT> = Extract<
  WindowFunctionSpec<K, W, T, OUT>,
  { kind: KIND }
>['function'];

/** A keyed window with its assigner, trigger, evictor and function. */
export function windowHarness<IN, K, W extends Window, OUT = IN, T = IN>(
  options: WindowHarnessOptions<IN, K, W, OUT, T>,
): OneInputHarness<IN, OUT> {
  const { reduce, aggregate, process, apply } = options;
  if ((reduce && aggregate) || (process && apply) || !(reduce ?? aggregate ?? process ?? apply))
    throw new TypeError('a window takes reduce or aggregate, process or apply, or one of each');
  const state = dynamicState('window-contents', 'window');
  const spec = {
    key: dynamicKey,
    assigner: options.assigner,
    trigger: options.trigger ?? null,
    evictor: options.evictor ?? null,
    allowedLateness: options.allowedLateness ?? 0,
    lateTag: options.lateTag?.id ?? null,
    contents: contentsOf(options, state),
    function: functionOf(options),
    states: dynamicStates(),
    element: state,
  };
  return new OneInputHarness<IN, OUT>(
    (context, emit, side) => new WindowOperator<IN, K, W, OUT>(context, spec, emit, side),
    options.key,
    options,
  );
}

function functionOf<IN, K, W extends Window, OUT, T>({
  process,
  apply,
}: WindowHarnessOptions<IN, K, W, OUT, T>): WindowFunctionSpec<K, W, never, OUT> | null {
  const spec: WindowFunctionSpec<K, W, T, OUT> | null = process
    ? { kind: 'process', function: process }
    : apply
      ? { kind: 'apply', function: apply }
      : null;
  return spec as WindowFunctionSpec<K, W, never, OUT> | null;
}
function contentsOf<IN, K, W extends Window, OUT, T>(
  { reduce, aggregate }: WindowHarnessOptions<IN, K, W, OUT, T>,
  state: StateSpec,
): WindowContentsSpec<IN> {
  if (reduce) return { kind: 'reduce', state, reduce };
  if (aggregate) return { kind: 'aggregate', state, aggregate };
  return { kind: 'elements', state };
}

function broadcastStates(descriptors: readonly StateDescriptorLike[]): Readonly<Record<string, StateSpec>> {
  return Object.fromEntries(descriptors.map(({ name }) => [name, dynamicState(name, 'broadcast')]));
}
