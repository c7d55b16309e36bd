/**
 * The sender's half of an aggregation in sessions, as {@link WindowCombiner} is for other windows: records of a key that
 * are one session already where they are sent are added up, and travel with the times of the first and the last of them.
 * HOT: bench/nexmark.
 */
import type { ColumnData, ColumnKind } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { HeldRows, OutputGate } from '../../contract/task.js';
import { combinedRows, SingleRows, worthwhile, restTurns, type CombinedRows } from './combined-rows.js';
import { CombinerOutput } from './combiner-output.js';

export interface SessionCombinerSpec {
  readonly key: Schema;
  /** of the accumulator */
  readonly kinds: readonly ColumnKind[];
  /** milliseconds */
  readonly gap: number;
}

/**
 * Used as a {@link WindowCombiner}; the last two columns are the times of the first and the last record of a row. A loop
 * that keeps them in locals calls slot() for keys that are not at home, and for times before the first or more than a gap
 * behind the last of their row, and sets the last itself for all others.
 */
export class SessionCombiner<K> implements HeldRows {
  columns: readonly ColumnData[];
  keys: Float64Array;
  inserted = false;
  records = 0;
  readonly #gap: number;
  readonly #output: CombinerOutput<K>;
  readonly #rows: CombinedRows<K>;
  /** Sent in the order of time; nothing is added to other rows while there are some, but in a rest. */
  readonly #single: SingleRows<K>;
  readonly #first: number;
  readonly #last: number;
  #watermark = MIN_TIMESTAMP;
  #rest = 0;
  #recordsBefore = 0;

  constructor(gate: OutputGate, spec: SessionCombinerSpec) {
    const kinds = [...spec.kinds, 'float64', 'float64'] as const;
    this.#gap = spec.gap;
    this.#output = new CombinerOutput(gate, spec.key, spec.kinds.length);
    this.#rows = combinedRows<K>(spec.key, kinds);
    this.#single = new SingleRows(kinds);
    this.#first = spec.kinds.length;
    this.#last = this.#first + 1;
    this.columns = this.#rows.columns;
    this.keys = this.#rows.keys;
    gate.hold(this);
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0 && this.#single.size === 0;
  }

  /** Row of the key's session in {@link columns}. */
  slot(key: K, timestamp: number): number {
    if (this.#rest > 0 || timestamp === MIN_TIMESTAMP) return this.#alone(key, timestamp);
    if (this.#single.size > 0) this.release();
    const rows = this.#rows;
    // Late by itself: only what came before it can save it, and what comes after must not.
    if (timestamp + this.#gap - 1 <= this.#watermark) {
      const known = rows.find(key);
      if (known < 0 || !this.#touches(known, timestamp)) {
        this.release();
        return this.#alone(key, timestamp);
      }
    }
    let slot = rows.slotOf(key);
    if (slot < 0) {
      this.#sendFull();
      slot = this.#rest > 0 ? -1 : rows.slotOf(key);
      if (slot < 0) return this.#alone(key, timestamp);
    }
    this.#use(rows);
    this.inserted = rows.inserted;
    if (!this.inserted && !this.#touches(slot, timestamp)) {
      this.#write(rows.columns, slot, key);
      this.inserted = true;
    }
    this.#extend(slot, timestamp);
    return slot;
  }

  onWatermark(watermark: number): void {
    this.#watermark = watermark;
  }

  release(): void {
    for (const rows of [this.#rows, this.#single]) {
      for (let n = 0; n < rows.size; n++) this.#write(rows.columns, rows.slotAt(n), rows.keyAt(n));
      rows.clear();
    }
    this.#recordsBefore = this.records;
  }

  #alone(key: K, timestamp: number): number {
    let slot = this.#single.slotOf(key);
    if (slot < 0) {
      this.#sendFull();
      slot = this.#single.slotOf(key);
    }
    this.#use(this.#single);
    this.inserted = true;
    this.#extend(slot, timestamp);
    return slot;
  }

  #use(rows: CombinedRows<K>): void {
    this.columns = rows.columns;
    this.keys = rows.keys;
  }

  #touches(slot: number, timestamp: number): boolean {
    const { columns } = this.#rows;
    const first = columns[this.#first] as Float64Array;
    const last = columns[this.#last] as Float64Array;
    return timestamp + this.#gap >= first[slot]! && timestamp <= last[slot]! + this.#gap;
  }

  #extend(slot: number, timestamp: number): void {
    const first = this.columns[this.#first] as Float64Array;
    const last = this.columns[this.#last] as Float64Array;
    first[slot] = this.inserted ? timestamp : Math.min(first[slot]!, timestamp);
    last[slot] = this.inserted ? timestamp : Math.max(last[slot]!, timestamp);
  }

  #sendFull(): void {
    if (this.#rest > 0) this.#rest--;
    else if (this.records - this.#recordsBefore < worthwhile * this.#rows.size) this.#rest = restTurns;
    this.release();
  }

  #write(columns: readonly ColumnData[], slot: number, key: K): void {
    const first = columns[this.#first] as Float64Array;
    const last = columns[this.#last] as Float64Array;
    this.#output.write(columns, slot, key, first[slot]!, last[slot]!);
  }
}
