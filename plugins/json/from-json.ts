/** What JSON.parse returns, checked against a schema and turned into the value that the program sees. */
import { decimalOf, integerOf } from './decimal.js';
import { ExactNumber, rounded } from './exact-numbers.js';
import { parseTimestamp } from '../api/byte-values.js';
import type { Schema } from '../api/schema.js';
import { typeTag } from '../api/text-form.js';
import { RecordError } from '../api/text-records.js';

/** `path` is for messages: "items[2].price". */
export type JsonReader = (value: unknown, path: string) => unknown;

/** The recursive schemas around one, by the names that refer to them. */
type Bound = ReadonlyMap<string, { reader: JsonReader | null }>;
type Compile = (schema: Schema) => JsonReader;
type SchemaOf<K extends Schema['kind']> = Extract<Schema, { readonly kind: K }>;

function mismatch(path: string, expected: string, value: unknown): RecordError {
  const shown = value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 60) ?? typeof value);
  return new RecordError(`${path === '' ? 'the record' : `field '${path}'`} is ${shown}, not ${expected}`);
}

export function fromJson(schema: Schema, bound: Bound = new Map()): JsonReader {
  const read = readerOf(schema, bound);
  switch (schema.kind) {
    case 'int64':
    case 'bigint':
    case 'decimal':
      return read;
    case 'json':
      return value => rounded(value);
    default:
      return (value, path) => read(value instanceof ExactNumber ? Number(value.text) : value, path);
  }
}

function readerOf(schema: Schema, bound: Bound): JsonReader {
  const compile = (inner: Schema): JsonReader => fromJson(inner, bound);
  switch (schema.kind) {
    case 'json':
      return value => value;
    case 'string':
      return checked('a string', value => typeof value === 'string');
    case 'bool':
      return checked('true or false', value => typeof value === 'boolean');
    case 'float64':
    case 'float32':
      return checked('a number', value => typeof value === 'number');
    case 'int32':
      return checked('a 32-bit integer', value => typeof value === 'number' && value === (value | 0));
    case 'enum':
      return checked(`one of ${schema.values.map(v => JSON.stringify(v)).join(', ')}`, value =>
        schema.values.includes(value as string),
      );
    case 'null':
    case 'undefined':
      return value => (schema.kind === 'null' && value === null ? null : undefined);
    case 'int64':
    case 'bigint':
      return (value, path) => integerOf(digitsOf(value, path, 'an integer'), schema.kind === 'int64', path);
    case 'decimal':
      return (value, path) => decimalOf(digitsOf(value, path, 'a decimal'), schema.scale, path);
    case 'timestamp':
      return timestampOf;
    case 'date':
      return (value, path) => new Date(timestampOf(value, path));
    case 'bytes':
      return bytesOf;
    case 'nullable':
      return nullableReader(schema, compile);
    case 'struct':
      return structReader(schema, compile);
    case 'list':
      return itemsReader(schema.of, compile);
    case 'set': {
      const read = itemsReader(schema.of, compile);
      return (value, path) => new Set(read(value, path));
    }
    case 'tuple':
      return tupleReader(schema, compile);
    case 'map':
      return mapReader(schema, compile);
    case 'record':
      return recordReader(schema, compile);
    case 'union':
      return unionReader(schema, compile);
    case 'recursive': {
      const self: { reader: JsonReader | null } = { reader: null };
      self.reader = fromJson(schema.of, new Map([...bound, [schema.id, self]]));
      return self.reader;
    }
    case 'ref': {
      const target = bound.get(schema.id);
      return (value, path) => target!.reader!(value, path);
    }
  }
}

function nullableReader(schema: SchemaOf<'nullable'>, compile: Compile): JsonReader {
  const of = compile(schema.of);
  return (value, path) => {
    if (value !== null && value !== undefined) return of(value, path);
    if (value === null) return schema.null ? null : undefined;
    return schema.undefined ? undefined : null;
  };
}

