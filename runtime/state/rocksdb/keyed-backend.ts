import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  ValueState,
} from '../../../plugins/api/state.js';
import type { ByteReader } from '../../contract/bytes.js';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import { keyedSchema, timerSchema } from '../../contract/section-schema.js';
import type {
  AggregateLike,
  CustomKeyedState,
  InternalTimerService,
  KeyedSection,
  KeyedStateBackend,
  KeyType,
  NamespaceCodec,
  NamespacedState,
  Reminders,
  SpilledRows,
  StateOptions,
  StateSpec,
  TimerHandler,
} from '../../contract/state.js';
import type { ProcessingTimeService } from '../../contract/task.js';
import { conflict, notRegistered } from '../scope-faults.js';
import { timerSection } from '../sections.js';
import { TimerService } from '../timer-service.js';
import { isTtlEnabled, TtlClock } from '../ttl.js';
import { userKeyCodec } from '../user-key.js';
import { CellAggregatingState, CellReducingState, CellValueState } from '../value-cell.js';
import type { ExpiryFilter } from './canonical-rows.js';
import { customEntries, writeCustomRows } from './packed-rows.js';
import type { RowLog } from './row-log.js';
import { KeyContext, keyGroupText, NamespaceContext, ROW_PREFIX, stateIdText } from './key-context.js';
import { StoredListTable } from './list-table.js';
import { StoredMapTable } from './map-table.js';
import { StoredNamespacedState, type TableRegistry } from './namespaced-state.js';
import { scanRange } from './scan.js';
import { TIMESTAMP_BYTES } from './sortable-timestamp.js';
import { StoredReminders } from './stored-reminders.js';
import { StoredRows } from './spilled-rows.js';
import type { StateDirectory } from './state-directory.js';
import type { StoreDatabase } from './store-thread.js';
import { StoredSections, type StoredEntries } from './stored-sections.js';
import { StoredTimerSet } from './timer-set.js';
import { UnitStore } from './unit-store.js';
import type { TableOptions, UnitTable } from './unit-table.js';
import { StoredValueTable } from './value-table.js';

export interface RocksdbBackendOptions {
  readonly keyType: KeyType;
  readonly maxParallelism: number;
  readonly keyGroups: KeyGroupRange;
  readonly processingTime: ProcessingTimeService;
  readonly db: StoreDatabase;
  /** what the database has already: native snapshots as they were, canonical ones as packed rows */
  readonly directory: StateDirectory;
  /** bytes of memory for decoded state */
  readonly cacheBytes: () => number;
  readonly cachedTimers: number;
  /** null: without a changelog */
  readonly log?: RowLog | null;
}

/** Rows whose values are read at a time by forEachKey. */
const VISITED_ROWS = 256;

type StateKind = KeyedSection['kind'];

interface Registration {
  readonly kind: StateKind;
  readonly table: UnitTable<unknown>;
  readonly handle: unknown;
}
type StoredTimers<K, N> = TimerService<K, N, StoredTimerSet<K, N>>;

/** Keyed state in a RocksDB database (`rocksdb`), behind a write-back cache. */
export class RocksdbKeyedStateBackend<K> implements KeyedStateBackend<K>, TableRegistry {
  readonly keyType: KeyType;
  readonly store: UnitStore;
  readonly #options: RocksdbBackendOptions;
  readonly #context: KeyContext<K>;
  readonly #stored: StoredSections;
  readonly #states = new Map<string, Registration>();
  readonly #perKey: UnitTable<unknown>[] = [];
  readonly #timers = new Map<string, StoredTimers<K, unknown>>();
  readonly #custom = new Map<string, CustomKeyedState>();

