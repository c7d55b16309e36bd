/**
 * The codec of a schema that is only known at run time: reads and writes exactly the bytes of the codecs that the
 * compiler generates (compiler/3-codegen/codecs). Several times slower than those; for state that is inspected or
 * migrated, not for records. Values of classes come back as plain objects.
 */
import { schemaText } from '../../../plugins/api/schema-text.js';
import type { Schema, UnionCase } from '../../../plugins/api/schema.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import {
  badIndex,
  maxNesting,
  nestsTooDeep,
  readJson,
  ownProperty,
  valueDoesNotFit,
} from '../../contract/codec-support.js';
import type { ValueCodec } from '../../contract/codec.js';
import { minimumSize } from '../../contract/minimum-size.js';
import { tagOf } from './union-tag.js';
import { structCodec } from './struct-codec.js';

/** `depth`: how many recursive schemas have been entered. */
export interface Part {
  readonly write: Write;
  readonly read: (input: ByteReader, depth: number) => unknown;
}
/** Called with values that have been checked, so functions of their type serve: methods are compared loosely. */
type Write = { write(out: ByteWriter, value: unknown, depth: number): void }['write'];
type Binders = ReadonlyMap<string, { part: Part | null }>;
type Of<K extends Schema['kind']> = Extract<Schema, { readonly kind: K }>;

export function schemaCodec(schema: Schema, label = 'record'): ValueCodec {
  const { write, read } = partOf(schema, label, new Map());
  return {
    fingerprint: schemaText(schema),
    write: (out, value) => write(out, value, 0),
    read: input => read(input, 0),
  };
}

function partOf(schema: Schema, path: string, binders: Binders): Part {
  const inner = (of: Schema, suffix = ''): Part => partOf(of, path + suffix, binders);
  const check = (ok: (value: unknown) => boolean, wanted: string, part: Part): Part => ({
    write(out, value, depth) {
      if (!ok(value)) throw valueDoesNotFit(path, wanted, value);
      part.write(out, value, depth);
    },
    read: part.read,
  });
  switch (schema.kind) {
    case 'bool':
      return { write: (out, value) => out.u8(value ? 1 : 0), read: input => input.u8() !== 0 };
    case 'string':
      return check(isType('string'), 'string', {
        write: (out, value: string) => out.string(value),
        read: input => input.string(),
      });
    case 'bytes':
      return check(value => value instanceof Uint8Array, 'Uint8Array', {
        write: (out, value: Uint8Array) => out.bytesValue(value),
        read: input => input.bytesValue(),
      });
    case 'int32':
      return check(value => typeof value === 'number' && (value | 0) === value, 'Int32', {
        write: (out, value: number) => out.i32(value),
        read: input => input.i32(),
      });
    case 'int64':
      return check(value => typeof value === 'bigint' && BigInt.asIntN(64, value) === value, 'Int64', {
        write: (out, value: bigint) => out.i64(value),
        read: input => input.i64(),
      });
    case 'bigint':
      return check(isType('bigint'), 'bigint', bigintPart);
    case 'decimal': {
      const limit = 10n ** BigInt(schema.precision);
      const fits = (value: unknown): boolean => typeof value === 'bigint' && value < limit && value > -limit;
      return check(fits, `Decimal<${schema.precision}, ${schema.scale}>`, bigintPart);
    }
    case 'float32':
      return check(isType('number'), 'number', {
        write: (out, value: number) => out.f32(value),
        read: input => input.f32(),
      });
    case 'float64':
    case 'timestamp':
      return check(isType('number'), 'number', {
        write: (out, value: number) => out.f64(value),
        read: input => input.f64(),
      });
    case 'date':
      return check(value => value instanceof Date, 'Date', {
        write: (out, value: Date) => out.f64(value.getTime()),
        read: input => new Date(input.f64()),
      });
    case 'null':
      return { write: () => {}, read: () => null };
    case 'undefined':
      return { write: () => {}, read: () => undefined };
    case 'json':
      return {
        write(out, value) {
          const text = JSON.stringify(value) as string | undefined;
          if (text === undefined) throw valueDoesNotFit(path, 'JSON', value);
          out.string(text);
        },
        read: readJson,
      };
    case 'enum':
      return enumPart(schema.values, path);
    case 'nullable':
      return nullablePart(schema, inner(schema.of), path);
    case 'struct':
      return structCodec(schema.fields, path, (of, name) => inner(of, `.${name}`));
    case 'list':
      return check(
        Array.isArray,
        'array',
        sequence(inner(schema.of, '[]'), minimumSize(schema.of), 'length', items => items),
      );
    case 'set': {
      const items = sequence(inner(schema.of, '[]'), minimumSize(schema.of), 'size', read => new Set(read));
      return check(value => value instanceof Set, 'Set', items);
    }
    case 'map': {
      const key = inner(schema.key, '.<key>');
      const value = inner(schema.value, '.<value>');
      const pair: Part = {
        write(out, entry: readonly unknown[], depth) {
          key.write(out, entry[0], depth);
          value.write(out, entry[1], depth);
        },
        read: (input, depth) => [key.read(input, depth), value.read(input, depth)],
      };
      const minimum = minimumSize(schema.key) + minimumSize(schema.value);
      return check(
        map => map instanceof Map,
        'Map',
        sequence(
          pair,
          minimum,
          'size',
          entries => new Map(entries as readonly (readonly [unknown, unknown])[]),
        ),
      );
    }
    case 'record':
      return check(
        isObject,
        'object',
        recordPart(inner(schema.value, '.<value>'), 1 + minimumSize(schema.value)),
      );
    case 'tuple':
      return check(Array.isArray, 'tuple', tuplePart(schema, inner));
    case 'union':
      return unionPart(
        schema,
        path,
        schema.cases.map(c => inner(c.schema)),
      );
    case 'recursive':
      return recursivePart(schema, path, binders);
    case 'ref': {
      const binder = binders.get(schema.id);
      if (!binder) throw new Error(`schema reference '${schema.id}' has no binder`);
      return {
        write: (out, value, depth) => binder.part!.write(out, value, depth + 1),
        read: (input, depth) => binder.part!.read(input, depth + 1),
      };
    }
  }
}

