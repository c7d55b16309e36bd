/**
 * What every format keeps to: call `formatConformance` with a fixture in a test of the format, then `run()` the suite.
 * Decoders may be cut off anywhere: the rows must not depend on how bytes arrive or how large batches are.
 */
import * as fc from 'fast-check';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';
import type { DecoderContext, Format, RecordDecoder } from '../../plugins/api/format.js';
import type { Schema } from '../../plugins/api/schema.js';
import { ship, type Shippable } from '../../plugins/api/shipping.js';
import type { DeadLetter } from '../../plugins/api/source.js';
import { createRowAppender } from '../../runtime/taskmanager/row-appender.js';
import { readRow } from './source-run.js';

export interface FormatConformance<T> {
  readonly format: Format<T>;
  readonly schema: Schema;
  readonly layout: BatchLayout;
  readonly records: fc.Arbitrary<T>;
  /** beside the format's own: generated ones */
  readonly decoders?: Readonly<Record<string, (context: DecoderContext) => RecordDecoder>>;
  /** a record that does not fit, with its line end; null: everything fits */
  readonly bad: string | null;
}

export interface Decoded {
  readonly rows: readonly unknown[];
  readonly letters: readonly DeadLetter[];
}
export interface DecodeOptions {
  readonly schema: Schema;
  readonly layout: BatchLayout;
  readonly header?: string | null;
  readonly batchRows?: number;
  /** bytes become visible in steps of this many */
  readonly step?: number;
}

/** Decodes as a reader does: whatever a decoder leaves is offered again with more bytes behind it. */
export function decodeAll(
  create: (context: DecoderContext) => RecordDecoder,
  bytes: Uint8Array,
  { schema, layout, header = null, batchRows = 64, step = Infinity }: DecodeOptions,
): Decoded {
  const rows: unknown[] = [];
  const letters: DeadLetter[] = [];
  const decoder = create({
    schema,
    layout,
    header,
    describe: offset => `input:${offset}`,
    badRecords: { report: letter => void letters.push(letter) },
  });
  let from = 0;
  for (let to = Math.min(step, bytes.length); ;) {
    const last = to === bytes.length;
    const batch = new Batch(layout, batchRows);
    const next = decoder.decode(bytes, from, to, last, batch);
    assert.ok(next >= from && next <= to, 'offsets go forward, within the window');
    assert.ok(batch.length <= batchRows, 'a batch is filled up to its capacity');
    for (let row = 0; row < batch.length; row++) rows.push(readRow(batch, row));
    if (next === from) {
      if (last) break;
      to = Math.min(to + step, bytes.length);
    }
    from = next;
  }
  assert.is(from, bytes.length, 'all bytes are consumed when the input ends');
  return { rows, letters };
}

export function formatConformance<T>(
  name: string,
  make: () => FormatConformance<T> | Promise<FormatConformance<T>>,
): Test {
  const tests = suite(`format ${name}`);
  const forEachDecoder = (
    title: string,
    body: (fixture: FormatConformance<T>, create: (context: DecoderContext) => RecordDecoder) => void,
  ): void =>
    tests(title, async () => {
      const fixture = await make();
      body(fixture, context => fixture.format.createDecoder(context));
      for (const create of Object.values(fixture.decoders ?? {})) body(fixture, create);
    });
  const encodeAll = ({ format, schema }: FormatConformance<T>, records: readonly T[]): Uint8Array => {
    const encoder = format.createEncoder(schema);
    return Buffer.concat(records.map(record => Buffer.from(encoder.encode(record) as string)));
  };
  const headerOf = ({ format, schema }: FormatConformance<T>): string | null =>
    format.hasHeader ? (format.createEncoder(schema).header?.replace(/\n$/, '') ?? null) : null;
  const rowsOf = ({ layout }: FormatConformance<T>, records: readonly T[]): unknown[] => {
    const append = createRowAppender(layout);
    return records.map(record => {
      const batch = new Batch(layout, 1);
      append(batch, 0, record);
      return readRow(batch, 0);
    });
  };

  forEachDecoder('what is encoded is decoded, however bytes arrive', (fixture, create) => {
    fc.assert(
      fc.property(
        fc.array(fixture.records, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 40 }),
        (records, batchRows, step) => {
          const { rows, letters } = decodeAll(create, encodeAll(fixture, records), {
            ...fixture,
            header: headerOf(fixture),
            batchRows,
            step,
          });
          assert.equal(letters, []);
          assert.equal(rows, rowsOf(fixture, records));
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });

  forEachDecoder('a missing last line end and CRLF change nothing', (fixture, create) => {
    const records = fc.sample(fixture.records, { numRuns: 5, seed: 3 });
    const options = { ...fixture, header: headerOf(fixture) };
    const text = Buffer.from(encodeAll(fixture, records)).toString();
    for (const variant of [text.replace(/\n$/, ''), text.replaceAll('\n', '\r\n')])
      assert.equal(decodeAll(create, Buffer.from(variant), options).rows, rowsOf(fixture, records));
  });

  forEachDecoder(
    'a bad record is reported with its bytes and place, and the others are read',
    (fixture, create) => {
      if (fixture.bad === null) return;
      const [first, second] = fc.sample(fixture.records, { numRuns: 2, seed: 5 }) as [T, T];
      const before = encodeAll(fixture, [first]);
      const bytes = Buffer.concat([before, Buffer.from(fixture.bad), encodeAll(fixture, [second])]);
      const { rows, letters } = decodeAll(create, bytes, { ...fixture, header: headerOf(fixture) });
      assert.equal(rows, rowsOf(fixture, [first, second]));
      assert.is(letters.length, 1);
      const [letter] = letters as [DeadLetter];
      assert.is(Buffer.from(letter.raw).toString(), fixture.bad.replace(/\n$/, ''));
      assert.is(letter.position, `input:${before.length}`);
      assert.ok(letter.reason.length > 0);
    },
  );

  forEachDecoder('hostile bytes give rows or bad records, nothing else', (fixture, create) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const options = { ...fixture, header: headerOf(fixture), batchRows: 3 };
        const whole = decodeAll(create, bytes, options);
        const pieces = decodeAll(create, bytes, { ...options, step: 7 });
        assert.equal(pieces, whole);
      }),
      { numRuns: 100, seed: 11 },
    );
  });

  tests('ships as its class and arguments', async () => {
    const { format } = await make();
    const { module, name: exported, args } = (format as unknown as Shippable)[ship]();
    const made = new (format.constructor as new (...args: readonly unknown[]) => Format<T>)(...args);
    assert.is(module, `flinkc/${format.name}`);
    assert.is(exported, format.constructor.name);
    assert.is(made.hasHeader, format.hasHeader);
  });
  return tests;
}
