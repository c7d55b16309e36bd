/** The bits before a struct's fields: which optional and nullable fields have a value, and the values of booleans. */
import type { Schema, StructField } from '../../plugins/api/schema.js';

export type FieldEncoding =
  | { readonly kind: 'plain' }
  /** the bit is the value */
  | { readonly kind: 'bool'; readonly byte: number; readonly shift: number }
  /**
   * 1: the value follows. 0: absent (or undefined, or null, whichever the type allows first).
   * 2, where two of them are allowed: null.
   */
  | {
      readonly kind: 'presence';
      readonly byte: number;
      readonly shift: number;
      readonly bits: 1 | 2;
      readonly of: Schema;
      readonly none: 'absent' | 'undefined' | 'null';
      readonly orNull: boolean;
    };

export interface StructEncoding {
  readonly bytes: number;
  readonly fields: readonly FieldEncoding[];
}

export function encodingOf(fields: readonly StructField[]): StructEncoding {
  let used = 0;
  const place = (bits: number): { byte: number; shift: number } => {
    if ((used % 8) + bits > 8) used = Math.ceil(used / 8) * 8; // no field crosses a byte
    const at = { byte: Math.floor(used / 8), shift: used % 8 };
    used += bits;
    return at;
  };
  const encodings = fields.map((field): FieldEncoding => {
    const { schema, optional } = field;
    const nullable = schema.kind === 'nullable' ? schema : null;
    if (!optional && !nullable)
      return schema.kind === 'bool' ? { kind: 'bool', ...place(1) } : { kind: 'plain' };
    const orNull = nullable?.null ?? false;
    const none = optional ? 'absent' : nullable!.undefined ? 'undefined' : 'null';
    const bits = none !== 'null' && orNull ? 2 : 1;
    return { kind: 'presence', ...place(bits), bits, of: nullable?.of ?? schema, none, orNull: bits === 2 };
  });
  return { bytes: Math.ceil(used / 8), fields: encodings };
}
