import type { AggregatingState, ReducingState } from '../../../plugins/api/state.js';
import type { AggregateLike } from '../../contract/state.js';
import type { ValueTable } from './value-state.js';

export class HeapReducingState<T> implements ReducingState<T> {
  readonly #table: ValueTable<T>;
  readonly #reduce: (a: T, b: T) => T;

  constructor(table: ValueTable<T>, reduce: (a: T, b: T) => T) {
    this.#table = table;
    this.#reduce = reduce;
  }
  get(): T | null {
    return this.#table.read();
  }
  add(value: T): void {
    const current = this.#table.read();
    this.#table.write(current === null ? value : this.#reduce(current, value));
  }
  clear(): void {
    this.#table.clear();
  }
}

export class HeapAggregatingState<IN, ACC, OUT> implements AggregatingState<IN, OUT> {
  readonly #table: ValueTable<ACC>;
  readonly #fn: AggregateLike<IN, ACC, OUT>;

  constructor(table: ValueTable<ACC>, fn: AggregateLike<IN, ACC, OUT>) {
    this.#table = table;
    this.#fn = fn;
  }
  get(): OUT | null {
    const accumulator = this.#table.read();
    return accumulator === null ? null : this.#fn.getResult(accumulator);
  }
  add(value: IN): void {
    const accumulator = this.#table.read() ?? this.#fn.createAccumulator();
    this.#table.write(this.#fn.add(value, accumulator));
  }
  clear(): void {
    this.#table.clear();
  }
}
