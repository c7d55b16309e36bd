import type {
  AggregatingState,
  ListState,
  MapState,
  ReducingState,
  StateTtlConfig,
  ValueState,
} from '../../../plugins/api/state.js';
import { ByteReader, type ByteWriter } from '../../contract/bytes.js';
import { structuralEquality } from '../../contract/key-equality.js';
import { keyGroupOf } from '../../contract/key-groups.js';
import { keyHasher } from '../../contract/key-hash.js';
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
  SectionSchema,
  StateOptions,
  StateSpec,
  TimerHandler,
} from '../../contract/state.js';
import type { ProcessingTimeService } from '../../contract/task.js';
import { takeOver } from '../evolution/take-over.js';
import type { RestoredSections } from '../restored-sections.js';
import { conflict, notRegistered } from '../scope-faults.js';
import { timerSection } from '../sections.js';
import { TimerService } from '../timer-service.js';
import { CellAggregatingState, CellReducingState, CellValueState } from '../value-cell.js';
import { KeyGroupWriter } from '../key-group-writer.js';
import { CustomPass } from './custom-pass.js';
import { KeyScope } from './key-scope.js';
import { ListTable } from './list-state.js';
import { MapTable } from './map-state.js';
import { NamespaceScope } from './namespace-scope.js';
import { HeapNamespacedState, type ScopedStates } from './namespaced-state.js';
import type { Scope } from './scope.js';
import { PagePass } from './page-pass.js';
import { SectionSnapshot } from './section-snapshot.js';
import type { SectionPass } from './section-pass.js';
import type { SlotSection } from './slot-section.js';
import type { HeapChangeLog } from './change-log.js';
import { SlotPass } from './slot-pass.js';
import type { StateTable } from './table.js';
import { NamespaceIndex } from './namespace-index.js';
import { HeapTimerSet } from './timer-set.js';
import { isTtlEnabled, TtlClock } from '../ttl.js';
import { TtlListTable } from './ttl-list-state.js';
import { TtlMapTable } from './ttl-map-state.js';
import { TtlValueTable } from './ttl-value-state.js';
import { ValueTable } from './value-state.js';

export interface HeapBackendOptions {
  readonly keyType: KeyType;
  readonly maxParallelism: number;
  readonly processingTime: ProcessingTimeService;
  /** Input is grouped by key: the state of a key is dropped when the next key begins. */
  readonly batchMode: boolean;
  readonly restored: RestoredSections | null;
  /** null: without a changelog */
  readonly changeLog?: HeapChangeLog | null;
}

type StateKind = KeyedSection['kind'];

interface Registration {
  readonly kind: StateKind;
  readonly table: StateTable;
  readonly namespace: NamespaceScope<unknown> | null;
  readonly handle: unknown;
}

type HeapTimers<K, N> = TimerService<K, N, HeapTimerSet<K, N>>;

/** Keyed state on the JavaScript heap (`hashmap`). */
export class HeapKeyedStateBackend<K> implements KeyedStateBackend<K>, ScopedStates {
  readonly keyType: KeyType;
  readonly #options: HeapBackendOptions;
  readonly #keys: KeyScope<K>;
  readonly #hash: (key: unknown) => number;
  readonly #states = new Map<string, Registration>();
  readonly #namespaces: NamespaceScope<unknown>[] = [];
  readonly #timers = new Map<string, HeapTimers<K, unknown>>();
  readonly #custom = new Map<string, CustomKeyedState>();
  readonly #sections: { readonly section: SlotSection; readonly pass: () => SectionPass }[] = [];
  readonly #perRecord: StateTable[] = [];
  readonly #equalKeys: (a: unknown, b: unknown) => boolean;
  /** BATCH: the key whose records are being processed */
  #batchKey: { readonly key: K } | null = null;

  constructor(options: HeapBackendOptions) {
    this.keyType = options.keyType;
    this.#options = options;
    this.#keys = new KeyScope<K>(options.keyType);
    this.#hash = keyHasher(options.keyType.schema);
    this.#equalKeys = structuralEquality(options.keyType.schema);
  }

