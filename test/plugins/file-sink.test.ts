/** Files as output: names, rolling, buckets, and what happens when writing fails. */
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConnectorError } from '../../plugins/api/connector-error.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { Sink } from '../../plugins/api/sink.js';
import { CsvFormat } from '../../plugins/csv/index.js';
import { FileSink, type FileSinkOptions } from '../../plugins/file/index.js';
import { writeFailure } from '../../plugins/file/write-failure.js';
import { TextFormat } from '../../plugins/text/index.js';
import { SinkRun, type SinkCheckpoint } from '../conformance/sink-run.js';
import { allFiles, finishedFiles, testFolder, type TestFolder } from './files.js';

const tests = suite('file sink');
let folder: TestFolder;
tests.before.each(() => void (folder = testFolder()));
tests.after.each(() => folder.remove());

const line: Schema = { kind: 'string' };
function textSink(options: Partial<FileSinkOptions<string>> = {}): FileSink<string> {
  return new FileSink<string>({ path: folder.path, format: new TextFormat(), bucket: () => '', ...options });
}
const start = (
  options: Partial<FileSinkOptions<string>> = {},
  parallelism = 1,
  restore?: SinkCheckpoint,
): SinkRun => new SinkRun(textSink(options) as Sink<unknown>, line, parallelism, restore);
const contents = (): string[] =>
  finishedFiles(folder.path)
    .map(file => file.content)
    .sort();

tests('parts are in progress, then pending, then finished', async () => {
  const run = start({ partPrefix: 'rows', partSuffix: '.txt' });
  await run.write(['a']);
  assert.match(allFiles(folder.path)[0]!.name, /^\.rows-[0-9a-f]{8}-0-0\.txt\.inprogress$/);
  const prepared = await run.prepare(true);
  assert.match(allFiles(folder.path)[0]!.name, /^\.rows-[0-9a-f]{8}-0-0\.txt\.pending$/);
  await run.commit(prepared);
  assert.match(allFiles(folder.path)[0]!.name, /^rows-[0-9a-f]{8}-0-0\.txt$/);
  assert.equal(contents(), ['a\n']);
  await run.close(false);
});

tests('a part that reaches maxPartBytes is closed; records are never cut', async () => {
  const run = start({ rolling: { maxPartBytes: 6 } });
  await run.write(['aaaa', 'bb', 'c', 'a record that is longer', 'd']);
  await run.finish();
  assert.equal(contents(), ['aaaa\nbb\n', 'c\na record that is longer\n', 'd\n']);
});

tests('a part is closed when it gets old, and when nothing more comes', async () => {
  const run = start({ rolling: { rolloverInterval: 10_000, inactivityInterval: 4_000 } });
  for (let second = 0; second < 12; second++) {
    await run.write([String(second)]);
    run.advance(1_000);
  }
  run.advance(5_000);
  await run.write(['late']);
  await run.finish();
  assert.equal(contents(), ['0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n', '10\n11\n', 'late\n'].sort());
});

tests('onCheckpoint closes every part at a checkpoint; otherwise parts go on', async () => {
  for (const onCheckpoint of [true, false]) {
    const path = join(folder.path, String(onCheckpoint));
    const run = start({ path, rolling: { onCheckpoint } });
    await run.write(['a']);
    await run.commit((await run.checkpoint()).committables);
    assert.is(finishedFiles(path).length, onCheckpoint ? 1 : 0);
    await run.write(['b']);
    await run.finish();
    assert.is(finishedFiles(path).length, onCheckpoint ? 2 : 1);
  }
});

tests('buckets: by hour of processing time, or by record and event time', async () => {
  const byHour = new SinkRun(
    new FileSink({ path: folder.path, format: new TextFormat() }) as Sink<unknown>,
    line,
    1,
  );
  await byHour.write(['a']);
  byHour.advance(3_600_000);
  await byHour.write(['b']);
  await byHour.finish();
  assert.equal(
    finishedFiles(folder.path).map(file => file.name.split('/')[0]),
    ['2026-01-01--12', '2026-01-01--13'],
  );
  const days = join(folder.path, 'days');
  const byDay = start({
    path: days,
    bucket: (record, { timestamp }) => `day=${new Date(timestamp ?? 0).toISOString().slice(0, 10)}/${record}`,
  });
  await byDay.write(['x', 'y'], Date.UTC(2020, 1, 29));
  await byDay.finish();
  assert.equal(
    finishedFiles(days).map(file => file.name.replace(/\/part.*/, '')),
    ['day=2020-02-29/x', 'day=2020-02-29/y'],
  );
});

