/** Values with any number of others in them. */
import { ownProperty } from '../../contract/codec-support.js';
import { minimumSize } from '../../contract/minimum-size.js';
import { checked, isObject, type CodecPart, type InnerPart, type SchemaOf } from './codec-part.js';

export function listPart(schema: SchemaOf<'list'>, path: string, inner: InnerPart): CodecPart {
  const items = sequence(inner(schema.of, '[]'), minimumSize(schema.of), 'length', read => read);
  return checked(path, Array.isArray, 'array', items);
}

export function setPart(schema: SchemaOf<'set'>, path: string, inner: InnerPart): CodecPart {
  const items = sequence(inner(schema.of, '[]'), minimumSize(schema.of), 'size', read => new Set(read));
  return checked(path, value => value instanceof Set, 'Set', items);
}

export function mapPart(schema: SchemaOf<'map'>, path: string, inner: InnerPart): CodecPart {
  const key = inner(schema.key, '.<key>');
  const value = inner(schema.value, '.<value>');
  const pair: CodecPart = {
    write(out, entry: readonly unknown[], depth) {
      key.write(out, entry[0], depth);
      value.write(out, entry[1], depth);
    },
    read: (input, depth) => [key.read(input, depth), value.read(input, depth)],
  };
  const minimum = minimumSize(schema.key) + minimumSize(schema.value);
  const pairs = sequence(
    pair,
    minimum,
    'size',
    entries => new Map(entries as readonly (readonly [unknown, unknown])[]),
  );
  return checked(path, map => map instanceof Map, 'Map', pairs);
}

export function recordPart(schema: SchemaOf<'record'>, path: string, inner: InnerPart): CodecPart {
  const item = inner(schema.value, '.<value>');
  const minimum = 1 + minimumSize(schema.value);
  return checked(path, isObject, 'object', {
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
  });
}

export function tuplePart(schema: SchemaOf<'tuple'>, path: string, inner: InnerPart): CodecPart {
  const items = schema.items.map((item, i) => inner(item, `[${i}]`));
  const rest =
    schema.rest && sequence(inner(schema.rest, '[]'), minimumSize(schema.rest), 'length', all => all);
  return checked(path, Array.isArray, 'tuple', {
    write(out, tuple: readonly unknown[], depth) {
      items.forEach((item, i) => item.write(out, tuple[i], depth));
      rest?.write(out, tuple.slice(items.length), depth);
    },
    read(input, depth) {
      const tuple: unknown[] = items.map(item => item.read(input, depth));
      if (rest) for (const item of rest.read(input, depth) as unknown[]) tuple.push(item);
      return tuple;
    },
  });
}

type Items = Iterable<unknown> & { readonly length?: number; readonly size?: number };

/** A count and the items; items that may take no bytes get one, so that the bytes that are there bound their number. */
function sequence(
  item: CodecPart,
  minimum: number,
  size: 'length' | 'size',
  collect: (items: unknown[]) => unknown,
): CodecPart {
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
