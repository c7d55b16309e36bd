/** What single values and lines mean in JSON and CSV, the same for generic and generated decoders. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { batchLayout } from '../../compiler/ir/batch-layout.js';
import type { FormatCompiler, Format } from '../../plugins/api/format.js';
import type { Schema, StructField } from '../../plugins/api/schema.js';
import { csvCompiler } from '../../plugins/csv/compile.js';
import { CsvFormat } from '../../plugins/csv/index.js';
import { jsonCompiler } from '../../plugins/json/compile.js';
import { JsonFormat } from '../../plugins/json/index.js';
import { decodeAll } from '../conformance/format-suite.js';
import { generatedDecoder } from './generated-decoder.js';

const tests = suite('format details');
const field = (name: string, schema: Schema, optional = false): StructField => ({ name, schema, optional });
const struct = (...fields: StructField[]): Schema => ({ kind: 'struct', fields });
const int32: Schema = { kind: 'int32' };

/** A line's row, or the reason why it has none; both decoders must agree that it is bad. */
async function both(
  compiler: FormatCompiler,
  format: Format<unknown>,
  options: readonly unknown[],
  schema: Schema,
  line: string,
): Promise<unknown> {
  const layout = batchLayout(schema, 'all');
  const decoders = [
    (context: Parameters<typeof format.createDecoder>[0]) => format.createDecoder(context),
    await generatedDecoder(compiler, schema, layout, options),
  ];
  const [generic, generated] = decoders.map(create => {
    const { rows, letters } = decodeAll(create, Buffer.from(`${line}\n`), { schema, layout });
    assert.is(rows.length + letters.length, 1);
    return rows[0] ?? 'bad';
  });
  assert.equal(generated, generic, line);
  return generic;
}
const json = (schema: Schema, line: string): Promise<unknown> =>
  both(jsonCompiler, new JsonFormat(), [], schema, line);
const csv = (schema: Schema, line: string, columns: readonly string[]): Promise<unknown> =>
  both(csvCompiler, new CsvFormat<never>({ columns }), [{ columns }], schema, line);

tests('json: order, white space, unknown fields, escaped names', async () => {
  const schema = struct(field('a', int32), field('b', { kind: 'string' }));
  const row = { a: 1, b: 'x"\n😀' };
  for (const line of [
    '{"a":1,"b":"x\\"\\n😀"}',
    ' { "b" : "x\\"\\n\\ud83d\\ude00" , "a" : 1 } ',
    '{"z":{"a":[1,"}"]},"b":"x\\"\\n😀","y":null,"a":1,"x":"\\\\"}',
    '{"\\u0061":1,"b":"x\\"\\n😀"}',
  ])
    assert.equal(await json(schema, line), row);
});

tests('json: lines that are no records', async () => {
  const schema = struct(field('a', int32), field('b', { kind: 'bool' }));
  for (const line of [
    '{"a":1}',
    '{"a":1,"b":tuue}',
    '{"a":01,"b":true}',
    '{"a":1.5,"b":true}',
    '{"a":1.,"b":true}',
    '{"a":"1","b":true}',
    '{"a":null,"b":true}',
    '{"a":1,"b":true',
    '[1,true]',
    'null',
    '   ',
    '{"a":2147483648,"b":true}',
  ])
    assert.is(await json(schema, line), 'bad', line);
});

tests('json: what stands behind a record', async () => {
  assert.is(await json(struct(field('a', int32), field('b', int32, true)), '{"a":1}}'), 'bad');
});

tests('json: numbers that doubles cannot hold', async () => {
  const schema = struct(
    field('big', { kind: 'bigint' }),
    field('long', { kind: 'int64' }),
    field('sums', { kind: 'list', of: { kind: 'decimal', precision: 38, scale: 2 } }),
    field('total', { kind: 'decimal', precision: 38, scale: 2 }),
  );
  assert.equal(
    await json(
      schema,
      '{"big":123456789012345678901234567890,"long":9223372036854775807,"sums":[12345678901234567.89,"0.10",1e3],"total":-98765432109876543.21}',
    ),
    {
      big: 123456789012345678901234567890n,
      long: 9223372036854775807n,
      sums: [1234567890123456789n, 10n, 100000n],
      total: -9876543210987654321n,
    },
  );
  assert.is(await json(struct(field('long', { kind: 'int64' })), '{"long":9223372036854775808}'), 'bad');
  assert.is(
    await json(struct(field('total', { kind: 'decimal', precision: 9, scale: 2 })), '{"total":1.005}'),
    'bad',
  );
});

tests('json: more fields than a word has bits', async () => {
  const names = Array.from({ length: 70 }, (_, i) => `f${i}`);
  const schema = struct(...names.map(name => field(name, int32)));
  const record = Object.fromEntries(names.map((name, i) => [name, i]));
  assert.equal(await json(schema, JSON.stringify(record)), record);
  for (const missing of ['f0', 'f31', 'f62', 'f69']) {
    const { [missing]: _, ...rest } = record;
    assert.is(await json(schema, JSON.stringify(rest)), 'bad', missing);
  }
});

