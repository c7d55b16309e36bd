import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';
import type { KeySelector } from './functions.js';

/** `keyBy('user')`. flink: KeySelectorUtil (field keys) */
export class PropertyKeySelector<T, P extends keyof T & string> implements KeySelector<T, T[P]>, Shippable {
  readonly property: P;

  constructor(property: P) {
    this.property = property;
  }

  getKey(value: T): T[P] {
    return value[this.property];
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'PropertyKeySelector', args: [this.property] };
  }
}
