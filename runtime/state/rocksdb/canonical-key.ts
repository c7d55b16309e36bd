/** Keys that are equal must have equal bytes: the database compares nothing else. */
import type { Schema } from '../../../plugins/api/schema.js';

type Canonical = (value: never) => unknown;

/** Null: equal keys of the schema have equal bytes as they are. */
export function canonicalKey(schema: Schema): ((value: unknown) => unknown) | null {
  return compile(schema) as ((value: unknown) => unknown) | null;
}

function compile(schema: Schema): Canonical | null {
  switch (schema.kind) {
    case 'bool':
    case 'string':
    case 'bytes':
    case 'int32':
    case 'int64':
    case 'bigint':
    case 'decimal':
    case 'date':
    case 'enum':
    case 'null':
    case 'undefined':
      return null;
    case 'float32':
    case 'float64':
    case 'timestamp':
      return canonicalNumber;
    case 'nullable': {
      const of = compile(schema.of) as ((value: unknown) => unknown) | null;
      return of && ((value: unknown) => (value === null || value === undefined ? value : of(value)));
    }
    case 'struct': {
      const fields = schema.fields
        .map(field => ({ name: field.name, of: compile(field.schema) as ((v: unknown) => unknown) | null }))
        .filter(field => field.of !== null);
      if (fields.length === 0) return null;
      return (value: Readonly<Record<string, unknown>>) => {
        let copy: Record<string, unknown> | null = null;
        for (const { name, of } of fields) {
          const before = value[name];
          if (before === undefined || before === null) continue;
          const after = of!(before);
          if (Object.is(before, after)) continue;
          copy ??= Object.assign(
            Object.create(Object.getPrototypeOf(value) as object | null) as Record<string, unknown>,
            value,
          );
          copy[name] = after;
        }
        return copy ?? value;
      };
    }
    case 'list':
    case 'tuple':
    case 'map':
    case 'set':
    case 'record':
    case 'union':
    case 'recursive':
    case 'ref':
    case 'json':
      return canonicalDynamic;
  }
}

function canonicalNumber(value: number): number {
  if (value !== value) return NaN;
  return value + 0; // -0 + 0 is 0
}

/** By what the value is at run time. Sets and maps are ordered: equal ones may list their elements in any order. */
function canonicalDynamic(value: unknown): unknown {
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(canonicalDynamic);
  if (value instanceof Set) return new Set([...value].map(canonicalDynamic).sort(byText));
  if (value instanceof Map) {
    const entries = [...value].map(([k, v]) => [canonicalDynamic(k), canonicalDynamic(v)] as const);
    return new Map(entries.sort((a, b) => byText(a[0], b[0])));
  }
  const record = value as Readonly<Record<string, unknown>>;
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as Record<string, unknown>;
  for (const name of Object.keys(record).sort()) {
    if (record[name] !== undefined) copy[name] = canonicalDynamic(record[name]);
  }
  return copy;
}

function byText(a: unknown, b: unknown): number {
  const left = text(a);
  const right = text(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
/** Any order will do that is the same for equal values and another one for different ones. */
function text(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Date) return `d${value.getTime()}`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('latin1')}`;
  if (value instanceof Set) return `{${[...value].map(text).join()}}`;
  if (value instanceof Map) return `{${[...value].map(([k, v]) => `${text(k)}:${text(v)}`).join()}}`;
  if (Array.isArray(value)) return `[${value.map(text).join()}]`;
  if (typeof value === 'object' && value !== null)
    return `(${Object.entries(value)
      .map(([name, v]) => `${JSON.stringify(name)}:${text(v)}`)
      .join()})`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
