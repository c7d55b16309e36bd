/** Files as input: cutting, packing, watching, and what is wrong with them. */
import { appendFileSync, chmodSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { batchLayout } from '../../compiler/ir/batch-layout.js';
import { ConnectorError } from '../../plugins/api/connector-error.js';
import type { Schema } from '../../plugins/api/schema.js';
import { CsvFormat } from '../../plugins/csv/index.js';
import { FileSource, type FileSourceOptions } from '../../plugins/file/index.js';
import { TextFormat } from '../../plugins/text/index.js';
import { SourceRun, type SourceFixture } from '../conformance/source-run.js';
import { testFolder, type TestFolder } from './files.js';

const tests = suite('file source');
let folder: TestFolder;
tests.before.each(() => void (folder = testFolder()));
tests.after.each(() => folder.remove());

const line: Schema = { kind: 'string' };
function textFiles(options: Omit<FileSourceOptions<string>, 'format'>): SourceFixture {
  const source = new FileSource({ ...options, format: new TextFormat() });
  return { source: source as never, schema: line, layout: batchLayout(line, 'all') };
}
async function readAll(fixture: SourceFixture, parallelism = 1, batchRows = 64): Promise<unknown[]> {
  const run = new SourceRun(fixture, parallelism, batchRows);
  try {
    await run.start();
    await run.run();
    return run.rows.map(row => row.record);
  } finally {
    await run.close();
  }
}
const lines = (path: string | readonly string[], parallelism = 1): Promise<unknown[]> =>
  readAll(textFiles({ path }), parallelism);

async function failure(fixture: SourceFixture): Promise<ConnectorError> {
  try {
    await readAll(fixture);
  } catch (error) {
    assert.instance(error, ConnectorError);
    return error as ConnectorError;
  }
  throw new Error('reading did not fail');
}

tests('any splitBytes and line ends: each line once, in the order of the file', async () => {
  const text = fc
    .array(fc.tuple(fc.constantFrom('', 'a', 'bc', 'é€😀', 'x'.repeat(30)), fc.constantFrom('\n', '\r\n')), {
      maxLength: 20,
    })
    .chain(parts =>
      fc.tuple(fc.constantFrom('', 'rest'), fc.constantFrom('', '\ufeff')).map(([rest, mark]) => ({
        content: mark + parts.map(part => part.join('')).join('') + rest,
        expected: [...parts.map(([record]) => record), ...(rest === '' ? [] : [rest])],
      })),
    );
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 3 }),
      async (file, splitBytes, batchRows) => {
        const path = folder.write('lines.txt', file.content);
        assert.equal(await readAll(textFiles({ path, splitBytes }), 1, batchRows), file.expected);
      },
    ),
    { numRuns: 120, seed: 1 },
  );
});

tests('any splitBytes with a header: each record once, the header never', async () => {
  const row: Schema = {
    kind: 'struct',
    fields: [{ name: 'id', schema: { kind: 'int32' }, optional: false }],
  };
  const expected = Array.from({ length: 40 }, (_, id) => ({ id }));
  const content = `\ufeffname,"id",other\r\n${expected.map(({ id }) => `n${id},${id},`).join('\n')}`;
  for (let splitBytes = 1; splitBytes < 60; splitBytes += 3) {
    const path = folder.write('rows.csv', content);
    const source = new FileSource({
      path,
      format: new CsvFormat<{ id: number }>({ header: true }),
      splitBytes,
    });
    const fixture = { source: source as never, schema: row, layout: batchLayout(row, 'all') };
    assert.equal(
      (await readAll(fixture, 2)).sort((a, b) => (a as { id: number }).id - (b as { id: number }).id),
      expected,
    );
  }
});

tests('more blank lines and bad records than a batch has rows lose nothing', async () => {
  const row: Schema = {
    kind: 'struct',
    fields: [{ name: 'id', schema: { kind: 'int32' }, optional: false }],
  };
  const path = folder.write(
    'rows.csv',
    Array.from({ length: 500 }, (_, id) => (id % 10 === 9 ? `${id}\n` : id % 3 === 0 ? '\n' : 'bad\n')).join(
      '',
    ),
  );
  const source = new FileSource({ path, format: new CsvFormat<{ id: number }>({ columns: ['id'] }) });
  const run = new SourceRun({ source: source as never, schema: row, layout: batchLayout(row, 'all') }, 1, 4);
  await run.start();
  await run.run();
  assert.is(run.rows.length, 50);
  const bad = Array.from({ length: 500 }, (_, i) => i).filter(i => i % 10 !== 9);
  assert.equal(
    run.deadLetters.map(letter => letter.position),
    bad.map(i => `${path}:${i + 1}`),
  );
  await run.close();
});

