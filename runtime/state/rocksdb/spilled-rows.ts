/** Rows of an operator that lays out its state itself: key group, state id, time, key. */
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { RowForm, SpilledRow, SpilledRows } from '../../contract/state.js';
import { keyGroupText, ROW_PREFIX, stateIdText, type KeyContext } from './key-context.js';
import { scanRows } from './scan.js';
import { timestampText, TIMESTAMP_BYTES } from './sortable-timestamp.js';
import type { UnitStore } from './unit-store.js';

/** Of the memory of all state: the rest may be taken by states of the operator's functions. */
const LEAST_SHARE = 1 / 4;

export interface StoredRowsOptions {
  readonly form: RowForm;
  readonly areRestored: boolean;
  readonly keyGroups: KeyGroupRange;
  readonly cacheBytes: () => number;
}

export class StoredRows<K> implements SpilledRows<K> {
  readonly areRestored: boolean;
  readonly #idText: string;
  readonly #isUntimed: boolean;
  readonly #store: UnitStore;
  readonly #context: KeyContext<K>;
  readonly #options: StoredRowsOptions;
  readonly #keys = new ByteWriter(4096);
  /** time → key groups that have rows */
  readonly #groups = new Map<number, Set<string>>();
  #time = NaN;
  #timeText = '';

  constructor(id: number, store: UnitStore, context: KeyContext<K>, options: StoredRowsOptions) {
    this.areRestored = options.areRestored;
    this.#isUntimed = options.form === 'values' || options.form === 'sessions';
    this.#idText = stateIdText(id);
    this.#store = store;
    this.#context = context;
    this.#options = options;
  }

  get memory(): number {
    const all = this.#options.cacheBytes();
    return Math.max(all - this.#store.bytes, all * LEAST_SHARE);
  }

  put(time: number, key: K, write: (out: ByteWriter) => void, part = 0): void {
    const { form } = this.#options;
    const { group, key: text } = this.#context.encode(key);
    if (!this.#isUntimed) {
      let groups = this.#groups.get(time);
      if (!groups) this.#groups.set(time, (groups = new Set()));
      groups.add(group);
    }
    const { batch } = this.#store;
    write(batch.value());
    const row = this.#prefix(group, time) + text;
    batch.put(form === 'lists' ? row + partText(part) : row);
    this.#store.sendIfLarge();
  }

  get(time: number, key: K): ByteReader | null {
    let found: ByteReader | null = null;
    this.getMany(time, [key], (_, from) => (found = from));
    return found;
  }

  getMany(time: number, keys: readonly K[], visit: (key: K, from: ByteReader | null) => void): void {
    const wanted = this.#keys;
    wanted.reset();
    for (const each of keys) {
      const { group, key } = this.#context.encode(each);
      const row = this.#prefix(group, time) + key;
      wanted.varint(row.length);
      wanted.latin1(row);
    }
    this.#store.send();
    const from = this.#store.db.getMany(wanted.toBytes() as Uint8Array<ArrayBuffer>);
    for (const key of keys) {
      const length = from.varint() - 1;
      if (length < 0) {
        visit(key, null);
        continue;
      }
      const at = from.take(length);
      visit(key, new ByteReader(from.bytes, at, at + length));
    }
  }

  *scan(time: number): IterableIterator<SpilledRow<K>> {
    const send = (): void => this.#store.send();
    for (const group of [...(this.#groups.get(time) ?? [])].sort()) {
      for (const { key: row, value } of scanRows(this.#store.db, this.#prefix(group, time), send)) {
        const text = row.slice(ROW_PREFIX + TIMESTAMP_BYTES);
        const { key, end } = this.#context.decode(text, 0);
        yield { order: group + text.slice(0, end), key, value };
      }
    }
  }

  remove(key: K): void {
    const { group, key: text } = this.#context.encode(key);
    this.#store.batch.delete(this.#prefix(group, 0) + text);
    this.#store.sendIfLarge();
  }
  delete(time: number): void {
    const groups = this.#groups.get(time);
    if (!groups) return;
    for (const group of groups) this.#store.batch.deleteRange(this.#prefix(group, time));
    this.#groups.delete(time);
    this.#store.sendIfLarge();
  }

  /** In front of the rows of each key group, where whoever reads them finds it first. */
  firedUpTo(time: number): void {
    const { start, end } = this.#options.keyGroups;
    const { batch } = this.#store;
    for (let keyGroup = start; keyGroup <= end; keyGroup++) {
      batch.value().f64(time);
      batch.put(keyGroupText(keyGroup) + this.#idText);
    }
  }

  #prefix(group: string, time: number): string {
    if (this.#isUntimed) return group + this.#idText;
    if (time !== this.#time) {
      this.#time = time;
      this.#timeText = timestampText(time);
    }
    return group + this.#idText + this.#timeText;
  }
}

/** Four bytes behind the key. */
export const PART_BYTES = 4;

function partText(part: number): string {
  return keyGroupText(part >>> 16) + keyGroupText(part & 0xffff);
}
