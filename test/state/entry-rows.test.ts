/** Canonical entries become rows of a database, and the rows become the same entries again. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { schemaText } from '../../plugins/api/schema-text.js';
import type { Schema } from '../../plugins/api/schema.js';
import { ByteWriter } from '../../runtime/contract/bytes.js';
import type { KeyedSection, SectionSchema } from '../../runtime/contract/state.js';
import { CanonicalRows } from '../../runtime/state/rocksdb/canonical-rows.js';
import { EntryRows, haveEntryRows } from '../../runtime/state/rocksdb/entry-rows.js';
import { OperationReader, WriteBatch } from '../../runtime/state/rocksdb/write-batch.js';
import { schemaCodec } from '../../runtime/state/schema/schema-codec.js';

interface Typed {
  readonly schema: Schema;
  readonly of: (n: number) => unknown;
}
const float64: Typed = { schema: { kind: 'float64' }, of: n => n * 1.5 - 40 };
const types: Readonly<Record<string, Typed>> = {
  float64,
  timestamp: { schema: { kind: 'timestamp' }, of: n => 1_700_000_000_000 + n },
  float32: { schema: { kind: 'float32' }, of: n => Math.fround(n / 3) },
  int32: { schema: { kind: 'int32' }, of: n => n - 50 },
  int64: { schema: { kind: 'int64' }, of: n => BigInt(n) << 40n },
  bigint: { schema: { kind: 'bigint' }, of: n => BigInt(n) ** 9n * (n % 2 === 0 ? 1n : -1n) },
  bool: { schema: { kind: 'bool' }, of: n => n % 2 === 0 },
  string: { schema: { kind: 'string' }, of: n => ['', 'a', 'é', '\ud800', 'x'.repeat(300)][n % 5]! + n },
  bytes: { schema: { kind: 'bytes' }, of: n => Uint8Array.of(n, n >> 8) },
  struct: {
    schema: {
      kind: 'struct',
      fields: [
        { name: 'id', schema: { kind: 'string' }, optional: false },
        { name: 'of', schema: { kind: 'nullable', of: { kind: 'float64' } }, optional: false },
      ],
    } as unknown as Schema,
    of: n => ({ id: `k${n}`, of: n % 3 === 0 ? null : n }),
  },
};
const distinct = Object.entries(types).filter(([name]) => name !== 'bool');

function sectionSchema(key: Typed, namespace: Typed | null, value: Typed, times: boolean): SectionSchema {
  return {
    key: schemaText(key.schema),
    namespace: namespace && schemaText(namespace.schema),
    mapKey: null,
    value: schemaText(value.schema),
    times,
    layout: '',
  };
}
function bytesOf(write: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter();
  write(out);
  return out.toBytes();
}
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The rows of one key group, in the order of their putting and as entries. */
function throughRows(
  kind: KeyedSection['kind'],
  schema: SectionSchema,
  blocks: readonly Uint8Array[],
): { readonly keys: readonly string[]; readonly entries: readonly string[] } {
  assert.ok(haveEntryRows(kind, schema));
  const batch = new WriteBatch();
  new EntryRows(7, kind, schema).write(batch, 300, blocks, () => {});
  const rows: { readonly key: Buffer; readonly value: Buffer }[] = [];
  const operation = new OperationReader(batch.take());
  while (operation.next()) {
    assert.is(operation.type, 'put');
    const key = operation.keyBytes();
    assert.is(key.readUInt32BE(0), 300 * 65_536 + 7);
    rows.push({ key, value: operation.valueBytes() });
  }
  const keys = rows.map(({ key }) => hex(key));
  const canonical = new CanonicalRows({ id: 7, name: 's', kind, schema, packed: false }, null);
  const entries: string[] = [];
  const out = new ByteWriter();
  for (const { key, value } of rows.sort((a, b) => a.key.compare(b.key))) {
    canonical.write(out, key, value);
    if (!canonical.atBoundary) continue;
    entries.push(hex(out.toBytes()));
    out.reset();
  }
  return { keys, entries };
}

