import type { MapState } from '../../../plugins/api/state.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { StateSpec } from '../../contract/state.js';
import type { ValueCodec } from '../../contract/codec.js';
import { ObjectColumn } from './columns.js';
import { detacherOf, elementDetacher, type Detacher } from './detach-value.js';
import type { Scope } from './scope.js';
import type { StateTable } from './table.js';
import { userKeyCodec, userKeyId, type UserKeyId } from '../user-key.js';

interface Entry<UK, UV> {
  readonly key: UK;
  value: UV;
}

export class MapTable<UK, UV> implements StateTable, MapState<UK, UV> {
  readonly spec: StateSpec;
  readonly scope: Scope;
  readonly hasTimes = false;
  readonly column = new ObjectColumn<Map<unknown, Entry<UK, UV>>>();
  readonly #keyCodec: ValueCodec;
  readonly #id: UserKeyId;
  readonly #detachKey: (key: UK) => UK;
  readonly #detach: Detacher | null;

  constructor(spec: StateSpec, scope: Scope) {
    this.spec = spec;
    this.scope = scope;
    this.#keyCodec = userKeyCodec(spec);
    this.#id = userKeyId(this.#keyCodec, spec.keySchema);
    this.#detachKey = elementDetacher(spec.keySchema);
    this.#detach = detacherOf(spec.schema);
  }
  get(key: UK): UV | undefined {
    return this.#map()?.get(this.#id(key))?.value;
  }
  put(key: UK, value: UV): void {
    const map = this.#own();
    const id = this.#id(key);
    const entry = map.get(id);
    const own = this.#detach ? (this.#detach(value, !entry) as UV) : value;
    if (entry) entry.value = own;
    else {
      const ownKey = this.#detachKey(key);
      map.set(id === key ? ownKey : id, { key: ownKey, value: own });
    }
  }
  putAll(entries: Iterable<readonly [UK, UV]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }
  remove(key: UK): void {
    const slot = this.#slot();
    if (slot < 0 || !this.column.has(slot)) return;
    const map = this.column.get(slot);
    // A map without entries is no state: the key may be forgotten.
    if (!map.delete(this.#id(key))) return;
    if (map.size === 0) this.removeSlot(slot);
    else this.column.changes?.changed(slot);
  }
  contains(key: UK): boolean {
    return this.#map()?.has(this.#id(key)) ?? false;
  }
  *entries(): IterableIterator<[UK, UV]> {
    const map = this.#map();
    if (map) for (const entry of map.values()) yield [entry.key, entry.value];
  }
  *keys(): IterableIterator<UK> {
    const map = this.#map();
    if (map) for (const entry of map.values()) yield entry.key;
  }
  *values(): IterableIterator<UV> {
    const map = this.#map();
    if (map) for (const entry of map.values()) yield entry.value;
  }
  isEmpty(): boolean {
    return this.#map() === null;
  }
  clear(): void {
    const slot = this.#slot();
    if (slot >= 0) this.removeSlot(slot);
  }

  #slot(): number {
    const slot = this.scope.cursor.slot;
    return slot < 0 ? this.scope.resolve() : slot;
  }
  #map(): Map<unknown, Entry<UK, UV>> | null {
    const slot = this.#slot();
    return slot >= 0 && this.column.has(slot) ? this.column.get(slot) : null;
  }
  #own(): Map<unknown, Entry<UK, UV>> {
    const slot = this.scope.cursor.slot;
    return this.#ownSlot(slot < 0 ? this.scope.acquire() : slot);
  }
  #ownSlot(slot: number): Map<unknown, Entry<UK, UV>> {
    if (this.column.has(slot)) {
      this.column.changes?.changed(slot);
      return this.column.get(slot);
    }
    const map = new Map<unknown, Entry<UK, UV>>();
    this.column.put(slot, map);
    this.scope.retain(slot);
    return map;
  }

  nextSlot(from: number): number {
    return this.column.next(from);
  }
  removeSlot(slot: number): void {
    if (this.column.remove(slot)) this.scope.release(slot);
  }
  isLive(_slot: number): boolean {
    return true;
  }
  writeSlot(out: ByteWriter, slot: number): void {
    const map = this.column.get(slot);
    out.varint(map.size);
    for (const { key, value } of map.values()) {
      this.#keyCodec.write(out, key);
      this.spec.value.write(out, value);
    }
  }
  readSlot(from: ByteReader, slot: number, hasTimes: boolean): void {
    const map = this.#ownSlot(slot);
    for (let left = from.varint(); left > 0; left--) {
      const key = this.#keyCodec.read(from) as UK;
      map.set(this.#id(key), { key, value: this.spec.value.read(from) as UV });
      if (hasTimes) from.f64();
    }
  }
  mergeSlots(target: number, source: number): void {
    if (!this.column.has(source)) return;
    const into = this.#ownSlot(target);
    for (const [id, entry] of this.column.get(source)) into.set(id, entry);
    this.removeSlot(source);
  }
}
