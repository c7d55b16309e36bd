/**
 * The schema of a record, key or state value, derived from its TypeScript type.
 * Canonical: fields and union cases are sorted, anonymous names are absent; see compiler/ir/fingerprint.ts.
 */
export type Schema =
  | { readonly kind: 'bool' }
  | { readonly kind: 'string' }
  | { readonly kind: 'bytes' } // Uint8Array
  | { readonly kind: 'int32' }
  | { readonly kind: 'int64' } // bigint, 64 bits (branded Int64)
  | { readonly kind: 'bigint' } // plain bigint, any size
  | { readonly kind: 'float32' }
  | { readonly kind: 'float64' } // plain number
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number } // unscaled bigint
  | { readonly kind: 'timestamp' } // branded Timestamp: number of ms
  | { readonly kind: 'date' } // a Date object
  | { readonly kind: 'enum'; readonly values: readonly (string | number | boolean)[] } // declared literal unions
  | { readonly kind: 'null' }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'nullable'; readonly of: Schema; readonly null: boolean; readonly undefined: boolean }
  | {
      readonly kind: 'struct';
      readonly name?: string;
      readonly fields: readonly StructField[];
      readonly classRef?: ClassRef;
    }
  | { readonly kind: 'list'; readonly of: Schema }
  | { readonly kind: 'tuple'; readonly items: readonly Schema[]; readonly rest?: Schema }
  | { readonly kind: 'map'; readonly key: Schema; readonly value: Schema }
  | { readonly kind: 'set'; readonly of: Schema }
  | { readonly kind: 'record'; readonly value: Schema } // index signature { [key: string]: V }
  | { readonly kind: 'union'; readonly by: UnionTest; readonly cases: readonly UnionCase[] }
  | { readonly kind: 'recursive'; readonly id: string; readonly of: Schema } // binds id inside `of`
  | { readonly kind: 'ref'; readonly id: string }
  | { readonly kind: 'json' }; // explicit opt-in for any/unknown

/** `name` is the property, fields are sorted by name; optional means the key may be absent (decodes as absent). */
export interface StructField {
  readonly name: string;
  readonly schema: Schema;
  readonly optional: boolean;
}
/** A record class declared in the user's program: decoded values get its prototype, the constructor is not run. */
export interface ClassRef {
  /** root-relative file of the program, or 'flinkc' */
  readonly module: string;
  readonly exportName: string;
  /** values are encoded through `toRecord()` and made by the static `fromRecord()`, as classes with #private fields need */
  readonly convert?: true;
}
/** Whether records of the type may be handled field by field: those of a class that converts itself only as a whole. */
export function hasOwnFields(schema: Schema): schema is Extract<Schema, { readonly kind: 'struct' }> {
  return schema.kind === 'struct' && schema.classRef?.convert !== true;
}
/** How a value of a union is told apart: by a literal field, or by typeof/Array.isArray/instanceof. */
export type UnionTest = { readonly kind: 'tag'; readonly field: string } | { readonly kind: 'typeof' };
export interface UnionCase {
  /** literal of the tag field, or one of string number boolean bigint array Date Map Set bytes object enum */
  readonly tag: string | number | boolean;
  readonly schema: Schema;
}
