import type {
  BroadcastContext,
  Collector,
  DescriptorOf,
  KeyedBroadcastContext,
  KeyedBroadcastOnTimerContext,
  ReadOnlyBroadcastContext,
  ReadOnlyKeyedBroadcastContext,
  RuntimeContext,
  TimeDomain,
} from '../../plugins/api/functions.js';
import type {
  BroadcastState,
  MapState,
  ReadOnlyBroadcastState,
  State,
  StateDescriptorLike,
} from '../../plugins/api/state.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { RuntimeFault } from '../contract/fault.js';
import { withMigrations } from '../contract/state-migrations.js';
import type {
  InternalTimerService,
  KeyedStateBackend,
  KeyType,
  StateSpec,
  TimerHandler,
} from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import { USER_TIMERS } from './keyed-process.js';
import {
  ClockOnlyTimerService,
  KeyedTimerService,
  ReusedKeyedContext,
  ReusedOnTimerContext,
  ReusedProcessContext,
  TimestampedCollector,
} from './process-context.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';

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
export class BroadcastProcessOperator<A, B, OUT> {
  readonly #fn: BroadcastProcessSpec<A, B, OUT>['fn'];
  readonly #lifecycle: FunctionLifecycle;
  readonly #clock: ClockOnlyTimerService;
  readonly #readContext: ReadContext;
  readonly #writeContext: WriteContext;
  readonly #out: TimestampedCollector<OUT>;

  constructor(ctx: OperatorContext, spec: BroadcastProcessSpec<A, B, OUT>, emit: Emit<OUT>, side: EmitSide) {
    this.#fn = spec.fn;
    this.#lifecycle = new FunctionLifecycle(spec.fn, ctx, spec.states, null);
    this.#clock = new ClockOnlyTimerService(ctx.processingTime);
    const states = new BroadcastStates(ctx, spec.broadcastStates);
    this.#readContext = new ReadContext(states, this.#clock, side);
    this.#writeContext = new WriteContext(states, this.#clock, side);
    this.#out = new TimestampedCollector(emit);
  }
  open(): void {
    this.#lifecycle.open();
  }
  processElement1(value: A, timestamp: number): void {
    this.#readContext.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processElement(value, this.#readContext, this.#out);
  }
  processElement2(value: B, timestamp: number): void {
    this.#writeContext.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processBroadcastElement(value, this.#writeContext, this.#out);
  }
  advanceWatermark(watermark: number): void {
    this.#clock.watermark = watermark;
  }
  endInput(_input: number): void {}
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
  }
}

/** KeyedBroadcastProcessFunction: no key and no timers on the broadcast side, which may visit all keys. */
export class KeyedBroadcastProcessOperator<K, A, B, OUT> implements TimerHandler<K, null> {
  readonly #keyed: KeyedStateBackend<K>;
  readonly #fn: KeyedBroadcastProcessSpec<K, A, B, OUT>['fn'];
  readonly #lifecycle: FunctionLifecycle;
  readonly #timers: InternalTimerService<null>;
  readonly #broadcastClock: ClockOnlyTimerService;
  readonly #readContext: KeyedReadContext<K>;
  readonly #timerContext: KeyedTimerReadContext<K>;
  readonly #writeContext: KeyedWriteContext<K>;
  readonly #out: TimestampedCollector<OUT>;

  constructor(
    ctx: OperatorContext,
    spec: KeyedBroadcastProcessSpec<K, A, B, OUT>,
    emit: Emit<OUT>,
    side: EmitSide,
  ) {
    const keyed = ctx.keyedState<K>(spec.key);
    this.#keyed = keyed;
    this.#fn = spec.fn;
    this.#lifecycle = new FunctionLifecycle(spec.fn, ctx, spec.states, keyed as KeyedStateBackend<unknown>);
    this.#timers = keyed.timers<null>(USER_TIMERS, null, this);
    const states = new BroadcastStates(ctx, spec.broadcastStates);
    const timerService = new KeyedTimerService(this.#timers, ctx.processingTime);
    this.#broadcastClock = new ClockOnlyTimerService(ctx.processingTime);
    this.#readContext = new KeyedReadContext(states, keyed, timerService, side);
    this.#timerContext = new KeyedTimerReadContext(states, keyed, timerService, side);
    const runtimeContext = ctx.runtimeContext(spec.states, keyed as KeyedStateBackend<unknown>);
    this.#writeContext = new KeyedWriteContext(states, keyed, runtimeContext, this.#broadcastClock, side);
    this.#out = new TimestampedCollector(emit);
  }
  open(): void {
    this.#lifecycle.open();
  }
  processElement1(value: A, timestamp: number, key: K): void {
    this.#keyed.setCurrentKey(key);
    this.#readContext.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processElement(value, this.#readContext, this.#out);
  }
  processElement2(value: B, timestamp: number): void {
    this.#keyed.clearCurrentKey();
    this.#writeContext.recordTimestamp = timestamp;
    this.#out.timestamp = timestamp;
    this.#fn.processBroadcastElement(value, this.#writeContext, this.#out);
  }
  onEventTime(timestamp: number): void {
    this.#onTimer(timestamp, 'EVENT_TIME', timestamp);
  }
  onProcessingTime(timestamp: number): void {
    this.#onTimer(timestamp, 'PROCESSING_TIME', MIN_TIMESTAMP);
  }
  #onTimer(timestamp: number, timeDomain: TimeDomain, outputTimestamp: number): void {
    this.#timerContext.recordTimestamp = timestamp;
    this.#timerContext.timeDomain = timeDomain;
    this.#out.timestamp = outputTimestamp;
    this.#fn.onTimer?.(timestamp, this.#timerContext, this.#out);
  }
  advanceWatermark(watermark: number): void {
    this.#broadcastClock.watermark = watermark;
    this.#timers.advanceWatermark(watermark);
  }
  onKeyEnd(): void {
    this.#timers.fireAllForKeyEnd();
  }
  endInput(_input: number): void {}
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
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
