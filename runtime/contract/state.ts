/** Keyed and operator state as operators see it; backends are in runtime/state. */
import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  StateTtlConfig,
  ValueState,
  BroadcastState,
} from '../../plugins/api/state.js';
import type { ColumnKind } from '../../plugins/api/batch.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { ByteReader, ByteWriter } from './bytes.js';
import type { ValueCodec } from './codec.js';
import type { Watched } from './copy-on-write.js';

/** How keys hash (datastream-semantics §8.1), compare and are stored. */
export interface KeyType {
  readonly schema: Schema;
  readonly codec: ValueCodec;
}

/** Declared by generated code, from the state manifest. */
export interface StateSpec {
  readonly name: string;
  readonly kind:
    | 'value'
    | 'list'
    | 'map'
    | 'reducing'
    | 'aggregating'
    | 'operatorList'
    | 'unionList'
    | 'broadcast'
    | 'window'
    | 'windowState';
  /** float64/int32/bool: kept in typed arrays; object: as JavaScript values */
  readonly layout: ColumnKind;
  readonly value: ValueCodec;
  readonly key?: ValueCodec; // map states
  readonly schema: Schema;
  readonly keySchema?: Schema;
  /** the name under which snapshots from before a renaming have it (flinkc.lock.json) */
  readonly formerly?: string;
  /** own migrate functions of the descriptor */
  readonly migrations?: readonly StateMigration[];
}
/** Makes a value of the state from one of an older type. */
export interface StateMigration {
  readonly from: Schema;
  /** comes with the descriptor at run time; generated code knows the types only */
  readonly convert?: (old: unknown) => unknown;
}

/** Namespace of window state; null outside windows. Encoded by `codec`; `id` makes it a Map key. */
export interface NamespaceCodec<N> {
  /** of the bytes that write() writes */
  readonly schema: Schema;
  id(namespace: N): number | string;
  write(out: ByteWriter, namespace: N): void;
  read(from: ByteReader): N;
}

