import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fingerprint } from '../../compiler/ir/fingerprint.js';
import { schemaText } from '../../plugins/api/schema-text.js';
import type { Schema } from '../../plugins/api/schema.js';
import { anySchema } from '../codecs/arbitrary.js';

const order = (name?: string, exportName?: string): Schema => ({
  kind: 'struct',
  ...(name === undefined ? {} : { name }),
  fields: [{ name: 'id', schema: { kind: 'string' }, optional: false }],
  ...(exportName === undefined ? {} : { classRef: { module: 'main.ts', exportName } }),
});
const tree = (id: string): Schema => ({
  kind: 'recursive',
  id,
  of: { kind: 'struct', fields: [{ name: 'next', schema: { kind: 'ref', id }, optional: true }] },
});

test('names of types, classes and binders are not part of the fingerprint', () => {
  assert.is(fingerprint(order('Order')), fingerprint(order()));
  assert.is(fingerprint(order('Order', 'Order')), fingerprint(order()));
  assert.is(fingerprint(tree('r0')), fingerprint(tree('other')));
});

test('everything that changes the bytes changes the fingerprint', () => {
  const id: Schema = { kind: 'string' };
  const variants: readonly Schema[] = [
    order(),
    { kind: 'struct', fields: [{ name: 'id', schema: id, optional: true }] },
    { kind: 'struct', fields: [{ name: 'key', schema: id, optional: false }] },
    { kind: 'struct', fields: [{ name: 'id', schema: { kind: 'int32' }, optional: false }] },
    { kind: 'nullable', of: id, null: true, undefined: false },
    { kind: 'nullable', of: id, null: false, undefined: true },
    { kind: 'nullable', of: id, null: true, undefined: true },
    { kind: 'list', of: id },
    { kind: 'set', of: id },
    { kind: 'tuple', items: [id] },
    { kind: 'tuple', items: [], rest: id },
    { kind: 'decimal', precision: 10, scale: 2 },
    { kind: 'decimal', precision: 10, scale: 3 },
    { kind: 'enum', values: ['1'] },
    { kind: 'enum', values: [1] },
    tree('r0'),
  ];
  assert.is(new Set(variants.map(fingerprint)).size, variants.length);
});

test('schemas with different text differ, and the text says all there is to say', () => {
  fc.assert(
    fc.property(anySchema, anySchema, (a, b) => {
      const equal = schemaText(a) === schemaText(b);
      assert.is(equal, JSON.stringify(a) === JSON.stringify(b));
    }),
    { numRuns: 200 },
  );
});

test('the fingerprint of a schema is the same for ever', () => {
  assert.is(schemaText(order()), '{ id: string }');
  assert.is(fingerprint(order()), '29c2260f0b303dd7c4cf6e85dfafa9d7');
});

test.run();
