/**
 * Maps. A small one is one row: 0, then its canonical form (count, entries). A large one has a row per entry, so that
 * an access costs no more when the map grows; its head is 1, and the entries follow it by their user key.
 */
import type { MapState } from '../../../plugins/api/state.js';
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import { userKeyCodec } from '../user-key.js';
import { textOf } from './key-context.js';
import { canonicalKey } from './canonical-key.js';
import { INLINE, LARGEST_INLINE, SPREAD } from './list-table.js';
import { scanRows } from './scan.js';
import { LARGE_UNIT_BYTES, type Unit } from './unit-store.js';
import { readerOf, UnitTable, type TableOptions } from './unit-table.js';
import type { WriteBatch } from './write-batch.js';

interface Entry<UK, UV> {
  readonly key: UK;
  value: UV;
  /** last access, with TTL */
  time: number;
  /** false: known to be absent */
  present: boolean;
  dirty: boolean;
}
interface Body<UK, UV> {
  /** entries are rows of their own */
  spread: boolean;
  /** the database has rows of entries that are to be deleted */
  wipe: boolean;
  /** by the bytes of the user key; without rows of their own: all of them */
  entries: Map<string, Entry<UK, UV>>;
}
const ENTRY_BYTES = 160;
/** Of a map whose entries are all in the database. */
const EMPTY_MAP_BYTES = 400;

export class StoredMapTable<UK, UV> extends UnitTable<Body<UK, UV>> implements MapState<UK, UV> {
  readonly #keyCodec: ValueCodec;
  readonly #canonical: ((key: unknown) => unknown) | null;
  readonly #scratch = new ByteWriter();

