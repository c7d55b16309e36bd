/**
 * Aggregation in event-time sessions with a fixed gap that fire at their end. A session is a row: its bounds and its
 * accumulator lie in columns, and a record within the only session of its key, by far the most frequent case, moves the
 * end and nothing else. There are no timers per key: rows wait in {@link DueRows} for the end they had when they were put there,
 * and those that have grown since are put back. Results are those of {@link WindowOperator} with the event-time trigger.
 */
import type { ColumnData } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';
import type { Counter } from '../../../plugins/api/metrics.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import { TimeWindow } from '../../../plugins/api/windowing.js';
import type { ByteReader } from '../../contract/bytes.js';
import { keyGroupOf } from '../../contract/key-groups.js';
import { keyHasher } from '../../contract/key-hash.js';
import { keyedSchema } from '../../contract/section-schema.js';
import type {
  CustomKeyedState,
  KeyType,
  Reminders,
  SectionSchema,
  SnapshotRows,
  SpillableState,
  SpilledRows,
  StateSpec,
} from '../../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../../contract/task.js';
import type { AccumulatorColumns } from './accumulator-columns.js';
import { DueRows } from './due-rows.js';
import { missingTimestamp } from './missing-timestamp.js';
import { SessionRows } from './session-rows.js';
import { SpilledSessions } from './spilled-sessions.js';
import { timeWindowCodec } from './window-namespace.js';
import { mergeOf, WindowResults, type WindowResultsSpec } from './window-results.js';

export interface SessionWindowSpec<IN, K, ACC, OUT> extends WindowResultsSpec<IN, K, ACC, OUT> {
  readonly key: KeyType;
  /** milliseconds */
  readonly gap: number;
  readonly allowedLateness: number;
  /** side output of late records; null: they are dropped and counted */
  readonly lateTag: string | null;
  readonly columns: AccumulatorColumns<ACC>;
  /** the accumulator (for reduce: a record) */
  readonly state: StateSpec;
}

/** Keys that come back from disk together. */
const recalled = 1024;

/** Start, end, and whether the session has to fire at its end. */
const sessionNamespace: Schema = {
  kind: 'tuple',
  items: [{ kind: 'timestamp' }, { kind: 'timestamp' }, { kind: 'bool' }],
};

/** Driven by generated code as {@link SlicedWindowAggregate} is. */
export class SessionWindowAggregate<IN, K, ACC, OUT> implements CustomKeyedState {
  readonly pending = 0;
  readonly canAccept = true;
  readonly kind = 'value';
  readonly schema: SectionSchema;
  /** Accumulators of all sessions. */
  readonly columns: readonly ColumnData[];
  /** Whether the last slot() call made the session; its accumulator is then the initial one (reduce: undefined). */
  inserted = false;
  /** Whether the session that slot() chose last has fired already and must fire again. */
  refires = false;

