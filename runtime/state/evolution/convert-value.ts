/**
 * How values of one schema become values of another, where that is safe. The same decision is behind `flinkc check` and
 * behind restoring: what can be converted is converted, everything else is refused with a reason.
 */
import { schemaText } from '../../../plugins/api/schema-text.js';
import type { Schema } from '../../../plugins/api/schema.js';
import {
  all,
  breaking,
  each,
  retyped,
  same,
  shortText,
  type Conversion,
  type Convert,
  type Inner,
} from './conversion.js';
import { convertLeaf } from './convert-leaf.js';
import { convertStruct } from './convert-struct.js';
import { convertUnion, intoUnion } from './convert-union.js';

/** Pairs of recursive schemas that are being compared; they convert by calling themselves. */
interface Pair {
  readonly from: string;
  readonly to: string;
  convert: Convert;
}
/** @param path how messages call the value */
export function conversionOf(from: Schema, to: Schema, path: string): Conversion {
  if (schemaText(from) === schemaText(to)) return same;
  const found = convert(from, to, path, []);
  if (found.kind !== 'same') return found;
  // The same values in another form, such as a recursive type that is unrolled once.
  return {
    kind: 'migrate',
    changes: [`${path}: is stored in another form`],
    convert: value => value as unknown,
  };
}

function convert(from: Schema, to: Schema, path: string, pairs: readonly Pair[]): Conversion {
  const inner: Inner = (a, b, suffix) => convert(a, b, path + suffix, pairs);
  if (to.kind === 'nullable') return intoNullable(from, to, path, inner);
  if (from.kind === 'nullable') {
    const none = [from.null && 'null', from.undefined && 'undefined'].filter(Boolean).join(' or ');
    return breaking(path, `it may be ${none} in the snapshot, and the program's type does not allow that`);
  }
  if (to.kind === 'union' && from.kind !== 'union') return intoUnion(from, to, path, inner);
  const leaf = convertLeaf(from, to, path);
  if (leaf) return leaf;
  if (from.kind === 'struct' && to.kind === 'struct')
    return convertStruct(from.fields, to.fields, path, inner);
  if (from.kind === 'union' && to.kind === 'union') return convertUnion(from, to, path, inner);
  if (from.kind === 'list' && to.kind === 'list')
    return each(inner(from.of, to.of, '[]'), item => (list: unknown[]) => list.map(item));
  if (from.kind === 'set' && to.kind === 'set')
    return each(inner(from.of, to.of, '[]'), item => (set: Set<unknown>) => new Set([...set].map(item)));
  if (from.kind === 'record' && to.kind === 'record')
    return each(inner(from.value, to.value, '.<value>'), item => record => mapValues(record as object, item));
  if (from.kind === 'map' && to.kind === 'map') return convertMap(from, to, inner);
  if (from.kind === 'tuple' && to.kind === 'tuple') return convertTuple(from, to, path, inner);
  if (from.kind === 'recursive' && to.kind === 'recursive') return convertRecursive(from, to, path, pairs);
  if (from.kind === 'ref' && to.kind === 'ref') {
    const at = pairs.findLast(pair => pair.from === from.id || pair.to === to.id);
    if (at?.from === from.id && at.to === to.id)
      return { kind: 'migrate', changes: [], convert: value => at.convert(value) as unknown };
  }
  if (from.kind === to.kind) return from.kind === 'ref' ? retyped(from, to, path) : same;
  return retyped(from, to, path);
}

function intoNullable(
  from: Schema,
  to: Extract<Schema, { readonly kind: 'nullable' }>,
  path: string,
  inner: Inner,
): Conversion {
  const allows = (none: null | undefined): boolean => (none === null ? to.null : to.undefined);
  if (from.kind === 'null' || from.kind === 'undefined') {
    if (!allows(from.kind === 'null' ? null : undefined)) return retyped(from, to, path);
    return {
      kind: 'migrate',
      changes: [`${path}: becomes ${shortText(to)}`],
      convert: value => value as unknown,
    };
  }
  const was = from.kind === 'nullable' ? from : { of: from, null: false, undefined: false };
  if ((was.null && !to.null) || (was.undefined && !to.undefined)) {
    const none = was.null && !to.null ? 'null' : 'undefined';
    return breaking(path, `it may be ${none} in the snapshot, and the program's type does not allow that`);
  }
  const of = inner(was.of, to.of, '');
  if (of.kind === 'breaking') return of;
  const gained = [to.null && !was.null && 'null', to.undefined && !was.undefined && 'undefined'].filter(
    Boolean,
  );
  const convertOf = of.kind === 'migrate' ? of.convert : null;
  if (gained.length === 0 && !convertOf) return same;
  return {
    kind: 'migrate',
    changes: [
      ...(gained.length > 0 ? [`${path}: may now be ${gained.join(' or ')}`] : []),
      ...(of.kind === 'migrate' ? of.changes : []),
    ],
    convert: value =>
      (value === null || value === undefined || !convertOf ? value : convertOf(value)) as unknown,
  };
}

function convertMap(
  from: Extract<Schema, { readonly kind: 'map' }>,
  to: Extract<Schema, { readonly kind: 'map' }>,
  inner: Inner,
): Conversion {
  const parts = [inner(from.key, to.key, '.<key>'), inner(from.value, to.value, '.<value>')];
  return all(
    parts,
    ([key, value]) =>
      (map: Map<unknown, unknown>) =>
        new Map(Array.from(map, ([k, v]) => [key!(k), value!(v)])),
  );
}

function convertTuple(
  from: Extract<Schema, { readonly kind: 'tuple' }>,
  to: Extract<Schema, { readonly kind: 'tuple' }>,
  path: string,
  inner: Inner,
): Conversion {
  if (from.items.length !== to.items.length)
    return breaking(path, `a tuple of ${from.items.length} cannot become one of ${to.items.length}`);
  if (from.rest && !to.rest) return breaking(path, 'the tuple may have more items in the snapshot');
  const items = all(
    from.items.map((item, i) => inner(item, to.items[i]!, `[${i}]`)),
    converts => (tuple: unknown[]) =>
      tuple.map((item, i) => (i < converts.length ? converts[i]!(item) : item) as unknown),
  );
  if (!from.rest || !to.rest) {
    if (!to.rest || items.kind === 'breaking') return items;
    const changes = items.kind === 'migrate' ? items.changes : [];
    const convertItems = items.kind === 'migrate' ? items.convert : (tuple: unknown) => tuple;
    return {
      kind: 'migrate',
      changes: [...changes, `${path}: may now have more items`],
      convert: convertItems,
    };
  }
  const fixed = from.items.length;
  const rest = each(
    inner(from.rest, to.rest, '[]'),
    convertItem => (tuple: unknown[]) =>
      tuple.map((item, i) => (i < fixed ? item : convertItem(item)) as unknown),
  );
  return all(
    [items, rest],
    ([first, second]) =>
      value =>
        second!(first!(value)) as unknown,
  );
}

function convertRecursive(
  from: Extract<Schema, { readonly kind: 'recursive' }>,
  to: Extract<Schema, { readonly kind: 'recursive' }>,
  path: string,
  pairs: readonly Pair[],
): Conversion {
  const pair: Pair = { from: from.id, to: to.id, convert: value => value as unknown };
  const body = convert(from.of, to.of, path, [...pairs, pair]);
  if (body.kind === 'migrate') pair.convert = body.convert;
  // References count as conversions; when nothing else changed, there is nothing to convert.
  return body.kind === 'migrate' && body.changes.length === 0 && pairs.length === 0 ? same : body;
}

function mapValues(record: object, convertValue: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, convertValue(value)]));
}