const bigintPart: Part = { write: (out, value: bigint) => out.bigint(value), read: input => input.bigint() };
const isType =
  (type: string) =>
  (value: unknown): boolean =>
    typeof value === type;
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function enumPart(values: readonly (string | number | boolean)[], path: string): Part {
  const wanted = values.map(v => JSON.stringify(v)).join(' | ');
  const indexOf = (value: never): number => {
    const index = values.indexOf(value);
    if (index < 0) throw valueDoesNotFit(path, wanted, value);
    return index;
  };
  if (values.length === 1)
    return { write: (_, value) => void indexOf(value as never), read: () => values[0] };
  return {
    write: (out, value) =>
      values.length <= 256 ? out.u8(indexOf(value as never)) : out.varint(indexOf(value as never)),
    read(input) {
      const index = values.length <= 256 ? input.u8() : input.varint();
      if (index >= values.length) throw badIndex(path, index, input.position);
      return values[index];
    },
  };
}

function nullablePart(schema: Of<'nullable'>, of: Part, path: string): Part {
  const none = schema.undefined ? undefined : null;
  return {
    write(out, value, depth) {
      if (schema.undefined && value === undefined) out.u8(0);
      else if (schema.null && value === null) out.u8(schema.undefined ? 2 : 0);
      else {
        out.u8(1);
        of.write(out, value, depth);
      }
    },
    read(input, depth) {
      const presence = input.u8();
      if (presence === 1) return of.read(input, depth);
      if (presence === 0) return none;
      if (presence === 2 && schema.null && schema.undefined) return null;
      throw badIndex(path, presence, input.position);
    },
  };
}

type Items = Iterable<unknown> & { readonly length?: number; readonly size?: number };

/** A count and the items; items that may take no bytes get one, so that the bytes that are there bound their number. */
function sequence(
  item: Part,
  minimum: number,
  size: 'length' | 'size',
  collect: (items: unknown[]) => unknown,
): Part {
  return {
    write(out, items: Items, depth) {
      out.varint(items[size]!);
      for (const each of items) {
        item.write(out, each, depth);
        if (minimum === 0) out.u8(0);
      }
    },
    read(input, depth) {
      const items: unknown[] = [];
      for (let n = input.count(Math.max(minimum, 1)); n > 0; n--) {
        items.push(item.read(input, depth));
        if (minimum === 0) input.u8();
      }
      return collect(items);
    },
  };
}

