/** Fields named by text, checked by the compiler: `sum('amount')`, `max('bid.price')`. */

/** Paths of at most three properties from T to a value assignable to Leaf. */
export type FieldPath<T, Leaf> = PathTo<T, Leaf, [0, 0, 0]>;

type PathTo<T, Leaf, Depth extends readonly unknown[]> = Depth extends readonly [unknown, ...infer Rest]
  ? T extends object
    ? { [P in keyof T & string]: (T[P] extends Leaf ? P : never) | NestedPath<P, T[P], Leaf, Rest> }[keyof T &
        string]
    : never
  : never;

type NestedPath<P extends string, V, Leaf, Depth extends readonly unknown[]> = V extends
  | Leaf
  | readonly unknown[]
  | Date
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ((...args: never) => unknown)
  ? never
  : `${P}.${PathTo<V, Leaf, Depth>}`;

export type Numeric = number | bigint;
export type Comparable = number | bigint | string | boolean | Date;
