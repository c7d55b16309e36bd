/**
 * How objects made by flinkc's own libraries get from the staged program into the artifact:
 * they name the exported class and the constructor arguments that make them again.
 */
export const ship: unique symbol = Symbol.for('flinkc.ship') as never;

export interface ShipReference {
  /** Import specifier as a user writes it: 'flinkc', 'flinkc/file', … */
  readonly module: string;
  /** Exported class, called with `new`. */
  readonly name: string;
  /** Constructor arguments: any shippable values, user functions included. */
  readonly args: readonly unknown[];
}

export interface Shippable {
  [ship](): ShipReference;
}
