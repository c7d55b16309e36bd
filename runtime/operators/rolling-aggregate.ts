import type { ValueState } from '../../plugins/api/state.js';
import type { KeyedStateBackend, KeyType, StateSpec } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';

export interface RollingAggregation {
  readonly function: 'sum' | 'min' | 'max' | 'minBy' | 'maxBy';
  /** property path of the field, or [] for the record itself */
  readonly field: readonly string[];
  /** minBy, maxBy: keep the first of equals */
  readonly first: boolean;
}
export interface RollingAggregateSpec {
  readonly key: KeyType;
  readonly aggregation: RollingAggregation;
  /** what is kept per key: a record */
  readonly state: StateSpec;
}

/**
 * sum, min, max, minBy, maxBy on a keyed stream; every record gives the updated result. sum, min and max keep the
 * other fields of the first record; minBy and maxBy give the whole record with the extreme value.
 */
export class RollingAggregateOperator<K, T> {
  readonly #keyed: KeyedStateBackend<K>;
  readonly #combine: (current: T, value: T) => T;
  readonly #state: ValueState<T>;
  readonly #emit: Emit<T>;

  constructor(ctx: OperatorContext, spec: RollingAggregateSpec, emit: Emit<T>, _side: EmitSide) {
    this.#keyed = ctx.keyedState<K>(spec.key);
    this.#combine = fieldCombiner<T>(spec.aggregation);
    this.#state = this.#keyed.value<T>(spec.state);
    this.#emit = emit;
  }
  open(): void {}
  processElement(value: T, timestamp: number, key: K): void {
    this.#keyed.setCurrentKey(key);
    const current = this.#state.value();
    const next = current === null ? value : this.#combine(current, value);
    this.#state.update(next);
    this.#emit(next, timestamp);
  }
  advanceWatermark(_watermark: number): void {}
  onKeyEnd(): void {}
  endInput(): void {}
  prepareSnapshot(_checkpointId: number): void {}
  finish(): void {}
  close(): void {}
}

/** The reduce function that an aggregation of one field stands for. Never changes the records it is given. */
export function fieldCombiner<T>(aggregation: RollingAggregation): (current: T, value: T) => T {
  const { field, first } = aggregation;
  const read = (record: T): Comparable => readPath(record, field) as Comparable;
  switch (aggregation.function) {
    case 'sum':
      return (current, value) => withPath(current, field, add(read(current), read(value)));
    case 'min':
      return (current, value) =>
        read(value) < read(current) ? withPath(current, field, read(value)) : current;
    case 'max':
      return (current, value) =>
        read(value) > read(current) ? withPath(current, field, read(value)) : current;
    case 'minBy':
      return (current, value) => (precedes(read(value), read(current), first) ? value : current);
    case 'maxBy':
      return (current, value) => (precedes(read(current), read(value), first) ? value : current);
  }
}

type Comparable = number | bigint | string | boolean | Date;

/** Whether `a` goes before `b`; of equals only when the last one is wanted. */
function precedes(a: Comparable, b: Comparable, first: boolean): boolean {
  if (a < b) return true;
  if (first || a > b) return false;
  // Neither is smaller: equal, or not comparable (NaN), which never replaces anything.
  return a <= b;
}
function add(a: Comparable, b: Comparable): Comparable {
  return typeof a === 'bigint' ? a + (b as bigint) : (a as number) + (b as number);
}

function readPath(record: unknown, path: readonly string[]): unknown {
  let value = record;
  for (let i = 0; i < path.length; i++) value = (value as Readonly<Record<string, unknown>>)[path[i]!];
  return value;
}
/** A copy of the record with one field replaced; what lies beside the path is shared. */
function withPath<T>(record: T, path: readonly string[], value: unknown, depth = 0): T {
  if (depth === path.length) return value as T;
  const name = path[depth]!;
  const copy = Array.isArray(record)
    ? (record.slice() as unknown as Record<string, unknown>)
    : (Object.assign(Object.create(Object.getPrototypeOf(record) as object | null), record) as Record<
        string,
        unknown
      >);
  copy[name] = withPath(copy[name], path, value, depth + 1);
  return copy as T;
}
