import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';

/** An object of a plugin named without importing it, so that the API depends on no plugin. */
export class ApiReference implements Shippable {
  readonly #reference: ShipReference;

  constructor(module: string, name: string, args: readonly unknown[]) {
    this.#reference = { module, name, args };
  }

  [ship](): ShipReference {
    return this.#reference;
  }
}
