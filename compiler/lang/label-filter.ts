import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';
import type { FilterFunction } from './functions.js';

/** Records that carry one label: a branch of DataStream#splitBy. */
export class LabelFilter<T> implements FilterFunction<T>, Shippable {
  readonly label: string;
  readonly labelOf: (value: T) => string | null;

  constructor(label: string, labelOf: (value: T) => string | null) {
    this.label = label;
    this.labelOf = labelOf;
  }

  filter(value: T): boolean {
    return this.labelOf(value) === this.label;
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'LabelFilter', args: [this.label, this.labelOf] };
  }
}
