/** docs/checkpoint-format.md is enough to read a savepoint: the reader in format-reader.ts knows nothing else. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { schemaText } from '../../plugins/api/schema-text.js';
import { ByteWriter } from '../../runtime/contract/bytes.js';
import { schemaCodec } from '../../runtime/state/schema/schema-codec.js';
import { LocalFileSystem } from '../../plugins/filesystem/local-file-system.js';
import { Savepoint } from '../../runtime/state/inspect/savepoint.js';
import { anySchema, valueOf } from '../codecs/arbitrary.js';
import { Input, readSavepoint, typeOf, type Entry } from './format-reader.js';

const test = suite('the page on the format');

const schemaAndValue = anySchema.chain(schema =>
  fc.record({ schema: fc.constant(schema), value: valueOf(schema) }),
);

test('a reader written from the page reads any value of any schema', () => {
  fc.assert(
    fc.property(schemaAndValue, ({ schema, value }) => {
      const codec = schemaCodec(schema);
      const out = new ByteWriter();
      codec.write(out, value);
      const bytes = out.toBytes();
      const input = new Input(bytes);
      const read = input.value(typeOf(schemaText(schema)));
      assert.is(input.left, 0);
      const again = new ByteWriter();
      codec.write(again, read);
      assert.ok(Buffer.from(again.toBytes()).equals(bytes), schemaText(schema));
    }),
    { numRuns: 500 },
  );
});

const golden = 'fixtures/compat/v1';
for (const name of readdirSync(golden).filter(each => existsSync(`${golden}/${each}/savepoint`)))
  test(`it reads the golden savepoint of '${name}', and finds as many entries as flinkc does`, async () => {
    const folder = `${golden}/${name}/savepoint`;
    const skipped = new Set<string>();
    const entries = readSavepoint(folder, skipped);
    for (const { keyGroup, section } of entries)
      assert.is(keyGroup === 0xffffffff, section.kind === null, section.name);
    const found = new Set(entries.map(({ uid, section }) => `${uid}/${section.name}`));
    const known = (await (await Savepoint.open(folder, new LocalFileSystem())).operators()).flatMap(
      ({ uid, sections }) =>
        sections.map(({ name: section, schema }) => ({ id: `${uid}/${section}`, own: schema.layout !== '' })),
    );
    for (const { id, own } of known) if (own) assert.ok(skipped.has(id) || !found.has(id), id);
    assert.equal(
      [...found].filter(id => !known.some(each => each.id === id && !each.own)),
      [],
    );
    if (name === 'keyed-state') assert.ok(entries.length > 100);
  });

test('contents are the values themselves', () => {
  const entries = readSavepoint(`${golden}/kinds/savepoint`, new Set());
  const of = (name: string): readonly Entry[] => entries.filter(({ section }) => section.name === name);
  // Readings below 500 are kept as they are, others as big integers.
  for (const { key, contents } of of('last')) {
    assert.match(key as string, /^sensor-/);
    const { kind, value, digits } = contents as { kind: string; value?: number; digits?: bigint };
    if (kind === 'small') assert.ok(value! < 500);
    else assert.ok(digits! >= 500n);
  }
  for (const { contents } of of('seen')) assert.ok((contents as number[]).length <= 5);
  for (const { contents } of of('perDigit'))
    for (const [digit, date] of contents as [string, Date][]) {
      assert.match(digit, /^\d$/);
      assert.ok(date instanceof Date && date.getTime() >= 0);
    }
  assert.ok(of('last').length > 0 && of('seen').length > 0 && of('perDigit').length > 0);
  assert.ok(isDeepStrictEqual(new Set(of('counts').map(({ keyGroup }) => keyGroup)), new Set([0xffffffff])));
});

test('the page does not send its readers to the code', () => {
  assert.not.match(readFileSync('docs/checkpoint-format.md', 'utf8'), /\.ts\)/);
});

test.run();
