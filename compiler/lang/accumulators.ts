/** Per-subtask figures that are merged at the end of the job. flink: org.apache.flink.api.common.accumulators */
import type { Accumulator } from '../../plugins/api/functions.js';
import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';

/** flink: IntCounter, LongCounter, DoubleCounter: one class, because there is one kind of number. */
export class IntCounter implements Accumulator<number>, Shippable {
  #sum: number;

  constructor(initial = 0) {
    this.#sum = initial;
  }

  get localValue(): number {
    return this.#sum;
  }

  add(value: number): void {
    this.#sum += value;
  }

  merge(other: number): void {
    this.#sum += other;
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'IntCounter', args: [this.#sum] };
  }
}

/** flink: DoubleMaximum */
export class Maximum implements Accumulator<number>, Shippable {
  readonly mergedBy = 'max';
  #max: number;

  constructor(initial = -Infinity) {
    this.#max = initial;
  }

  get localValue(): number {
    return this.#max;
  }

  add(value: number): void {
    this.#max = Math.max(this.#max, value);
  }

  merge(other: number): void {
    this.add(other);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'Maximum', args: [this.#max] };
  }
}

/** flink: DoubleMinimum */
export class Minimum implements Accumulator<number>, Shippable {
  readonly mergedBy = 'min';
  #min: number;

  constructor(initial = Infinity) {
    this.#min = initial;
  }

  get localValue(): number {
    return this.#min;
  }

  add(value: number): void {
    this.#min = Math.min(this.#min, value);
  }

  merge(other: number): void {
    this.add(other);
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'Minimum', args: [this.#min] };
  }
}
