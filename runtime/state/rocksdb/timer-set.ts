/**
 * Timers in the database, by key group, timestamp, key and namespace; the earliest of each key group are in memory too.
 * Most timers fire or are deleted before the next checkpoint and are never written at all.
 */
import { ByteReader } from '../../contract/bytes.js';
import type { NamespaceCodec } from '../../contract/state.js';
import type { TimerSet } from '../timer-service.js';
import { keyGroupText, stateIdText, type KeyContext, type NamespaceContext } from './key-context.js';
import { rowsOf } from './scan.js';
import { decodeTimestamp, timestampText, TIMESTAMP_BYTES } from './sortable-timestamp.js';
import type { UnitStore } from './unit-store.js';

interface Group {
  /** of the rows: key group and id of the timer set */
  readonly prefix: string;
  /** The earliest timers in order: timestamp, key, namespace. All of the key group when nothing is behind them. */
  readonly head: string[];
  /** of those: the ones that the database does not have */
  readonly unsaved: Set<string>;
  complete: boolean;
  /** place among the groups that have timers; -1 when it has none */
  place: number;
}

export class StoredTimerSet<K, N> implements TimerSet<N> {
  readonly id: number;
  readonly #store: UnitStore;
  readonly #context: KeyContext<K>;
  readonly #namespace: NamespaceContext<N> | null;
  readonly #codec: NamespaceCodec<N> | null;
  readonly #cached: number;
  readonly #idText: string;
  readonly #groups = new Map<string, Group>();
  /** groups with timers; a heap by their first */
  readonly #order: Group[] = [];

  constructor(
    id: number,
    store: UnitStore,
    context: KeyContext<K>,
    namespace: NamespaceContext<N> | null,
    cached: number,
  ) {
    this.id = id;
    this.#store = store;
    this.#context = context;
    this.#namespace = namespace;
    this.#codec = namespace?.codec ?? null;
    this.#cached = cached;
    this.#idText = stateIdText(id);
  }
  /** The database may have timers of these key groups. */
  restore(first: number, last: number): void {
    for (let keyGroup = first; keyGroup <= last; keyGroup++) {
      const group = this.#group(keyGroupText(keyGroup));
      group.complete = false;
      this.#refill(group);
    }
  }

  firstTimestamp(): number | null {
    const group = this.#order[0];
    return group === undefined ? null : decodeTimestamp(group.head[0]!);
  }
  takeFirst(): N {
    const group = this.#order[0]!;
    const timer = group.head[0]!;
    const { key, end } = this.#context.decode(timer, TIMESTAMP_BYTES);
    this.#drop(group, 0);
    this.#context.set(key);
    return this.#codec === null
      ? (null as N)
      : this.#codec.read(new ByteReader(Buffer.from(timer, 'latin1'), end));
  }
  insert(namespace: N, timestamp: number): void {
    const { group: name, key } = this.#context.encoded;
    this.#insert(this.#group(name), this.#timer(key, namespace, timestamp));
  }
  remove(namespace: N, timestamp: number): void {
    const { group: name, key } = this.#context.encoded;
    const group = this.#group(name);
    const timer = this.#timer(key, namespace, timestamp);
    if (!this.#isInHead(group, timer)) {
      this.#store.batch.delete(group.prefix + timer);
      return;
    }
    const at = lowerBound(group.head, timer);
    if (group.head[at] === timer) this.#drop(group, at);
  }
  clear(): void {
    for (const group of this.#groups.values()) {
      this.#store.batch.deleteRange(group.prefix);
      group.head.length = 0;
      group.unsaved.clear();
      group.complete = true;
      group.place = -1;
    }
    this.#order.length = 0;
  }
  /** Behind the key in an entry of a canonical section. */
  read(from: ByteReader, key: string, groupName: string): void {
    const namespace = this.#codec === null ? (null as N) : this.#codec.read(from);
    this.#insert(this.#group(groupName), this.#timer(key, namespace, from.f64()));
  }
  /** The database then has every timer. */
  flush(): void {
    for (const group of this.#groups.values()) {
      for (const timer of group.unsaved) this.#put(group, timer);
      group.unsaved.clear();
    }
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (!group) {
      group = {
        prefix: name + this.#idText,
        head: [],
        unsaved: new Set(),
        complete: true,
        place: -1,
      };
      this.#groups.set(name, group);
    }
    return group;
  }
  #timer(key: string, namespace: N, timestamp: number): string {
    const text = timestampText(timestamp) + key;
    return this.#namespace === null ? text : text + this.#namespace.encode(namespace);
  }
  #isInHead(group: Group, timer: string): boolean {
    return group.complete || (group.head.length > 0 && timer <= group.head.at(-1)!);
  }
  #insert(group: Group, timer: string): void {
    if (!this.#isInHead(group, timer)) {
      this.#put(group, timer);
      return;
    }
    const at = lowerBound(group.head, timer);
    if (group.head[at] === timer) return;
    group.head.splice(at, 0, timer);
    group.unsaved.add(timer);
    if (group.head.length > 2 * this.#cached) this.#shorten(group);
    this.#reorder(group, at === 0);
  }
  #drop(group: Group, at: number): void {
    const [timer] = group.head.splice(at, 1);
    if (!group.unsaved.delete(timer!)) this.#store.batch.delete(group.prefix + timer!);
    if (group.head.length === 0 && !group.complete) this.#refill(group);
    else this.#reorder(group, at === 0);
    this.#store.sendIfLarge();
  }
  /** Later timers go to the database. */
  #shorten(group: Group): void {
    for (const timer of group.head.splice(this.#cached)) {
      if (group.unsaved.delete(timer)) this.#put(group, timer);
    }
    group.complete = false;
    this.#store.sendIfLarge();
  }
  #put(group: Group, timer: string): void {
    this.#store.batch.value();
    this.#store.batch.put(group.prefix + timer);
    this.#store.sendIfLarge();
  }
  #refill(group: Group): void {
    this.#store.send();
    const { prefix } = group;
    const rows = [
      ...rowsOf(this.#store.db.scan(prefix, false, prefix + '\xff'.repeat(TIMESTAMP_BYTES), this.#cached)),
    ];
    group.complete = rows.length < this.#cached;
    for (const { key } of rows) group.head.push(key.slice(prefix.length));
    this.#reorder(group, true);
  }

  /** Puts the group where it belongs after a change of its first timer. */
  #reorder(group: Group, changed: boolean): void {
    const order = this.#order;
    if (group.head.length === 0) {
      if (group.place < 0) return;
      const last = order.pop()!;
      if (last !== group) {
        this.#place(last, group.place);
        this.#sift(last);
      }
      group.place = -1;
      return;
    }
    if (group.place < 0) {
      order.push(group);
      group.place = order.length - 1;
    } else if (!changed) return;
    this.#sift(group);
  }
  #sift(group: Group): void {
    const order = this.#order;
    const first = group.head[0]!;
    let at = group.place;
    while (at > 0 && first < order[(at - 1) >> 1]!.head[0]!) {
      this.#place(order[(at - 1) >> 1]!, at);
      at = (at - 1) >> 1;
    }
    for (;;) {
      let child = 2 * at + 1;
      if (child >= order.length) break;
      if (child + 1 < order.length && order[child + 1]!.head[0]! < order[child]!.head[0]!) child++;
      if (first <= order[child]!.head[0]!) break;
      this.#place(order[child]!, at);
      at = child;
    }
    this.#place(group, at);
  }
  #place(group: Group, at: number): void {
    this.#order[at] = group;
    group.place = at;
  }
}

function lowerBound(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