  constructor(options: RocksdbBackendOptions) {
    this.#options = options;
    this.keyType = options.keyType;
    this.#context = new KeyContext<K>(options.keyType, options.maxParallelism);
    this.store = new UnitStore(options.db, this.#context, options.cacheBytes);
    const { log } = options;
    this.#stored = new StoredSections(options, this.store);
    if (log) this.store.onWrite = operations => log.append(operations);
  }

  setCurrentKey(key: K): void {
    this.store.trim();
    this.#context.set(key);
  }
  clearCurrentKey(): void {
    this.#context.unset();
  }
  get currentKey(): K {
    return this.#context.current;
  }
  /** Counts rows: for tests and rare questions. */
  get size(): number {
    this.flush();
    const keys = new Set<string>();
    const timed = new Set<number>();
    for (const service of this.#timers.values()) timed.add(service.event.id).add(service.processing.id);
    for (const { id, form } of this.#options.directory.all) if (form && form !== 'sessions') timed.add(id);
    const { start, end } = this.#options.keyGroups;
    for (const { key } of scanRange(this.#options.db, keyGroupText(start), false, keyGroupText(end + 1))) {
      const id = key.charCodeAt(2) * 256 + key.charCodeAt(3);
      const at = timed.has(id) ? ROW_PREFIX + TIMESTAMP_BYTES : ROW_PREFIX;
      if (key.length <= at) continue;
      keys.add(key.slice(at, this.#context.decode(key, at).end));
    }
    return keys.size;
  }

  /** Reads the state of many keys at once: the first thing to do with a batch. */
  prefetch(keys: ArrayLike<unknown>, length: number): void {
    for (const { spill } of this.#custom.values()) spill?.prefetch(keys, length);
    if (this.#perKey.length === 0) return;
    this.store.trim();
    this.#context.expect(keys, length, key => {
      for (const table of this.#perKey) table.want(key);
    });
    this.store.load();
  }

  value<T>(spec: StateSpec, options?: StateOptions<T>): ValueState<T> {
    return this.valueIn(spec, null, options);
  }
  list<T>(spec: StateSpec, options?: StateOptions<T>): ListState<T> {
    return this.listIn(spec, null, options);
  }
  map<UK, UV>(spec: StateSpec, options?: StateOptions<UV>): MapState<UK, UV> {
    return this.mapIn(spec, null, options);
  }
  reducing<T>(spec: StateSpec, reduce: (a: T, b: T) => T, options?: StateOptions<T>): ReducingState<T> {
    return this.reducingIn(spec, null, reduce, options);
  }
  aggregating<IN, ACC, OUT>(
    spec: StateSpec,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT> {
    return this.aggregatingIn(spec, null, fn, options);
  }
  windowed<N>(codec: NamespaceCodec<N>): NamespacedState<N> {
    return new StoredNamespacedState(
      this,
      new NamespaceContext<N>(this.#context as KeyContext<unknown>, codec),
    );
  }

  valueIn<T>(
    spec: StateSpec,
    namespace: NamespaceContext<unknown> | null,
    options?: StateOptions<T>,
  ): ValueState<T> {
    return this.#register(spec, 'value', namespace, options, table => {
      const cell = new StoredValueTable<T>(table);
      return [cell, new CellValueState(cell, options?.defaultValue)];
    });
  }
  listIn<T>(
    spec: StateSpec,
    namespace: NamespaceContext<unknown> | null,
    options?: StateOptions<T>,
  ): ListState<T> {
    return this.#register(spec, 'list', namespace, options, of => {
      const table = new StoredListTable<T>(of);
      return [table, table];
    });
  }
  mapIn<UK, UV>(
    spec: StateSpec,
    namespace: NamespaceContext<unknown> | null,
    options?: StateOptions<UV>,
  ): MapState<UK, UV> {
    return this.#register(spec, 'map', namespace, options, of => {
      const table = new StoredMapTable<UK, UV>(of);
      return [table, table];
    });
  }
  reducingIn<T>(
    spec: StateSpec,
    namespace: NamespaceContext<unknown> | null,
    reduce: (a: T, b: T) => T,
    options?: StateOptions<T>,
  ): ReducingState<T> {
    return this.#register(spec, 'reducing', namespace, options, table => {
      const cell = new StoredValueTable<T>(table);
      return [cell, new CellReducingState(cell, reduce)];
    });
  }
  aggregatingIn<IN, ACC, OUT>(
    spec: StateSpec,
    namespace: NamespaceContext<unknown> | null,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT> {
    return this.#register(spec, 'aggregating', namespace, options, table => {
      const cell = new StoredValueTable<ACC>(table);
      return [cell, new CellAggregatingState(cell, fn)];
    });
  }

