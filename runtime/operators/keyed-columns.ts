/**
 * One accumulator of fixed width per key, in columns: reductions and rolling aggregates of flat records. Generated code
 * updates the columns in place, so a record makes no object.
 */
import type { ColumnData } from '../../plugins/api/batch.js';
import type { ByteReader } from '../contract/bytes.js';
import { keyGroupOf } from '../contract/key-groups.js';
import { keyHasher } from '../contract/key-hash.js';
import { keyedSchema } from '../contract/section-schema.js';
import type {
  CustomKeyedState,
  KeyedStateBackend,
  KeyType,
  SectionSchema,
  SnapshotRows,
  SpillableState,
  SpilledRows,
  StateSpec,
} from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import type { ReduceLambda } from './reduce.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';
import type { AccumulatorColumns } from './windows/accumulator-columns.js';
import { keySlots } from './windows/key-slots.js';
import { SpilledSlices } from './windows/spilled-slices.js';
import { Slice } from './windows/slice.js';

export interface KeyedColumnsSpec<T> {
  readonly key: KeyType;
  readonly fn: ReduceLambda<T> | { reduce: ReduceLambda<T> };
  /** the accumulator: a record */
  readonly state: StateSpec;
  readonly columns: AccumulatorColumns<T>;
  readonly states: StateSpecs;
}

/**
 * ```
 * const slot = op.slot(key);
 * if (op.inserted) op.columns[0][slot] = price;
 * else op.columns[0][slot] += price;
 * ```
 */
export class KeyedColumnsOperator<K, T> implements CustomKeyedState {
  readonly kind = 'value';
  readonly schema: SectionSchema;
  readonly onlyGrows = true;
  readonly columns: readonly ColumnData[];
  /** Whether the last slot() call made the slot: it holds nothing yet. */
  inserted = false;
  readonly #spec: KeyedColumnsSpec<T>;
  readonly spill: SpillableState = {
    form: 'values',
    attach: rows => {
      this.#spilled = new SpilledSlices<K, T>(rows as SpilledRows<K>, 'values', this.#spec);
      this.#rows.isComplete = !rows.areRestored;
    },
    prefetch: (keys, length) => {
      this.#makeRoom(this.#spilled!);
      this.#spilled!.prefetch(this.#rows, keys, length);
    },
    flush: () => this.#spilled!.store(this.#rows),
  };
  readonly #rows: Slice<K>;
  /** on backends that outgrow memory */
  #spilled: SpilledSlices<K, T> | null = null;
  readonly #reduce: { reduce: ReduceLambda<T> };
  readonly #lifecycle: FunctionLifecycle;
  readonly #emit: Emit<T>;
  readonly #hash: (key: unknown) => number;
  readonly #maxParallelism: number;

  constructor(ctx: OperatorContext, spec: KeyedColumnsSpec<T>, emit: Emit<T>, _side: EmitSide) {
    this.schema = keyedSchema(spec.key, spec.state);
    this.#spec = spec;
    this.#emit = emit;
    this.#rows = new Slice(keySlots<K>(spec.key.schema)(), spec.columns.kinds);
    this.columns = this.#rows.columns;
    this.#reduce = typeof spec.fn === 'function' ? { reduce: spec.fn } : spec.fn;
    this.#hash = keyHasher(spec.key.schema);
    this.#maxParallelism = ctx.maxParallelism;
    const keyed = ctx.keyedState<K>(spec.key);
    this.#lifecycle = new FunctionLifecycle(
      this.#reduce,
      ctx,
      spec.states,
      keyed as KeyedStateBackend<unknown>,
    );
    keyed.registerCustom(spec.state.name, this);
  }
  open(): void {
    this.#lifecycle.open();
  }

  /** Row of the key in {@link columns}. */
  slot(key: K): number {
    if (this.#spilled !== null) return this.#slotThatMayBeSpilled(this.#spilled, key);
    const { keys } = this.#rows;
    const size = keys.size;
    const slot = keys.slotOf(key);
    this.inserted = slot === size;
    if (this.inserted) this.#rows.reserve(slot);
    else if (this.#rows.copyOnWrite !== null) this.#rows.copyOnWrite.touch(slot);
    return slot;
  }

  #slotThatMayBeSpilled(spilled: SpilledSlices<K, T>, key: K): number {
    this.#makeRoom(spilled);
    const slot = spilled.slot(this.#rows, key);
    this.inserted = spilled.inserted;
    return slot;
  }
  #makeRoom(spilled: SpilledSlices<K, T>): void {
    if (spilled.isFull) spilled.evict(this.#rows);
  }

  /** The same through the function, where it is not pasted. */
  processElement(value: T, timestamp: number, key: K): void {
    const layout = this.#spec.columns;
    const slot = this.slot(key);
    const next = this.inserted ? value : this.#reduce.reduce(layout.load(this.columns, slot), value);
    layout.store(this.columns, slot, next);
    this.#emit(next, timestamp);
  }

  advanceWatermark(_watermark: number): void {}
  /** BATCH: state for one key at a time. */
  onKeyEnd(): void {
    this.#rows.clear();
  }
  endInput(): void {}
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
  }

  snapshot(): readonly SnapshotRows[] {
    const { keys, columns } = this.#rows;
    const write: SnapshotRows['write'] = (slot, entry) => {
      const key = keys.keyAt(slot);
      const out = entry(keyGroupOf(this.#hash(key), this.#maxParallelism));
      this.#spec.key.codec.write(out, key);
      this.#spec.state.value.write(out, this.#spec.columns.load(columns, slot));
    };
    return [{ table: this.#rows, count: keys.size, write }];
  }
  restore(_keyGroup: number, from: ByteReader): void {
    const slot = this.slot(this.#spec.key.codec.read(from) as K);
    this.#spec.columns.store(this.columns, slot, this.#spec.state.value.read(from) as T);
  }
}