tests('a folder is read with its folders, without hidden names; globs and several paths', async () => {
  folder.write('b.txt', 'b');
  folder.write('a.txt', 'a');
  folder.write('deep/c.txt', 'c');
  folder.write('.hidden', 'no');
  folder.write('_SUCCESS', 'no');
  folder.write('_temporary/d.txt', 'no');
  folder.write('deep/other.csv', 'o');
  assert.equal(await lines(folder.path), ['a', 'b', 'c', 'o']);
  assert.equal(await lines(`${folder.path}/`), ['a', 'b', 'c', 'o']);
  assert.equal(await lines(`${folder.path}/{a,deep/c}*.txt`), ['a', 'c']);
  assert.equal(await lines([`${folder.path}/deep`, `${folder.path}/a.txt`]), ['a', 'c', 'o']);
  assert.equal(
    await lines([`${folder.path}/a.txt`, folder.path, `${folder.path}/./b.txt`]),
    ['a', 'b', 'c', 'o'],
    'no file twice',
  );
});

tests('a file whose name looks like a glob', async () => {
  assert.equal(await lines(folder.write('a[1].txt', 'yes')), ['yes']);
});

tests('packed files: one member, several, none of its bytes missing', async () => {
  folder.write('a.gz', gzipSync('1\n2\n'));
  folder.write('b.gz', Buffer.concat([gzipSync('3\n4'), gzipSync('5\n'), gzipSync('')]));
  folder.write('c.gz', gzipSync(''));
  assert.equal(await lines(folder.path, 2), ['1', '2', '3', '45'].sort());
});

tests('a packed file that is cut off or damaged fails the job', async () => {
  const whole = gzipSync('a line that is packed\n'.repeat(1000));
  const cut = await failure(textFiles({ path: folder.write('a.gz', whole.subarray(0, -20)) }));
  assert.is(cut.code, 'FC5301');
  assert.match(cut.message, /cannot unpack '.*a\.gz': unexpected end of file/);
  const plain = await failure(textFiles({ path: folder.write('b.gz', 'not packed') }));
  assert.match(plain.message, /cannot unpack '.*b\.gz': incorrect header check/);
  assert.match(plain.fix ?? '', /damaged or incomplete/);
});

tests('line numbers of bad records in packed files survive a restore', async () => {
  const row: Schema = {
    kind: 'struct',
    fields: [{ name: 'id', schema: { kind: 'int32' }, optional: false }],
  };
  const content = Array.from({ length: 30 }, (_, id) => (id === 25 ? 'bad' : String(id))).join('\n');
  const source = new FileSource({
    path: folder.write('a.csv.gz', gzipSync(content)),
    format: new CsvFormat<{ id: number }>({ columns: ['id'] }),
  });
  const fixture = { source: source as never, schema: row, layout: batchLayout(row, 'all') };
  const first = new SourceRun(fixture, 1, 5);
  await first.start();
  await first.run({ rows: 10 });
  const state = first.snapshot();
  await first.close();
  const second = new SourceRun(fixture, 1, 5, state);
  await second.start();
  await second.run();
  assert.is(second.rows.length, 19);
  assert.match(second.deadLetters[0]!.position, /a\.csv\.gz:26$/);
  await second.close();
});

tests('new files are found while watching, each once, also after a restore', async () => {
  const fixture = textFiles({ path: folder.path, monitorInterval: 5 });
  folder.write('a', '1\n2');
  const first = new SourceRun(fixture, 2, 4);
  await first.start();
  await first.run({ rows: 2 });
  folder.write('b', '3\n');
  await first.run({ rows: 3 });
  const state = first.snapshot();
  await first.close();
  folder.write('c/d', '4');
  const second = new SourceRun(fixture, 2, 4, state);
  await second.start();
  await second.run({ rows: 1 });
  assert.equal(
    [...first.rows, ...second.rows].map(row => row.record),
    ['1', '2', '3', '4'],
  );
  await second.close();
});