  timers<N>(
    name: string,
    codec: NamespaceCodec<N> | null,
    handler: TimerHandler<K, N>,
  ): InternalTimerService<N> {
    if (this.#timers.has(name)) throw conflict(name, 'timer service', 'timer service');
    const service: StoredTimers<K, N> = new TimerService(
      this.#timerSet(timerSection(name, 'event'), codec),
      this.#timerSet(timerSection(name, 'processing'), codec),
      () => this.#context.current,
      handler,
      this.#options.processingTime,
      false,
    );
    this.#timers.set(name, service as unknown as StoredTimers<K, unknown>);
    service.schedule();
    return service;
  }
  #timerSet<N>(section: string, codec: NamespaceCodec<N> | null): StoredTimerSet<K, N> {
    const context = this.#context as KeyContext<unknown>;
    const schema = timerSchema(this.keyType, codec && codec.schema);
    const { id, isStored, entries } = this.#stored.claim(section, 'timer', schema, null, null);
    const namespace = codec && new NamespaceContext(context, codec);
    const set = new StoredTimerSet<K, N>(
      id,
      this.store,
      this.#context,
      namespace,
      this.#options.cachedTimers,
    );
    if (isStored) set.restore(this.#options.keyGroups.start, this.#options.keyGroups.end);
    this.#restore(entries, (from, group, key) => set.read(from, key, group));
    return set;
  }

  tableOf(name: string): UnitTable<unknown> {
    const registration = this.#states.get(name);
    if (!registration) throw notRegistered(name);
    return registration.table;
  }

  forEachKey(stateName: string, visit: (key: K) => void): void {
    const registration = this.#states.get(stateName);
    if (!registration || registration.table.namespace) return;
    this.flush();
    const { table } = registration;
    const { start, end } = this.#options.keyGroups;
    const id = stateIdText(table.id);
    const after = stateIdText(table.id + 1);
    let rows: string[] = [];
    const visitRows = (): void => {
      for (const row of rows) this.store.want(table, row);
      this.store.load();
      for (const row of rows) {
        const { key } = this.#context.decode(row, ROW_PREFIX);
        this.setCurrentKey(key);
        visit(key);
      }
      rows = [];
    };
    for (let keyGroup = start; keyGroup <= end; keyGroup++) {
      const group = keyGroupText(keyGroup);
      const scanned = scanRange(this.#options.db, group + id, false, group + after, () => this.store.send());
      for (const { key: row } of scanned) {
        if (this.#context.decode(row, ROW_PREFIX).end < row.length) continue; // a part of a large list or map
        if (rows.push(row) === VISITED_ROWS) visitRows();
      }
      visitRows();
    }
    this.clearCurrentKey();
  }

  registerCustom(name: string, state: CustomKeyedState): void {
    if (this.#custom.has(name) || this.#states.has(name)) throw conflict(name, state.kind, state.kind);
    this.#custom.set(name, state);
    const { spill } = state;
    const own = spill ? spill.form : 'packed';
    const { id, isStored, entries } = this.#stored.claim(name, state.kind, state.schema, null, own);
    if (spill) {
      const options = { ...this.#options, form: spill.form, areRestored: isStored };
      const rows = new StoredRows<K>(id, this.store, this.#context, options);
      spill.attach(rows as SpilledRows, () => this.#reminders(name, isStored) as Reminders);
    }
    for (const { keyGroup, from } of entries) while (from.remaining > 0) state.restore(keyGroup, from);
  }

  #reminders(name: string, areRestored: boolean): StoredReminders<K> {
    const { directory, keyGroups, cachedTimers } = this.#options;
    const section = `${name}/reminders`;
    const known = directory.get(section);
    const schema = timerSchema(this.keyType, null);
    const { id } =
      known ?? directory.add({ name: section, kind: 'timer', schema, packed: false, form: 'reminders' });
    const timers = new StoredTimerSet<K, null>(id, this.store, this.#context, null, cachedTimers);
    if (known) {
      timers.restore(keyGroups.start, keyGroups.end);
      // The rows come as entries and are written anew.
      if (!areRestored) timers.clear();
    }
    return new StoredReminders(timers, this.#context);
  }

  /** The database then holds everything but what operators lay out themselves. */
  flush(): void {
    for (const service of this.#timers.values()) {
      service.event.flush();
      service.processing.flush();
    }
    this.store.flush();
  }
  /** ... including that. The synchronous part of every snapshot. */
  flushAll(): void {
    this.flushRows();
    for (const [name, state] of this.#inColumns())
      writeCustomRows(this.store, this.#options.directory.get(name)!.id, this.#options.keyGroups, state);
    this.store.send();
  }
  /** ... or without what has no rows of its own: those entries are packed. */
  flushRows(): void {
    for (const { spill } of this.#custom.values()) spill?.flush();
    this.flush();
  }
  /** What has no rows of its own, as of now; null: nothing. */
  customSections(): Map<string, KeyedSection> | null {
    const sections = new Map<string, KeyedSection>();
    for (const [name, state] of this.#inColumns()) {
      const { kind, schema } = state;
      sections.set(name, { kind, schema, keyGroups: customEntries(state) });
    }
    return sections.size > 0 ? sections : null;
  }
  /** The database does not have it any more. */
  removeCustomRows(): void {
    const { directory, keyGroups } = this.#options;
    for (const [name] of this.#inColumns())
      for (let keyGroup = keyGroups.start; keyGroup <= keyGroups.end; keyGroup++)
        this.store.batch.deleteRange(keyGroupText(keyGroup) + stateIdText(directory.get(name)!.id));
    this.store.send();
  }
  *#inColumns(): IterableIterator<readonly [string, CustomKeyedState]> {
    for (const [name, state] of this.#custom) if (!state.spill) yield [name, state];
  }
  /** What full snapshots leave out of a state; null: nothing. */
  filterOf(name: string): ExpiryFilter | null {
    const registration = this.#states.get(name);
    if (!registration?.table.ttl?.cleanupFullSnapshot) return null;
    const { spec, ttl } = registration.table;
    return { ttl, value: spec.value, userKey: registration.kind === 'map' ? userKeyCodec(spec) : null };
  }

  /** The state's handle; the same one when it is registered again. */
  #register<S>(
    spec: StateSpec,
    kind: StateKind,
    namespace: NamespaceContext<unknown> | null,
    options: StateOptions<unknown> | undefined,
    create: (options: TableOptions) => readonly [unknown, S],
  ): S {
    const known = this.#states.get(spec.name);
    if (known) {
      if (known.kind !== kind || known.table.namespace !== namespace)
        throw conflict(spec.name, known.kind, kind);
      if (known.table.spec.value.fingerprint !== spec.value.fingerprint)
        throw conflict(spec.name, `${kind} of another type`, kind);
      return known.handle as S;
    }
    const ttl = isTtlEnabled(options?.ttl) ? new TtlClock(options.ttl, this.#options.processingTime) : null;
    const schema = keyedSchema(this.keyType, spec, namespace && namespace.codec.schema, ttl !== null);
    const { id, entries } = this.#stored.claim(spec.name, kind, schema, spec, null);
    const context = this.#context as KeyContext<unknown>;
    const [table, handle] = create({ spec, id, store: this.store, context, namespace, ttl });
    const stored = table as UnitTable<unknown>;
    this.#states.set(spec.name, { kind, table: stored, handle });
    if (namespace === null) this.#perKey.push(stored);
    let last = '';
    this.#restore(entries, (from, group, key, hasTimes) => {
      const text = namespace === null ? '' : namespace.encode(namespace.codec.read(from));
      const unitKey = stored.keyFor(group, key, text);
      // A large map comes as several entries, one after the other. Nothing else can be there already.
      const unit = unitKey === last ? this.store.get(stored, unitKey) : this.store.fresh(stored, unitKey);
      last = unitKey;
      stored.restore(unit, from, hasTimes);
    });
    return handle;
  }
  #restore(
    entries: Iterable<StoredEntries>,
    read: (from: ByteReader, group: string, key: string, hasTimes: boolean) => void,
  ): void {
    for (const { from, hasTimes } of entries) {
      while (from.remaining > 0) {
        const { group, key } = this.#context.encode(this.keyType.codec.read(from));
        read(from, group, key, hasTimes);
      }
      this.store.trim();
    }
  }
  /** Everything as of now, in memory: for tests and tools. */
  sections(): Map<string, KeyedSection> {
    this.flushAll();
    const sections = new Map<string, KeyedSection>();
    for (const state of this.#options.directory.all) {
      if (state.form === 'reminders') continue;
      const keyGroups = new Map<number, Uint8Array[]>();
      for (const { keyGroup, from } of this.#stored.entriesOf(state, this.filterOf(state.name))) {
        const chunks = keyGroups.get(keyGroup);
        if (chunks) chunks.push(from.bytes);
        else keyGroups.set(keyGroup, [from.bytes]);
      }
      sections.set(state.name, { kind: state.kind, schema: state.schema, keyGroups });
    }
    return sections;
  }
}
