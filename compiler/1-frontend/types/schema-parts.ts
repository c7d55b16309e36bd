/** Building blocks of schemas that are derived from types. */
import type { Schema, UnionCase } from '../../../plugins/api/schema.js';

/** What `typeof`, `Array.isArray` or `instanceof` can see of a value; see UnionCase. */
export function typeofTag(schema: Schema): string {
  switch (schema.kind) {
    case 'bool':
      return 'boolean';
    case 'string':
      return 'string';
    case 'int32':
    case 'float32':
    case 'float64':
    case 'timestamp':
      return 'number';
    case 'int64':
    case 'bigint':
    case 'decimal':
      return 'bigint';
    case 'bytes':
      return 'bytes';
    case 'date':
      return 'Date';
    case 'map':
      return 'Map';
    case 'set':
      return 'Set';
    case 'list':
    case 'tuple':
      return 'array';
    case 'enum':
      return 'enum';
    case 'recursive':
      return typeofTag(schema.of);
    default:
      return 'object';
  }
}

export function typeofUnion(cases: readonly UnionCase[]): Schema {
  return { kind: 'union', by: { kind: 'typeof' }, cases };
}
export function enumOf(values: readonly (string | number | boolean)[]): Schema {
  const sorted = [...new Set(values)].sort(
    (a, b) =>
      compare(typeof a, typeof b) || (typeof a === 'number' ? a - Number(b) : compare(String(a), String(b))),
  );
  return { kind: 'enum', values: sorted };
}
export function nullable(of: Schema, orNull: boolean, orUndefined: boolean): Schema {
  if (of.kind === 'nullable') {
    return { ...of, null: of.null || orNull, undefined: of.undefined || orUndefined };
  }
  if (of.kind === 'null' || of.kind === 'undefined') {
    const isNull = of.kind === 'null' || orNull;
    const isUndefined = of.kind === 'undefined' || orUndefined;
    if (!(isNull && isUndefined)) return of;
    return { kind: 'nullable', of: { kind: 'null' }, null: false, undefined: true };
  }
  return { kind: 'nullable', of, null: orNull, undefined: orUndefined };
}
export const orUndefined = (schema: Schema): Schema => nullable(schema, false, true);

/** An optional property that is there but undefined is encoded as absent. */
export function withoutUndefined(schema: Schema): Schema {
  if (schema.kind !== 'nullable' || !schema.undefined) return schema;
  return schema.null ? { ...schema, undefined: false } : schema.of;
}
/** By code units: localeCompare would depend on the machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
