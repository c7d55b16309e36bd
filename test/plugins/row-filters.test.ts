/** Decoders that ask a filter: rows it accepts are as without, of the others only what it reads is looked at. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { batchLayout } from '../../compiler/ir/batch-layout.js';
import { Batch } from '../../plugins/api/batch.js';
import type { FormatCompiler } from '../../plugins/api/format.js';
import type { Schema } from '../../plugins/api/schema.js';
import { csvCompiler } from '../../plugins/csv/compile.js';
import { jsonCompiler } from '../../plugins/json/compile.js';
import { readRow } from '../conformance/source-run.js';
import { generatedDecoder } from './generated-decoder.js';

const field = (name: string, schema: Schema, optional = false) => ({ name, schema, optional });
const schema: Schema = {
  kind: 'struct',
  fields: [
    field('a', { kind: 'float64' }),
    field('id', { kind: 'int32' }),
    field('name', { kind: 'string' }),
    field('note', { kind: 'string' }, true),
    field('when', { kind: 'timestamp' }),
  ],
};
const layout = batchLayout(schema, 'all');
const columnOf = (name: string): number => layout.columns.findIndex(({ path }) => path[0] === name);
const first = layout.columns.map(({ path }) => path[0] === 'id' || path[0] === 'note');
const columns = ['when', 'id', 'a', 'note', 'name'];

interface Line {
  readonly id: number | 'x';
  readonly a: number | 'x';
  readonly when: number;
  readonly name: string;
  readonly note?: string | undefined;
  readonly order: number;
}
const lines = fc.array(
  fc.record<Line>(
    {
      id: fc.oneof({ weight: 20, arbitrary: fc.nat(99) }, fc.constant('x' as const)),
      a: fc.oneof({ weight: 6, arbitrary: fc.nat(99) }, fc.constant('x' as const)),
      when: fc.nat(9999),
      name: fc.constantFrom('a', 'b€', 'c\\d'),
      note: fc.constantFrom('n', 'long note'),
      order: fc.nat(4),
    },
    { requiredKeys: ['id', 'a', 'when', 'name', 'order'] },
  ),
  { minLength: 1, maxLength: 400 },
);
const asJson = ({ order, ...line }: Line): string => {
  const entries = Object.entries(line).filter(([, value]) => value !== undefined);
  return `${JSON.stringify(Object.fromEntries([...entries.slice(order), ...entries.slice(0, order)]))}\n`;
};
const asCsv = (line: Line): string => `${columns.map(name => line[name as keyof Line] ?? '').join(',')}\n`;

const formats: readonly (readonly [
  name: string,
  compiler: FormatCompiler,
  options: unknown,
  encode: (line: Line) => string,
  header: string | null,
])[] = [
  ['json', jsonCompiler, {}, asJson, null],
  ['csv, columns given', csvCompiler, { columns }, asCsv, null],
  ['csv, header', csvCompiler, { header: true }, asCsv, columns.join(',')],
];
for (const [name, compiler, options, encode, header] of formats)
  test(name, async () => {
    const create = await generatedDecoder(compiler, schema, layout, [options], first);
    const [id, note] = [columnOf('id'), columnOf('note')];
    fc.assert(
      fc.property(lines, fc.nat(100), fc.integer({ min: 1, max: 9 }), (input, least, batchRows) => {
        const bytes = Buffer.from(input.map(encode).join(''));
        const rows: unknown[] = [];
        const bad: string[] = [];
        const decoder = create({
          schema,
          layout,
          header,
          describe: String,
          badRecords: { report: ({ raw }) => void bad.push(`${Buffer.from(raw).toString()}\n`) },
          accepts: (batch, row) =>
            (batch.columns[id]![row] as number) >= least || batch.columns[note]![row] === 'long note',
        });
        for (let at = 0; at < bytes.length;) {
          const batch = new Batch(layout, batchRows);
          at = decoder.decode(bytes, at, bytes.length, true, batch);
          for (let row = 0; row < batch.length; row++) rows.push(readRow(batch, row));
        }
        const accepted = (line: Line): boolean => (line.id as number) >= least || line.note === 'long note';
        const isBad = (line: Line): boolean => line.id === 'x' || (line.a === 'x' && accepted(line));
        assert.equal(bad, input.filter(isBad).map(encode));
        const fits = input.filter(line => !isBad(line));
        assert.is(rows.length, fits.length);
        fits.forEach((line, i) => {
          const row = rows[i] as Record<string, unknown>;
          const { order: _, ...whole } = { ...line, note: line.note };
          if (accepted(line)) assert.equal(row, whole);
          else assert.equal([row['id'], row['note']], [line.id, line.note]);
        });
      }),
      { numRuns: 150, seed: 11 },
    );
  });

test.run();
