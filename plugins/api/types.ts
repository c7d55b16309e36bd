/**
 * Branded number types. The brand is an optional property, so plain numbers and bigints are
 * assignable without a cast, while two different brands are not assignable to each other.
 * The brand decides the schema (and so the encoding); at run time the values are primitives.
 */
declare const brand: unique symbol;

/** 32-bit signed integer; encoding a value that is fractional or out of range is an error. */
export type Int32 = number & { readonly [brand]?: 'int32' };
/** 64-bit signed integer. */
export type Int64 = bigint & { readonly [brand]?: 'int64' };
/** Single-precision float. */
export type Float32 = number & { readonly [brand]?: 'float32' };
/** Milliseconds since the epoch, UTC. Formats read and write it as a date-time text. */
export type Timestamp = number & { readonly [brand]?: 'timestamp' };
/**
 * Exact decimal with precision P and scale S, held as unscaled bigint: `Decimal<10, 2>` 12.34 is 1234n.
 * Same-scale addition, subtraction and comparison are the bigint operators.
 */
export type Decimal<P extends number = 18, S extends number = 2> = bigint & {
  readonly [brand]?: readonly ['decimal', P, S];
};
/**
 * Any JSON value, encoded as JSON text: the explicit way to have records without a schema. Slower and larger than a
 * declared type, and dates, maps and bigints do not survive it.
 */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue; readonly [brand]?: 'json' };
/** An object type that is encoded as JSON text as it is, whatever its fields are. */
export type Unchecked<T extends object> = T & { readonly [brand]?: 'json' };
/** Length of time in milliseconds. Made by {@link seconds}, {@link minutes}, …; a plain number also works. */
export type Duration = number;

/** "No timestamp": Flink's Long.MIN_VALUE. */
export const MIN_TIMESTAMP = -(2 ** 63);
/** End of time: Flink's Long.MAX_VALUE (as a double, 2^63). Sums beyond it stay there by rounding. */
export const MAX_TIMESTAMP = 2 ** 63;
