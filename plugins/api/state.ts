/** State handles and descriptors (flink: org.apache.flink.api.common.state). All access is synchronous. */
import type { Duration } from './types.js';

export type TtlUpdateType = 'Disabled' | 'OnCreateAndWrite' | 'OnReadAndWrite';
export type TtlVisibility = 'NeverReturnExpired' | 'ReturnExpiredIfNotCleanedUp';
export interface StateTtlConfig {
  readonly ttl: Duration;
  readonly updateType: TtlUpdateType;
  readonly visibility: TtlVisibility;
  readonly cleanupFullSnapshot: boolean;
  /** entries checked per state access; 0 turns it off */
  readonly incrementalCleanupSize: number;
  readonly cleanupForEveryRecord: boolean;
}

export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating';

export interface State {
  /** Removes the state under the current key (and namespace). */
  clear(): void;
}
export interface ValueState<T> extends State {
  /** null before the first update, unless the descriptor has a default value. */
  value(): T | null;
  /** update(null) is clear(). */
  update(value: T | null): void;
}
export interface AppendingState<IN, OUT> extends State {
  get(): OUT | null;
  add(value: IN): void;
}
export interface ListState<T> extends State {
  /** Never null; empty when nothing was added. */
  get(): Iterable<T>;
  add(value: T): void;
  addAll(values: Iterable<T>): void;
  update(values: Iterable<T>): void;
}
export interface MapState<K, V> extends State {
  get(key: K): V | undefined;
  put(key: K, value: V): void;
  putAll(entries: Iterable<readonly [K, V]>): void;
  remove(key: K): void;
  contains(key: K): boolean;
  entries(): IterableIterator<[K, V]>;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  isEmpty(): boolean;
}
export interface ReducingState<T> extends AppendingState<T, T> {}
export interface AggregatingState<IN, OUT> extends AppendingState<IN, OUT> {}
export interface BroadcastState<K, V> {
  get(key: K): V | undefined;
  put(key: K, value: V): void;
  putAll(entries: Iterable<readonly [K, V]>): void;
  remove(key: K): void;
  contains(key: K): boolean;
  entries(): IterableIterator<[K, V]>;
  clear(): void;
}
export type ReadOnlyBroadcastState<K, V> = Pick<BroadcastState<K, V>, 'get' | 'contains' | 'entries'>;

/** What a descriptor says at run time; the classes users write against are in compiler/lang/state.ts. */
export interface StateDescriptorLike {
  readonly stateKind: StateKind;
  readonly name: string;
  readonly ttl?: StateTtlConfig | undefined;
  readonly defaultValue?: unknown;
  /** make values from those of older types */
  readonly migrate?: readonly ((old: never) => unknown)[] | undefined;
  readonly reduceFunction?: ((a: never, b: never) => unknown) | { reduce(a: never, b: never): unknown };
  readonly aggregateFunction?: {
    createAccumulator(): unknown;
    add(value: never, accumulator: never): unknown;
    getResult(accumulator: never): unknown;
    merge(a: never, b: never): unknown;
  };
}
