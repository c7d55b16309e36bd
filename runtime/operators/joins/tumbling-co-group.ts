/**
 * Window join and coGroup in tumbling event-time windows that fire at their end. The records of a window lie in columns,
 * one list per key and side, and become objects when the window fires, for all its keys at once. Results are those of
 * {@link CoGroupOperator}.
 */
import type { ColumnData } from '../../../plugins/api/batch.js';
import type { Collector } from '../../../plugins/api/functions.js';
import type { Counter } from '../../../plugins/api/metrics.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import { TimeWindow } from '../../../plugins/api/windowing.js';
import type { ByteReader } from '../../contract/bytes.js';
import { keyGroupOf } from '../../contract/key-groups.js';
import { keyHasher } from '../../contract/key-hash.js';
import { keyedSchema } from '../../contract/section-schema.js';
import type {
  CustomKeyedState,
  KeyedStateBackend,
  KeyType,
  SectionSchema,
  SnapshotRows,
  SpillableState,
  SpilledRows,
  StateSpec,
} from '../../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../../contract/task.js';
import { FunctionLifecycle } from '../user-function.js';
import type { AccumulatorColumns } from '../windows/accumulator-columns.js';
import { keySlots, type KeySlots } from '../windows/key-slots.js';
import { missingTimestamp } from '../windows/missing-timestamp.js';
import { SliceGrid } from '../windows/slice-grid.js';
import { alignedWindowCodec } from '../windows/window-namespace.js';
import { coGroupOf, type CoGroupFunctionSpec } from './co-group-function.js';
import type { RecordLists } from './record-lists.js';
import { SpilledRecords } from './spilled-records.js';
import { Tagged, taggedState } from './tagged.js';
import { WindowRecords } from './window-records.js';

export interface TumblingCoGroupSpec<A, B, OUT> {
  readonly key: KeyType;
  /** whole milliseconds */
  readonly size: number;
  readonly offset: number;
  /** a record of either input; the window contents take the name of the first */
  readonly first: StateSpec;
  readonly second: StateSpec;
  readonly firstColumns: AccumulatorColumns<A>;
  readonly secondColumns: AccumulatorColumns<B>;
  readonly function: CoGroupFunctionSpec<A, B, OUT>;
  /** The function asks for no more than so many records of a list; absent: for any number. */
  readonly firstTaken?: number;
  readonly secondTaken?: number;
  readonly states: Readonly<Record<string, StateSpec>>;
}

/** The first records choose their window each: V8 then knows what happens when another begins before it compiles loops. */
const practice = 256;
/** Kept for reuse: their tables have the right size already. */
const spareWindows = 2;

/**
 * Generated code stores records in place: `row1` or `row2` gives the row in `columns`, -1 for a late record, which
 * has been counted. Flink's builders offer no side output for them.
 */
export class TumblingCoGroup<K, A, B, OUT> implements CustomKeyedState {
  readonly pending = 0;
  readonly canAccept = true;
  readonly kind = 'list';
  readonly schema: SectionSchema;
  /** of the window and side that row1() or row2() chose last */
  columns: readonly ColumnData[] = [];

