/**
 * Aggregation in tumbling or sliding windows that fire at their end. Windows are cut into slices; a record
 * is added to one slice, whatever the number of windows it is in, and a window merges its slices when it fires. There
 * are no timers per key: a window fires for all its keys at once. Results are those of {@link WindowOperator} with the
 * assigner's own trigger, with two exceptions: floating-point sums of overlapping windows are added up in another order,
 * and a record that revives a cleaned-up window, which it can only between a restore and the first watermark, meets
 * what other windows still needed of its slice.
 */
import type { ColumnData } from '../../../plugins/api/batch.js';
import type { Counter } from '../../../plugins/api/metrics.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import { keyGroupOf } from '../../contract/key-groups.js';
import { keyHasher } from '../../contract/key-hash.js';
import { keyedSchema } from '../../contract/section-schema.js';
import type {
  AggregateLike,
  CustomKeyedState,
  KeyType,
  SectionSchema,
  SnapshotRows,
  SpillableState,
  SpilledRows,
  StateSpec,
} from '../../contract/state.js';
import type { Emit, EmitSide, OperatorContext, ProcessingTimeService } from '../../contract/task.js';
import type { AccumulatorColumns } from './accumulator-columns.js';
import type { FireRows } from './fired-rows.js';
import { keySlots, type KeySlots } from './key-slots.js';
import { MergedSlices } from './merged-slices.js';
import { missingTimestamp } from './missing-timestamp.js';
import { Slice } from './slice.js';
import { SliceFiring } from './slice-firing.js';
import { SliceGrid } from './slice-grid.js';
import { Slices } from './slices.js';
import { SpilledSlices } from './spilled-slices.js';
import { alignedWindowCodec } from './window-namespace.js';
import { mergeOf, WindowResults, type WindowResultsSpec } from './window-results.js';

export interface SlicedWindowSpec<IN, K, ACC, OUT> extends WindowResultsSpec<IN, K, ACC, OUT> {
  readonly key: KeyType;
  /** processing: slot() is given now() instead of the record's timestamp, and nothing is late */
  readonly time: 'event' | 'processing';
  /** Whole milliseconds. Tumbling windows: slide = size. */
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
  readonly allowedLateness: number;
  readonly lateTag: string | null;
  readonly columns: AccumulatorColumns<ACC>;
  /** the accumulator (for reduce: a record) */
  readonly state: StateSpec;
  /** does for all rows what `aggregation` and `function` say; without it they are called row by row */
  readonly fire?: FireRows<K>;
}

/** Where the slice begins, and up to which time its windows have fired for this key. */
const sliceNamespace: Schema = { kind: 'tuple', items: [{ kind: 'timestamp' }, { kind: 'timestamp' }] };

/** The first records choose their slice each: V8 then knows what happens when another begins before it compiles loops. */
const practice = 256;

/**
 * Generated code updates accumulators in place:
 * ```
 * const slot = op.slot(key, timestamp);
 * if (slot < 0) op.skip(value, timestamp);
 * else {
 *   op.columns[0][slot]++;               // `op.inserted` says whether this is the first record of the slot
 *   if (op.refires) op.refire(key);      // only with allowedLateness > 0
 * }
 * ```
 * With one key for everything, a loop over a batch keeps the slot and its columns for as long as times are in
 * {@link from} … {@link to}.
 */
export class SlicedWindowAggregate<IN, K, ACC, OUT> implements CustomKeyedState {
  readonly pending = 0;
  readonly canAccept = true;
  readonly kind = 'value';
  readonly schema: SectionSchema;
  /** Accumulators of the slice that slot() chose last. */
  columns: readonly ColumnData[];
  /** Whether the last slot() call made the slot; its accumulator is then the initial one (reduce: undefined). */
  inserted = false;
  /** Whether windows of the slice that slot() chose last have fired already and must fire again for this key. */
  refires = false;

  /** Bounds of the slice that slot() chose last; empty when it has to choose anew. */
  from = Infinity;
  to = -Infinity;