  readonly spill: SpillableState = {
    form: 'sessions',
    attach: (rows, reminders) => {
      this.#spilled = new SpilledSessions<K, ACC>(
        rows as SpilledRows<K>,
        reminders() as Reminders<K>,
        this.#spec,
        this.#sessions,
        (row, time) => this.#await(row, time),
      );
    },
    prefetch: (keys, length) => {
      this.#makeRoom();
      this.#spilled!.prefetch(keys, length);
    },
    flush: () => this.#spilled!.flush(),
  };
  readonly #spec: SessionWindowSpec<IN, K, ACC, OUT>;
  readonly #side: EmitSide;
  readonly #gap: number;
  readonly #lateness: number;
  readonly #merge: (a: ACC, b: ACC) => ACC;
  readonly #results: WindowResults<IN, K, ACC, OUT>;
  readonly #numLateRecordsDropped: Counter;
  readonly #hash: (key: unknown) => number;
  readonly #maxParallelism: number;
  readonly #sessions: SessionRows<K>;
  readonly #due = new DueRows();
  /** on backends that outgrow memory */
  #spilled: SpilledSessions<K, ACC> | null = null;
  #watermark = MIN_TIMESTAMP;
  /** row that slot() chose last */
  #current = -1;

  constructor(
    ctx: OperatorContext,
    spec: SessionWindowSpec<IN, K, ACC, OUT>,
    emit: Emit<OUT>,
    side: EmitSide,
  ) {
    this.#spec = spec;
    this.#side = side;
    this.#gap = spec.gap;
    this.#lateness = spec.allowedLateness;
    this.#merge = mergeOf(spec.aggregation);
    this.#sessions = new SessionRows(spec.key.schema, spec.columns.kinds);
    this.columns = this.#sessions.columns;
    this.#hash = keyHasher(spec.key.schema);
    this.#maxParallelism = ctx.maxParallelism;
    this.#numLateRecordsDropped = ctx.metricGroup.counter('numLateRecordsDropped');
    this.schema = { ...keyedSchema(spec.key, spec.state, sessionNamespace), layout: 'sessions' };
    const keyed = ctx.keyedState<K>(spec.key);
    this.#results = new WindowResults(
      { ctx, keyed, windowCodec: timeWindowCodec, merging: true },
      spec,
      emit,
      side,
    );
    keyed.registerCustom(spec.state.name, this);
  }

  open(): void {
    this.#results.open();
  }

  /**
   * Row of the accumulator in {@link columns}; -1 when the record would make a session that has ended already. With
   * `last`: records from `timestamp` on that their sender found to be one session.
   */
  slot(key: K, timestamp: number, last = timestamp): number {
    const sessions = this.#sessions;
    const at = this.#spilled === null ? sessions.keyAt(key) : this.#keyThatMayBeSpilled(this.#spilled, key);
    sessions.touch(at);
    const row = sessions.only(at);
    if (row < 0 || timestamp < sessions.starts[row]! || timestamp > sessions.ends[row]!)
      return this.#slotBeyond(at, timestamp, last);
    const end = last + this.#gap;
    if (end > sessions.ends[row]!) sessions.ends[row] = end;
    this.inserted = false;
    if (this.#lateness > 0) this.#changed(row);
    return row;
  }

  /** A record for which slot() said -1 (§4.2.3). Without a late output the value is not looked at. */
  skip(value: IN, timestamp: number): void {
    if (this.#spec.lateTag === null) this.#numLateRecordsDropped.inc();
    else this.#side(this.#spec.lateTag, value, timestamp);
  }

  /** Fires the session that slot() chose last: it has fired before and is kept for late records (§4.2.4). */
  refire(_key: K): void {
    this.#fire(this.#current);
  }

  /** The same through the functions, for aggregations that are not inlined. */
  processElement(value: IN, timestamp: number, key: K): void {
    const row = this.slot(key, timestamp);
    if (row < 0) {
      this.skip(value, timestamp);
      return;
    }
    const { aggregation, columns } = this.#spec;
    // The accumulator of a reduction is a record.
    const record = value as unknown as ACC;
    const next =
      aggregation.kind === 'aggregate'
        ? aggregation.aggregate.add(value, columns.load(this.columns, row))
        : this.inserted
          ? record
          : aggregation.reduce(columns.load(this.columns, row), record);
    columns.store(this.columns, row, next);
    if (this.refires) this.refire(key);
  }

  advanceWatermark(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#results.watermark = watermark;
    this.#endSessions(watermark);
    while (this.#spilled?.recall(watermark, recalled)) {
      this.#endSessions(watermark);
      this.#makeRoom();
    }
    this.#sessions.forgetUnusedKeys();
  }

  onKeyEnd(): void {
    this.advanceWatermark(MAX_TIMESTAMP);
    this.#watermark = MIN_TIMESTAMP;
    this.#results.watermark = MIN_TIMESTAMP;
  }

  endInput(): void {}
  prepareSnapshot(): void {}
  finish(): void {}

  close(): void {
    this.#results.close();
  }

  snapshot(): readonly SnapshotRows[] {
    const { key: keyType, state, columns } = this.#spec;
    const sessions = this.#sessions;
    const write: SnapshotRows['write'] = (at, entry) =>
      sessions.forEach(at, (key, row) => {
        const out = entry(keyGroupOf(this.#hash(key), this.#maxParallelism));
        keyType.codec.write(out, key);
        out.f64(sessions.starts[row]!);
        out.f64(sessions.ends[row]!);
        out.u8(sessions.unfired[row]!);
        state.value.write(out, columns.load(this.columns, row));
      });
    return [{ table: sessions, count: sessions.keys, write }];
  }

  restore(_keyGroup: number, from: ByteReader): void {
    const key = this.#spec.key.codec.read(from) as K;
    this.#makeRoom();
    const at = this.#spilled ? this.#spilled.keyAt(key) : this.#sessions.keyAt(key);
    const start = from.f64();
    const row = this.#sessions.add(at, start, from.f64());
    this.#sessions.unfired[row] = from.u8() === 0 ? 0 : 1;
    this.#spec.columns.store(this.columns, row, this.#spec.state.value.read(from) as ACC);
    this.#await(row, this.#sessions.ends[row]! - 1);
  }

  #keyThatMayBeSpilled(spilled: SpilledSessions<K, ACC>, key: K): number {
    if (this.#current >= 0) spilled.measure(this.#current);
    this.#makeRoom();
    return spilled.keyAt(key);
  }
  /** Writes sessions to disk and forgets them when there are too many in memory. */
  #makeRoom(): void {
    if (!this.#spilled?.isFull) return;
    this.#spilled.evict();
    this.#due.clear();
    this.#current = -1;
  }
  #endSessions(watermark: number): void {
    for (let time = this.#due.nextTime; time <= watermark; time = this.#due.nextTime)
      this.#onTime(this.#due.take(), time);
  }

  /** A record that is outside of the only session of its key, or whose key has none or several. */
  #slotBeyond(at: number, timestamp: number, last: number): number {
    if (timestamp === MIN_TIMESTAMP) throw missingTimestamp();
    const end = last + this.#gap;
    const row = this.#join(at, timestamp, end);
    this.inserted = row < 0;
    if (row >= 0) {
      this.#changed(row);
      return row;
    }
    if (end - 1 + this.#lateness <= this.#watermark) return -1;
    const made = this.#sessions.add(at, timestamp, end);
    const { aggregation, columns } = this.#spec;
    if (aggregation.kind === 'aggregate')
      columns.store(this.columns, made, aggregation.aggregate.createAccumulator());
    this.#changed(made);
    return made;
  }

  /** The sessions of the key that these bounds touch become one; -1 when there are none. */
  #join(at: number, from: number, to: number): number {
    const sessions = this.#sessions;
    let start = from;
    let end = to;
    let target = -1;
    let next: number;
    for (let row = sessions.first(at); row >= 0; row = next) {
      next = sessions.next(row);
      // Touched by the record: what is between two sessions is always more than a gap of nothing.
      if (sessions.starts[row]! > to || sessions.ends[row]! < from) continue;
      start = Math.min(start, sessions.starts[row]!);
      end = Math.max(end, sessions.ends[row]!);
      if (target < 0) target = row;
      else {
        this.#mergeInto(target, row);
        sessions.remove(row);
      }
    }
    if (target < 0 || (sessions.starts[target] === start && sessions.ends[target] === end)) return target;
    sessions.starts[target] = start;
    sessions.ends[target] = end;
    // Which of two accumulators takes up the other is decided by their order, and a session that changes is the last.
    sessions.moveToEnd(target);
    return target;
  }

  #mergeInto(target: number, row: number): void {
    const { columns } = this.#spec;
    const merged = this.#merge(columns.load(this.columns, target), columns.load(this.columns, row));
    columns.store(this.columns, target, merged);
  }

  /** After a record: what the event-time trigger does with an element, and its timers. */
  #changed(row: number): void {
    const sessions = this.#sessions;
    const end = sessions.ends[row]! - 1;
    this.#current = row;
    this.refires = end <= this.#watermark;
    if (!this.refires) sessions.unfired[row] = 1;
    const due = sessions.unfired[row] === 1 ? end : end + this.#lateness;
    if (!(sessions.due[row]! <= due)) this.#await(row, due);
  }

  /** Lets the row wait; where it waits for another time means nothing any more. */
  #await(row: number, time: number): void {
    this.#sessions.due[row] = time;
    // Beyond the end of time nothing happens.
    if (time < MAX_TIMESTAMP) this.#due.add(time, row);
  }

  #onTime(row: number, time: number): void {
    const sessions = this.#sessions;
    if (sessions.due[row] !== time) return;
    sessions.touchRow(row);
    this.#spilled?.changed(row);
    const end = sessions.ends[row]! - 1;
    if (sessions.unfired[row] === 1) {
      if (end > time) {
        this.#await(row, end);
        return;
      }
      sessions.unfired[row] = 0;
      this.#fire(row);
    }
    if (end + this.#lateness > time) {
      this.#await(row, end + this.#lateness);
      return;
    }
    if (this.#results.clears) this.#results.clear(sessions.keyOf(row), this.#windowOf(row));
    const at = sessions.keyIndex(row);
    sessions.remove(row);
    // Not an if: a branch that is first taken long after V8 has compiled this makes it compile it again.
    this.#current = row === this.#current ? -1 : this.#current;
    this.#spilled?.ended(at, sessions.keyNumber(at));
  }

  #fire(row: number): void {
    const accumulator = this.#spec.columns.load(this.columns, row);
    this.#results.fire(this.#sessions.keyOf(row), this.#windowOf(row), accumulator);
  }

  #windowOf(row: number): TimeWindow {
    return new TimeWindow(this.#sessions.starts[row]!, this.#sessions.ends[row]!);
  }
}