tests('a bucket outside of the folder is refused', async () => {
  for (const bucket of ['../elsewhere', 'a/../../b', '/tmp/x', 'a\0b']) {
    const run = start({ bucket: () => bucket });
    try {
      await run.write(['a']);
      assert.unreachable();
    } catch (error) {
      assert.is((error as ConnectorError).code, 'FC5314');
    }
    await run.close(true);
  }
});

tests('subtasks write files of their own', async () => {
  const run = start({}, 3);
  await run.write(['a', 'b', 'c', 'd']);
  await run.finish();
  assert.equal(contents(), ['a\nd\n', 'b\n', 'c\n']);
});

tests('each part of a csv starts with the header', async () => {
  interface Row {
    readonly id: number;
    readonly place: string;
  }
  const schema: Schema = {
    kind: 'struct',
    fields: [
      { name: 'id', schema: { kind: 'int32' }, optional: false },
      { name: 'place', schema: { kind: 'string' }, optional: false },
    ],
  };
  const sink = new FileSink<Row>({
    path: folder.path,
    format: new CsvFormat({ header: true }),
    bucket: row => row.place,
  });
  const run = new SinkRun(sink as Sink<unknown>, schema, 1);
  await run.write([
    { id: 1, place: 'a' },
    { id: 2, place: 'b,c' },
    { id: 3, place: 'a' },
  ]);
  await run.finish();
  assert.equal(contents(), ['id,place\n1,a\n3,a\n', 'id,place\n2,"b,c"\n']);
});

tests('a restore cuts off what came after the checkpoint', async () => {
  const first = start();
  await first.write(['kept']);
  const checkpoint = await first.checkpoint();
  await first.write(['lost']);
  await first.close(true);
  // half a record, as a crash leaves it
  const [file] = allFiles(folder.path);
  appendFileSync(join(folder.path, file!.name), 'lo');
  const second = start({}, 1, checkpoint);
  await second.write(['again']);
  await second.finish();
  assert.equal(contents(), ['kept\nagain\n']);
});

tests('what a checkpoint needs but is gone fails the restore', async () => {
  const first = start();
  await first.write(['kept']);
  const checkpoint = await first.checkpoint();
  await first.close(true);
  rmSync(join(folder.path, allFiles(folder.path)[0]!.name));
  assert.throws(
    () => start({}, 1, checkpoint),
    (error: ConnectorError) => error.code === 'FC5311' && /no such file/.test(error.message),
  );
});

tests('an abort without checkpoint removes what nobody can go on with', async () => {
  const run = start({ rolling: { maxPartBytes: 1 } });
  await run.write(['a', 'b']);
  await run.close(true);
  assert.equal(allFiles(folder.path), []);
});

tests('a folder that is a file cannot be written', async () => {
  const path = folder.write('taken', '');
  const run = start({ path });
  try {
    await run.write(['a']);
    assert.unreachable();
  } catch (error) {
    assert.is((error as ConnectorError).code, 'FC5311');
    assert.match((error as ConnectorError).message, /cannot write '.*taken.*': E(NOTDIR|EXIST)/);
  }
});

tests('a finished name that is a folder fails the commit, and the file keeps its pending name', async () => {
  const run = start();
  await run.write(['a']);
  const prepared = await run.prepare(true);
  mkdirSync(join((prepared[0] as { readonly target: string }).target, 'x'), { recursive: true });
  const [outcome] = await run.commit(prepared);
  assert.match(outcome!, /cannot finish '.*': E(ISDIR|NOTEMPTY|EXIST|NOTDIR)/);
  assert.ok(allFiles(folder.path).some(file => file.name.endsWith('.pending')));
  await run.close(true);
});

tests('a full disk has a code of its own', () => {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    const error = writeFailure('out/part-0', Object.assign(new Error(`${code}: no space left`), { code }));
    assert.is(error.code, 'FC5313');
    assert.is(error.message, "no space left to write 'out/part-0'");
    assert.is(error.retryable, true);
  }
  assert.is(
    writeFailure('out', Object.assign(new Error('EACCES: denied'), { code: 'EACCES' })).code,
    'FC5311',
  );
});

tests('bytes of binary encoders are written as they are', async () => {
  const format = {
    name: 'bytes',
    splittable: false,
    hasHeader: false,
    createDecoder: () => assert.unreachable() as never,
    createEncoder: () => ({
      encode: (record: unknown) => (record === 'text' ? 'text;' : Uint8Array.of(0xff, 0xfe, 10)),
    }),
  };
  const sink = new FileSink<string>({ path: folder.path, format, bucket: () => '' });
  const run = new SinkRun(sink as Sink<unknown>, line, 1);
  await run.write(['text', 'bytes', 'text']);
  await run.finish();
  const [file] = finishedFiles(folder.path);
  assert.is(
    file!.content,
    Buffer.from([...Buffer.from('text;'), 0xff, 0xfe, 10, ...Buffer.from('text;')]).toString(),
  );
});

tests.run();
