/** Windows, assigners, triggers, evictors (flink: datastream-semantics §4). Built-in classes are in compiler/lang/windowing. */
import type { AggregatingState, ListState, MapState, ReducingState, ValueState } from './state.js';
import type { DescriptorOf } from './functions.js';
import { MAX_TIMESTAMP } from './types.js';

export interface Window {
  maxTimestamp(): number;
}
/** [start, end) in ms. */
export interface TimeWindowLike extends Window {
  readonly start: number;
  readonly end: number;
}

/** flink: TimeWindow. One class for assigners (in the artifact's program part) and operators (that decode windows). */
export class TimeWindow implements TimeWindowLike {
  readonly start: number;
  readonly end: number;
  #name: string | null = null;

  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
  }

  maxTimestamp(): number {
    return this.end - 1;
  }

  /** Tells windows of varying length apart. Made once: a session is looked up by it with every record. */
  get name(): string {
    return (this.#name ??= `${this.start}:${this.end}`);
  }

  /** Touching counts: [0, 5) and [5, 9) intersect. */
  intersects(other: TimeWindowLike): boolean {
    return this.start <= other.end && this.end >= other.start;
  }

  /** The smallest window that contains both. */
  cover(other: TimeWindowLike): TimeWindow {
    return new TimeWindow(Math.min(this.start, other.start), Math.max(this.end, other.end));
  }

  equals(other: TimeWindowLike): boolean {
    return this.start === other.start && this.end === other.end;
  }
}
/** flink: GlobalWindow. There is one; it never ends by itself. */
export class GlobalWindow implements Window {
  static readonly instance: GlobalWindow = /* @__PURE__ */ new GlobalWindow();

  static get(): GlobalWindow {
    return GlobalWindow.instance;
  }

  maxTimestamp(): number {
    return MAX_TIMESTAMP;
  }
}

export interface WindowAssignerContext {
  currentProcessingTime(): number;
}

/** What codegen and operators need to know to choose a specialised implementation. */
export type AssignerSpec =
  | {
      readonly kind: 'tumbling';
      readonly time: 'event' | 'processing';
      readonly size: number;
      readonly offset: number;
      readonly stagger: 'ALIGNED' | 'RANDOM' | 'NATURAL';
    }
  | {
      readonly kind: 'sliding';
      readonly time: 'event' | 'processing';
      readonly size: number;
      readonly slide: number;
      readonly offset: number;
    }
  | { readonly kind: 'session'; readonly time: 'event' | 'processing'; readonly gap: number | 'dynamic' }
  | { readonly kind: 'global'; readonly endOfStream: boolean }
  | { readonly kind: 'custom' };

export interface WindowAssigner<T, W extends Window> {
  readonly spec: AssignerSpec;
  /** 'time' windows encode as two longs, 'global' as nothing, 'custom' through windowCodec. */
  readonly windowKind: 'time' | 'global' | 'custom';
  readonly isEventTime: boolean;
  readonly isMerging: boolean;
  assignWindows(element: T, timestamp: number, context: WindowAssignerContext): readonly W[];
  getDefaultTrigger(): Trigger<T, W>;
  /** Merging assigners: calls merge(parts, cover) for every set of windows that become one. */
  mergeWindows?(windows: readonly W[], merge: (parts: readonly W[], cover: W) => void): void;
}

export type TriggerResult = 'CONTINUE' | 'FIRE' | 'PURGE' | 'FIRE_AND_PURGE';

export interface TriggerContext {
  currentProcessingTime(): number;
  currentWatermark(): number;
  registerEventTimeTimer(time: number): void;
  registerProcessingTimeTimer(time: number): void;
  deleteEventTimeTimer(time: number): void;
  deleteProcessingTimeTimer(time: number): void;
  /** State per key and window. */
  getPartitionedState<S>(descriptor: DescriptorOf<string, S>): S;
}
export interface OnMergeContext extends TriggerContext {
  mergePartitionedState(descriptor: DescriptorOf<string, unknown>): void;
}
export interface Trigger<T, W extends Window> {
  onElement(element: T, timestamp: number, window: W, context: TriggerContext): TriggerResult;
  onProcessingTime(time: number, window: W, context: TriggerContext): TriggerResult;
  onEventTime(time: number, window: W, context: TriggerContext): TriggerResult;
  clear(window: W, context: TriggerContext): void;
  canMerge(): boolean;
  onMerge?(window: W, context: OnMergeContext): void;
  /** 'eventTime' lets codegen use slices instead of a timer per key. */
  readonly builtin?: string;
}

export interface TimestampedValue<T> {
  readonly value: T;
  /** MIN_TIMESTAMP when the record has none. */
  readonly timestamp: number;
}
export interface EvictorContext {
  currentProcessingTime(): number;
  currentWatermark(): number;
}
/** Both hooks return the elements that stay, in order. */
export interface Evictor<T, W extends Window> {
  evictBefore(
    elements: readonly TimestampedValue<T>[],
    window: W,
    context: EvictorContext,
  ): readonly TimestampedValue<T>[];
  evictAfter(
    elements: readonly TimestampedValue<T>[],
    window: W,
    context: EvictorContext,
  ): readonly TimestampedValue<T>[];
}

export interface ProcessWindowContext<W extends Window> {
  readonly window: W;
  currentProcessingTime(this: void): number;
  currentWatermark(this: void): number;
  /** per key and window; an error with merging windows */
  windowState(this: void): WindowStateAccess;
  /** per key */
  globalState(this: void): KeyedStateAccess;
  output<X>(this: void, tag: { readonly id: string; readonly __type?: X }, value: X): void;
}
export interface KeyedStateAccess {
  getState<T>(d: DescriptorOf<'value', ValueState<T>>): ValueState<T>;
  getListState<T>(d: DescriptorOf<'list', ListState<T>>): ListState<T>;
  getMapState<K, V>(d: DescriptorOf<'map', MapState<K, V>>): MapState<K, V>;
  getReducingState<T>(d: DescriptorOf<'reducing', ReducingState<T>>): ReducingState<T>;
  getAggregatingState<I, O>(d: DescriptorOf<'aggregating', AggregatingState<I, O>>): AggregatingState<I, O>;
}
/** What is opened through it lives as long as the window; the compiler knows it by this type. */
export interface WindowStateAccess extends KeyedStateAccess {}