for (const [keyName, key] of distinct)
  for (const [valueName, value] of Object.entries(types))
    test(`keys of ${keyName}, values of ${valueName}`, () => {
      const keyCodec = schemaCodec(key.schema);
      const valueCodec = schemaCodec(value.schema);
      for (const namespace of [null, float64])
        for (const times of [false, true]) {
          const entries = Array.from({ length: 90 }, (_, i) =>
            bytesOf(out => {
              keyCodec.write(out, key.of((i * 37) % 90));
              if (namespace) out.f64((i % 4) * 10);
              valueCodec.write(out, value.of(i));
              if (times) out.f64(i);
            }),
          );
          const blocks = [Buffer.concat(entries.slice(0, 50)), Buffer.concat(entries.slice(50))];
          const found = throughRows('value', sectionSchema(key, namespace, value, times), blocks);
          assert.equal([...found.entries].sort(), entries.map(hex).sort());
        }
    });

test('rows of numbers come in the order of the database, whether their entries do or not', () => {
  const entries = Array.from({ length: 5_000 }, (_, i) =>
    bytesOf(out => {
      out.f64((i * 7919) % 5_000);
      out.f64(i);
    }),
  );
  for (const given of [entries, entries.toSorted((a, b) => Buffer.compare(a, b))]) {
    const { keys, entries: found } = throughRows('value', sectionSchema(float64, null, float64, false), [
      Buffer.concat(given),
    ]);
    assert.equal(keys, [...keys].sort());
    assert.equal([...found].sort(), entries.map(hex).sort());
  }
});

test('lists, short ones and long ones, with times and without', () => {
  for (const times of [false, true])
    for (const value of [types['string']!, types['int32']!]) {
      const codec = schemaCodec(value.schema);
      const entries = [0, 1, 3, 400, 2_000].map((count, i) =>
        bytesOf(out => {
          out.f64(i);
          out.varint(count);
          for (let n = 0; n < count; n++) {
            codec.write(out, value.of(n));
            if (times) out.f64(n);
          }
        }),
      );
      const found = throughRows('list', sectionSchema(float64, null, value, times), [Buffer.concat(entries)]);
      assert.equal([...found.entries].sort(), entries.map(hex).sort());
      assert.ok(found.keys.length > entries.length, 'long lists have a head');
    }
});

test('timers with and without a namespace', () => {
  for (const namespace of [null, float64]) {
    const schema = { ...sectionSchema(float64, namespace, types['timestamp']!, false) };
    const entries = [-5, 0, 3, 1e15].map(time =>
      bytesOf(out => {
        out.f64(time % 3);
        if (namespace) out.f64(time);
        out.f64(time);
      }),
    );
    const found = throughRows('timer', schema, [Buffer.concat(entries)]);
    assert.equal([...found.entries].sort(), entries.map(hex).sort());
  }
});

test('keys that are equal become one row, whatever bytes they came with', () => {
  const other = Buffer.alloc(8);
  other.writeBigUInt64LE(0x7ff8_0000_0000_0001n);
  const value = Buffer.alloc(8);
  const keyOf = (bytes: Uint8Array, key: Typed): string =>
    throughRows('value', sectionSchema(key, null, float64, false), [Buffer.concat([bytes, value])]).keys[0]!;
  const written = (schema: Schema, key: unknown): Uint8Array =>
    bytesOf(out => schemaCodec(schema).write(out, key));
  assert.is(keyOf(other, float64), keyOf(written(float64.schema, NaN), float64));
  assert.is(keyOf(written(float64.schema, -0), float64), keyOf(written(float64.schema, 0), float64));
  const struct: Typed = {
    schema: { kind: 'struct', fields: [{ name: 'n', schema: float64.schema }] } as unknown as Schema,
    of: () => null,
  };
  assert.is(
    keyOf(written(struct.schema, { n: -0 }), struct),
    keyOf(written(struct.schema, { n: 0 }), struct),
  );
});

test('maps and what operators lay out themselves have to wait for their operator', () => {
  const schema = sectionSchema(float64, null, float64, false);
  assert.not(haveEntryRows('map', schema));
  assert.not(haveEntryRows('value', { ...schema, layout: 'slices 10+0' }));
});

test.run();
