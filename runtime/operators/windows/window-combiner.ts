/**
 * The sender's half of an aggregation in tumbling or sliding windows: records are added up per key and slice of time, and
 * the accumulators are sent instead, before the next watermark, barrier or end of the buffer timeout. It keeps nothing
 * that is not sent before a barrier, so it has no state. HOT: bench/nexmark.
 */
import type { ColumnData, ColumnKind } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { HeldRows, OutputGate } from '../../contract/task.js';
import { combinedRows, restTurns, SingleRows, worthwhile, type CombinedRows } from './combined-rows.js';
import { CombinerOutput } from './combiner-output.js';
import { SliceGrid } from './slice-grid.js';

export interface WindowCombinerSpec {
  /** null: all records have the same key, and no column carries it */
  readonly key: Schema | null;
  /** of the accumulator; the key's column comes after them */
  readonly kinds: readonly ColumnKind[];
  /** processing: the receiver's clock says which window an accumulator is in, so there are no slices */
  readonly time: 'event' | 'processing';
  /** milliseconds, as the receiver's windows */
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
}

/** Slices that are filled at the same time; more come only from records in no order. */
const maxSlices = 16;
/**
 * ```
 * const slot = combine.slot(key, timestamp);
 * if (combine.inserted) combine.columns[0][slot] = 0;
 * combine.columns[0][slot]++;
 * combine.records++;
 * ```
 * A loop over many records keeps from, to, keys and columns in locals, and calls slot() only for times outside of these
 * bounds and for keys that are not at home: it may change all of them.
 */
export class WindowCombiner<K> implements HeldRows {
  /** Accumulators of the slice that slot() chose last. */
  columns: readonly ColumnData[];
  /** Its keys; see {@link CombinedRows.keys}. */
  keys: Float64Array;
  /** Its bounds; empty when slot() has to choose anew. */
  from = Infinity;
  to = -Infinity;
  /** Whether the last slot() call made the row: it holds nothing yet. */
  inserted = false;
  /** How many there were; whoever adds them counts them. */
  records = 0;
  readonly #spec: WindowCombinerSpec;
  readonly #output: CombinerOutput<K>;
  readonly #grid: SliceGrid;
  /** in the order of their first records */
  readonly #slices: CombinedRows<K>[] = [];
  readonly #spare: CombinedRows<K>[] = [];
  /** Late ones among others: they are dropped and counted one by one. */
  readonly #single: SingleRows<K>;
  #current: CombinedRows<K>;
  #watermark = MIN_TIMESTAMP;
  /** how often rows will be sent until keys are looked up again */
  #rest = 0;
  /** records when rows were sent last */
  #recordsBefore = 0;

  constructor(gate: OutputGate, spec: WindowCombinerSpec) {
    this.#spec = spec;
    this.#output = new CombinerOutput(gate, spec.key, spec.kinds.length);
    this.#grid = new SliceGrid(spec.size, spec.slide, spec.offset);
    this.#single = new SingleRows(spec.kinds);
    this.#current = this.#single;
    this.columns = this.#single.columns;
    this.keys = this.#single.keys;
    gate.hold(this);
  }

  get isEmpty(): boolean {
    return this.#slices.length === 0 && this.#single.size === 0;
  }

  /** Row of the key's accumulator in {@link columns}. */
  slot(key: K, timestamp: number): number {
    if (!(timestamp >= this.from && timestamp < this.to)) this.#choose(timestamp);
    let slot = this.#current.slotOf(key);
    if (slot < 0) {
      this.#sendFull();
      this.#choose(timestamp);
      slot = this.#current.slotOf(key);
    }
    // NaN equals no key.
    if (slot < 0) {
      this.#use(this.#single, Infinity, -Infinity);
      slot = this.#single.slotOf(key);
    }
    this.inserted = this.#current.inserted;
    if (this.#current === this.#single) this.#single.times[slot] = timestamp;
    return slot;
  }

  onWatermark(watermark: number): void {
    this.#watermark = watermark;
    this.#chooseAnew();
  }

  release(): void {
    for (const rows of this.#slices) {
      for (let n = 0; n < rows.size; n++) this.#write(rows, n, rows.start);
      rows.clear();
      this.#spare.push(rows);
    }
    this.#slices.length = 0;
    const single = this.#single;
    for (let n = 0; n < single.size; n++) this.#write(single, n, single.times[n]!);
    single.clear();
    this.#recordsBefore = this.records;
    this.#chooseAnew();
  }

  #chooseAnew(): void {
    this.from = Infinity;
    this.to = -Infinity;
  }

  #choose(timestamp: number): void {
    if (this.#rest > 0) return this.#use(this.#single, Infinity, -Infinity);
    if (this.#spec.time === 'processing') return this.#use(this.#sliceAt(0), -Infinity, Infinity);
    const start = this.#grid.sliceStart(timestamp);
    const lastEnd = this.#grid.lastEnd(start);
    // Late for this watermark, in a gap between windows, or without a timestamp: the receiver decides.
    if (lastEnd <= start || lastEnd - 1 <= this.#watermark || timestamp === MIN_TIMESTAMP)
      return this.#use(this.#single, Infinity, -Infinity);
    this.#use(this.#sliceAt(start), start, start + this.#grid.width);
  }

  #use(rows: CombinedRows<K>, from: number, to: number): void {
    this.#current = rows;
    this.columns = rows.columns;
    this.keys = rows.keys;
    this.from = from;
    this.to = to;
  }

  #sliceAt(start: number): CombinedRows<K> {
    const slices = this.#slices;
    for (let s = slices.length - 1; s >= 0; s--) if (slices[s]!.start === start) return slices[s]!;
    if (slices.length === maxSlices) this.release();
    const rows = this.#spare.pop() ?? combinedRows<K>(this.#spec.key, this.#spec.kinds);
    rows.start = start;
    slices.push(rows);
    return rows;
  }

  #sendFull(): void {
    if (this.#rest > 0) this.#rest--;
    else {
      let rows = 0;
      for (const { size } of this.#slices) rows += size;
      if (this.records - this.#recordsBefore < worthwhile * rows) this.#rest = restTurns;
    }
    this.release();
  }

  #write(rows: CombinedRows<K>, n: number, timestamp: number): void {
    this.#output.write(rows.columns, rows.slotAt(n), rows.keyAt(n), timestamp);
  }
}
