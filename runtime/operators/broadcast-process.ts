import type {
  BroadcastContext,
  Collector,
  DescriptorOf,
  KeyedBroadcastContext,
  KeyedBroadcastOnTimerContext,
  ReadOnlyBroadcastContext,
  ReadOnlyKeyedBroadcastContext,
  RuntimeContext,
} from '../../plugins/api/functions.js';
import type {
  BroadcastState,
  MapState,
  ReadOnlyBroadcastState,
  State,
  StateDescriptorLike,
} from '../../plugins/api/state.js';
import { RuntimeFault } from '../contract/fault.js';
import { withMigrations } from '../contract/state-migrations.js';
import type { KeyedStateBackend, KeyType, StateSpec } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import { ClockOnlyOperator, KeyedFunctionOperator } from './function-operator.js';
import {
  ClockOnlyTimerService,
  ReusedKeyedContext,
  ReusedOnTimerContext,
  ReusedProcessContext,
  type KeyedTimerService,
} from './process-context.js';
import type { StateSpecs } from './user-function.js';

export interface BroadcastProcessSpec<A, B, OUT> {
  readonly fn: {
    processElement(value: A, ctx: ReadOnlyBroadcastContext, out: Collector<OUT>): void;
    processBroadcastElement(value: B, ctx: BroadcastContext, out: Collector<OUT>): void;
  };
  /** by name: the descriptors that were given to broadcast(...) */
  readonly broadcastStates: StateSpecs;
  readonly states: StateSpecs;
}
export interface KeyedBroadcastProcessSpec<K, A, B, OUT> {
  readonly key: KeyType;
  readonly fn: {
    processElement(value: A, ctx: ReadOnlyKeyedBroadcastContext<K>, out: Collector<OUT>): void;
    processBroadcastElement(value: B, ctx: KeyedBroadcastContext<K>, out: Collector<OUT>): void;
    onTimer?(timestamp: number, ctx: KeyedBroadcastOnTimerContext<K>, out: Collector<OUT>): void;
  };
  readonly broadcastStates: StateSpecs;
  readonly states: StateSpecs;
}

/** BroadcastProcessFunction: input 1 is the stream, input 2 the broadcast side (§6). */
export class BroadcastProcessOperator<A, B, OUT> extends ClockOnlyOperator<OUT> {
  readonly #fn: BroadcastProcessSpec<A, B, OUT>['fn'];
  readonly #readContext: ReadContext;
  readonly #writeContext: WriteContext;

  constructor(ctx: OperatorContext, spec: BroadcastProcessSpec<A, B, OUT>, emit: Emit<OUT>, side: EmitSide) {
    super(ctx, spec.fn, spec.states, emit);
    this.#fn = spec.fn;
    const states = new BroadcastStates(ctx, spec.broadcastStates);
    this.#readContext = new ReadContext(states, this.clock, side);
    this.#writeContext = new WriteContext(states, this.clock, side);
  }
  processElement1(value: A, timestamp: number): void {
    this.#readContext.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processElement(value, this.#readContext, this.out);
  }
  processElement2(value: B, timestamp: number): void {
    this.#writeContext.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processBroadcastElement(value, this.#writeContext, this.out);
  }
}

/** KeyedBroadcastProcessFunction: no key and no timers on the broadcast side, which may visit all keys. */
export class KeyedBroadcastProcessOperator<K, A, B, OUT> extends KeyedFunctionOperator<
  K,
  OUT,
  KeyedTimerReadContext<K>
> {
  protected readonly timerContext: KeyedTimerReadContext<K>;
  readonly #fn: KeyedBroadcastProcessSpec<K, A, B, OUT>['fn'];
  readonly #broadcastClock: ClockOnlyTimerService;
  readonly #readContext: KeyedReadContext<K>;
  readonly #writeContext: KeyedWriteContext<K>;

  constructor(
    ctx: OperatorContext,
    spec: KeyedBroadcastProcessSpec<K, A, B, OUT>,
    emit: Emit<OUT>,
    side: EmitSide,
  ) {
    super(ctx, spec, emit);
    this.#fn = spec.fn;
    const states = new BroadcastStates(ctx, spec.broadcastStates);
    this.#broadcastClock = new ClockOnlyTimerService(ctx.processingTime);
    this.#readContext = new KeyedReadContext(states, this.keyed, this.timers, side);
    this.timerContext = new KeyedTimerReadContext(states, this.keyed, this.timers, side);
    const runtimeContext = ctx.runtimeContext(spec.states, this.keyed as KeyedStateBackend<unknown>);
    this.#writeContext = new KeyedWriteContext(
      states,
      this.keyed,
      runtimeContext,
      this.#broadcastClock,
      side,
    );
  }
  processElement1(value: A, timestamp: number, key: K): void {
    this.keyed.setCurrentKey(key);
    this.#readContext.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processElement(value, this.#readContext, this.out);
  }
  processElement2(value: B, timestamp: number): void {
    this.keyed.clearCurrentKey();
    this.#writeContext.recordTimestamp = timestamp;
    this.out.timestamp = timestamp;
    this.#fn.processBroadcastElement(value, this.#writeContext, this.out);
  }
  override advanceWatermark(watermark: number): void {
    this.#broadcastClock.watermark = watermark;
    super.advanceWatermark(watermark);
  }
}

type MapDescriptor<K, V> = DescriptorOf<'map', MapState<K, V>>;

/** Broadcast states of an operator, opened when it starts so that they are restored and snapshotted even if unused. */
class BroadcastStates {
  readonly #writable = new Map<string, BroadcastState<unknown, unknown>>();
  readonly #readOnly = new Map<string, ReadOnlyBroadcastState<unknown, unknown>>();
  readonly #ctx: OperatorContext;
  readonly #specs: StateSpecs;

