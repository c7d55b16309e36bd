/** Random schemas, and random values of a schema. */
import fc from 'fast-check';
import type { Schema, StructField } from '../../plugins/api/schema.js';

const fieldName = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'a',
      'b',
      'amount',
      'user',
      'value',
      'out',
      'depth',
      'class',
      'default',
      'i',
      'item',
      'count',
      'bits',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('unit price', '0', '__proto__', 'naïve', 'constructor', "it's") },
);

const leaf: fc.Arbitrary<Schema> = fc.constantFrom<Schema>(
  { kind: 'bool' },
  { kind: 'string' },
  { kind: 'bytes' },
  { kind: 'int32' },
  { kind: 'int64' },
  { kind: 'bigint' },
  { kind: 'float32' },
  { kind: 'float64' },
  { kind: 'decimal', precision: 10, scale: 2 },
  { kind: 'timestamp' },
  { kind: 'date' },
  { kind: 'enum', values: ['x'] },
  { kind: 'enum', values: ['buy', 'sell', 1, -0.5, true] },
  { kind: 'null' },
  { kind: 'undefined' },
  { kind: 'json' },
);

function fieldsOf(schema: fc.Arbitrary<Schema>): fc.Arbitrary<StructField[]> {
  const field = fc.record({ name: fieldName, schema, optional: fc.boolean() });
  return fc.uniqueArray(field, { selector: f => f.name, maxLength: 12 }).map(fields =>
    fields
      .map(f => ({
        ...f,
        schema:
          f.optional && f.schema.kind === 'nullable'
            ? { ...f.schema, null: true, undefined: false }
            : f.schema,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
}

/** Tests of typeof unions need members that differ by it. */
const typeofCases = (inner: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> =>
  fc
    .tuple(
      fc.subarray(['string', 'number', 'bigint', 'array', 'Date', 'Map', 'object', 'boolean', 'bytes'], {
        minLength: 2,
      }),
      inner,
      fieldsOf(inner),
    )
    .map(([tags, of, fields]): Schema => {
      const members: Readonly<Record<string, Schema>> = {
        string: { kind: 'string' },
        number: { kind: 'float64' },
        bigint: { kind: 'bigint' },
        array: { kind: 'list', of },
        Date: { kind: 'date' },
        Map: { kind: 'map', key: { kind: 'string' }, value: of },
        object: { kind: 'struct', fields },
        boolean: { kind: 'bool' },
        bytes: { kind: 'bytes' },
      };
      return {
        kind: 'union',
        by: { kind: 'typeof' },
        cases: tags.sort().map(tag => ({ tag, schema: members[tag]! })),
      };
    });

const tagged = (inner: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> =>
  fc
    .uniqueArray(fc.constantFrom<string | number | boolean>('a', 'b', 'c', 1, 2, true), { minLength: 2 })
    .chain(tags =>
      fc.tuple(...tags.map(() => fieldsOf(inner))).map((members): Schema => ({
        kind: 'union',
        by: { kind: 'tag', field: 'kind' },
        cases: tags.map((tag, i) => ({
          tag,
          schema: {
            kind: 'struct',
            fields: [
              ...members[i]!,
              { name: 'kind', schema: { kind: 'enum', values: [tag] }, optional: false },
            ],
          },
        })),
      })),
    );

export const anySchema: fc.Arbitrary<Schema> = fc.letrec<{ schema: Schema }>(tie => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fieldsOf(tie('schema')).map((fields): Schema => ({ kind: 'struct', fields })),
    tie('schema').map((of): Schema => ({ kind: 'list', of })),
    tie('schema').map((of): Schema => ({ kind: 'set', of })),
    fc.tuple(tie('schema'), tie('schema')).map(([key, value]): Schema => ({ kind: 'map', key, value })),
    tie('schema').map((value): Schema => ({ kind: 'record', value })),
    fc
      .tuple(fc.array(tie('schema'), { maxLength: 3 }), fc.option(tie('schema'), { nil: undefined }))
      .map(([items, rest]): Schema => (rest ? { kind: 'tuple', items, rest } : { kind: 'tuple', items })),
    fc
      .tuple(
        tie('schema').filter(s => acceptsNothingNullish(s)),
        fc.constantFrom([true, false], [false, true], [true, true]),
      )
      .map(([of, [orNull, orUndefined]]): Schema => ({
        kind: 'nullable',
        of,
        null: orNull!,
        undefined: orUndefined!,
      })),
    typeofCases(tie('schema')),
    tagged(tie('schema')),
    tie('schema')
      .map((value): Schema => ({
        kind: 'recursive',
        id: 'r0',
        of: {
          kind: 'struct',
          fields: [
            { name: 'children', schema: { kind: 'list', of: { kind: 'ref', id: 'r0' } }, optional: false },
            { name: 'next', schema: { kind: 'ref', id: 'r0' }, optional: true },
            { name: 'own', schema: value, optional: false },
          ],
        },
      }))
      .filter(s => !JSON.stringify(s).slice(30).includes('"recursive"')),
  ),
})).schema;

/** null and undefined inside a nullable would be the nullable's own. */
function acceptsNothingNullish(schema: Schema): boolean {
  return (
    schema.kind !== 'null' &&
    schema.kind !== 'undefined' &&
    schema.kind !== 'nullable' &&
    schema.kind !== 'json'
  );
}

export function valueOf(
  schema: Schema,
  depth = 0,
  binders: ReadonlyMap<string, Schema> = new Map(),
): fc.Arbitrary<unknown> {
  const inner = (s: Schema): fc.Arbitrary<unknown> => valueOf(s, depth + 1, binders);
  const maxLength = depth > 3 ? 1 : 4;
  switch (schema.kind) {
    case 'bool':
      return fc.boolean();
    case 'string':
      // lone surrogates included: JavaScript strings may have them
      return fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.constant('\ud800x'),
        fc.constant('é'.repeat(40)),
      );
    case 'bytes':
      return fc.uint8Array({ maxLength: 40 });
    case 'int32':
      return fc.integer();
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'decimal': {
      const most = 10n ** BigInt(schema.precision) - 1n;
      return fc.oneof(fc.bigInt({ min: -most, max: most }), fc.constantFrom(most, -most, 0n));
    }
    case 'bigint':
      return fc.oneof(
        fc.bigInt(),
        fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
        fc.constantFrom(
          2n ** 51n,
          -(2n ** 51n),
          2n ** 51n - 1n,
          -(2n ** 51n) - 1n,
          2n ** 400n,
          -(2n ** 400n),
        ),
      );
    case 'float32':
      return fc.float();
    case 'float64':
    case 'timestamp':
      return fc.double();
    case 'date':
      return fc.date({ noInvalidDate: true });
    case 'enum':
      return fc.constantFrom(...schema.values);
    case 'null':
      return fc.constant(null);
    case 'undefined':
      return fc.constant(undefined);
    case 'json':
      return fc.jsonValue({ maxDepth: 2 }).map(v => JSON.parse(JSON.stringify(v)) as unknown); // JSON has no -0
    case 'nullable':
      return fc.oneof(
        inner(schema.of),
        ...(schema.null ? [fc.constant(null)] : []),
        ...(schema.undefined ? [fc.constant(undefined)] : []),
      );
    case 'list':
      return fc.array(inner(schema.of), { maxLength });
    case 'set':
      return fc.array(inner(schema.of), { maxLength }).map(items => new Set(items));
    case 'map':
      return fc.array(fc.tuple(inner(schema.key), inner(schema.value)), { maxLength }).map(e => new Map(e));
    case 'record':
      return fc
        .array(fc.tuple(fc.oneof(fc.string(), fc.constant('__proto__')), inner(schema.value)), { maxLength })
        .map(entries => withEntries(entries));
    case 'tuple':
      return fc
        .tuple(
          fc.tuple(...schema.items.map(inner)),
          schema.rest ? fc.array(inner(schema.rest), { maxLength }) : fc.constant([]),
        )
        .map(([items, rest]) => [...items, ...rest]);
    case 'struct':
      return fc
        .tuple(
          ...schema.fields.map(f => fc.tuple(f.optional ? fc.boolean() : fc.constant(true), inner(f.schema))),
        )
        .map(values =>
          withEntries(
            schema.fields.flatMap((f, i): [string, unknown][] =>
              // a key that is there with undefined in an optional field comes back as absent
              values[i]![0] && !(f.optional && values[i]![1] === undefined) ? [[f.name, values[i]![1]]] : [],
            ),
          ),
        );
    case 'union':
      return fc.oneof(...schema.cases.map(c => inner(c.schema)));
    case 'recursive':
      return valueOf(schema.of, depth, new Map([...binders, [schema.id, schema]]));
    case 'ref': {
      const target = binders.get(schema.id)!;
      const tip = fc.record(
        { children: fc.constant([]), own: valueOf(ownOf(target), depth + 1, binders) },
        { noNullPrototype: true },
      );
      return depth > 4 ? tip : fc.oneof(tip, valueOf(target, depth + 1, binders));
    }
  }
}

function ownOf(recursive: Schema): Schema {
  if (recursive.kind !== 'recursive' || recursive.of.kind !== 'struct')
    throw new Error('not made by anySchema');
  return recursive.of.fields.find(f => f.name === 'own')!.schema;
}

function withEntries(entries: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return object;
}