  readonly #setKeySlot = (slot: number): void => {
    this.#keys.setSlot(slot);
    this.#invalidateNamespaces();
  };
  setCurrentKey(key: K): void {
    if (this.#options.batchMode) this.#beginBatchKey(key);
    this.#keys.set(key);
    if (this.#namespaces.length > 0) this.#invalidateNamespaces();
    if (this.#perRecord.length > 0) for (const table of this.#perRecord) table.onRecord!();
  }
  clearCurrentKey(): void {
    this.#keys.unset();
    this.#invalidateNamespaces();
  }
  get currentKey(): K {
    return this.#keys.currentKey;
  }
  get size(): number {
    return this.#keys.index.size;
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
    const scope = new NamespaceScope<N>(this.#keys as KeyScope<unknown>, codec);
    this.#namespaces.push(scope as NamespaceScope<unknown>);
    return new HeapNamespacedState(this, scope);
  }

  valueIn<T>(spec: StateSpec, scope: Scope | null, options?: StateOptions<T>): ValueState<T> {
    return this.#register(spec, 'value', scope, owner => {
      const table = this.#valueTable<T>(spec, owner, options?.ttl);
      return [table, new CellValueState(table, options?.defaultValue)];
    });
  }
  listIn<T>(spec: StateSpec, scope: Scope | null, options?: StateOptions<T>): ListState<T> {
    return this.#register(spec, 'list', scope, owner => {
      const table = isTtlEnabled(options?.ttl)
        ? new TtlListTable<T>(spec, owner, this.#ttlClock(options.ttl))
        : new ListTable<T>(spec, owner);
      return [table, table];
    });
  }
  mapIn<UK, UV>(spec: StateSpec, scope: Scope | null, options?: StateOptions<UV>): MapState<UK, UV> {
    return this.#register(spec, 'map', scope, owner => {
      const table = isTtlEnabled(options?.ttl)
        ? new TtlMapTable<UK, UV>(spec, owner, this.#ttlClock(options.ttl))
        : new MapTable<UK, UV>(spec, owner);
      return [table, table];
    });
  }
  reducingIn<T>(
    spec: StateSpec,
    scope: Scope | null,
    reduce: (a: T, b: T) => T,
    options?: StateOptions<T>,
  ): ReducingState<T> {
    return this.#register(spec, 'reducing', scope, owner => {
      const table = this.#valueTable<T>(spec, owner, options?.ttl);
      return [table, new CellReducingState(table, reduce)];
    });
  }
  aggregatingIn<IN, ACC, OUT>(
    spec: StateSpec,
    scope: Scope | null,
    fn: AggregateLike<IN, ACC, OUT>,
    options?: StateOptions<ACC>,
  ): AggregatingState<IN, OUT> {
    return this.#register(spec, 'aggregating', scope, owner => {
      const table = this.#valueTable<ACC>(spec, owner, options?.ttl);
      return [table, new CellAggregatingState(table, fn)];
    });
  }

  timers<N>(
    name: string,
    codec: NamespaceCodec<N> | null,
    handler: TimerHandler<K, N>,
  ): InternalTimerService<N> {
    if (this.#timers.has(name)) throw conflict(name, 'timer service', 'timer service');
    const namespaces = codec ? new NamespaceIndex(codec) : null;
    const timerSet = (): HeapTimerSet<K, N> =>
      new HeapTimerSet(this.#keys, namespaces, codec, this.#setKeySlot);
    const service = new TimerService<K, N, HeapTimerSet<K, N>>(
      timerSet(),
      timerSet(),
      () => this.#keys.currentKey,
      handler,
      this.#options.processingTime,
      this.#options.batchMode,
    );
    this.#timers.set(name, service as unknown as HeapTimers<K, unknown>);
    const schema = timerSchema(this.keyType, codec && codec.schema);
    for (const [section, timers] of timerSections(name, service)) {
      const { queue } = timers;
      const writeEntry: SlotSection['writeEntry'] = (to, timer) =>
        timers.write(this.#writeKey(to, queue.keyOf(timer)), timer);
      this.#addSection(
        {
          name: section,
          described: { kind: 'timer', schema },
          table: queue,
          writeEntry,
          writeId: writeEntry,
        },
        () => new SlotPass(queue.present(), writeEntry),
      );
      this.#restore(section, 'timer', schema, null, (from, key) => timers.read(from, key));
    }
    service.schedule();
    return service;
  }

  /** The table of a registered state; merging windows moves its contents between namespaces. */
  tableOf(name: string): StateTable {
    const registration = this.#states.get(name);
    if (!registration) throw notRegistered(name);
    return registration.table;
  }

  forEachKey(stateName: string, visit: (key: K) => void): void {
    const registration = this.#states.get(stateName);
    if (!registration || registration.namespace) return;
    const { table } = registration;
    for (let slot = table.nextSlot(0); slot >= 0; slot = table.nextSlot(slot + 1)) {
      this.#keys.setSlot(slot);
      this.#invalidateNamespaces();
      visit(this.#keys.currentKey);
    }
    this.clearCurrentKey();
  }

  registerCustom(name: string, state: CustomKeyedState): void {
    if (this.#custom.has(name) || this.#states.has(name)) throw conflict(name, state.kind, state.kind);
    this.#custom.set(name, state);
    const restored = this.#take(name, state.kind, state.schema, null);
    for (const [keyGroup, chunks] of restored?.section.keyGroups ?? []) {
      for (const chunk of chunks) {
        const from = restored!.read(chunk);
        while (from.remaining > 0) state.restore(keyGroup, from);
      }
    }
    if (this.#isLogged(state)) this.#options.changeLog!.watchGrowing(name, state);
  }

  /**
   * All keyed state of this subtask as of now. What is in tables is written later, bit by bit: see SectionSnapshot.
   * `custom`: with what operators lay out themselves, also where it is not logged.
   */
  snapshot(custom = true): SectionSnapshot {
    const snapshot = new SectionSnapshot(this.#options.restored?.unclaimed() ?? new Map());
    for (const [name, state] of this.#custom)
      if (custom || this.#isLogged(state)) addCustom(snapshot, name, state);
    for (const { section, pass } of this.#sections)
      snapshot.add(section.name, section.described, section.table, pass());
    return snapshot;
  }
  /** What operators lay out themselves and a changelog does not have, as of now; null: nothing. */
  customSnapshot(): SectionSnapshot | null {
    const custom = [...this.#custom].filter(([, state]) => !this.#isLogged(state));
    if (custom.length === 0) return null;
    const snapshot = new SectionSnapshot(new Map());
    for (const [name, state] of custom) addCustom(snapshot, name, state);
    return snapshot;
  }
  #isLogged({ onlyGrows }: CustomKeyedState): boolean {
    return onlyGrows === true && !!this.#options.changeLog;
  }
  /** `pass` encodes everything that is in the table then. */
  #addSection(section: SlotSection, pass: () => SectionPass): void {
    this.#sections.push({ section, pass });
    this.#options.changeLog?.watch(section);
  }

  /** The state's handle; the same one when it is registered again. */
  #register<S>(
    spec: StateSpec,
    kind: StateKind,
    scope: Scope | null,
    create: (owner: Scope) => readonly [StateTable, S],
  ): S {
    const owner = scope ?? this.#keys;
    const known = this.#states.get(spec.name);
    if (known) {
      if (known.kind !== kind || known.table.scope !== owner) throw conflict(spec.name, known.kind, kind);
      if (known.table.spec.value.fingerprint !== spec.value.fingerprint)
        throw conflict(spec.name, `${kind} of another type`, kind);
      return known.handle as S;
    }
    const [table, handle] = create(owner);
    const namespace = scope instanceof NamespaceScope ? (scope as NamespaceScope<unknown>) : null;
    this.#states.set(spec.name, { kind, table, namespace, handle });
    if (table.onRecord) this.#perRecord.push(table);
    const schema = keyedSchema(this.keyType, spec, namespace && namespace.codec.schema, table.hasTimes);
    const writeId = (to: KeyGroupWriter, slot: number): ByteWriter => {
      const out = this.#writeKey(to, namespace ? namespace.keySlotOf(slot) : slot);
      namespace?.codec.write(out, namespace.namespaceOf(slot));
      return out;
    };
    const writeEntry: SlotSection['writeEntry'] = (to, slot) => {
      if (table.isLive(slot)) table.writeSlot(writeId(to, slot), slot);
    };
    this.#addSection(
      { name: spec.name, described: { kind, schema }, table: table.column, writeEntry, writeId },
      () => {
        const fixed = namespace ? null : table.fixedTable?.(this.keyType.schema, this.#keys.index);
        return fixed
          ? new PagePass(fixed, this.#options.maxParallelism)
          : new SlotPass(
              table.column.present.map(page => page.slice()),
              writeEntry,
            );
      },
    );
    this.#restore(spec.name, kind, schema, spec, (from, keySlot, hasTimes) => {
      const slot = namespace ? namespace.slotFor(keySlot, namespace.codec.read(from)) : keySlot;
      table.readSlot(from, slot, hasTimes);
    });
    return handle;
  }

  #restore(
    name: string,
    kind: StateKind,
    schema: SectionSchema,
    spec: StateSpec | null,
    read: (from: ByteReader, keySlot: number, hasTimes: boolean) => void,
  ): void {
    const restored = this.#take(name, kind, schema, spec);
    if (!restored) return;
    const hasTimes = restored.section.schema.times;
    for (const chunks of restored.section.keyGroups.values()) {
      for (const chunk of chunks) {
        const from = restored.read(chunk);
        while (from.remaining > 0)
          read(from, this.#keys.slotFor(this.keyType.codec.read(from) as K), hasTimes);
      }
    }
  }
  /** What a snapshot has of the state, with a reader of its entries as the program knows them. */
  #take(
    name: string,
    kind: StateKind,
    schema: SectionSchema,
    spec: StateSpec | null,
  ): { readonly section: KeyedSection; readonly read: (chunk: Uint8Array) => ByteReader } | null {
    const section = this.#options.restored?.take(name, spec?.formerly);
    if (!section) return null;
    this.#options.changeLog?.restored();
    const migrate = takeOver(name, section, { kind, schema }, spec);
    return { section, read: chunk => new ByteReader(migrate ? migrate(chunk) : chunk) };
  }

  #writeKey(writer: KeyGroupWriter, keySlot: number): ByteWriter {
    const key = this.#keys.index.keyOf(keySlot);
    const out = writer.entry(keyGroupOf(this.#hash(key), this.#options.maxParallelism));
    this.keyType.codec.write(out, key);
    return out;
  }
  #valueTable<T>(spec: StateSpec, owner: Scope, ttl: StateTtlConfig | undefined): ValueTable<T> {
    return isTtlEnabled(ttl)
      ? new TtlValueTable<T>(spec, owner, this.#ttlClock(ttl))
      : new ValueTable<T>(spec, owner);
  }
  #ttlClock(ttl: StateTtlConfig): TtlClock {
    return new TtlClock(ttl, this.#options.processingTime);
  }
  #invalidateNamespaces(): void {
    for (let i = 0; i < this.#namespaces.length; i++) this.#namespaces[i]!.invalidate();
  }

  #beginBatchKey(key: K): void {
    if (this.#batchKey && this.#equalKeys(this.#batchKey.key, key)) return;
    this.#batchKey = { key };
    for (const { table } of this.#states.values()) {
      for (let slot = table.nextSlot(0); slot >= 0; slot = table.nextSlot(slot + 1)) table.removeSlot(slot);
    }
    for (const service of this.#timers.values()) service.clear();
  }
}

function addCustom(snapshot: SectionSnapshot, name: string, state: CustomKeyedState): void {
  const { kind, schema } = state;
  snapshot.add(name, { kind, schema }, null, new CustomPass(state.snapshot()));
}

function timerSections<K, N>(
  name: string,
  service: HeapTimers<K, N>,
): readonly (readonly [string, HeapTimerSet<K, N>])[] {
  return [
    [timerSection(name, 'event'), service.event],
    [timerSection(name, 'processing'), service.processing],
  ];
}