tests('json: keys that stand elsewhere than in the record before', async () => {
  const names = ['a', 'ab', 'price', 'prize', 'a"b', 'ä', ''];
  const inner = struct(field('price', int32), field('p', { kind: 'float64' }));
  const schema = struct(...names.map(name => field(name, int32)), field('inner', inner));
  const demand = {
    fields: { price: 'all', ä: 'all', 'a"b': 'all', inner: { fields: { p: 'all' } } },
  } as const;
  const layout = batchLayout(schema, demand);
  const lines: string[] = [];
  for (let n = 0; n < 500; n++) {
    const entries: [string, unknown][] = [
      ...names.map((name, i): [string, unknown] => [name, n * 1000 + i]),
      ['inner', n % 3 === 0 ? { p: n * 1e9 + 0.5, price: 1 } : { price: 1, p: n * 1e12 }],
      ['unknown', { price: -1, ä: [n] }],
    ];
    // runs of records in one order, then another; white space and escapes now and then
    const turn = Math.floor(n / 7) % entries.length;
    const record = Object.fromEntries([...entries.slice(turn), ...entries.slice(0, turn)]);
    const text = JSON.stringify(record, null, n % 11 === 0 ? ' ' : undefined).replaceAll('\n', ' ');
    lines.push(n % 13 === 0 ? text.replaceAll('"price"', '"pric\\u0065"') : text);
  }
  const bytes = Buffer.from(lines.join('\n'));
  const generated = await generatedDecoder(jsonCompiler, schema, layout, []);
  const { rows, letters } = decodeAll(generated, bytes, { schema, layout });
  assert.equal(letters, []);
  assert.equal(
    rows,
    decodeAll(context => new JsonFormat().createDecoder(context), bytes, { schema, layout }).rows,
  );
  assert.is(rows.length, 500);
});

tests('csv: quotes, empty cells, nulls', async () => {
  const schema = struct(
    field('n', { kind: 'nullable', of: int32, null: true, undefined: false }),
    field('o', { kind: 'string' }, true),
    field('s', { kind: 'string' }),
  );
  const columns = ['s', 'skipped', 'n', 'o'];
  assert.equal(await csv(schema, '"a ""b"", c",,1,x', columns), { s: 'a "b", c', n: 1, o: 'x' });
  assert.equal(await csv(schema, ',"un, wanted",,', columns), { s: '', n: null, o: undefined });
  assert.equal(await csv(schema, '"",x,"7",""', columns), { s: '', n: 7, o: '' });
  for (const line of ['a,b,1', 'a,b,1,x,', 'a,b,1,x,y', '"a,b,1,x', '"a"b,c,1,x', 'a,b,one,x'])
    assert.is(await csv(schema, line, columns), 'bad', line);
});

tests('csv: values by type', async () => {
  const cases: readonly (readonly [Schema, string, unknown])[] = [
    [{ kind: 'float64' }, '-1.5e3', -1500],
    [{ kind: 'float64' }, '0.1', 0.1],
    [{ kind: 'float64' }, '123456789.12345678901', 123456789.12345679],
    [{ kind: 'float64' }, '1,5', 'bad'],
    [{ kind: 'float64' }, '0x10', 'bad'],
    [{ kind: 'bool' }, 'TRUE', true],
    [{ kind: 'bool' }, 'yes', 'bad'],
    [{ kind: 'int64' }, '-9223372036854775808', -9223372036854775808n],
    [{ kind: 'int64' }, '9223372036854775808', 'bad'],
    [{ kind: 'decimal', precision: 30, scale: 3 }, '-12345678901234567890.1', -12345678901234567890100n],
    [{ kind: 'decimal', precision: 30, scale: 2 }, '1.500', 150n],
    [{ kind: 'decimal', precision: 30, scale: 2 }, '1.505', 'bad'],
    [{ kind: 'enum', values: ['a', 'b'] }, 'b', 'b'],
    [{ kind: 'enum', values: [1, 2] }, '2', 2],
    [{ kind: 'enum', values: ['a', 'b'] }, 'c', 'bad'],
    [{ kind: 'timestamp' }, '2020-02-29 12:34:56.7', Date.UTC(2020, 1, 29, 12, 34, 56, 700)],
    [{ kind: 'timestamp' }, '2020-02-29T12:34:56+01:00', Date.UTC(2020, 1, 29, 11, 34, 56)],
    [{ kind: 'timestamp' }, '2020-02-29', Date.UTC(2020, 1, 29)],
    [{ kind: 'timestamp' }, '1582934400000', 1582934400000],
    [{ kind: 'timestamp' }, '2021-02-29 00:00:00', 'bad'],
    [{ kind: 'timestamp' }, '2021-02-29', 'bad'],
    [{ kind: 'timestamp' }, '2021-02-28x00:00:00', 'bad'],
    [{ kind: 'timestamp' }, '0050-01-01 00:00:00', Date.parse('0050-01-01T00:00:00Z')],
  ];
  for (const [schema, text, expected] of cases) {
    const cell = text.includes(',') ? `"${text}"` : text;
    const orNull: Schema = { kind: 'nullable', of: schema, null: true, undefined: false };
    for (const x of [field('x', schema), field('x', orNull), field('x', schema, true)])
      assert.equal(await csv(struct(x), cell, ['x']), expected === 'bad' ? 'bad' : { x: expected }, text);
    const columns = ['x', 'y'];
    const y = field('y', int32);
    assert.equal(await csv(struct(field('x', orNull), y), ',1', columns), { x: null, y: 1 }, schema.kind);
    const optional = struct(field('x', schema, true), y);
    assert.equal(await csv(optional, ',1', columns), { x: undefined, y: 1 }, `optional ${schema.kind}`);
  }
});