  constructor(ctx: OperatorContext, specs: StateSpecs) {
    this.#ctx = ctx;
    this.#specs = specs;
    // Those with migrate functions wait for the descriptor that brings them.
    for (const spec of Object.values<StateSpec>(specs)) if (!spec.migrations) this.#open(spec);
  }
  writable<K, V>(descriptor: StateDescriptorLike): BroadcastState<K, V> {
    this.#opened(descriptor);
    return this.#writable.get(descriptor.name) as BroadcastState<K, V>;
  }
  readOnly<K, V>(descriptor: StateDescriptorLike): ReadOnlyBroadcastState<K, V> {
    this.#opened(descriptor);
    return this.#readOnly.get(descriptor.name) as ReadOnlyBroadcastState<K, V>;
  }
  #opened(descriptor: StateDescriptorLike): void {
    if (this.#writable.has(descriptor.name)) return;
    const spec = this.#specs[descriptor.name];
    this.#open(spec ? withMigrations(spec, descriptor) : missing(descriptor));
  }
  #open(spec: StateSpec): void {
    const state = this.#ctx.operatorState.broadcast<unknown, unknown>(spec);
    this.#writable.set(spec.name, state);
    this.#readOnly.set(spec.name, new ReadOnlyView(state));
  }
}

/** Has no writing methods, so that plain JavaScript cannot write either: instances would drift apart. */
class ReadOnlyView<K, V> implements ReadOnlyBroadcastState<K, V> {
  readonly #state: BroadcastState<K, V>;
  constructor(state: BroadcastState<K, V>) {
    this.#state = state;
  }
  get(key: K): V | undefined {
    return this.#state.get(key);
  }
  contains(key: K): boolean {
    return this.#state.contains(key);
  }
  entries(): IterableIterator<[K, V]> {
    return this.#state.entries();
  }
}

class ReadContext extends ReusedProcessContext implements ReadOnlyBroadcastContext {
  readonly #states: BroadcastStates;
  constructor(states: BroadcastStates, clock: ClockOnlyTimerService, side: EmitSide) {
    super(clock, side);
    this.#states = states;
  }
  readonly getBroadcastState = <K, V>(descriptor: MapDescriptor<K, V>): ReadOnlyBroadcastState<K, V> =>
    this.#states.readOnly(descriptor);
}

class WriteContext extends ReusedProcessContext implements BroadcastContext {
  readonly #states: BroadcastStates;
  constructor(states: BroadcastStates, clock: ClockOnlyTimerService, side: EmitSide) {
    super(clock, side);
    this.#states = states;
  }
  readonly getBroadcastState = <K, V>(descriptor: MapDescriptor<K, V>): BroadcastState<K, V> =>
    this.#states.writable(descriptor);
}

class KeyedReadContext<Key> extends ReusedKeyedContext<Key> implements ReadOnlyKeyedBroadcastContext<Key> {
  readonly #states: BroadcastStates;
  constructor(
    states: BroadcastStates,
    keyed: KeyedStateBackend<Key>,
    timers: KeyedTimerService,
    side: EmitSide,
  ) {
    super(keyed, timers, side);
    this.#states = states;
  }
  readonly getBroadcastState = <K, V>(descriptor: MapDescriptor<K, V>): ReadOnlyBroadcastState<K, V> =>
    this.#states.readOnly(descriptor);
}

class KeyedTimerReadContext<Key>
  extends ReusedOnTimerContext<Key>
  implements KeyedBroadcastOnTimerContext<Key>
{
  readonly #states: BroadcastStates;
  constructor(
    states: BroadcastStates,
    keyed: KeyedStateBackend<Key>,
    timers: KeyedTimerService,
    side: EmitSide,
  ) {
    super(keyed, timers, side);
    this.#states = states;
  }
  readonly getBroadcastState = <K, V>(descriptor: MapDescriptor<K, V>): ReadOnlyBroadcastState<K, V> =>
    this.#states.readOnly(descriptor);
}

class KeyedWriteContext<Key> extends WriteContext implements KeyedBroadcastContext<Key> {
  readonly #keyed: KeyedStateBackend<Key>;
  readonly #runtimeContext: RuntimeContext;

  constructor(
    states: BroadcastStates,
    keyed: KeyedStateBackend<Key>,
    runtimeContext: RuntimeContext,
    clock: ClockOnlyTimerService,
    side: EmitSide,
  ) {
    super(states, clock, side);
    this.#keyed = keyed;
    this.#runtimeContext = runtimeContext;
  }
  readonly applyToKeyedState = <S>(
    descriptor: DescriptorOf<string, S>,
    visit: (key: Key, state: S) => void,
  ): void => {
    const state = openState(this.#runtimeContext, descriptor) as S;
    this.#keyed.forEachKey(descriptor.name, key => visit(key, state));
  };
}

function openState(ctx: RuntimeContext, descriptor: StateDescriptorLike): State {
  switch (descriptor.stateKind) {
    case 'value':
      return ctx.getState(descriptor as DescriptorOf<'value', never>);
    case 'list':
      return ctx.getListState(descriptor as DescriptorOf<'list', never>);
    case 'map':
      return ctx.getMapState(descriptor as DescriptorOf<'map', never>);
    case 'reducing':
      return ctx.getReducingState(descriptor as DescriptorOf<'reducing', never>);
    case 'aggregating':
      return ctx.getAggregatingState(descriptor as DescriptorOf<'aggregating', never>);
  }
}

function missing(descriptor: StateDescriptorLike): never {
  throw new RuntimeFault('FC5202', {
    message: `The requested state '${descriptor.name}' does not exist.`,
    domain: 'user',
    fix: 'check the name for typos, or give the descriptor to .broadcast(...)',
    facts: { state: descriptor.name },
  });
}
