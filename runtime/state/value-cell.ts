/** Value, reducing and aggregating state over one cell per key, whatever backend keeps it. */
import type { AggregatingState, ReducingState, ValueState } from '../../plugins/api/state.js';
import { ByteReader, ByteWriter } from '../contract/bytes.js';
import type { AggregateLike, StateSpec } from '../contract/state.js';

/** The value of the current key (and namespace). */
export interface ValueCell<T> {
  readonly spec: StateSpec;
  /** null when there is none */
  get(): T | null;
  put(value: T): void;
  clear(): void;
}

export class CellValueState<T> implements ValueState<T> {
  readonly #cell: ValueCell<T>;
  readonly #defaultValue: () => T | null;

  constructor(cell: ValueCell<T>, defaultValue: T | undefined) {
    this.#cell = cell;
    this.#defaultValue = defaultFactory(cell.spec, defaultValue);
  }
  value(): T | null {
    const value = this.#cell.get();
    return value === null ? this.#defaultValue() : value;
  }
  update(value: T | null): void {
    if (value === null || value === undefined) this.#cell.clear();
    else this.#cell.put(value);
  }
  clear(): void {
    this.#cell.clear();
  }
}

export class CellReducingState<T> implements ReducingState<T> {
  readonly #cell: ValueCell<T>;
  readonly #reduce: (a: T, b: T) => T;

  constructor(cell: ValueCell<T>, reduce: (a: T, b: T) => T) {
    this.#cell = cell;
    this.#reduce = reduce;
  }
  get(): T | null {
    return this.#cell.get();
  }
  add(value: T): void {
    const current = this.#cell.get();
    this.#cell.put(current === null ? value : this.#reduce(current, value));
  }
  clear(): void {
    this.#cell.clear();
  }
}

export class CellAggregatingState<IN, ACC, OUT> implements AggregatingState<IN, OUT> {
  readonly #cell: ValueCell<ACC>;
  readonly #fn: AggregateLike<IN, ACC, OUT>;

  constructor(cell: ValueCell<ACC>, fn: AggregateLike<IN, ACC, OUT>) {
    this.#cell = cell;
    this.#fn = fn;
  }
  get(): OUT | null {
    const accumulator = this.#cell.get();
    return accumulator === null ? null : this.#fn.getResult(accumulator);
  }
  add(value: IN): void {
    const accumulator = this.#cell.get() ?? this.#fn.createAccumulator();
    this.#cell.put(this.#fn.add(value, accumulator));
  }
  clear(): void {
    this.#cell.clear();
  }
}

/** A default that is an object is made anew for every reader: one of them may change it. */
function defaultFactory<T>(spec: StateSpec, value: T | undefined): () => T | null {
  if (value === undefined || value === null) return () => null;
  if (typeof value !== 'object') return () => value;
  const out = new ByteWriter();
  spec.value.write(out, value);
  const bytes = out.toBytes();
  return () => spec.value.read(new ByteReader(bytes)) as T;
}
