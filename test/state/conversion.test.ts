import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { schemaText } from '../../plugins/api/schema-text.js';
import type { Schema } from '../../plugins/api/schema.js';
import { conversionOf } from '../../runtime/state/evolution/convert-value.js';
import { parseSchema } from '../../runtime/state/schema/parse-schema.js';
import { schemaCodec } from '../../runtime/state/schema/schema-codec.js';
import { anySchema, valueOf } from '../codecs/arbitrary.js';
import { decode, encode } from '../codecs/compile-codec.js';

const none = null;

/** from, to, an old value, the new one: a conversion. Nothing for the new value: refused, with this in the message. */
const cases: readonly (readonly [string, string, string, unknown, unknown, RegExp])[] = [
  ['number widened', 'int32', 'float64', 7, 7, /int32 is widened to float64/],
  ['to a bigint', 'int32', 'int64', -7, -7n, /widened/],
  ['to any size', 'int64', 'bigint', 2n ** 62n, 2n ** 62n, /widened/],
  ['float32 to float64', 'float32', 'float64', 0.5, 0.5, /widened/],
  ['a time is a number', 'timestamp', 'float64', 1e12, 1e12, /widened/],
  ['decimal with more places', 'decimal(5, 2)', 'decimal(8, 4)', 12345n, 1234500n, /widened/],
  ['enum gains a member', 'enum("a", "c")', 'enum("a", "b", "c")', 'c', 'c', /gains "b"/],
  ['enum becomes any string', 'enum("a", "c")', 'string', 'c', 'c', /any string/],
  [
    'added optional field',
    '{ a: int32 }',
    '{ a: int32; b?: string }',
    { a: 1 },
    { a: 1 },
    /value\.b: added, absent/,
  ],
  ['added field that may be null', '{}', '{ b: nullable<string, null> }', {}, { b: none }, /added, null/],
  [
    'removed field',
    '{ a: int32; b: string }',
    '{ a: int32 }',
    { a: 1, b: 'x' },
    { a: 1 },
    /value\.b: removed/,
  ],
  ['becomes optional', '{ a: int32 }', '{ a?: int32 }', { a: 1 }, { a: 1 }, /becomes optional/],
  ['becomes nullable', '{ a: int32 }', '{ a: nullable<int32, null> }', { a: 1 }, { a: 1 }, /may now be null/],
  [
    'inside a list',
    'list<{ a: int32 }>',
    'list<{ a: float64 }>',
    [{ a: 1 }],
    [{ a: 1 }],
    /value\[\]\.a: int32/,
  ],
  ['inside a set', 'set<int32>', 'set<int64>', new Set([1]), new Set([1n]), /value\[\]/],
  [
    'inside a map',
    'map<string, int32>',
    'map<string, int64>',
    new Map([['k', 1]]),
    new Map([['k', 1n]]),
    /<value>/,
  ],
  ['inside a record', 'record<int32>', 'record<int64>', { k: 1 }, { k: 1n }, /<value>/],
  ['inside a tuple', '[int32, string]', '[int64, string]', [1, 'x'], [1n, 'x'], /value\[0\]/],
  ['tuple gains a rest', '[int32]', '[int32, ...string]', [1], [1], /more items/],
  ['rest of a tuple', '[...int32]', '[...int64]', [1, 2], [1n, 2n], /value\[\]/],
  ['null to nullable', 'null', 'nullable<string, null>', none, none, /becomes nullable/],
  ['value in a nullable', 'nullable<int32, null>', 'nullable<int64, null>', none, none, /widened/],
  [
    'recursive: changed inside',
    'recursive<{ next?: ^0; value: int32 }>',
    'recursive<{ next?: ^0; value: int64 }>',
    { value: 1, next: { value: 2 } },
    { value: 1n, next: { value: 2n } },
    /value\.value: int32/,
  ],
  [
    'recursive: added field',
    'recursive<{ all: list<^0> }>',
    'recursive<{ all: list<^0>; name?: string }>',
    { all: [{ all: [] }] },
    { all: [{ all: [] }] },
    /name: added/,
  ],
  [
    'union gains a member',
    'union<by kind | "a": { kind: enum("a"); x: int32 } | "c": { kind: enum("c") }>',
    'union<by kind | "a": { kind: enum("a"); x: int64 } | "b": { kind: enum("b") } | "c": { kind: enum("c") }>',
    { kind: 'a', x: 1 },
    { kind: 'a', x: 1n },
    /may now be "b"/,
  ],
  [
    'one type becomes a union',
    '{ kind: enum("a"); x: int32 }',
    'union<by kind | "a": { kind: enum("a"); x: int32 } | "b": { kind: enum("b") }>',
    { kind: 'a', x: 1 },
    { kind: 'a', x: 1 },
    /may now be "b"/,
  ],
  [
    'string or number',
    'string',
    'union<by typeof | "number": float64 | "string": string>',
    'x',
    'x',
    /may now be/,
  ],
  [
    'typeof union gains a member',
    'union<by typeof | "number": float64 | "string": string>',
    'union<by typeof | "Date": date | "number": float64 | "string": string>',
    'x',
    'x',
    /may now be "Date"/,
  ],
];
const refused: readonly (readonly [string, string, string, RegExp])[] = [
  ['narrowed', 'float64', 'int32', /narrowed/],
  ['bigint to 64 bits', 'bigint', 'int64', /narrowed/],
  ['another type', 'string', 'float64', /string cannot become float64/],
  ['decimal loses places', 'decimal(8, 4)', 'decimal(8, 2)', /cannot hold/],
  ['decimal loses digits', 'decimal(8, 2)', 'decimal(8, 4)', /cannot hold/],
  ['enum loses a member', 'enum("a", "b")', 'enum("a")', /"b" is no longer/],
  ['string to enum', 'string', 'enum("a", "b")', /cannot become/],
  ['new required field', '{}', '{ a: int32 }', /value\.a: .*new required field/],
  ['required again', '{ a?: int32 }', '{ a: int32 }', /optional in the snapshot/],
  ['no more null', 'nullable<int32, null>', 'int32', /may be null/],
  ['no more undefined', 'nullable<int32, null, undefined>', 'nullable<int32, null>', /may be undefined/],
  ['shorter tuple', '[int32, int32]', '[int32]', /tuple of 2/],
  ['no more rest', '[int32, ...int32]', '[int32]', /more items in the snapshot/],
  ['list to set', 'list<int32>', 'set<int32>', /cannot become/],
  [
    'union loses a member',
    'union<by k | "a": { k: enum("a") } | "b": { k: enum("b") }>',
    'union<by k | "a": { k: enum("a") } | "c": { k: enum("c") }>',
    /"b" is no longer a member/,
  ],
  ['json', 'json', 'string', /cannot become/],
  [
    'recursive: changed inside',
    'recursive<{ next?: ^0; v: string }>',
    'recursive<{ next?: ^0; v: int32 }>',
    /value\.v: string cannot/,
  ],
];

