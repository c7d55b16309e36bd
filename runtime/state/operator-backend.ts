import type { BroadcastState, ListState } from '../../plugins/api/state.js';
import { ByteReader, ByteWriter } from '../contract/bytes.js';
import { RuntimeFault } from '../contract/fault.js';
import { operatorSchema, sameSchema } from '../contract/section-schema.js';
import type {
  OperatorSection,
  OperatorSnapshot,
  OperatorStateBackend,
  StateSpec,
} from '../contract/state.js';
import { takeOver } from './evolution/take-over.js';
import { elementDetacher } from './heap/detach-value.js';
import { userKeyCodec, userKeyId, type UserKeyId } from './user-key.js';

/** A state that is not keyed: its elements are what gets redistributed on a rescale. */
interface OperatorTable {
  readonly spec: StateSpec;
  readonly mode: OperatorSection['mode'];
  write(): Uint8Array[];
  read(element: Uint8Array): void;
}

/** Operator state lives on the heap whatever backend keyed state uses. */
export class HeapOperatorStateBackend implements OperatorStateBackend {
  readonly isRestored: boolean;
  readonly #tables = new Map<string, OperatorTable>();
  readonly #restored = new Map<string, OperatorSection>();

  /** `snapshots`: what redistribution gave this subtask; null when the job starts without state. */
  constructor(snapshots: readonly Pick<OperatorSnapshot, 'operator'>[] | null) {
    this.isRestored = snapshots !== null;
    for (const snapshot of snapshots ?? []) {
      for (const [name, section] of snapshot.operator) {
        const known = this.#restored.get(name);
        const elements = known ? [...known.elements, ...section.elements] : section.elements;
        this.#restored.set(name, { ...section, elements });
      }
    }
  }
  list<T>(spec: StateSpec): ListState<T> {
    return this.#register(spec, 'split', () => new OperatorListState<T>(spec, 'split'));
  }
  unionList<T>(spec: StateSpec): ListState<T> {
    return this.#register(spec, 'union', () => new OperatorListState<T>(spec, 'union'));
  }
  broadcast<K, V>(spec: StateSpec): BroadcastState<K, V> {
    return this.#register(spec, 'broadcast', () => new HeapBroadcastState<K, V>(spec));
  }
  snapshot(): Map<string, OperatorSection> {
    const sections = new Map(this.#restored);
    for (const [name, table] of this.#tables) {
      sections.set(name, {
        mode: table.mode,
        schema: operatorSchema(table.spec),
        elements: table.write(),
      });
    }
    return sections;
  }

  #register<S extends OperatorTable>(spec: StateSpec, mode: OperatorSection['mode'], create: () => S): S {
    const known = this.#tables.get(spec.name);
    if (known) {
      if (known.mode === mode && sameSchema(operatorSchema(known.spec), operatorSchema(spec)))
        return known as S;
      throw new RuntimeFault('FC5102', {
        message: `state '${spec.name}' was registered as ${known.mode} state and again as ${mode} state or with another type`,
        domain: 'user',
        fix: 'give each state of an operator a name of its own',
        facts: { state: spec.name },
      });
    }
    const table = create();
    this.#tables.set(spec.name, table);
    const { formerly } = spec;
    const stored = formerly !== undefined && !this.#restored.has(spec.name) ? formerly : spec.name;
    const section = this.#restored.get(stored);
    this.#restored.delete(stored);
    if (section) {
      const wanted = { kind: mode, schema: operatorSchema(spec) };
      const migrate = takeOver(spec.name, { kind: section.mode, schema: section.schema }, wanted, spec);
      for (const element of section.elements) table.read(migrate ? migrate(element) : element);
    }
    return table;
  }
}

class OperatorListState<T> implements ListState<T>, OperatorTable {
  readonly spec: StateSpec;
  readonly mode: 'split' | 'union';
  #elements: T[] = [];
  readonly #detach: (element: T) => T;

  constructor(spec: StateSpec, mode: 'split' | 'union') {
    this.spec = spec;
    this.mode = mode;
    this.#detach = elementDetacher(spec.schema);
  }
  get(): Iterable<T> {
    return this.#elements.slice();
  }
  add(value: T): void {
    this.#elements.push(this.#detach(value));
  }
  addAll(values: Iterable<T>): void {
    for (const value of values) this.add(value);
  }
  update(values: Iterable<T>): void {
    this.#elements = Array.from(values, this.#detach);
  }
  clear(): void {
    this.#elements = [];
  }
  write(): Uint8Array[] {
    const out = new ByteWriter();
    return this.#elements.map(element => {
      out.reset();
      this.spec.value.write(out, element);
      return out.toBytes();
    });
  }
  read(element: Uint8Array): void {
    this.#elements.push(this.spec.value.read(new ByteReader(element)) as T);
  }
}

class HeapBroadcastState<K, V> implements BroadcastState<K, V>, OperatorTable {
  readonly spec: StateSpec;
  readonly mode = 'broadcast';
  readonly #entries = new Map<unknown, readonly [K, V]>();
  readonly #id: UserKeyId;
  readonly #detachKey: (key: K) => K;
  readonly #detach: (value: V) => V;

  constructor(spec: StateSpec) {
    this.spec = spec;
    this.#detachKey = elementDetacher(spec.keySchema);
    this.#detach = elementDetacher(spec.schema);
    this.#id = userKeyId(userKeyCodec(spec), spec.keySchema);
  }
  get(key: K): V | undefined {
    return this.#entries.get(this.#id(key))?.[1];
  }
  put(key: K, value: V): void {
    const ownKey = this.#detachKey(key);
    const id = this.#id(key);
    this.#entries.set(id === key ? ownKey : id, [ownKey, this.#detach(value)]);
  }
  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }
  remove(key: K): void {
    this.#entries.delete(this.#id(key));
  }
  contains(key: K): boolean {
    return this.#entries.has(this.#id(key));
  }
  *entries(): IterableIterator<[K, V]> {
    for (const [key, value] of this.#entries.values()) yield [key, value];
  }
  clear(): void {
    this.#entries.clear();
  }
  write(): Uint8Array[] {
    const out = new ByteWriter();
    return Array.from(this.#entries.values(), ([key, value]) => {
      out.reset();
      userKeyCodec(this.spec).write(out, key);
      this.spec.value.write(out, value);
      return out.toBytes();
    });
  }
  read(element: Uint8Array): void {
    const from = new ByteReader(element);
    this.put(userKeyCodec(this.spec).read(from) as K, this.spec.value.read(from) as V);
  }
}