function structReader(schema: SchemaOf<'struct'>, compile: Compile): JsonReader {
  const fields = schema.fields.map(field => ({ ...field, read: compile(field.schema) }));
  return (value, path) => {
    const found = object(value, path);
    const record: Record<string, unknown> = {};
    for (const field of fields) {
      const item = found[field.name];
      // absent and null both stand for "not there" in JSON producers
      if (field.optional && (item === undefined || (item === null && !acceptsNull(field.schema)))) continue;
      record[field.name] = field.read(item, path === '' ? field.name : `${path}.${field.name}`);
    }
    return record;
  };
}

function itemsReader(schema: Schema, compile: Compile): (value: unknown, path: string) => readonly unknown[] {
  const of = compile(schema);
  return (value, path) => items(value, path).map((item, i) => of(item, `${path}[${i}]`));
}

function tupleReader(schema: SchemaOf<'tuple'>, compile: Compile): JsonReader {
  const readers = schema.items.map(compile);
  const rest = schema.rest ? compile(schema.rest) : null;
  return (value, path) => {
    const list = items(value, path);
    if (list.length < readers.length || (rest === null && list.length > readers.length))
      throw mismatch(path, `a list of ${readers.length}`, value);
    return list.map((item, i) => (readers[i] ?? rest!)(item, `${path}[${i}]`));
  };
}

function mapReader(schema: SchemaOf<'map'>, compile: Compile): JsonReader {
  const key = compile(schema.key);
  const item = compile(schema.value);
  return (value, path) => {
    const pairs = Array.isArray(value)
      ? value.map(pair => items(pair, path))
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
        : null;
    if (!pairs) throw mismatch(path, 'an object or a list of pairs', value);
    return new Map(pairs.map(([k, v]) => [key(k, path), item(v, `${path}[${String(k)}]`)]));
  };
}

function recordReader(schema: SchemaOf<'record'>, compile: Compile): JsonReader {
  const item = compile(schema.value);
  return (value, path) =>
    Object.fromEntries(Object.entries(object(value, path)).map(([k, v]) => [k, item(v, `${path}.${k}`)]));
}

function unionReader(schema: SchemaOf<'union'>, compile: Compile): JsonReader {
  const cases = schema.cases.map(c => ({ tag: c.tag, read: compile(c.schema) }));
  const tags = cases.map(c => c.tag);
  const test = schema.by;
  return (value, path) => {
    const tag =
      test.kind === 'tag' ? (value as Record<string, unknown> | null)?.[test.field] : typeTag(value, tags);
    const found = cases.find(c => c.tag === tag);
    if (!found) throw mismatch(path, `one of ${tags.join(', ')}`, value);
    return found.read(value, path);
  };
}

/** Text of a number, or of a string that holds one. */
function digitsOf(value: unknown, path: string, expected: string): string {
  if (value instanceof ExactNumber) return value.text;
  if (typeof value !== 'number' && typeof value !== 'string') throw mismatch(path, expected, value);
  return String(value);
}
const acceptsNull = (schema: Schema): boolean =>
  schema.kind === 'null' || schema.kind === 'json' || (schema.kind === 'nullable' && schema.null);

function checked(expected: string, test: (value: unknown) => boolean): JsonReader {
  return (value, path) => {
    if (!test(value)) throw mismatch(path, expected, value);
    return value;
  };
}
function items(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw mismatch(path, 'a list', value);
  return value as readonly unknown[];
}
function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw mismatch(path, 'an object', value);
  return value as Readonly<Record<string, unknown>>;
}
function bytesOf(value: unknown, path: string): Uint8Array {
  if (typeof value !== 'string') throw mismatch(path, 'base64 text', value);
  return new Uint8Array(Buffer.from(value, 'base64'));
}
function timestampOf(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') throw mismatch(path, 'a timestamp', value);
  const bytes = Buffer.from(value);
  return parseTimestamp(bytes, 0, bytes.length);
}