for (const [name, from, to, old, wanted, change] of cases) {
  test(`§10.4 converts: ${name}`, () => {
    const found = conversionOf(parseSchema(from), parseSchema(to), 'value');
    assert.is(found.kind, 'migrate', JSON.stringify(found));
    if (found.kind !== 'migrate') return;
    assert.match(found.changes.join('; '), change);
    const stored: unknown = decode(
      schemaCodec(parseSchema(from)),
      encode(schemaCodec(parseSchema(from)), old),
    );
    const bytes = encode(schemaCodec(parseSchema(to)), found.convert(stored));
    assert.equal(decode(schemaCodec(parseSchema(to)), bytes), wanted);
  });
}
for (const [name, from, to, reason] of refused) {
  test(`§10.4 refuses: ${name}`, () => {
    const found = conversionOf(parseSchema(from), parseSchema(to), 'value');
    assert.is(found.kind, 'breaking');
    if (found.kind === 'breaking') {
      assert.match(`${found.path}: ${found.reason}`, reason);
      assert.ok(found.fix.length > 0);
    }
  });
}

test('no schema changes into itself', () => {
  fc.assert(
    fc.property(anySchema, schema => {
      assert.is(conversionOf(schema, parseSchema(schemaText(schema)), 'value').kind, 'same');
    }),
  );
});

/** The schema after edits that ought to convert, made here and there. */
function edited(schema: Schema, roll: () => number): Schema {
  const inner = (of: Schema): Schema => edited(of, roll);
  switch (schema.kind) {
    case 'int32':
      return { kind: (['int32', 'int64', 'bigint', 'float64'] as const)[roll() % 4]! };
    case 'float32':
      return { kind: roll() % 2 ? 'float32' : 'float64' };
    case 'struct': {
      const kept = schema.fields.filter(f => f.schema.kind === 'enum' || roll() % 4 > 0);
      const fields = kept.map(f => ({
        ...f,
        schema: inner(f.schema),
        optional:
          f.optional || (roll() % 3 === 0 && !['enum', 'nullable', 'undefined'].includes(f.schema.kind)),
      }));
      if (roll() % 2) fields.push({ name: 'zz', schema: { kind: 'string' }, optional: true });
      return { kind: 'struct', fields };
    }
    case 'list':
    case 'set':
      return { kind: schema.kind, of: inner(schema.of) };
    case 'nullable':
      return { ...schema, of: inner(schema.of), null: schema.null || roll() % 2 === 0 };
    case 'record':
      return { kind: 'record', value: inner(schema.value) };
    case 'map':
      return { kind: 'map', key: schema.key, value: inner(schema.value) };
    case 'tuple':
      return { ...schema, items: schema.items.map(inner), ...(schema.rest && { rest: inner(schema.rest) }) };
    case 'union':
      return { ...schema, cases: schema.cases.map(c => ({ ...c, schema: inner(c.schema) })) };
    case 'recursive':
      return { ...schema, of: inner(schema.of) };
    default:
      return schema;
  }
}
function dice(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1103515245) + 12345) >>> 1) >>> 8;
}

test('whatever is said to convert does, and fits the new schema', () => {
  const kinds = { same: 0, migrate: 0, breaking: 0 };
  fc.assert(
    fc.property(anySchema, fc.nat(), (from, seed) => {
      const to = edited(from, dice(seed));
      const found = conversionOf(from, to, 'value');
      kinds[found.kind]++;
      if (found.kind !== 'migrate') return;
      for (const value of fc.sample(valueOf(from), { numRuns: 3, seed })) {
        const stored: unknown = decode(schemaCodec(from), encode(schemaCodec(from), value));
        const bytes = encode(schemaCodec(to), found.convert(stored));
        decode(schemaCodec(to), bytes);
      }
    }),
    { numRuns: 500 },
  );
  assert.is(kinds.breaking, 0);
  assert.ok(kinds.migrate > 150, JSON.stringify(kinds));
});

test.run();
