import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { StateSpec } from '../../contract/state.js';
import type { TtlClock } from '../ttl.js';
import type { EncodedKey, KeyContext, NamespaceContext } from './key-context.js';
import { stateIdText } from './key-context.js';
import type { Unit, UnitCodec, UnitStore } from './unit-store.js';
import type { WriteBatch } from './write-batch.js';

export interface TableOptions {
  readonly spec: StateSpec;
  /** in the keys of the database */
  readonly id: number;
  readonly store: UnitStore;
  readonly context: KeyContext<unknown>;
  /** null: per key only */
  readonly namespace: NamespaceContext<unknown> | null;
  /** null: without TTL */
  readonly ttl: TtlClock | null;
}
export type Combine = ((a: unknown, b: unknown) => unknown) | null;

/** One of so many values is measured. */
const MEASURED = 64;
/** Of a decoded value beside its bytes. */
const OBJECT_BYTES = 48;

/** One registered state. Kinds say how a unit looks in memory and in the database. */
export abstract class UnitTable<B> implements UnitCodec<B> {
  readonly spec: StateSpec;
  readonly id: number;
  readonly namespace: NamespaceContext<unknown> | null;
  readonly ttl: TtlClock | null;
  protected readonly store: UnitStore;
  readonly #context: KeyContext<unknown>;
  readonly #idText: string;
  #unit: Unit<B> | null = null;
  #version = -1;
  #sized = 0;
  #average = 0;
  readonly #scratch = new ByteWriter(64);

  constructor(options: TableOptions) {
    this.spec = options.spec;
    this.id = options.id;
    this.store = options.store;
    this.#context = options.context;
    this.namespace = options.namespace;
    this.ttl = options.ttl;
    this.#idText = stateIdText(options.id);
  }
  abstract read(unit: Unit<B>, from: ByteReader | null): void;
  abstract write(unit: Unit<B>, batch: WriteBatch): void;
  /** An entry of a canonical section, behind its key and namespace. Replaces what there is, but adds to a map. */
  abstract restore(unit: Unit<B>, from: ByteReader, hasTimes: boolean): void;
  /** The contents of `source` join those of `target`; source is empty then. */
  abstract merge(target: Unit<B>, source: Unit<B>, combine: Combine): void;

  /** About what a value takes in memory. Every so often one is measured. */
  protected sizeOf(value: unknown): number {
    if (this.#sized++ % MEASURED === 0) {
      this.#scratch.reset();
      this.spec.value.write(this.#scratch, value);
      const { length } = this.#scratch;
      this.#average = this.#sized === 1 ? length : (3 * this.#average + length) / 4;
    }
    return 2 * this.#average + OBJECT_BYTES;
  }

  /** The current key's unit. */
  protected unit(): Unit<B> {
    if (this.#version === this.#context.version) return this.#unit!;
    return this.#keep(this.#known() ?? this.#remember(this.store.get(this, this.currentKey())));
  }
  /** ... for somebody who is going to replace what it holds. */
  protected unitToReplace(): Unit<B> {
    if (this.#version === this.#context.version) return this.#unit!;
    return this.#keep(this.#known() ?? this.#remember(this.store.overwrite(this, this.currentKey())));
  }
  #keep(unit: Unit<B>): Unit<B> {
    this.#unit = unit;
    this.#version = this.#context.version;
    return unit;
  }
  /** The key says where its unit is: looking for it by its row takes several times as long. */
  #known(): Unit<B> | null {
    if (this.namespace !== null) return null;
    const unit = this.#context.encoded.units[this.id];
    return unit !== undefined && this.store.isYoung(unit) ? (unit as Unit<B>) : null;
  }
  #remember(unit: Unit<B>): Unit<B> {
    if (this.namespace === null) this.#context.encoded.units[this.id] = unit as Unit;
    return unit;
  }
  /** The key's unit, of a state without namespaces; read by the store's next load() if it is not cached. */
  want(key: EncodedKey): void {
    const known = key.units[this.id];
    if (known !== undefined && this.store.isYoung(known)) return;
    key.units[this.id] = this.store.want(this, this.keyFor(key.group, key.key, '')) as Unit;
  }
  protected currentKey(): string {
    const { group, key } = this.#context.encoded;
    return this.keyFor(group, key, this.namespace === null ? '' : this.namespace.text);
  }
  keyFor(group: string, key: string, namespace: string): string {
    return group + this.#idText + key + namespace;
  }
  unitIn(namespace: string): Unit<B> {
    const { group, key } = this.#context.encoded;
    return this.store.get(this, this.keyFor(group, key, namespace));
  }
}

export function readerOf(text: string, at: number): ByteReader {
  return new ByteReader(Buffer.from(text, 'latin1'), at);
}
