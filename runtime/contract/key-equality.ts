/** Equality of keys by value. NaN equals NaN and -0 equals 0, in step with key-hash.ts. */
import type { Schema } from '../../plugins/api/schema.js';

type Equality = (a: unknown, b: unknown) => boolean;

/** Composite keys of a known shape are compared field by field; what varies in shape is compared dynamically. */
export function structuralEquality(schema: Schema): Equality {
  switch (schema.kind) {
    case 'struct': {
      const names = schema.fields.map(field => field.name);
      const equals = schema.fields.map(field => structuralEquality(field.schema));
      return (a, b) => {
        if (!isObject(a) || !isObject(b)) return a === b;
        for (let i = 0; i < names.length; i++) if (!equals[i]!(a[names[i]!], b[names[i]!])) return false;
        return true;
      };
    }
    case 'tuple': {
      if (schema.rest) return equalValues;
      const equals = schema.items.map(structuralEquality);
      return (a, b) => {
        if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
        if (a.length !== b.length) return false;
        for (let i = 0; i < equals.length; i++) if (!equals[i]!(a[i], b[i])) return false;
        return true;
      };
    }
    case 'bool':
    case 'string':
    case 'int32':
    case 'int64':
    case 'bigint':
    case 'decimal':
    case 'timestamp':
    case 'float32':
    case 'float64':
    case 'enum':
    case 'null':
    case 'undefined':
      return sameValueZero;
    case 'bytes':
    case 'date':
    case 'nullable':
    case 'list':
    case 'map':
    case 'set':
    case 'record':
    case 'union':
    case 'recursive':
    case 'ref':
    case 'json':
      return equalValues;
  }
}

function sameValueZero(a: unknown, b: unknown): boolean {
  return a === b || (a !== a && b !== b);
}
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function equalValues(a: unknown, b: unknown): boolean {
  if (sameValueZero(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (a instanceof Date) return b instanceof Date && sameValueZero(a.getTime(), b.getTime());
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalBytes(a, b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, i) => equalValues(element, b[i]));
  }
  if (a instanceof Map) return b instanceof Map && equalMaps(a, b);
  if (a instanceof Set) return b instanceof Set && equalMaps(new Map(a.entries()), new Map(b.entries()));
  // A field that is absent equals one that is undefined: schemas do not tell them apart in keys.
  for (const name in a) if (!equalValues(a[name], b[name])) return false;
  for (const name in b) if (!(name in a) && b[name] !== undefined) return false;
  return true;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
function equalMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  const rest = [...b];
  for (const [key, value] of a) {
    const at = rest.findIndex(([k, v]) => equalValues(k, key) && equalValues(v, value));
    if (at < 0) return false;
    rest.splice(at, 1);
  }
  return true;
}