  constructor(options: TableOptions) {
    super(options);
    this.#keyCodec = userKeyCodec(options.spec);
    this.#canonical = options.spec.keySchema ? canonicalKey(options.spec.keySchema) : null;
  }
  get(key: UK): UV | undefined {
    return this.#visible(key)?.value;
  }
  put(key: UK, value: UV): void {
    const unit = this.unit();
    const { entries } = unit.body;
    const id = this.#id(key);
    const time = this.ttl === null ? 0 : this.ttl.now();
    const known = entries.get(id);
    if (known && this.ttl === null && known.present) {
      known.value = value;
      known.dirty = true;
      this.store.changed(unit as Unit<never>);
      return;
    }
    entries.set(id, { key, value, time, present: true, dirty: true });
    this.store.changed(unit as Unit<never>, known ? 0 : ENTRY_BYTES + this.sizeOf(value));
  }
  putAll(entries: Iterable<readonly [UK, UV]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }
  remove(key: UK): void {
    this.#remove(this.unit(), this.#id(key), key);
  }
  contains(key: UK): boolean {
    return this.#visible(key) !== undefined;
  }
  *entries(): IterableIterator<[UK, UV]> {
    for (const { key, value } of this.#allVisible()) yield [key, value];
  }
  *keys(): IterableIterator<UK> {
    for (const { key } of this.#allVisible()) yield key;
  }
  *values(): IterableIterator<UV> {
    for (const { value } of this.#allVisible()) yield value;
  }
  isEmpty(): boolean {
    for (const _ of this.#allVisible()) return false;
    return true;
  }
  clear(): void {
    this.#wipe(this.unit());
  }

  override read(unit: Unit<Body<UK, UV>>, from: ByteReader | null): void {
    unit.body = { spread: false, wipe: false, entries: new Map() };
    if (from === null) return;
    if (from.u8() === SPREAD) unit.body.spread = true;
    else {
      this.#readEntries(from, unit, this.ttl !== null, false);
      this.store.resize(unit as Unit<never>, unit.bytes + unit.body.entries.size * ENTRY_BYTES);
    }
  }
  override write(unit: Unit<Body<UK, UV>>, batch: WriteBatch): void {
    const { body } = unit;
    if (body.wipe) {
      batch.deleteRange(unit.key);
      body.wipe = false;
    }
    if (!body.spread) {
      if (body.entries.size === 0) {
        batch.delete(unit.key);
        return;
      }
      const value = batch.value();
      value.u8(INLINE);
      value.varint(body.entries.size);
      for (const [id, entry] of body.entries) {
        value.latin1(id);
        this.#writeValue(value, entry);
        entry.dirty = false;
      }
      if (value.length <= LARGEST_INLINE) {
        batch.put(unit.key);
        return;
      }
      body.spread = true;
      for (const entry of body.entries.values()) entry.dirty = true;
      batch.value().u8(SPREAD);
      batch.put(unit.key);
    }
    for (const [id, entry] of body.entries) {
      if (entry.dirty) {
        if (entry.present) {
          this.#writeValue(batch.value(), entry);
          batch.put(unit.key + id);
        } else batch.delete(unit.key + id);
        entry.dirty = false;
      }
    }
    if (unit.bytes <= LARGE_UNIT_BYTES) return;
    this.store.resize(unit as Unit<never>, EMPTY_MAP_BYTES);
    body.entries.clear();
  }
  override restore(unit: Unit<Body<UK, UV>>, from: ByteReader, hasTimes: boolean): void {
    const before = unit.body.entries.size;
    this.#readEntries(from, unit, hasTimes, true);
    this.store.changed(unit as Unit<never>, (unit.body.entries.size - before) * ENTRY_BYTES);
  }
  override merge(target: Unit<Body<UK, UV>>, source: Unit<Body<UK, UV>>): void {
    let moved = 0;
    for (const [id, { key, value, time }] of this.#all(source)) {
      target.body.entries.set(id, { key, value, time, present: true, dirty: true });
      moved++;
    }
    if (moved === 0) return;
    this.store.changed(target as Unit<never>, moved * ENTRY_BYTES);
    this.#wipe(source);
  }

  /** The entry as far as a reader may see it; one that has expired is removed. */
  #visible(key: UK): Entry<UK, UV> | undefined {
    const unit = this.unit();
    const id = this.#id(key);
    const entry = unit.body.entries.get(id) ?? (unit.body.spread ? this.#load(unit, id, key) : undefined);
    return entry?.present ? this.#seen(unit, id, entry) : undefined;
  }
  *#allVisible(): IterableIterator<Entry<UK, UV>> {
    const unit = this.unit();
    for (const [id, entry] of this.#all(unit)) {
      const seen = this.#seen(unit, id, entry);
      if (seen) yield seen;
    }
  }
  #seen(unit: Unit<Body<UK, UV>>, id: string, entry: Entry<UK, UV>): Entry<UK, UV> | undefined {
    if (this.ttl === null) return entry;
    const now = this.ttl.now();
    if (this.ttl.isExpired(entry.time, now)) {
      this.#remove(unit, id, entry.key);
      return this.ttl.returnExpired ? entry : undefined;
    }
    if (this.ttl.updateOnRead) {
      entry.time = now;
      entry.dirty = true;
      if (unit.body.spread) unit.body.entries.set(id, entry);
      this.store.changed(unit as Unit<never>);
    }
    return entry;
  }
  *#all(unit: Unit<Body<UK, UV>>): IterableIterator<[string, Entry<UK, UV>]> {
    const { body } = unit;
    if (!body.spread) {
      yield* body.entries;
      return;
    }
    for (const row of scanRows(this.store.db, unit.key, () => this.store.flushUnit(unit as Unit<never>))) {
      const id = row.key.slice(unit.key.length);
      const cached = body.entries.get(id);
      if (cached) {
        if (cached.present) yield [id, cached];
        continue;
      }
      yield [id, this.#entryOf(this.#keyCodec.read(readerOf(id, 0)) as UK, row.value)];
    }
  }
  #load(unit: Unit<Body<UK, UV>>, id: string, key: UK): Entry<UK, UV> {
    this.store.send();
    const wanted = new ByteWriter(unit.key.length + id.length + 8);
    wanted.varint(unit.key.length + id.length);
    wanted.latin1(unit.key);
    wanted.latin1(id);
    const from = this.store.db.getMany(wanted.toBytes() as Uint8Array<ArrayBuffer>);
    const length = from.varint() - 1;
    const entry =
      length < 0
        ? { key, value: undefined as UV, time: 0, present: false, dirty: false }
        : this.#entryOf(key, from);
    unit.body.entries.set(id, entry);
    this.store.resize(unit as Unit<never>, unit.bytes + ENTRY_BYTES + 2 * Math.max(length, 0));
    return entry;
  }
  #entryOf(key: UK, from: ByteReader): Entry<UK, UV> {
    const value = this.spec.value.read(from) as UV;
    return { key, value, time: this.ttl === null ? 0 : from.f64(), present: true, dirty: false };
  }
  #remove(unit: Unit<Body<UK, UV>>, id: string, key: UK): void {
    const { body } = unit;
    if (!body.spread) {
      if (!body.entries.delete(id)) return;
      this.store.changed(unit as Unit<never>, -ENTRY_BYTES);
      return;
    }
    const known = body.entries.has(id);
    body.entries.set(id, { key, value: undefined as UV, time: 0, present: false, dirty: true });
    this.store.changed(unit as Unit<never>, known ? 0 : ENTRY_BYTES);
  }
  #wipe(unit: Unit<Body<UK, UV>>): void {
    const { body } = unit;
    if (!body.spread && body.entries.size === 0) return;
    body.wipe ||= body.spread;
    body.spread = false;
    this.store.changed(unit as Unit<never>, -body.entries.size * ENTRY_BYTES);
    body.entries = new Map();
  }
  #readEntries(from: ByteReader, unit: Unit<Body<UK, UV>>, hasTimes: boolean, dirty: boolean): void {
    for (let left = from.varint(); left > 0; left--) {
      const key = this.#keyCodec.read(from) as UK;
      const value = this.spec.value.read(from) as UV;
      const time = hasTimes ? from.f64() : (this.ttl?.now() ?? 0);
      unit.body.entries.set(this.#id(key), { key, value, time, present: true, dirty });
    }
  }
  #writeValue(out: ByteWriter, entry: Entry<UK, UV>): void {
    this.spec.value.write(out, entry.value);
    if (this.ttl !== null) out.f64(entry.time);
  }
  #id(key: UK): string {
    this.#scratch.reset();
    this.#keyCodec.write(this.#scratch, this.#canonical ? this.#canonical(key) : key);
    return textOf(this.#scratch);
  }
}
