/** Sources and sinks without files: sequences at a rate, sockets, print, tables, collect. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { batchLayout } from '../../compiler/ir/batch-layout.js';
import type { ConnectorError } from '../../plugins/api/connector-error.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { Sink } from '../../plugins/api/sink.js';
import { CollectSink } from '../../plugins/collect/index.js';
import { SequenceSource } from '../../plugins/datagen/index.js';
import { PrintSink, TableSink, type PrintOptions } from '../../plugins/print/index.js';
import { SocketTextSource, type SocketOptions } from '../../plugins/socket/index.js';
import { SinkRun } from '../conformance/sink-run.js';
import { SourceRun } from '../conformance/source-run.js';
import { capture } from './captured-output.js';

const tests = suite('streams');
const line: Schema = { kind: 'string' };
const number: Schema = { kind: 'float64' };
const records = (run: SourceRun): unknown[] => run.rows.map(row => row.record);

tests('a sequence keeps to its rate, over all subtasks', async () => {
  const source = new SequenceSource(0, null, { recordsPerSecond: 100 });
  const run = new SourceRun(
    { source: source as never, schema: number, layout: batchLayout(number, 'all') },
    2,
    1000,
  );
  await run.start();
  for (const now of [0, 500, 1000]) {
    run.now = now;
    for (const subtask of [0, 1]) await run.poll(subtask);
    assert.is(run.rows.length, 2 + (now * 100) / 1000);
    assert.is(await run.poll(0), 'NOTHING_AVAILABLE');
  }
  await run.close();
});

tests('pendingRecords is what is left of a bounded sequence', async () => {
  const source = new SequenceSource(1, 10);
  const run = new SourceRun(
    { source: source as never, schema: number, layout: batchLayout(number, 'all') },
    1,
    4,
  );
  await run.start();
  const seen = [run.gauge(0, 'pendingRecords')];
  while ((await run.poll(0)) !== 'END_OF_INPUT') seen.push(run.gauge(0, 'pendingRecords'));
  assert.equal(seen, [10, 6, 2, 0]);
  await run.close();
});

tests('a rate that is not positive and bounds that are no integers are refused', () => {
  assert.throws(() => new SequenceSource(0.5, 3), /from one integer to another/);
  const source = new SequenceSource(0, 3, { recordsPerSecond: 0 });
  assert.throws(
    () =>
      new SourceRun({ source: source as never, schema: number, layout: batchLayout(number, 'all') }, 1, 4),
    /rate must be positive/,
  );
});

async function serve(connected: (socket: Socket, connection: number) => void): Promise<Server> {
  let connections = 0;
  const server = createServer(socket => connected(socket, ++connections));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}
async function read(server: Server, options: SocketOptions = {}): Promise<SourceRun> {
  const source = new SocketTextSource('127.0.0.1', (server.address() as AddressInfo).port, options);
  const run = new SourceRun(
    { source: source as never, schema: line, layout: batchLayout(line, 'all') },
    2,
    4,
  );
  try {
    await run.start();
    await run.run();
  } finally {
    await run.close();
    server.close();
  }
  return run;
}

tests('socket: lines, CRLF, characters cut in two, a last line without end', async () => {
  const bytes = Buffer.from('one\r\ntwö\n\nend é');
  const server = await serve(socket => {
    socket.setNoDelay();
    socket.write(bytes.subarray(0, 7));
    setTimeout(() => socket.end(bytes.subarray(7)), 20);
  });
  assert.equal(records(await read(server)), ['one', 'twö', '', 'end é']);
});

tests('socket: records end at the delimiter that is given, which is not empty', async () => {
  const server = await serve(socket => socket.end('a||b|c||'));
  assert.equal(records(await read(server, { delimiter: '||' })), ['a', 'b|c']);
  assert.throws(() => new SocketTextSource('localhost', 1, { delimiter: '' }), /must not be empty/);
});

tests('socket: connects again as often as it may', async () => {
  const server = await serve((socket, connection) => socket.end(`connection ${connection}\nrest`));
  assert.equal(records(await read(server, { maxRetry: 1 })), [
    'connection 1',
    'rest',
    'connection 2',
    'rest',
  ]);
});

tests('socket: where nobody listens the job is told which address and that nobody does', async () => {
  const server = await serve(() => {});
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  const source = new SocketTextSource('127.0.0.1', port);
  const run = new SourceRun(
    { source: source as never, schema: line, layout: batchLayout(line, 'all') },
    1,
    4,
  );
  await run.start();
  try {
    await run.run();
    assert.unreachable();
  } catch (error) {
    assert.is((error as ConnectorError).code, 'FC5321');
    assert.match(
      (error as ConnectorError).message,
      new RegExp(`cannot read from 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`),
    );
  }
  await run.close();
});

async function printed(options: PrintOptions | string, parallelism: number): Promise<string> {
  const output = capture(typeof options === 'object' && options.stdErr ? process.stderr : process.stdout);
  try {
    const run = new SinkRun(new PrintSink(options) as Sink<unknown>, line, parallelism);
    await run.write(['a', 'b']);
    await run.finish();
    return output.text;
  } finally {
    output.restore();
  }
}

tests('print: identifier and subtask in front of each line, as in Flink', async () => {
  assert.is(await printed({}, 1), 'a\nb\n');
  assert.is(await printed({}, 2), '1> a\n2> b\n');
  assert.is(await printed({ identifier: 'words' }, 1), 'words> a\nwords> b\n');
  assert.is(await printed({ identifier: 'words' }, 2), 'words:1> a\nwords:2> b\n');
  assert.is(await printed('words', 1), 'words> a\nwords> b\n');
  assert.is(await printed({ stdErr: true }, 1), 'a\nb\n');
});

tests('table: aligned, sorted, limited', async () => {
  const schema: Schema = {
    kind: 'struct',
    fields: [
      { name: 'count', schema: { kind: 'int32' }, optional: false },
      { name: 'price', schema: { kind: 'decimal', precision: 9, scale: 2 }, optional: false },
      { name: 'word', schema: line, optional: false },
    ],
  };
  const sink = new TableSink<{ count: number; price: bigint; word: string }>({
    title: 'Words',
    columns: ['word', 'count', 'price'],
    sortBy: ['-count', 'word'],
    limit: 2,
  });
  const output = capture();
  try {
    const run = new SinkRun(sink as Sink<unknown>, schema, 1);
    await run.write([
      { count: 1, price: 5n, word: 'z' },
      { count: 12, price: 12345n, word: 'two\nlines' },
      { count: 12, price: -1n, word: 'a' },
    ]);
    await run.finish();
    assert.is(
      output.text,
      'Words\nword       count   price\n─────────  ─────  ──────\na             12   -0.01\ntwo lines     12  123.45\n… 1 more rows\n',
    );
  } finally {
    output.restore();
  }
});

tests('collect: records come while the stream goes on; an abort holds back the rest', async () => {
  const run = new SinkRun(new CollectSink('rows') as Sink<unknown>, line, 1);
  await run.write(['a']);
  assert.equal(run.sent.get('rows'), ['a']);
  run.writers[0]!.write('b', { timestamp: null, currentWatermark: 0 });
  await run.close(true);
  assert.equal(run.sent.get('rows'), ['a']);
});

tests.run();
