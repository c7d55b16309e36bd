import type { MapState } from '../../../plugins/api/state.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import type { StateSpec } from '../../contract/state.js';
import { ObjectColumn } from './columns.js';
import { detacherOf, elementDetacher, type Detacher } from './detach-value.js';
import type { Scope } from './scope.js';
import type { StateTable } from './table.js';
import { Sweeper, type Expiring, type TtlClock } from '../ttl.js';
import { userKeyCodec, userKeyId, type UserKeyId } from '../user-key.js';

interface Entry<UK, UV> {
  readonly key: UK;
  value: UV;
  time: number;
}
type Entries<UK, UV> = Map<unknown, Entry<UK, UV>>;

/** Maps whose entries expire one by one. */
export class TtlMapTable<UK, UV> implements StateTable, Expiring, MapState<UK, UV> {
  readonly spec: StateSpec;
  readonly scope: Scope;
  readonly hasTimes = true;
  readonly onRecord?: () => void;
  readonly column = new ObjectColumn<Entries<UK, UV>>();
  readonly #keyCodec: ValueCodec;
  readonly #id: UserKeyId;
  readonly #detachKey: (key: UK) => UK;
  readonly #detach: Detacher | null;
  readonly #clock: TtlClock;
  readonly #sweeper: Sweeper;

  constructor(spec: StateSpec, scope: Scope, clock: TtlClock) {
    this.spec = spec;
    this.scope = scope;
    this.#keyCodec = userKeyCodec(spec);
    this.#id = userKeyId(this.#keyCodec, spec.keySchema);
    this.#detachKey = elementDetacher(spec.keySchema);
    this.#detach = detacherOf(spec.schema);
    this.#clock = clock;
    this.#sweeper = new Sweeper(this, clock);
    if (clock.cleanupForEveryRecord) this.onRecord = () => this.#sweeper.sweep();
  }
  get(key: UK): UV | undefined {
    return this.#visible(this.#id(key))?.value;
  }
  put(key: UK, value: UV): void {
    this.#sweeper.sweep();
    const slot = this.scope.cursor.slot;
    const entries = this.#ownSlot(slot < 0 ? this.scope.acquire() : slot);
    const id = this.#id(key);
    const entry = entries.get(id);
    const ownKey = entry ? entry.key : this.#detachKey(key);
    entries.set(id === key ? ownKey : id, {
      key: ownKey,
      value: this.#detach ? (this.#detach(value, !entry) as UV) : value,
      time: this.#clock.now(),
    });
  }
  putAll(entries: Iterable<readonly [UK, UV]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }
  remove(key: UK): void {
    this.#sweeper.sweep();
    this.#remove(this.#id(key));
  }
  contains(key: UK): boolean {
    return this.#visible(this.#id(key)) !== undefined;
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
    const slot = this.#slot();
    if (slot >= 0) this.removeSlot(slot);
  }

  /** The entry as far as a reader may see it; one that has expired is removed. */
  #visible(id: unknown): Entry<UK, UV> | undefined {
    this.#sweeper.sweep();
    const slot = this.#slot();
    if (slot < 0 || !this.column.has(slot)) return undefined;
    const entry = this.column.get(slot).get(id);
    return entry && this.#read(id, entry, this.#clock.now());
  }
  *#allVisible(): IterableIterator<Entry<UK, UV>> {
    this.#sweeper.sweep();
    const slot = this.#slot();
    if (slot < 0 || !this.column.has(slot)) return;
    const now = this.#clock.now();
    for (const [id, entry] of this.column.get(slot)) {
      const visible = this.#read(id, entry, now);
      if (visible) yield visible;
    }
  }
  #read(id: unknown, entry: Entry<UK, UV>, now: number): Entry<UK, UV> | undefined {
    if (this.#clock.isExpired(entry.time, now)) {
      this.#remove(id);
      return this.#clock.returnExpired ? entry : undefined;
    }
    if (this.#clock.updateOnRead) {
      entry.time = now;
      this.column.changes?.changed(this.#slot());
    }
    return entry;
  }
  #remove(id: unknown): void {
    const slot = this.#slot();
    if (slot < 0 || !this.column.has(slot)) return;
    const entries = this.column.get(slot);
    if (!entries.delete(id)) return;
    if (entries.size === 0) this.removeSlot(slot);
    else this.column.changes?.changed(slot);
  }
  #slot(): number {
    const slot = this.scope.cursor.slot;
    return slot < 0 ? this.scope.resolve() : slot;
  }
  #ownSlot(slot: number): Entries<UK, UV> {
    if (this.column.has(slot)) {
      this.column.changes?.changed(slot);
      return this.column.get(slot);
    }
    const entries: Entries<UK, UV> = new Map();
    this.column.put(slot, entries);
    this.scope.retain(slot);
    return entries;
  }

  nextSlot(from: number): number {
    return this.column.next(from);
  }
  nextSlotInPage(from: number): number {
    return this.column.nextInPage(from);
  }
  pageAfter(slot: number): number {
    return this.column.pageAfter(slot);
  }
  expireSlot(slot: number, now: number): void {
    const entries = this.column.get(slot);
    const before = entries.size;
    for (const [id, entry] of entries) if (this.#clock.isExpired(entry.time, now)) entries.delete(id);
    if (entries.size === 0) this.removeSlot(slot);
    else if (entries.size < before) this.column.changes?.changed(slot);
  }
  removeSlot(slot: number): void {
    if (this.column.remove(slot)) this.scope.release(slot);
  }
  isLive(slot: number): boolean {
    return this.#snapshotEntries(slot).length > 0;
  }
  #snapshotEntries(slot: number): readonly Entry<UK, UV>[] {
    const entries = [...this.column.get(slot).values()];
    if (!this.#clock.cleanupFullSnapshot) return entries;
    const now = this.#clock.now();
    return entries.filter(entry => !this.#clock.isExpired(entry.time, now));
  }
  writeSlot(out: ByteWriter, slot: number): void {
    const entries = this.#snapshotEntries(slot);
    out.varint(entries.length);
    for (const { key, value, time } of entries) {
      this.#keyCodec.write(out, key);
      this.spec.value.write(out, value);
      out.f64(time);
    }
  }
  readSlot(from: ByteReader, slot: number, hasTimes: boolean): void {
    const entries = this.#ownSlot(slot);
    for (let left = from.varint(); left > 0; left--) {
      const key = this.#keyCodec.read(from) as UK;
      const value = this.spec.value.read(from) as UV;
      entries.set(this.#id(key), { key, value, time: hasTimes ? from.f64() : this.#clock.now() });
    }
  }
  mergeSlots(target: number, source: number): void {
    if (!this.column.has(source)) return;
    const into = this.#ownSlot(target);
    for (const [id, entry] of this.column.get(source)) into.set(id, entry);
    this.removeSlot(source);
  }
}
