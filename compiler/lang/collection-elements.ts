import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';
import type { MapFunction } from './functions.js';

/** The records of fromData by their position. flink: FromElementsGeneratorFunction */
export class CollectionElements<T> implements MapFunction<number, T>, Shippable {
  readonly records: readonly T[];

  constructor(records: readonly T[]) {
    this.records = records;
  }

  map(index: number): T {
    return this.records[index] as T;
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'CollectionElements', args: [this.records] };
  }
}
