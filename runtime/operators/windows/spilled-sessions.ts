/**
 * Sessions on backends that outgrow memory. Memory holds the keys that were used lately; when it is full, the sessions
 * of each key are written to disk as one row, with a reminder of when the first of them has to be looked at.
 */
import { MAX_TIMESTAMP } from '../../../plugins/api/types.js';
import { ByteWriter, type ByteReader } from '../../contract/bytes.js';
import type { KeyType, Reminders, SpilledRows, StateSpec } from '../../contract/state.js';
import type { AccumulatorColumns } from './accumulator-columns.js';
import { RowSizes } from './row-sizes.js';
import type { SessionRows } from './session-rows.js';

/** What memory knows of a key: nothing is on disk that is not in memory too; the disk has a row; it is another one. */
const known = 1;
const stored = 2;
const changed = 4;
/** Of a key and of a session beside its accumulator. */
const keyBytes = 64;
const sessionBytes = 40;

export interface SpilledSessionsSpec<ACC> {
  readonly key: KeyType;
  readonly columns: AccumulatorColumns<ACC>;
  readonly state: StateSpec;
  readonly allowedLateness: number;
}

export class SpilledSessions<K, ACC> {
  /** Memory has all sessions. */
  #isComplete: boolean;
  readonly #rows: SpilledRows<K>;
  readonly #reminders: Reminders<K>;
  readonly #spec: SpilledSessionsSpec<ACC>;
  readonly #sessions: SessionRows<K>;
  /** Sessions that came from disk wait for their end. */
  readonly #await: (row: number, time: number) => void;
  readonly #sizes: RowSizes;
  readonly #scratch = new ByteWriter();

  constructor(
    rows: SpilledRows<K>,
    reminders: Reminders<K>,
    spec: SpilledSessionsSpec<ACC>,
    sessions: SessionRows<K>,
    awaitRow: (row: number, time: number) => void,
  ) {
    this.#rows = rows;
    this.#reminders = reminders;
    this.#spec = spec;
    this.#sessions = sessions;
    this.#await = awaitRow;
    this.#isComplete = !rows.areRestored;
    this.#sizes = new RowSizes(spec.key.schema, spec.columns.kinds);
  }

  /** Memory has no room for another session. */
  get isFull(): boolean {
    const { size, keys } = this.#sessions;
    return size * (this.#sizes.row + sessionBytes) + keys * keyBytes > this.#rows.memory;
  }
  /** Where the sessions of the key are, all of them, for somebody who changes them. */
  keyAt(key: K): number {
    const at = this.#sessions.keyAt(key);
    if ((this.#sessions.flags[at]! & known) === 0) {
      const from = this.#isComplete ? null : this.#rows.get(0, key);
      this.#fill(at, from);
    }
    this.#sessions.flags[at]! |= changed;
    return at;
  }
  /** The size of accumulators is not known: now and then one is looked at. */
  measure(row: number): void {
    if (!this.#sizes.isDue()) return;
    this.#scratch.reset();
    this.#spec.state.value.write(this.#scratch, this.#spec.columns.load(this.#sessions.columns, row));
    this.#sizes.add(this.#scratch.length);
  }
  /** Reads the sessions of keys that memory knows nothing of. */
  prefetch(keys: ArrayLike<unknown>, length: number): void {
    if (this.#isComplete) return;
    const missing = new Set<K>();
    for (let i = 0; i < length; i++) {
      const at = this.#sessions.find(keys[i] as K);
      if (at < 0 || (this.#sessions.flags[at]! & known) === 0) missing.add(keys[i] as K);
    }
    if (missing.size === 0) return;
    this.#rows.getMany(0, [...missing], (key, from) => {
      const at = this.#sessions.keyAt(key);
      // Equal objects are several elements of the set.
      if ((this.#sessions.flags[at]! & known) === 0) this.#fill(at, from);
    });
  }
  /** Brings keys into memory that have something to do up to this time, some at once; false: there are none. */
  recall(upTo: number, count: number): boolean {
    const keys = this.#reminders.take(upTo, count);
    this.prefetch(keys, keys.length);
    return keys.length > 0;
  }
  /** After sessions of the key have changed or ended. */
  changed(row: number): void {
    this.#sessions.flags[this.#sessions.keyIndex(row)]! |= changed;
  }
  /** After a session of the key has ended: rows of keys without any go at once, because memory forgets such keys. */
  ended(at: number, key: K): void {
    if (this.#sessions.first(at) >= 0) return;
    if ((this.#sessions.flags[at]! & stored) !== 0) this.#rows.remove(key);
    this.#sessions.flags[at] = known;
  }

  /** The disk then has all sessions. */
  store(): void {
    const { flags, keys } = this.#sessions;
    for (let at = 0; at < keys; at++) if ((flags[at]! & changed) !== 0) this.#storeKey(at);
  }
  flush(): void {
    this.store();
    this.#reminders.flush();
  }
  /** ... and memory none. */
  evict(): void {
    this.store();
    this.#sessions.clear();
    this.#isComplete = false;
  }

  #storeKey(at: number): void {
    const sessions = this.#sessions;
    const { columns, state, allowedLateness } = this.#spec;
    const key = sessions.keyNumber(at);
    if (sessions.first(at) < 0) {
      this.ended(at, key);
      return;
    }
    let due = Infinity;
    this.#rows.put(0, key, out => {
      sessions.forEach(at, (_, row) => {
        const part = this.#scratch;
        part.reset();
        part.f64(sessions.starts[row]!);
        part.f64(sessions.ends[row]!);
        part.u8(sessions.unfired[row]!);
        state.value.write(part, columns.load(sessions.columns, row));
        this.#sizes.add(part.length);
        out.varint(part.length);
        out.raw(part.bytes.subarray(0, part.length));
        due = Math.min(due, sessions.ends[row]! - 1 + (sessions.unfired[row] === 1 ? 0 : allowedLateness));
      });
    });
    if (due < MAX_TIMESTAMP) this.#reminders.add(key, due);
    sessions.flags[at] = known | stored;
  }
  #fill(at: number, from: ByteReader | null): void {
    const sessions = this.#sessions;
    sessions.flags[at] = from === null ? known : known | stored;
    while (from !== null && from.remaining > 0) {
      from.varint();
      const start = from.f64();
      const row = sessions.add(at, start, from.f64());
      sessions.unfired[row] = from.u8() === 0 ? 0 : 1;
      this.#spec.columns.store(sessions.columns, row, this.#spec.state.value.read(from) as ACC);
      this.#await(row, sessions.ends[row]! - 1);
    }
  }
}