export interface KeyedStateBackend<K = unknown> {
  readonly keyType: KeyType;
  /** Must be called before state access; looks the key up once per record. */
  setCurrentKey(key: K): void;
  /** Disk backends: reads what these keys have, all at once. Cheaper than one by one; changes nothing else. */
  prefetch?(keys: ArrayLike<unknown>, length: number): void;
  /** State access is an error until the next setCurrentKey (broadcast side of a keyed operator). */
  clearCurrentKey(): void;
  readonly currentKey: K;
  value<T>(spec: StateSpec, options?: StateOptions<T>): ValueState<T>;
  list<T>(spec: StateSpec, options?: StateOptions<T>): ListState<T>;
  map<UK, UV>(spec: StateSpec, options?: StateOptions<UV>): MapState<UK, UV>;
  reducing<T>(spec: StateSpec, reduce: (a: T, b: T) => T, options?: StateOptions<T>): ReducingState<T>;
  aggregating<IN, ACC, OUT>(
    spec: StateSpec,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT>;
  /** State per key and namespace (windows). */
  windowed<N>(codec: NamespaceCodec<N>): NamespacedState<N>;
  timers<N>(
    name: string,
    codec: NamespaceCodec<N> | null,
    handler: TimerHandler<K, N>,
  ): InternalTimerService<N>;
  /** Visits every key that has a value in the named state; setCurrentKey is done around the visit. */
  forEachKey(stateName: string, visit: (key: K) => void): void;
  /** Operators with a layout of their own (window slices, interval buffers): part of snapshots and rescaling by key group. */
  registerCustom(name: string, state: CustomKeyedState): void;
  readonly size: number;
}
export interface StateOptions<T> {
  readonly ttl?: StateTtlConfig | undefined;
  readonly defaultValue?: T | undefined;
}
export interface AggregateLike<IN, ACC, OUT> {
  createAccumulator(): ACC;
  add(value: IN, accumulator: ACC): ACC;
  getResult(accumulator: ACC): OUT;
  merge(a: ACC, b: ACC): ACC;
}
/** Handles follow the namespace set last. */
export interface NamespacedState<N> {
  setNamespace(namespace: N): void;
  value<T>(spec: StateSpec, options?: StateOptions<T>): ValueState<T>;
  list<T>(spec: StateSpec, options?: StateOptions<T>): ListState<T>;
  map<UK, UV>(spec: StateSpec, options?: StateOptions<UV>): MapState<UK, UV>;
  reducing<T>(spec: StateSpec, reduce: (a: T, b: T) => T, options?: StateOptions<T>): ReducingState<T>;
  aggregating<IN, ACC, OUT>(
    spec: StateSpec,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT>;
  /** Raw accumulator access for window operators. */
  accumulator<ACC>(spec: StateSpec): ValueState<ACC>;
  /** Session merging: contents of `sources` end up in `target`; combine says how accumulators merge (lists: concatenated). */
  merge(
    spec: StateSpec,
    target: N,
    sources: readonly N[],
    combine: ((a: unknown, b: unknown) => unknown) | null,
  ): void;
}
export interface TimerHandler<K, N> {
  /** The current key is set before either is called. */
  onEventTime(timestamp: number, key: K, namespace: N): void;
  onProcessingTime(timestamp: number, key: K, namespace: N): void;
}
/** Identity of a timer: (key, namespace, timestamp, domain). */
export interface InternalTimerService<N> {
  readonly currentWatermark: number;
  registerEventTimeTimer(namespace: N, timestamp: number): void;
  registerProcessingTimeTimer(namespace: N, timestamp: number): void;
  deleteEventTimeTimer(namespace: N, timestamp: number): void;
  deleteProcessingTimeTimer(namespace: N, timestamp: number): void;
  /** Fires all event timers ≤ watermark in ascending order. */
  advanceWatermark(watermark: number): void;
  /** BATCH mode, end of a key: event timers, then processing timers, all of them; then the watermark is MIN again. */
  fireAllForKeyEnd(): void;
}

/** State an operator lays out itself. Entries are per key group, so that rescaling is a range scan. */
export interface CustomKeyedState {
  /** Entries are those of a state of this kind, so that an operator with another layout can take them over. */
  readonly kind: KeyedSection['kind'];
  readonly schema: SectionSchema;
  /** Everything as of now. */
  snapshot(): readonly SnapshotRows[];
  /** Reads one entry. */
  restore(keyGroup: number, from: ByteReader): void;
  /** What can leave memory; without it everything stays there, whatever the backend. */
  readonly spill?: SpillableState;
  /** It is one table of one entry per row, and rows never leave: in memory, a changelog then has those that changed. */
  readonly onlyGrows?: true;
}
/** Rows 0 … count-1 of a table. The table tells of changes to rows before they are made. */
export interface SnapshotRows {
  readonly table: Watched;
  readonly count: number;
  /**
   * Writes the row's entries, of which there may be any number, as {@link SectionSchema} says. Called at any time, once
   * for each row, and before it changes. `entry` is called once for each entry.
   */
  write(row: number, entry: (keyGroup: number) => ByteWriter): void;
}
/** An operator's own state on backends that outgrow memory: memory holds a part of it, rows on disk the rest. */
export interface SpillableState {
  readonly form: RowForm;
  /** Before anything is restored. */
  attach(rows: SpilledRows, reminders: () => Reminders): void;
  /** Between two records: the keys of the batch that comes next. A good time to make room, and to read what is needed. */
  prefetch(keys: ArrayLike<unknown>, length: number): void;
  /** The rows then say everything, instead of {@link CustomKeyedState.snapshot}. */
  flush(): void;
}
/**
 * What a row's value is.
 * - `values`: an entry's contents; its key says everything, so the time is 0
 * - `slices`: up to which time windows have fired (float64), and the contents of an entry whose namespace are the row's
 *   time and that
 * - `lists`: the end of a window (float64), and a part of the list that is the contents of an entry whose namespace are
 *   the row's time and that
 * - `sessions`: all entries of the key, each without the key and behind its length; the time is 0
 */
export type RowForm = 'values' | 'slices' | 'lists' | 'sessions';

/** Rows by time and key. Within a time they are in order of key group and key. */
export interface SpilledRows<K = unknown> {
  /** Bytes of memory that the operator may take as of now. */
  readonly memory: number;
  /** `values`, `sessions`: a snapshot has left rows, of which the operator is told no more. */
  readonly areRestored: boolean;
  /** `part`: of `lists`, which a key may have several of; in this order */
  put(time: number, key: K, write: (out: ByteWriter) => void, part?: number): void;
  get(time: number, key: K): ByteReader | null;
  /** Cheaper than one by one. In the order of the keys. */
  getMany(time: number, keys: readonly K[], visit: (key: K, from: ByteReader | null) => void): void;
  /** All rows of a time; they must not change meanwhile. */
  scan(time: number): IterableIterator<SpilledRow<K>>;
  /** `values`, `sessions`: removes the row of a key. */
  remove(key: K): void;
  /** Removes all rows of a time. */
  delete(time: number): void;
  /** `slices`: windows up to here have fired, whatever the rows say. */
  firedUpTo(time: number): void;
}
/** Keys that an operator wants to look at again. On disk beside its rows, but in no savepoint. */
export interface Reminders<K = unknown> {
  add(key: K, time: number): void;
  /** Removes and returns the earliest up to this time; changes the current key. */
  take(upTo: number, count: number): readonly K[];
  flush(): void;
}
export interface SpilledRow<K> {
  /** Rows that have the same order, of one time or several, have the same key. */
  readonly order: string;
  readonly key: K;
  readonly value: ByteReader;
}

export interface OperatorStateBackend {
  readonly isRestored: boolean;
  list<T>(spec: StateSpec): ListState<T>;
  unionList<T>(spec: StateSpec): ListState<T>;
  broadcast<K, V>(spec: StateSpec): BroadcastState<K, V>;
}

/** Snapshot of one operator of one subtask: plain data that can be written, sent and redistributed. */
export interface OperatorSnapshot {
  readonly uidHash: string;
  readonly uid: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** state name (timers: `_timer/<name>/event`…) → key group → encoded entries */
  readonly keyed: ReadonlyMap<string, KeyedSection>;
  readonly operator: ReadonlyMap<string, OperatorSection>;
}
export interface KeyedSection {
  readonly kind: 'value' | 'list' | 'map' | 'reducing' | 'aggregating' | 'timer';
  readonly schema: SectionSchema;
  readonly keyGroups: ReadonlyMap<number, readonly Uint8Array[]>;
}
export interface OperatorSection {
  readonly mode: 'split' | 'union' | 'broadcast';
  readonly schema: SectionSchema;
  readonly elements: readonly Uint8Array[];
}
/**
 * What the bytes of a section's entries are, stored beside them: with it they can be read without the program, and
 * migrated to another. Canonical texts of schemas (plugins/api/schema-text.ts); equal texts mean equal bytes.
 *
 * A keyed entry is key, namespace, contents. Contents of `value`, `reducing`, `aggregating` and `timer` are one value;
 * of `list` a varint count and values; of `map` a varint count and pairs of user key and value. An element of operator
 * state is a value, of broadcast state a user key and a value.
 */
export interface SectionSchema {
  /** null: operator state */
  readonly key: string | null;
  /** the window of window state and timers; null where there is none */
  readonly namespace: string | null;
  /** user keys of map and broadcast state */
  readonly mapKey: string | null;
  /** timers: when they fire */
  readonly value: string;
  /** every value is followed by the time of its last access for TTL: float64, ms since the epoch */
  readonly times: boolean;
  /** what else decides the meaning of entries, such as how wide the slices of windows are; '' for most */
  readonly layout: string;
}