tests('watching waits for a folder that is not there yet', async () => {
  const run = new SourceRun(textFiles({ path: `${folder.path}/later`, monitorInterval: 5 }), 1, 4);
  await run.start();
  assert.is(await run.poll(0), 'NOTHING_AVAILABLE');
  folder.write('later/a', 'here');
  await run.run({ rows: 1 });
  assert.is(run.rows[0]!.record, 'here');
  await run.close();
});

tests('what grows after it was cut is read by the last split', async () => {
  const path = folder.write('a', 'one\n');
  const run = new SourceRun(textFiles({ path }), 1, 4);
  await run.start();
  appendFileSync(path, 'two\n');
  await run.run();
  assert.equal(
    run.rows.map(row => row.record),
    ['one', 'two'],
  );
  await run.close();
});

tests('missing files and folders are named', async () => {
  const missing = await failure(textFiles({ path: `${folder.path}/no.txt` }));
  assert.is(missing.code, 'FC5301');
  assert.match(missing.message, /cannot read '.*no\.txt': there is no such file or folder/);
  const glob = await failure(textFiles({ path: `${folder.path}/*.nothing` }));
  assert.match(glob.message, /no file matches/);
});

tests('a file that may not be read', async () => {
  if (process.getuid?.() === 0) return; // root may read everything
  const path = folder.write('secret', 'x');
  chmodSync(path, 0);
  assert.match((await failure(textFiles({ path }))).message, /permission denied/);
});

tests('a record without end is taken for another format', async () => {
  const error = await failure(textFiles({ path: folder.write('blob', new Uint8Array(65 << 20).fill(65)) }));
  assert.is(error.code, 'FC5302');
  assert.match(error.facts['position'] ?? '', /blob:1$/);
});

tests('the next split is asked for when the last one has ended', async () => {
  for (const name of ['a', 'b', 'c']) folder.write(name, '1\n2\n3\n4\n5\n');
  const run = new SourceRun(textFiles({ path: folder.path }), 1, 2);
  await run.start();
  await run.poll(0);
  assert.is(run.assigned[0]!.length, 1);
  await run.close();
});

tests('pendingBytes is what is left of the splits a subtask was given', async () => {
  for (const name of ['a', 'b']) folder.write(name, '1\n2\n3\n4\n5\n');
  const run = new SourceRun(textFiles({ path: folder.path }), 1, 2);
  await run.start();
  const seen: number[] = [];
  for (let last = ''; last !== 'END_OF_INPUT'; last = await run.poll(0))
    seen.push(run.gauge(0, 'pendingBytes'));
  assert.equal(seen, [10, 6, 2, 0, 10, 6, 2, 0, 0].slice(0, seen.length));
  assert.is(run.rows.length, 10);
  await run.close();
});

tests('pendingBytes of a packed file is its size until it is open', async () => {
  folder.write('a.gz', gzipSync('1\n2\n3\n'));
  const run = new SourceRun(textFiles({ path: folder.path }), 1, 2);
  await run.start();
  assert.is(run.gauge(0, 'pendingBytes'), gzipSync('1\n2\n3\n').length);
  await run.run({ rows: 2 });
  assert.is(run.gauge(0, 'pendingBytes'), 0);
  await run.close();
});

tests('a paused split makes way for another', async () => {
  folder.write('a', '1\n2\n3\n4\n');
  folder.write('b', '5\n6\n7\n8\n');
  const fixture = textFiles({ path: folder.path });
  const first = new SourceRun(fixture, 2, 2);
  await first.start();
  const state = first.snapshot();
  await first.close();
  const run = new SourceRun(fixture, 1, 2, state);
  await run.start();
  await run.poll(0);
  const [reader] = run.readers;
  const open = run.rows[0]!.splitId;
  reader!.pauseOrResumeSplits!([open], []);
  await run.poll(0);
  assert.is.not(run.rows.at(-1)!.splitId, open);
  reader!.pauseOrResumeSplits!([], [open]);
  await run.run();
  assert.equal(run.rows.map(row => String(row.record)).sort(), ['1', '2', '3', '4', '5', '6', '7', '8']);
  await run.close();
});

tests('a row knows its line', async () => {
  const path = folder.write('a', '1\n2\n3\n4\n5');
  const run = new SourceRun(textFiles({ path }), 1, 2);
  await run.start();
  await run.run();
  assert.equal(
    run.rows.map(row => row.place),
    [1, 2, 3, 4, 5].map(n => `${path}:${n}`),
  );
  await run.close();
});

tests.run();