function recordPart(item: Part, minimum: number): Part {
  return {
    write(out, record: Readonly<Record<string, unknown>>, depth) {
      const keys = Object.keys(record);
      out.varint(keys.length);
      for (const key of keys) {
        out.string(key);
        item.write(out, record[key], depth);
      }
    },
    read(input, depth) {
      const record: Record<string, unknown> = {};
      for (let n = input.count(minimum); n > 0; n--) {
        const key = input.string();
        const value = item.read(input, depth);
        if (key === '__proto__') ownProperty(record, key, value);
        else record[key] = value;
      }
      return record;
    },
  };
}

function tuplePart(schema: Of<'tuple'>, inner: (of: Schema, suffix: string) => Part): Part {
  const items = schema.items.map((item, i) => inner(item, `[${i}]`));
  const rest =
    schema.rest && sequence(inner(schema.rest, '[]'), minimumSize(schema.rest), 'length', all => all);
  return {
    write(out, tuple: readonly unknown[], depth) {
      items.forEach((item, i) => item.write(out, tuple[i], depth));
      rest?.write(out, tuple.slice(items.length), depth);
    },
    read(input, depth) {
      const tuple: unknown[] = items.map(item => item.read(input, depth) as unknown);
      if (rest) for (const item of rest.read(input, depth) as unknown[]) tuple.push(item);
      return tuple;
    },
  };
}

function unionPart(schema: Of<'union'>, path: string, parts: readonly Part[]): Part {
  const indexOf = unionIndex(schema, path);
  return {
    write(out, value, depth) {
      const { written, part } = indexOf(value);
      out.u8(written);
      parts[part]!.write(out, value, depth);
    },
    read(input, depth) {
      const index = input.u8();
      const part = parts[index];
      if (!part) throw badIndex(path, index, input.position);
      return part.read(input, depth);
    },
  };
}

/** Which case a value is of. Tags with the same schema share the index of the first. */
function unionIndex(
  { by, cases }: Of<'union'>,
  path: string,
): (value: unknown) => { readonly written: number; readonly part: number } {
  if (by.kind === 'typeof') {
    return value => {
      const part = typeofCase(cases, value);
      if (part < 0) throw valueDoesNotFit(path, cases.map(c => String(c.tag)).join(' | '), value);
      return { written: part, part };
    };
  }
  const first = new Map<string, number>();
  const indices = new Map<unknown, { readonly written: number; readonly part: number }>();
  cases.forEach(({ tag, schema }, i) => {
    const text = schemaText(schema, { classes: true });
    if (!first.has(text)) first.set(text, i);
    const written = first.get(text)!;
    indices.set(tag, { written, part: written });
  });
  return value => {
    if (!isObject(value)) throw valueDoesNotFit(path, 'object', value);
    const tag = (value as Readonly<Record<string, unknown>>)[by.field];
    const found = indices.get(tag);
    if (found) return found;
    throw valueDoesNotFit(`${path}.${by.field}`, `a member of the union, told apart by '${by.field}'`, tag);
  };
}

/** Literals before their base type; plain objects last, because everything else that is an object is one too. */
function typeofCase(cases: readonly UnionCase[], value: unknown): number {
  const literal = cases.findIndex(
    c => c.tag === 'enum' && (c.schema.kind !== 'enum' || c.schema.values.includes(value as never)),
  );
  if (literal >= 0) return literal;
  const tag = tagOf(value);
  const exact = cases.findIndex(c => c.tag === tag);
  if (exact >= 0 || !isObject(value)) return exact;
  return cases.findIndex(c => c.tag === 'object');
}

function recursivePart(schema: Of<'recursive'>, path: string, binders: Binders): Part {
  const binder: { part: Part | null } = { part: null };
  const body = partOf(schema.of, path, new Map([...binders, [schema.id, binder]]));
  const checked = (depth: number): number => {
    if (depth > maxNesting) throw nestsTooDeep(path);
    return depth;
  };
  binder.part = {
    write: (out, value, depth) => body.write(out, value, checked(depth)),
    read: (input, depth) => body.read(input, checked(depth)),
  };
  return binder.part;
}