  readonly spill: SpillableState = {
    form: 'lists',
    attach: rows => {
      const spec = { ...this.#spec, contents: this.#contents };
      this.#spilled = new SpilledRecords<K, A, B>(rows as SpilledRows<K>, spec);
    },
    prefetch: () => this.#makeRoom(),
    flush: () => {
      for (const window of this.#windows) this.#spilled!.store(window);
    },
  };
  readonly #spec: TumblingCoGroupSpec<A, B, OUT>;
  readonly #contents: StateSpec;
  readonly #grid: SliceGrid;
  readonly #keyed: KeyedStateBackend<K>;
  /** functions with a life of their own may have state of the key */
  readonly #setsKey: boolean;
  readonly #run: (first: readonly A[], second: readonly B[], out: Collector<OUT>) => void;
  readonly #needsBoth: boolean;
  readonly #lifecycle: FunctionLifecycle;
  readonly #out: Collector<OUT>;
  /** of what the functions emit */
  #timestamp = MIN_TIMESTAMP;
  readonly #numLateRecordsDropped: Counter;
  readonly #hash: (key: unknown) => number;
  readonly #maxParallelism: number;
  readonly #newKeySlots: () => KeySlots<K>;
  /** in order of time; few, because time moves on */
  readonly #windows: WindowRecords<K>[] = [];
  /** on backends that outgrow memory */
  #spilled: SpilledRecords<K, A, B> | null = null;
  readonly #spare: WindowRecords<K>[] = [];
  #current: WindowRecords<K> | null = null;
  // Bounds of the current window; empty when it has to be chosen anew.
  #from = Infinity;
  #to = -Infinity;
  #choices = 0;
  #watermark = MIN_TIMESTAMP;

  constructor(ctx: OperatorContext, spec: TumblingCoGroupSpec<A, B, OUT>, emit: Emit<OUT>, _side: EmitSide) {
    this.#spec = spec;
    this.#out = { collect: value => emit(value, this.#timestamp) };
    this.#grid = new SliceGrid(spec.size, spec.size, spec.offset);
    this.#contents = taggedState(spec.first, spec.second);
    this.schema = {
      ...keyedSchema(spec.key, this.#contents, alignedWindowCodec.schema),
      layout: `tumbling ${spec.size}+${this.#grid.sliceStart(0)}`,
    };
    this.#run = coGroupOf(spec.function);
    this.#needsBoth = spec.function.kind === 'join';
    this.#setsKey = typeof spec.function.function !== 'function';
    this.#keyed = ctx.keyedState<K>(spec.key);
    this.#lifecycle = new FunctionLifecycle(
      spec.function.function,
      ctx,
      spec.states,
      this.#keyed as KeyedStateBackend<unknown>,
    );
    this.#numLateRecordsDropped = ctx.metricGroup.counter('numLateRecordsDropped');
    this.#hash = keyHasher(spec.key.schema);
    this.#maxParallelism = ctx.maxParallelism;
    this.#newKeySlots = keySlots<K>(spec.key.schema);
    this.#keyed.registerCustom(spec.first.name, this);
  }

  open(): void {
    this.#lifecycle.open();
  }

  row1(key: K, timestamp: number): number {
    if (!(timestamp >= this.#from && timestamp < this.#to) && !this.#choose(timestamp)) return -1;
    if (this.#spilled !== null) this.#adds(this.#spilled, true);
    const { keys, first } = this.#current!;
    this.columns = first.columns;
    return first.append(keys.slotOf(key));
  }
  row2(key: K, timestamp: number): number {
    if (!(timestamp >= this.#from && timestamp < this.#to) && !this.#choose(timestamp)) return -1;
    if (this.#spilled !== null) this.#adds(this.#spilled, false);
    const { keys, second } = this.#current!;
    this.columns = second.columns;
    return second.append(keys.slotOf(key));
  }

  processElement1(value: A, timestamp: number, key: K): void {
    const row = this.row1(key, timestamp);
    if (row >= 0) this.#spec.firstColumns.store(this.columns, row, value);
  }
  processElement2(value: B, timestamp: number, key: K): void {
    const row = this.row2(key, timestamp);
    if (row >= 0) this.#spec.secondColumns.store(this.columns, row, value);
  }

  advanceWatermark(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    const windows = this.#windows;
    while (windows.length > 0 && windows[0]!.start + this.#spec.size - 1 <= watermark) {
      const window = windows.shift()!;
      this.#fire(window);
      this.#spilled?.delete(window);
      if (!window.isComplete || window.copyOnWrite !== null || this.#spare.length === spareWindows) continue;
      window.reset();
      this.#spare.push(window);
    }
    this.#spilled?.recount(windows);
    this.#from = Infinity;
    this.#to = -Infinity;
  }

  onKeyEnd(): void {
    this.advanceWatermark(MAX_TIMESTAMP);
    this.#watermark = MIN_TIMESTAMP;
  }

  endInput(): void {}
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
  }

  /** As the list state of {@link CoGroupOperator}: the records of the first input before those of the second. */
  snapshot(): readonly SnapshotRows[] {
    const { firstColumns, secondColumns, size } = this.#spec;
    return this.#windows.map(records => {
      const { start, keys, first, second } = records;
      const window = new TimeWindow(start, start + size);
      // Lists only grow: later records are behind these.
      const ends = [first.size, second.size] as const;
      const write: SnapshotRows['write'] = (slot, entry) => {
        const key = keys.keyAt(slot);
        const elements = [
          ...load(firstColumns, first, slot, Infinity, ends[0]).map(value => new Tagged<A, B>(true, value)),
          ...load(secondColumns, second, slot, Infinity, ends[1]).map(
            value => new Tagged<A, B>(false, value),
          ),
        ];
        const out = entry(keyGroupOf(this.#hash(key), this.#maxParallelism));
        this.#spec.key.codec.write(out, key);
        alignedWindowCodec.write(out, window);
        out.varint(elements.length);
        for (const element of elements) this.#contents.value.write(out, element);
      };
      return { table: records, count: keys.size, write };
    });
  }

  restore(_keyGroup: number, from: ByteReader): void {
    const key = this.#spec.key.codec.read(from) as K;
    this.#makeRoom();
    const window = this.#windowAt(alignedWindowCodec.read(from).start);
    const { keys, first, second } = window;
    const slot = keys.slotOf(key);
    for (let n = from.count(1); n > 0; n--) {
      const element = this.#contents.value.read(from) as Tagged<A, B>;
      this.#spilled?.adds(window, element.first);
      if (element.first) store(this.#spec.firstColumns, first, slot, element.value as A);
      else store(this.#spec.secondColumns, second, slot, element.value as B);
    }
  }

  #adds(spilled: SpilledRecords<K, A, B>, toFirst: boolean): void {
    this.#makeRoom();
    spilled.adds(this.#current!, toFirst);
  }
  /** Writes records to disk and forgets them when there are too many in memory. */
  #makeRoom(): void {
    const spilled = this.#spilled;
    if (!spilled?.isFull) return;
    for (const window of this.#windows) spilled.evict(window);
    spilled.recount([]);
  }

  /** Makes the window of this time the current one; false when it has fired. */
  #choose(timestamp: number): boolean {
    if (timestamp === MIN_TIMESTAMP) throw missingTimestamp();
    const start = this.#grid.sliceStart(timestamp);
    const end = start + this.#spec.size;
    if (end - 1 <= this.#watermark) {
      this.#numLateRecordsDropped.inc();
      return false;
    }
    this.#current = this.#windowAt(start);
    if (++this.#choices > practice) {
      this.#from = start;
      this.#to = end;
    }
    return true;
  }

  #windowAt(start: number): WindowRecords<K> {
    const windows = this.#windows;
    let at = windows.length;
    while (at > 0 && windows[at - 1]!.start >= start) at--;
    if (windows[at]?.start === start) return windows[at]!;
    const window = this.#spare.pop() ?? this.#newWindow();
    window.start = start;
    windows.splice(at, 0, window);
    return window;
  }

  #newWindow(): WindowRecords<K> {
    const { firstColumns, secondColumns } = this.#spec;
    return new WindowRecords(this.#newKeySlots(), firstColumns.kinds, secondColumns.kinds);
  }

  #fire(window: WindowRecords<K>): void {
    const { start, keys, first, second, copyOnWrite } = window;
    const { size, firstColumns, secondColumns, firstTaken, secondTaken } = this.#spec;
    const shared = firstColumns.shared || secondColumns.shared;
    this.#timestamp = start + size - 1;
    if (!window.isComplete) {
      this.#fireFromDisk(this.#spilled!, window);
      return;
    }
    for (let slot = 0; slot < keys.size; slot++) {
      // Functions are given the records themselves.
      if (copyOnWrite !== null && shared) copyOnWrite.touch(slot);
      if (this.#needsBoth && (first.first(slot) < 0 || second.first(slot) < 0)) continue;
      if (this.#setsKey) this.#keyed.setCurrentKey(keys.keyAt(slot));
      this.#run(
        load(firstColumns, first, slot, firstTaken),
        load(secondColumns, second, slot, secondTaken),
        this.#out,
      );
    }
  }
  #fireFromDisk(spilled: SpilledRecords<K, A, B>, window: WindowRecords<K>): void {
    spilled.evict(window);
    for (const { key, first, second } of spilled.read(window)) {
      if (this.#needsBoth && (first.length === 0 || second.length === 0)) continue;
      if (this.#setsKey) this.#keyed.setCurrentKey(key);
      this.#run(first, second, this.#out);
    }
  }
}

/** The first `count` records of a list. `end`: rows from there on are left out */
function load<T>(
  columns: AccumulatorColumns<T>,
  lists: RecordLists,
  list: number,
  count = Infinity,
  end = lists.size,
): T[] {
  const records: T[] = [];
  for (let row = lists.first(list); row >= 0 && row < end && records.length < count; row = lists.next(row))
    records.push(columns.load(lists.columns, row));
  return records;
}

function store<T>(columns: AccumulatorColumns<T>, lists: RecordLists, list: number, record: T): void {
  columns.store(lists.columns, lists.append(list), record);
}
