import type { Collector } from '../../plugins/api/functions.js';
import type { ListState } from '../../plugins/api/state.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { AggregateLike, KeyedStateBackend, KeyType, StateSpec } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import type { ReduceLambda } from './reduce.js';
import { TimestampedCollector } from './process-context.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';

export type PartitionOperation<IN, OUT> =
  | {
      readonly kind: 'mapPartition';
      readonly fn: MapPartition<IN, OUT> | { mapPartition: MapPartition<IN, OUT> };
    }
  | {
      readonly kind: 'sortPartition';
      readonly fn: ((value: IN) => unknown) | { getKey(value: IN): unknown };
      readonly order: 'ASCENDING' | 'DESCENDING';
    }
  | { readonly kind: 'aggregate'; readonly fn: AggregateLike<IN, unknown, OUT> }
  | { readonly kind: 'reduce'; readonly fn: ReduceLambda<IN> | { reduce: ReduceLambda<IN> } };
type MapPartition<IN, OUT> = (values: Iterable<IN>, out: Collector<OUT>) => Iterable<OUT> | void;

export interface FullWindowPartitionSpec<IN, OUT> {
  /** null: one partition, everything that this subtask gets */
  readonly key: KeyType | null;
  readonly operation: PartitionOperation<IN, OUT>;
  /** the records of a partition */
  readonly records: StateSpec;
  readonly states: StateSpecs;
}

/** fullWindowPartition: a partition is processed as a whole when the input has ended. Results carry no timestamp. */
export class FullWindowPartitionOperator<K, IN, OUT> {
  readonly #keyed: KeyedStateBackend<K> | null;
  readonly #lifecycle: FunctionLifecycle;
  readonly #records: ListState<IN>;
  readonly #process: (records: readonly IN[]) => void;
  readonly #recordsName: string;

  constructor(
    ctx: OperatorContext,
    spec: FullWindowPartitionSpec<IN, OUT>,
    emit: Emit<OUT>,
    _side: EmitSide,
  ) {
    this.#keyed = spec.key && ctx.keyedState<K>(spec.key);
    this.#lifecycle = new FunctionLifecycle(
      spec.operation.fn,
      ctx,
      spec.states,
      this.#keyed as KeyedStateBackend<unknown> | null,
    );
    this.#records = this.#keyed
      ? this.#keyed.list<IN>(spec.records)
      : ctx.operatorState.list<IN>(spec.records);
    this.#recordsName = spec.records.name;
    this.#process = partitionProcessor(spec.operation, emit);
  }
  open(): void {
    this.#lifecycle.open();
  }
  processElement(value: IN, _timestamp: number, key?: K): void {
    this.#keyed?.setCurrentKey(key as K);
    this.#records.add(value);
  }
  advanceWatermark(_watermark: number): void {}
  /** BATCH mode: the partition of the current key is complete. The key may be one of an operator before. */
  onKeyEnd(): void {
    if (this.#keyed) this.#endPartition();
  }
  endInput(): void {
    if (this.#keyed) this.#keyed.forEachKey(this.#recordsName, () => this.#endPartition());
    else this.#endPartition();
  }
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
  }
  finish(): void {}
  close(): void {
    this.#lifecycle.close();
  }
  #endPartition(): void {
    const records = [...this.#records.get()];
    this.#records.clear();
    this.#process(records);
  }
}

function partitionProcessor<IN, OUT>(
  operation: PartitionOperation<IN, OUT>,
  emit: Emit<OUT>,
): (records: readonly IN[]) => void {
  switch (operation.kind) {
    case 'mapPartition': {
      const fn = typeof operation.fn === 'function' ? { mapPartition: operation.fn } : operation.fn;
      const out = new TimestampedCollector(emit);
      return records => out.collectAll(fn.mapPartition(records, out));
    }
    case 'sortPartition': {
      const fn = typeof operation.fn === 'function' ? { getKey: operation.fn } : operation.fn;
      const sign = operation.order === 'ASCENDING' ? 1 : -1;
      return records => {
        const sorted = records.map(record => ({ record, key: fn.getKey(record) as number }));
        sorted.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0));
        for (const { record } of sorted) emit(record as unknown as OUT, MIN_TIMESTAMP);
      };
    }
    case 'aggregate': {
      const { fn } = operation;
      return records => {
        if (records.length === 0) return;
        let accumulator = fn.createAccumulator();
        for (const record of records) accumulator = fn.add(record, accumulator);
        emit(fn.getResult(accumulator), MIN_TIMESTAMP);
      };
    }
    case 'reduce': {
      const fn = typeof operation.fn === 'function' ? { reduce: operation.fn } : operation.fn;
      return records => {
        if (records.length === 0) return;
        emit(records.reduce((a, b) => fn.reduce(a, b)) as unknown as OUT, MIN_TIMESTAMP);
      };
    }
  }
}