  readonly #spec: SlicedWindowSpec<IN, K, ACC, OUT>;
  readonly #side: EmitSide;
  readonly #results: WindowResults<IN, K, ACC, OUT>;
  readonly #clock: ProcessingTimeService;
  /** In BATCH mode windows of processing time end with their key (§3.12). */
  readonly #wakes: boolean;
  /** the time that the clock was asked for last; Infinity: none */
  #wakesAt = Infinity;
  readonly #aggregate: AggregateLike<IN, ACC, unknown> | null;
  readonly #merge: (a: ACC, b: ACC) => ACC;
  readonly #numLateRecordsDropped: Counter;
  readonly #hash: (key: unknown) => number;
  readonly #maxParallelism: number;
  readonly #writer = new ByteWriter();
  readonly #grid: SliceGrid;
  readonly #lateness: number;

  readonly #slices: Slices<K>;
  readonly #firing: SliceFiring<IN, K, ACC, OUT>;
  /** on backends that outgrow memory */
  #spilled: SpilledSlices<K, ACC> | null = null;
  #current: Slice<K>;
  #choices = 0;
  #keys: KeySlots<K>;
  /** of the windows' time: windows up to here have fired */
  #watermark = MIN_TIMESTAMP;
  /** some slice has firedUpTo; no more once the watermark is here */
  #restoredUpTo = MIN_TIMESTAMP;

