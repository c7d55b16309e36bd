/**
 * Text form of values by schema, shared by sinks that write for people and by text formats: decimals with their
 * scale, timestamps and dates as ISO 8601 in UTC, bytes as base64, bigints as digits, maps as objects or pairs.
 */
import type { Schema } from './schema.js';

/** A value that JSON.stringify turns into the text form; numbers that JSON cannot hold exactly become strings only when quoted is asked for. */
export type JsonWriter = (value: unknown) => string;

/** The recursive schemas around one, by the names that refer to them. */
type Bound = ReadonlyMap<string, { writer: JsonWriter | null }>;
type Compile = (schema: Schema) => JsonWriter;
type SchemaOf<K extends Schema['kind']> = Extract<Schema, { readonly kind: K }>;

/** "1234n with scale 2" → "12.34" */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Compiles a schema into a JSON writer; exact for decimals and bigints, which are written as JSON numbers. */
export function jsonWriter(schema: Schema, bound: Bound = new Map()): JsonWriter {
  const compile = (inner: Schema): JsonWriter => jsonWriter(inner, bound);
  switch (schema.kind) {
    case 'bool':
    case 'int32':
      return String;
    case 'float32':
    case 'float64':
    case 'string':
    case 'enum':
    case 'json':
      // NaN and infinities have no JSON form; null is what JSON.stringify makes of them
      return value => JSON.stringify(value) ?? 'null';
    case 'int64':
    case 'bigint':
      return value => (value as bigint).toString();
    case 'decimal':
      return value => decimalText(value as bigint, schema.scale);
    case 'timestamp':
      return value => JSON.stringify(new Date(value as number).toISOString());
    case 'date':
      return value => JSON.stringify((value as Date).toISOString());
    case 'bytes':
      return value => JSON.stringify(Buffer.from(value as Uint8Array).toString('base64'));
    case 'null':
    case 'undefined':
      return () => 'null';
    case 'nullable': {
      const of = compile(schema.of);
      return value => (value === null || value === undefined ? 'null' : of(value));
    }
    case 'struct':
      return structWriter(schema, compile);
    case 'list':
    case 'set': {
      const of = compile(schema.of);
      return value => `[${[...(value as Iterable<unknown>)].map(of).join(',')}]`;
    }
    case 'tuple': {
      const items = schema.items.map(compile);
      const rest = schema.rest ? compile(schema.rest) : null;
      return value =>
        `[${(value as readonly unknown[]).map((item, i) => (items[i] ?? rest ?? JSON.stringify)(item)).join(',')}]`;
    }
    case 'map':
      return mapWriter(schema, compile);
    case 'record': {
      const item = compile(schema.value);
      return value =>
        `{${Object.entries(value as Record<string, unknown>)
          .map(([k, v]) => `${JSON.stringify(k)}:${item(v)}`)
          .join(',')}}`;
    }
    case 'union':
      return unionWriter(schema, compile);
    case 'recursive': {
      const self: { writer: JsonWriter | null } = { writer: null };
      self.writer = jsonWriter(schema.of, new Map([...bound, [schema.id, self]]));
      return self.writer;
    }
    case 'ref': {
      const target = bound.get(schema.id);
      return value => target!.writer!(value);
    }
  }
}

function structWriter(schema: SchemaOf<'struct'>, compile: Compile): JsonWriter {
  const fields = schema.fields.map(field => ({
    ...field,
    key: `${JSON.stringify(field.name)}:`,
    write: compile(field.schema),
  }));
  return value => {
    let text = '';
    for (const field of fields) {
      const item = (value as Record<string, unknown>)[field.name];
      if (item === undefined && field.optional) continue;
      text += (text === '' ? '' : ',') + field.key + field.write(item);
    }
    return `{${text}}`;
  };
}

/** Only keys that are strings can be those of a JSON object. */
function mapWriter(schema: SchemaOf<'map'>, compile: Compile): JsonWriter {
  const key = compile(schema.key);
  const item = compile(schema.value);
  const entries = (value: unknown) => [...(value as ReadonlyMap<unknown, unknown>)];
  return schema.key.kind === 'string'
    ? value =>
        `{${entries(value)
          .map(([k, v]) => `${key(k)}:${item(v)}`)
          .join(',')}}`
    : value =>
        `[${entries(value)
          .map(([k, v]) => `[${key(k)},${item(v)}]`)
          .join(',')}]`;
}

function unionWriter(schema: SchemaOf<'union'>, compile: Compile): JsonWriter {
  const cases = schema.cases.map(c => ({ tag: c.tag, write: compile(c.schema) }));
  const tags = cases.map(c => c.tag);
  const test = schema.by;
  return value => {
    const tag = test.kind === 'tag' ? (value as Record<string, unknown>)[test.field] : typeTag(value, tags);
    return cases.find(c => c.tag === tag)?.write(value) ?? JSON.stringify(value);
  };
}

/** The case tag of a union told apart by type (plugins/api/schema.ts UnionCase). */
export function typeTag(value: unknown, tags: readonly (string | number | boolean)[]): string {
  const tag = Array.isArray(value)
    ? 'array'
    : value instanceof Date
      ? 'Date'
      : value instanceof Map
        ? 'Map'
        : value instanceof Set
          ? 'Set'
          : value instanceof Uint8Array
            ? 'bytes'
            : typeof value;
  return tags.includes(tag) ? tag : 'enum';
}

/** One-line form for people and CSV cells: strings bare, everything else as JSON without quotes around single values. */
export function cellWriter(schema: Schema): (value: unknown) => string {
  switch (schema.kind) {
    case 'string':
      return value => value as string;
    case 'enum':
      return String;
    case 'float32':
    case 'float64':
      return String;
    case 'nullable': {
      const of = cellWriter(schema.of);
      return value => (value === null || value === undefined ? '' : of(value));
    }
    case 'timestamp':
    case 'date': {
      const json = jsonWriter(schema);
      return value => json(value).slice(1, -1);
    }
    default:
      return jsonWriter(schema);
  }
}
