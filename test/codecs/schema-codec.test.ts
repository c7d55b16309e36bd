import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inspect, isDeepStrictEqual } from 'node:util';
import { schemaText } from '../../plugins/api/schema-text.js';
import type { Schema } from '../../plugins/api/schema.js';
import { CodecError } from '../../runtime/contract/index.js';
import { parseSchema } from '../../runtime/state/schema/parse-schema.js';
import { schemaCodec } from '../../runtime/state/schema/schema-codec.js';
import { anySchema, valueOf } from './arbitrary.js';
import { compileCodec, decode, encode } from './compile-codec.js';

const schemaAndValues = anySchema.chain(schema =>
  fc.record({
    schema: fc.constant(schema),
    values: fc.array(valueOf(schema), { minLength: 1, maxLength: 5 }),
  }),
);

test('writes the bytes of the generated codec, and reads them back', () => {
  fc.assert(
    fc.property(schemaAndValues, ({ schema, values }) => {
      const generated = compileCodec(schema);
      const codec = schemaCodec(schema);
      for (const value of values) {
        const bytes = encode(generated, value);
        assert.equal(encode(codec, value), bytes);
        assert.ok(isDeepStrictEqual(decode(codec, bytes), decode(generated, bytes)));
      }
    }),
    { numRuns: 200 },
  );
});

/** Fields in any order. */
const asText = { depth: 30, sorted: true };

/**
 * What reading gives: a value, or which error. Generated functions of a recursive schema have the path of the place that was
 * written first, which names the cases of unions on the way to it.
 */
function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof CodecError || (error as Error).message.endsWith('bytes left over'))
      return { error: (error as Error).message.replaceAll(/<[^<>]*>/g, '') };
    throw error;
  }
}

test('makes of hostile bytes what the generated codec makes of them', () => {
  fc.assert(
    fc.property(
      schemaAndValues,
      fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
      fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 20, maxLength: 20 }),
      ({ schema, values }, flips, noise) => {
        const generated = compileCodec(schema);
        const codec = schemaCodec(schema);
        const flipped = flips.map(flip => {
          const bytes = encode(generated, values[0]);
          if (bytes.length > 0) bytes[(flip >> 3) % bytes.length]! ^= 1 << (flip & 7);
          return flip % 5 === 0 ? bytes.subarray(0, flip % (bytes.length + 1)) : bytes;
        });
        for (const bytes of [...flipped, ...noise]) {
          const wanted = outcome(() => decode(generated, bytes));
          const got = outcome(() => decode(codec, bytes));
          // as text: invalid dates are not equal
          assert.is(inspect(got, asText), inspect(wanted, asText));
        }
      },
    ),
    { numRuns: 80 },
  );
});

test('refuses values that do not fit with the message of the generated codec', () => {
  const misfits: readonly unknown[] = [
    undefined,
    null,
    1.5,
    'x',
    7n,
    {},
    [],
    new Map(),
    true,
    Symbol.iterator,
  ];
  const refusal = (write: () => void): string | null => {
    try {
      write();
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };
  fc.assert(
    fc.property(anySchema, schema => {
      const generated = compileCodec(schema);
      const codec = schemaCodec(schema);
      for (const value of misfits) {
        const wanted = refusal(() => void encode(generated, value));
        const got = refusal(() => void encode(codec, value));
        assert.is(got === null, wanted === null, `${schemaText(schema)}: '${wanted}' but '${got}'`);
      }
    }),
    { numRuns: 100 },
  );
});

test('the text of a schema gives the schema back', () => {
  fc.assert(
    fc.property(schemaAndValues, ({ schema, values }) => {
      const parsed = parseSchema(schemaText(schema));
      assert.is(schemaText(parsed), schemaText(schema));
      assert.equal(encode(schemaCodec(parsed), values[0]), encode(schemaCodec(schema), values[0]));
    }),
    { numRuns: 200 },
  );
});

test('recursive schemas in recursive schemas, and a tag that is called typeof', () => {
  const nested: Schema = {
    kind: 'recursive',
    id: 'outer',
    of: {
      kind: 'struct',
      fields: [
        { name: 'all', schema: { kind: 'list', of: { kind: 'ref', id: 'outer' } }, optional: false },
        {
          name: 'inner',
          optional: false,
          schema: {
            kind: 'recursive',
            id: 'inner',
            of: {
              kind: 'struct',
              fields: [
                { name: 'back', schema: { kind: 'ref', id: 'outer' }, optional: true },
                { name: 'next', schema: { kind: 'ref', id: 'inner' }, optional: true },
              ],
            },
          },
        },
      ],
    },
  };
  const value = { all: [{ all: [], inner: {} }], inner: { next: { back: { all: [], inner: {} } } } };
  assert.is(schemaText(parseSchema(schemaText(nested))), schemaText(nested));
  const bytes = encode(compileCodec(nested), value);
  assert.equal(encode(schemaCodec(parseSchema(schemaText(nested))), value), bytes);
  assert.equal(decode(schemaCodec(nested), bytes), value);

  const member = (tag: string): Schema => ({
    kind: 'struct',
    fields: [{ name: 'typeof', schema: { kind: 'enum', values: [tag] }, optional: false }],
  });
  const union: Schema = {
    kind: 'union',
    by: { kind: 'tag', field: 'typeof' },
    cases: [
      { tag: 'a', schema: member('a') },
      { tag: 'b', schema: member('b') },
    ],
  };
  assert.equal(parseSchema(schemaText(union)), union);
});

test('a value that nests too deep is refused, not an overflow of the stack', () => {
  const list = parseSchema('recursive<{ next?: ^0 }>');
  const codec = schemaCodec(list);
  let value: object = {};
  for (let i = 0; i < 1200; i++) value = { next: value };
  assert.throws(() => encode(codec, value), /nests deeper than 1000/);
  assert.throws(() => decode(codec, new Uint8Array(1200).fill(1)), /nests deeper than 1000/);
});

test('texts that are not of a schema are an FC5141 that says where', () => {
  const wrong = [
    '',
    'int33',
    'list<',
    'list<int32',
    '{ a: }',
    '{a: int32}',
    'map<string>',
    '^0',
    'enum(',
    'enum(x)',
  ];
  for (const text of [...wrong, 'int32 ', 'union<by | 1: int32>', 'decimal(1)', 'list<'.repeat(100_000)]) {
    assert.throws(
      () => parseSchema(text),
      (e: { code?: string }) => e.code === 'FC5141',
      text.slice(0, 40),
    );
  }
  fc.assert(
    fc.property(
      anySchema,
      fc.nat(),
      fc.constantFrom('<', '>', '{', ';', '"', ' ', '^9'),
      (schema, at, noise) => {
        const text = schemaText(schema);
        const cut = at % (text.length + 1);
        try {
          parseSchema(text.slice(0, cut) + noise + text.slice(cut + 1));
        } catch (error) {
          assert.is((error as { code?: string }).code, 'FC5141');
        }
      },
    ),
    { numRuns: 300 },
  );
});

test.run();