  constructor(
    ctx: OperatorContext,
    spec: SlicedWindowSpec<IN, K, ACC, OUT>,
    emit: Emit<OUT>,
    side: EmitSide,
  ) {
    this.#spec = spec;
    this.#side = side;
    this.#grid = new SliceGrid(spec.size, spec.slide, spec.offset);
    this.#lateness = spec.allowedLateness;
    // Slices of another width or offset would not fit into windows.
    const phase = this.#grid.sliceStart(0);
    this.schema = {
      ...keyedSchema(spec.key, spec.state, sliceNamespace),
      layout: `${spec.time === 'event' ? '' : 'processing-time '}slices ${this.#grid.width}+${phase}`,
    };
    const newKeys = keySlots<K>(spec.key.schema);
    this.#slices = new Slices(this.#grid, () => new Slice(newKeys(), spec.columns.kinds));
    this.#aggregate = spec.aggregation.kind === 'aggregate' ? spec.aggregation.aggregate : null;
    this.#merge = mergeOf(spec.aggregation);
    this.#current = new Slice(newKeys(), spec.columns.kinds);
    this.#keys = this.#current.keys;
    this.columns = this.#current.columns;
    this.#hash = keyHasher(spec.key.schema);
    this.#maxParallelism = ctx.maxParallelism;
    this.#numLateRecordsDropped = ctx.metricGroup.counter('numLateRecordsDropped');
    this.#clock = ctx.processingTime;
    this.#wakes = spec.time === 'processing' && !ctx.batchMode;
    const keyed = ctx.keyedState<K>(spec.key);
    const host = { ctx, keyed, windowCodec: alignedWindowCodec, merging: false };
    this.#results = new WindowResults(host, spec, emit, side);
    const { columns } = spec;
    const own = columns.shared
      ? (accumulator: ACC) => this.#copy(accumulator)
      : (accumulator: ACC) => accumulator;
    const merging = { newKeys, columns, merge: this.#merge, own };
    this.#firing = new SliceFiring(this.#slices, new MergedSlices(merging), {
      ...merging,
      results: this.#results,
      fireRows: spec.fire ?? null,
    });
    keyed.registerCustom(spec.state.name, this);
  }

  readonly spill: SpillableState = {
    form: 'slices',
    attach: rows => {
      this.#spilled = new SpilledSlices<K, ACC>(rows as SpilledRows<K>, 'slices', this.#spec);
      this.#firing.spilled = this.#spilled;
    },
    prefetch: (keys, length) => {
      const { all } = this.#slices;
      if (all.length === 0) return;
      this.#makeRoom();
      // A guess: where the last record went.
      const slice = all.includes(this.#current) ? this.#current : all.at(-1)!;
      this.#spilled!.measure(slice);
      this.#spilled!.prefetch(slice, keys, length);
    },
    flush: () => {
      for (const slice of this.#slices.all) this.#spilled!.store(slice);
      this.#spilled!.firedUpTo(this.#watermark);
    },
  };

  open(): void {
    this.#results.open();
    this.#wakeForNextEnd();
  }

  /**
   * The time of windows of processing time, for a batch: callbacks of the clock come between batches. It does not go
   * back, whatever the clock does, so that no record meets a window that has fired.
   */
  now(): number {
    return Math.max(this.#clock.now(), this.#watermark + 1);
  }

  /** Row of the key's accumulator in {@link columns}; -1 when the record belongs to no window that is still open. */
  slot(key: K, timestamp: number): number {
    if (!(timestamp >= this.from && timestamp < this.to) && !this.#choose(timestamp)) return -1;
    if (this.#spilled !== null) return this.#slotThatMayBeSpilled(this.#spilled, key);
    const keys = this.#keys;
    const size = keys.size;
    const slot = keys.slotOf(key);
    this.inserted = slot === size;
    if (this.inserted) this.#initialise(slot);
    else if (this.#current.copyOnWrite !== null) this.#current.copyOnWrite.touch(slot);
    if (this.#restoredUpTo > this.#watermark) this.#touch(slot);
    return slot;
  }

  #slotThatMayBeSpilled(spilled: SpilledSlices<K, ACC>, key: K): number {
    this.#makeRoom();
    const slot = spilled.slot(this.#current, key);
    this.inserted = spilled.inserted;
    if (this.inserted) this.#initialise(slot);
    if (this.#restoredUpTo > this.#watermark) this.#touch(slot);
    return slot;
  }

  /** A record for which slot() said -1 (§4.2.3). Without a late output the value is not looked at. */
  skip(value: IN, timestamp: number): void {
    // In the gap between windows (slide > size) a record can be skipped without being late.
    if (timestamp + this.#lateness > this.#watermark) return;
    if (this.#spec.lateTag === null) this.#numLateRecordsDropped.inc();
    else this.#side(this.#spec.lateTag, value, timestamp);
  }

  /** Fires the windows of the current slice that have fired before and are kept for late records (§4.2.4). */
  refire(key: K): void {
    const { start } = this.#current;
    for (let end = this.#grid.lastEnd(start); end > start; end -= this.#grid.slide)
      if (end - 1 <= this.#watermark && end - 1 + this.#lateness > this.#watermark)
        this.#firing.refire(key, end);
  }

  /** The same through the functions, for aggregations that are not inlined. */
  processElement(value: IN, timestamp: number, key: K): void {
    const slot = this.slot(key, timestamp);
    if (slot < 0) {
      this.skip(value, timestamp);
      return;
    }
    const { columns } = this.#spec;
    if (this.#aggregate !== null) {
      columns.store(this.columns, slot, this.#aggregate.add(value, columns.load(this.columns, slot)));
    } else {
      // The accumulator of a reduction is a record.
      const record = value as unknown as ACC;
      columns.store(
        this.columns,
        slot,
        this.inserted ? record : this.#merge(columns.load(this.columns, slot), record),
      );
    }
    if (this.refires) this.refire(key);
  }

  advanceWatermark(watermark: number): void {
    this.#results.watermark = watermark;
    if (this.#spec.time === 'event') this.#advance(watermark);
  }

  onKeyEnd(): void {
    this.advanceWatermark(MAX_TIMESTAMP);
    this.#advance(MAX_TIMESTAMP);
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
    const watermark = this.#watermark;
    return this.#slices.all.map(slice => {
      const { start, keys, columns, firedUpTo } = slice;
      const write: SnapshotRows['write'] = (slot, entry) => {
        const key = keys.keyAt(slot);
        const out = entry(keyGroupOf(this.#hash(key), this.#maxParallelism));
        this.#spec.key.codec.write(out, key);
        out.f64(start);
        out.f64(Math.max(watermark, firedUpTo?.[slot] ?? MIN_TIMESTAMP));
        this.#spec.state.value.write(out, this.#spec.columns.load(columns, slot));
      };
      return { table: slice, count: keys.size, write };
    });
  }

  restore(_keyGroup: number, from: ByteReader): void {
    const key = this.#spec.key.codec.read(from) as K;
    this.#makeRoom();
    const slice = this.#slices.at(from.f64());
    const firedUpTo = from.f64();
    const slot = this.#spilled ? this.#spilled.add(slice, key) : slice.keys.slotOf(key);
    slice.reserve(slot);
    this.#spec.columns.store(slice.columns, slot, this.#spec.state.value.read(from) as ACC);
    if (firedUpTo === MIN_TIMESTAMP) return;
    slice.setFiredUpTo(slot, firedUpTo, MIN_TIMESTAMP);
    this.#restoredUpTo = Math.max(this.#restoredUpTo, firedUpTo);
  }

  /** Makes the slice of this time the current one; false when no open window has it. */
  #choose(timestamp: number): boolean {
    if (timestamp === MIN_TIMESTAMP) throw missingTimestamp();
    const start = this.#grid.sliceStart(timestamp);
    const lastEnd = this.#grid.lastEnd(start);
    if (lastEnd <= start || lastEnd - 1 + this.#lateness <= this.#watermark) {
      this.#chooseAnew();
      return false;
    }
    const slice = this.#slices.at(start);
    this.#current = slice;
    this.#keys = slice.keys;
    this.columns = slice.columns;
    if (this.#choices++ >= practice) {
      this.from = start;
      this.to = start + this.#grid.width;
    }
    this.refires = this.#grid.endAfter(start) - 1 <= this.#watermark && this.#lateness > 0;
    this.#wakeForNextEnd();
    return true;
  }

  #chooseAnew(): void {
    this.from = Infinity;
    this.to = -Infinity;
  }

  #advance(watermark: number): void {
    if (watermark <= this.#watermark) return;
    const previous = this.#watermark;
    this.#watermark = watermark;
    this.#chooseAnew();
    const restored = this.#restoredUpTo > MIN_TIMESTAMP;
    const slices = this.#slices;
    for (let end = slices.nextEnd(previous + 1); end - 1 <= watermark; end = slices.nextEnd(end))
      this.#firing.fire(end, restored);
    if (this.#results.clears) this.#clearWindows(previous, watermark);
    this.#releaseSlices();
  }

  /** Asks the clock for the end of the first window that has not fired. */
  #wakeForNextEnd(): void {
    if (!this.#wakes) return;
    const time = this.#slices.nextEnd(this.#watermark + 1) - 1;
    if (time >= this.#wakesAt) return;
    this.#wakesAt = time;
    this.#clock.schedule(time, this.#onProcessingTime);
  }

  readonly #onProcessingTime = (time: number): void => {
    this.#wakesAt = Infinity;
    this.#advance(time);
    this.#wakeForNextEnd();
  };

  /** Writes rows to disk and forgets them when there are too many in memory. */
  #makeRoom(): void {
    const spilled = this.#spilled;
    if (!spilled?.isFull) return;
    for (const slice of this.#slices.all) {
      if (slice === this.#current) {
        if (spilled.isLarge(slice)) spilled.evict(slice);
      } else if (slice.keys.size > 0) {
        spilled.store(slice);
        spilled.forget(slice);
        this.#slices.replace(slice);
      }
    }
  }

  #initialise(slot: number): void {
    this.#current.reserve(slot);
    if (this.#aggregate !== null)
      this.#spec.columns.store(this.columns, slot, this.#aggregate.createAccumulator());
  }

  /** A record makes the windows it is in due again, as far as they have not fired under this watermark. */
  #touch(slot: number): void {
    const slice = this.#current;
    if (slice.firedUpTo !== null) slice.setFiredUpTo(slot, this.#watermark, MIN_TIMESTAMP);
  }

  /** Windows whose clean-up time was passed. */
  #clearWindows(previous: number, watermark: number): void {
    const slices = this.#slices;
    for (
      let end = slices.nextEnd(previous + 1 - this.#lateness);
      end - 1 + this.#lateness <= watermark;
      end = slices.nextEnd(end)
    )
      this.#firing.clear(end);
  }

  #releaseSlices(): void {
    for (const slice of this.#slices.takeUntil(this.#watermark - this.#lateness + 1)) {
      this.#spilled?.delete(slice);
      this.#slices.reuse(slice);
    }
    if (this.#slices.all.length === 0) this.#firing.forget();
    if (this.#restoredUpTo > MIN_TIMESTAMP && this.#restoredUpTo <= this.#watermark) {
      for (const slice of this.#slices.all) slice.firedUpTo = null;
      this.#restoredUpTo = MIN_TIMESTAMP;
    }
  }

  #copy(accumulator: ACC): ACC {
    const out = this.#writer;
    out.reset();
    this.#spec.state.value.write(out, accumulator);
    return this.#spec.state.value.read(new ByteReader(out.bytes, 0, out.length)) as ACC;
  }
}
