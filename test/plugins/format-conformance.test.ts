import * as fc from 'fast-check';
import { batchLayout } from '../../compiler/ir/batch-layout.js';
import type { BatchLayout } from '../../plugins/api/batch.js';
import type { Schema } from '../../plugins/api/schema.js';
import { csvCompiler } from '../../plugins/csv/compile.js';
import { CsvFormat, type CsvOptions } from '../../plugins/csv/index.js';
import { jsonCompiler } from '../../plugins/json/compile.js';
import { JsonFormat } from '../../plugins/json/index.js';
import { TextFormat } from '../../plugins/text/index.js';
import { formatConformance } from '../conformance/format-suite.js';
import { generatedDecoder } from './generated-decoder.js';

const field = (
  name: string,
  schema: Schema,
  optional = false,
): { name: string; schema: Schema; optional: boolean } => ({
  name,
  schema,
  optional,
});
const orNull = (of: Schema): Schema => ({ kind: 'nullable', of, null: true, undefined: false });

/** Columns that a filter would read, which here is one that accepts everything. */
const everySecond = ({ columns }: BatchLayout): readonly boolean[] => columns.map((_, i) => i % 2 === 1);

const wellFormed = (value: string): string => Buffer.from(value).toString();
/** Lines without control characters, which text formats do not carry; whole characters only, as UTF-8 has them. */
const text = fc
  .array(fc.oneof(fc.constantFrom('"', ',', '\\', ' ', '€', '😀', 'é', ';'), fc.string({ maxLength: 3 })), {
    maxLength: 6,
  })
  .map(parts => wellFormed(parts.join('').replaceAll(/\p{Cc}/gu, '')));
const int32 = fc.integer();
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => (value === 0 ? 0 : value));
const money = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
const time = fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9000, 0) });

formatConformance('text', () => {
  const schema: Schema = { kind: 'string' };
  return {
    format: new TextFormat(),
    schema,
    layout: batchLayout(schema, 'all'),
    records: text,
    bad: null,
  };
}).run();

interface Row {
  id: number;
  name: string;
  price: bigint;
  size: number;
  when: number;
  flag: boolean;
  color: 'red' | 'green';
  note: string | null;
  count: bigint;
  level: number | null;
}
const row: Schema = {
  kind: 'struct',
  fields: [
    field('color', { kind: 'enum', values: ['red', 'green'] }),
    field('count', { kind: 'int64' }),
    field('flag', { kind: 'bool' }),
    field('id', { kind: 'int32' }),
    field('level', orNull({ kind: 'float64' })),
    field('name', { kind: 'string' }),
    field('note', orNull({ kind: 'string' })),
    field('price', { kind: 'decimal', precision: 30, scale: 2 }),
    field('size', { kind: 'float64' }),
    field('when', { kind: 'timestamp' }),
  ],
};
const rows = fc.record<Row>({
  id: int32,
  name: text,
  price: money,
  size: double,
  when: time,
  flag: fc.boolean(),
  color: fc.constantFrom('red', 'green'),
  note: fc.option(text, { nil: null }),
  count: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  level: fc.option(double, { nil: null }),
});
const columns = ['id', 'name', 'price', 'size', 'when', 'flag', 'color', 'note', 'count', 'level'];

const csvVariants: readonly (readonly [string, CsvOptions<Row>])[] = [
  ['columns given', { columns }],
  ['header', { header: true }],
  [
    'header and columns, semicolons, single quotes, NULL',
    { header: true, columns, delimiter: ';', quote: "'", nullLiteral: 'NULL' },
  ],
];
for (const [name, options] of csvVariants)
  formatConformance(`csv, ${name}`, async () => {
    const layout = batchLayout(row, 'all');
    return {
      format: new CsvFormat<Row>(options),
      schema: row,
      layout,
      records: rows,
      decoders: {
        generated: await generatedDecoder(csvCompiler, row, layout, [options]),
        waiting: await generatedDecoder(csvCompiler, row, layout, [options], everySecond(layout)),
      },
      bad: 'x,y\n',
    };
  }).run();

interface Nested {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly tags: readonly string[];
  readonly place: { readonly city: string; readonly point: { readonly x: number } | null };
  readonly maybe?: { readonly deep?: number };
  readonly sums: readonly bigint[];
  readonly total: bigint;
  readonly big: bigint;
  readonly when: number;
  readonly level?: number | null;
  readonly flag: boolean | null;
}
const nested: Schema = {
  kind: 'struct',
  fields: [
    field('big', { kind: 'bigint' }),
    field('flag', orNull({ kind: 'bool' })),
    field('id', { kind: 'int32' }),
    field('level', orNull({ kind: 'float64' }), true),
    field('maybe', { kind: 'struct', fields: [field('deep', { kind: 'float64' }, true)] }, true),
    field('name', { kind: 'string' }),
    field('place', {
      kind: 'struct',
      fields: [
        field('city', { kind: 'string' }),
        field('point', orNull({ kind: 'struct', fields: [field('x', { kind: 'float64' })] })),
      ],
    }),
    field('size', { kind: 'float64' }),
    field('sums', { kind: 'list', of: { kind: 'decimal', precision: 30, scale: 2 } }),
    field('tags', { kind: 'list', of: { kind: 'string' } }),
    field('total', { kind: 'decimal', precision: 30, scale: 2 }),
    field('when', { kind: 'timestamp' }),
  ],
};
/** JSON carries every text, control characters and all, as escapes. */
const anyText = fc.string({ unit: 'binary', maxLength: 12 }).map(wellFormed);
const nestedRecords: fc.Arbitrary<Nested> = fc.record(
  {
    id: int32,
    name: anyText,
    size: double,
    tags: fc.array(anyText, { maxLength: 3 }),
    place: fc.record({ city: anyText, point: fc.option(fc.record({ x: double }), { nil: null }) }),
    maybe: fc.record({ deep: double }, { requiredKeys: [] }),
    sums: fc.array(money, { maxLength: 3 }),
    total: money,
    big: fc.bigInt(),
    when: time,
    level: fc.option(double, { nil: null }),
    flag: fc.option(fc.boolean(), { nil: null }),
  },
  { requiredKeys: ['id', 'name', 'size', 'tags', 'place', 'sums', 'total', 'big', 'when', 'flag'] },
);
formatConformance('json', async () => {
  const layout = batchLayout(nested, 'all');
  return {
    format: new JsonFormat<Nested>(),
    schema: nested,
    layout,
    records: nestedRecords,
    decoders: {
      generated: await generatedDecoder(jsonCompiler, nested, layout, []),
      waiting: await generatedDecoder(jsonCompiler, nested, layout, [], everySecond(layout)),
    },
    bad: '{"id": 1, "name": "a", \n',
  };
}).run();
