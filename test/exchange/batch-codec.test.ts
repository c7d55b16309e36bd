import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Batch, type BatchLayout, type ColumnKind } from '../../plugins/api/batch.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { ValueCodec } from '../../runtime/contract/codec.js';
import { BatchDecoder, BatchEncoder, CodecMemory } from '../../runtime/exchange/batch-codec.js';

const kinds = ['float64', 'int32', 'float32', 'int64', 'bool', 'string', 'object'] as const;
const layout: BatchLayout = {
  columns: kinds.map(kind => ({ path: [kind], kind, schema: { kind: 'json' } })),
};
const jsonCodec: ValueCodec = {
  fingerprint: 'json',
  write: (out, value) => out.string(JSON.stringify(value)),
  read: from => JSON.parse(from.string()) as unknown,
};
const codecs = { 6: jsonCodec };

const values: Record<ColumnKind, fc.Arbitrary<unknown>> = {
  float64: fc.double(),
  int32: fc.integer(),
  float32: fc.float(),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  bool: fc.constantFrom(0, 1, 2),
  string: fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('', '\ud800', 'ÿ', 'Ā', 'x'.repeat(300)),
  ),
  object: fc.jsonValue(),
};
const row = fc.tuple(fc.oneof(fc.constant(MIN_TIMESTAMP), fc.integer()), ...kinds.map(kind => values[kind]));

function fill(rows: readonly (readonly unknown[])[], capacity: number): Batch {
  const batch = new Batch(layout, capacity);
  rows.forEach(([timestamp, ...cells], i) => {
    batch.timestamps[i] = timestamp as number;
    cells.forEach((cell, c) => ((batch.columns[c] as unknown[])[i] = cell));
  });
  batch.length = rows.length;
  return batch;
}
const contents = (batch: Batch): unknown[] =>
  Array.from({ length: batch.length }, (_, i) => [
    batch.timestamps[i],
    ...batch.columns.map(column => column[i]),
  ]);

test('every kind of column comes back as it was', () => {
  const encoder = new BatchEncoder(layout, codecs);
  const decoder = new BatchDecoder(layout, codecs);
  const received = new Batch(layout, 40);
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), rows => {
      const sent = fill(rows, 40);
      const memory = new CodecMemory(new SharedArrayBuffer(align(encoder.measure(sent))));
      encoder.write(sent, memory);
      decoder.decode(memory, received);
      assert.equal(contents(received), contents(sent));
    }),
    { numRuns: 200, seed: 5 },
  );
});

test('rows in the middle of a batch come back alone, whatever was measured before', () => {
  const encoder = new BatchEncoder(layout, codecs);
  const decoder = new BatchDecoder(layout, codecs);
  const received = new Batch(layout, 40);
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), fc.nat(40), fc.nat(40), (rows, a, b) => {
      const [from, to] = [Math.min(a, b, rows.length), Math.min(Math.max(a, b), rows.length)];
      const sent = fill(rows, 40);
      encoder.measure(sent);
      const memory = new CodecMemory(new SharedArrayBuffer(align(encoder.measure(sent, from, to))));
      encoder.write(sent, memory);
      decoder.decode(memory, received);
      assert.equal(contents(received), contents(sent).slice(from, to));
    }),
    { numRuns: 200, seed: 6 },
  );
});

test('measure() says exactly what write() needs', () => {
  const encoder = new BatchEncoder(layout, codecs);
  const sent = fill([[5, 1.5, 2, 0.5, 3n, 1, 'häßlich ✓', { a: [1] }]], 4);
  const size = encoder.measure(sent);
  const memory = new CodecMemory(new ArrayBuffer(align(size)));
  assert.not.throws(() => encoder.write(sent, memory));
  const tooSmall = new CodecMemory(new ArrayBuffer(align(size) - 8));
  assert.throws(() => {
    encoder.measure(sent);
    encoder.write(sent, tooSmall);
    const back = new Batch(layout, 4);
    new BatchDecoder(layout, codecs).decode(tooSmall, back);
  });
});

test('a batch that is too big for the receiver is refused', () => {
  const encoder = new BatchEncoder(layout, codecs);
  const sent = fill(
    [
      [1, 1, 1, 1, 1n, 1, '', null],
      [2, 1, 1, 1, 1n, 1, '', null],
    ],
    2,
  );
  const memory = new CodecMemory(new ArrayBuffer(align(encoder.measure(sent))));
  encoder.write(sent, memory);
  assert.throws(() => new BatchDecoder(layout, codecs).decode(memory, new Batch(layout, 1)), /room for 1/);
});

function align(n: number): number {
  return (n + 7) & ~7;
}

test.run();