tests('a schema that a format cannot carry is known when the program is built (FC1390)', () => {
  const nested = struct(field('place', struct(field('city', { kind: 'string' }))));
  assert.match(csvCompiler.check(nested) ?? '', /place/);
  assert.match(csvCompiler.check({ kind: 'string' }) ?? '', /objects with one field per column/);
  assert.is(csvCompiler.check(struct(field('a', int32))), null);
  assert.is(jsonCompiler.check(nested), null);
});

/** Texts in which what ends a text is near, in every place of a word of four bytes. */
function* texts(): IterableIterator<string> {
  // one bit or a carry away from a quote, a backslash and a comma; ¢, ¬ and Ü have such bytes with the highest bit set
  for (const filler of ['a', '!', '#', '[', ']', '+', '-', '\u0000', '¢', '¬', 'Ü', 'ܜ', '😀'])
    for (let length = 0; length < 14; length++) yield filler.repeat(length);
}

tests('json: strings of any length end where they end, with escapes in any place', async () => {
  const schema = struct(field('a', { kind: 'string' }), field('b', { kind: 'string' }));
  const layout = batchLayout(schema, 'all');
  const create = await generatedDecoder(jsonCompiler, schema, layout, []);
  const records = [...texts()].flatMap(text => [
    { a: text, b: `${text}"` },
    { a: `${text}\\${text}`, b: `\\"${text}\\` },
  ]);
  const lines = records.map(
    ({ a, b }) => `{"c":${JSON.stringify(b)},"a":${JSON.stringify(a)},"b":${JSON.stringify(b)}}`,
  );
  // all in one text, and each alone: the text of some is ASCII, that of all is not
  for (const part of [lines, ...lines.map(line => [line])]) {
    const { rows, letters } = decodeAll(create, Buffer.from(`${part.join('\n')}\n`), { schema, layout });
    assert.equal(letters, []);
    assert.equal(rows, part.length === 1 ? [records[lines.indexOf(part[0]!)]] : records);
  }
});

tests('json: strings that are not closed', async () => {
  const schema = struct(field('a', { kind: 'string' }));
  for (const text of texts()) {
    assert.is(await json(schema, `{"a":"${text}}`), 'bad');
    assert.is(await json(schema, `{"a":"${text}\\"}`), 'bad');
  }
});

tests('csv: cells of any length end where they end', async () => {
  const schema = struct(field('a', { kind: 'string' }), field('b', { kind: 'string' }));
  const layout = batchLayout(schema, 'all');
  const create = await generatedDecoder(csvCompiler, schema, layout, [{ columns: ['a', 'z', 'b'] }]);
  const records = [...texts()].map(text => ({ a: text, b: text }));
  const lines = records.map(({ a }) => `${a},${a}x,${a}`);
  for (const part of [lines, ...lines.map(line => [line])]) {
    const { rows, letters } = decodeAll(create, Buffer.from(`${part.join('\n')}\n`), { schema, layout });
    assert.equal(letters, []);
    assert.equal(rows, part.length === 1 ? [records[lines.indexOf(part[0]!)]] : records);
  }
});

tests('csv: timestamps in milliseconds, numbers that are whole', async () => {
  const timestamp = struct(field('a', { kind: 'timestamp' }));
  const number = struct(field('a', { kind: 'float64' }));
  for (const digits of [
    '0',
    '7',
    '007',
    '-1',
    '-0',
    '999999999',
    '1000000000',
    '1436918400000',
    '999999999999999',
  ])
    for (const schema of [timestamp, number])
      assert.equal(await csv(schema, digits, ['a']), { a: Number(digits) }, digits);
  for (const digits of ['9007199254740993', '-1234567890123456789'])
    for (const schema of [timestamp, number])
      assert.equal(await csv(schema, digits, ['a']), { a: Number(digits) }, digits);
  for (const text of ['-', '+', '12a', '1-2', 'a', '0x10', '--1', '1436918400000x'])
    for (const schema of [timestamp, number]) assert.is(await csv(schema, text, ['a']), 'bad', text);
  assert.is(await csv(timestamp, '+5', ['a']), 'bad');
  assert.equal(await csv(number, '+5', ['a']), { a: 5 });
});

tests.run();
