/**
 * A write-back cache over the database. What is cached is a unit: all that one state holds for one key (and window),
 * decoded. Two generations: a unit that is used moves to the young one; when that is full, the old one is written and
 * dropped. That happens between records only, so that what a record works on stays where it is.
 */
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { StoreDatabase } from './store-thread.js';
import { WriteBatch } from './write-batch.js';

export interface Unit<B = unknown> {
  readonly table: UnitCodec<B>;
  readonly key: string;
  body: B;
  /** TTL of single values: last access */
  time: number;
  dirty: boolean;
  /** estimate of what it takes in memory */
  bytes: number;
  /** when it became young */
  generation: number;
}
/** Whoever holds units that it was given. */
interface UnitHolder {
  forgetUnits(): void;
}
/** What the store needs of a state. */
export interface UnitCodec<B = unknown> {
  /** `from` is null when the database has nothing. */
  read(unit: Unit<B>, from: ByteReader | null): void;
  /** Puts or deletes, so that the database says what the unit says. */
  write(unit: Unit<B>, batch: WriteBatch): void;
}

/** Of a unit beside its contents: the unit, its key, its place in two tables. */
const UNIT_BYTES = 240;
const BATCH_BYTES = 256 * 1024;
/** Units above this are written between two records and shrink. */
export const LARGE_UNIT_BYTES = 512 * 1024;

export class UnitStore {
  readonly db: StoreDatabase;
  readonly #holder: UnitHolder;
  readonly #limit: () => number;
  readonly #batch = new WriteBatch();
  /** Units that became dirty; some of them may have been written since, and some may be here twice. */
  #dirty: Unit[] = [];
  readonly #large = new Set<Unit>();
  readonly #keys = new ByteWriter(4096);
  /** the changelog, when there is one */
  #onWrite: ((operations: Uint8Array) => void) | null = null;
  /** wanted, and not read yet */
  #missing: Unit[] = [];
  #generation = 0;
  #young = new Map<string, Unit>();
  #old = new Map<string, Unit>();
  #youngBytes = 0;

  /** `limit`: bytes of memory that units may take; asked again and again, because it is shared. */
  constructor(db: StoreDatabase, holder: UnitHolder, limit: () => number) {
    this.db = db;
    this.#holder = holder;
    this.#limit = limit;
  }
  set onWrite(listener: (operations: Uint8Array) => void) {
    this.#onWrite = listener;
  }
  /** About what is cached, in bytes of memory. */
  get bytes(): number {
    return 2 * this.#youngBytes;
  }
  /** The batch that goes out next. */
  get batch(): WriteBatch {
    return this.#batch;
  }

  /** Whether the unit is where a new look would find it. */
  isYoung({ generation }: Unit): boolean {
    return generation === this.#generation;
  }
  /** The unit as the state has it. */
  get<B>(table: UnitCodec<B>, key: string): Unit<B> {
    const unit = this.want(table, key);
    if (this.#missing.length > 0) this.load();
    return unit;
  }
  /** The unit as the state has it after the next load(). */
  want<B>(table: UnitCodec<B>, key: string): Unit<B> {
    const known = this.#find(key) as Unit<B> | undefined;
    if (known) return known;
    const unit = this.#add(table, key);
    this.#missing.push(unit as Unit);
    this.#keys.varint(key.length);
    this.#keys.latin1(key);
    return unit;
  }
  /** The unit for somebody who overwrites it: nothing is read. */
  overwrite<B>(table: UnitCodec<B>, key: string): Unit<B> {
    return (this.#find(key) as Unit<B> | undefined) ?? this.#add(table, key);
  }
  /** The unit of which the database is known to have nothing. */
  fresh<B>(table: UnitCodec<B>, key: string): Unit<B> {
    const known = this.#find(key) as Unit<B> | undefined;
    if (known) return known;
    const unit = this.#add(table, key);
    table.read(unit, null);
    return unit;
  }
  /** Reads what is wanted and not cached, all at once. */
  load(): void {
    if (this.#missing.length === 0) return;
    const units = this.#missing;
    const rows = this.#keys.toBytes() as Uint8Array<ArrayBuffer>;
    this.#missing = [];
    this.#keys.reset();
    this.send();
    const from = this.db.getMany(rows);
    for (const unit of units) {
      const length = from.varint() - 1;
      if (length < 0) {
        unit.table.read(unit, null);
        continue;
      }
      const at = from.take(length);
      this.resize(unit as Unit<never>, unit.bytes + 2 * length);
      unit.table.read(unit, new ByteReader(from.bytes, at, at + length));
    }
  }

  changed(unit: Unit<never>, bytes = 0): void {
    if (bytes !== 0) this.resize(unit, unit.bytes + bytes);
    if (unit.dirty) return;
    unit.dirty = true;
    this.#dirty.push(unit as unknown as Unit);
    if (this.#dirty.length > 1024 + 2 * (this.#young.size + this.#old.size)) this.#forgetWritten();
  }
  resize(unit: Unit<never>, bytes: number): void {
    this.#youngBytes += bytes - unit.bytes;
    unit.bytes = bytes;
    if (bytes > LARGE_UNIT_BYTES) this.#large.add(unit as unknown as Unit);
  }

  /** Between records: makes room. */
  trim(): void {
    if (this.#large.size > 0) this.#shrink();
    if (this.#youngBytes * 2 <= this.#limit()) return;
    for (const unit of this.#old.values()) if (unit.dirty) this.#writeUnit(unit);
    this.send();
    this.#forgetWritten();
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
    this.#generation++;
    this.#holder.forgetUnits();
  }
  /** Large lists and maps let go of what is written. One that is in use all the time would never leave otherwise. */
  #shrink(): void {
    for (const unit of this.#large) this.#writeUnit(unit);
    this.#large.clear();
  }
  /** The database then says what memory says. */
  flush(): void {
    for (const unit of this.#dirty) if (unit.dirty) this.#writeUnit(unit);
    this.#dirty = [];
    this.send();
  }
  /** Writes one unit, for somebody who is going to scan what it holds. */
  flushUnit(unit: Unit<never>): void {
    if (unit.dirty) this.#writeUnit(unit as unknown as Unit);
    this.send();
  }
  /** Sends what is in the batch. */
  send(): void {
    if (this.#batch.count === 0) return;
    const operations = this.#batch.take();
    this.#onWrite?.(operations);
    this.db.write(operations);
  }
  sendIfLarge(): void {
    if (this.#batch.bytes >= BATCH_BYTES) this.send();
  }
  /** Forgets everything that is cached. */
  drop(): void {
    this.#young.clear();
    this.#old.clear();
    this.#dirty = [];
    this.#large.clear();
    this.#missing = [];
    this.#keys.reset();
    this.#youngBytes = 0;
    this.#generation++;
    this.#holder.forgetUnits();
  }

  #forgetWritten(): void {
    this.#dirty = this.#dirty.filter(unit => unit.dirty);
  }
  #find(key: string): Unit | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#young.set(key, old);
    old.generation = this.#generation;
    this.#youngBytes += old.bytes;
    return old;
  }
  #add<B>(table: UnitCodec<B>, key: string): Unit<B> {
    const bytes = UNIT_BYTES + key.length;
    const generation = this.#generation;
    const unit: Unit<B> = { table, key, body: undefined as B, time: 0, dirty: false, bytes, generation };
    this.#young.set(key, unit as unknown as Unit);
    this.#youngBytes += bytes;
    return unit;
  }
  #writeUnit(unit: Unit): void {
    unit.table.write(unit, this.#batch);
    unit.dirty = false;
    this.sendIfLarge();
  }
}
