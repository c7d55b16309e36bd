import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';
import type { OutputTagLike } from '../../plugins/api/functions.js';

/**
 * Names a side output; its record type is the type parameter. Two tags are the same when id and type are.
 * flink: OutputTag
 */
export class OutputTag<T> implements OutputTagLike<T>, Shippable {
  readonly id: string;
  declare readonly __type?: T;

  constructor(id: string) {
    if (id === '') throw new Error('OutputTag id must not be empty.');
    this.id = id;
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'OutputTag', args: [this.id] };
  }
}
