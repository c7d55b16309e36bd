/**
 * What is wrong ends in one clear error and no exit code 0, at the client and wherever else it arrives; processes that
 * are told nonsense stay up and serve whoever makes sense.
 */
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { readFileSync, cpSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project, type Finished, type RunningCli } from '../cli/project.js';
import { Cluster } from './processes.js';
import { boundedProgram, endlessProgram, restOf } from './session-programs.js';

const test = suite('wrong input');
const project = new Project({ 'endless.ts': endlessProgram, 'bounded.ts': boundedProgram });
const cluster = new Cluster(project, {
  'execution.checkpointing.savepoint-dir': project.path('savepoints'),
  'rest.server.max-content-length': '1000000',
  'slot.request.timeout': '1 s',
});
let jobManager: RunningCli;
let taskManager: RunningCli;

test.before(async () => {
  for (const name of ['endless', 'bounded'])
    assert.is((await project.flinkc(['build', `${name}.ts`, '-o', name])).code, 0);
  jobManager = await cluster.jobManager();
  taskManager = cluster.taskManager('tm-1');
  await taskManager.sees('stderr', /is registered at/);
});
test.after(async () => {
  await cluster.stop();
  project.remove();
});
/** Whatever was wrong, the processes are still those that were started, and run a job. */
test.after.each(async () => {
  assert.is(jobManager.process.exitCode, null);
  assert.is(taskManager.process.exitCode, null);
  const { body } = await restOf(cluster.restPort, '/overview');
  assert.is((body as unknown as { readonly taskmanagers: number }).taskmanagers, 1);
});

const run = (...args: readonly string[]): Promise<Finished> =>
  project.flinkc(['run', ...args, '-t', 'remote', '-m', `127.0.0.1:${cluster.restPort}`]);

/** One error, of this code, without a stack. */
function refused({ code, stderr }: Finished, expected: string, reason: RegExp): void {
  assert.is(code, 1, stderr);
  assert.match(stderr, `error ${expected}: `);
  assert.match(stderr, reason);
  assert.is(stderr.match(/^error /gm)?.length, 1, stderr);
  assert.match(stderr, /^ {2}fix: /m);
  assert.not.match(stderr, /^ +at .*\.js:\d+/m);
}

test('an artifact of another version, or changed by hand, is refused by the client and by the cluster', async () => {
  const edit = (name: string, file: string, change: (text: string) => string): void => {
    cpSync(project.path('bounded'), project.path(name), { recursive: true });
    project.write({ [`${name}/${file}`]: change(readFileSync(project.path(`${name}/${file}`), 'utf8')) });
  };
  edit('newer', 'manifest.json', text => text.replace(/"format": ?\d+/, '"format": 99'));
  refused(await run('newer'), 'FC4103', /99/);
  refused(await project.flinkc(['run', 'newer']), 'FC4103', /99/);
  edit('changed', 'plan.json', text => text.replace('bounded', 'BOUNDED'));
  refused(await run('changed'), 'FC4105', /plan\.json/);
  assert.is((await run('bounded')).code, 0);
});

test('FC5608: a job waits for slots as long as it says itself, else as long as the cluster does', async () => {
  refused(await run('bounded', '-p', '50'), 'FC5608', /50 slots are needed, but after 1000 ms 1 TaskManager/);
  const hasty = await run('bounded', '-p', '50', '-D', 'slot.request.timeout=70 ms');
  refused(hasty, 'FC5608', /50 slots are needed, but after 70 ms 1 TaskManager/);
});

test('FC5113 FC5012 FC5506: state of another job, in other key groups, or of no job', async () => {
  const submitted = await run('endless', '-d', '--json');
  const { jobId } = JSON.parse(submitted.stdout) as { readonly jobId: string };
  await jobManager.sees('stdout', /"count"/);
  const client = ['-m', `127.0.0.1:${cluster.restPort}`];
  const stopped = await project.flinkc(['stop', jobId, ...client]);
  const path = /Savepoint completed. Path: (.*)/.exec(stopped.stdout)?.[1];
  assert.ok(path, stopped.stderr);
  for (const start of [run, (...args: readonly string[]) => project.flinkc(['run', ...args])]) {
    refused(await start('bounded', '-s', path), 'FC5113', /has state of '/);
    refused(
      await start('endless', '-s', path, '-D', 'pipeline.max-parallelism=7'),
      'FC5012',
      /max parallelism 128 and cannot be restored with 7/,
    );
    refused(await start('bounded', '-s', project.dir), 'FC5506', /it has no _metadata/);
  }
});

test('FC5007 FC5608: a parallelism above the maximum, and above the slots there are', async () => {
  for (const start of [run, (...args: readonly string[]) => project.flinkc(['run', ...args])])
    refused(await start('bounded', '-p', '9', '-D', 'pipeline.max-parallelism=8'), 'FC5007', /9.*8/);
  refused(await run('bounded', '-p', '9', '-D', 'restart-strategy.type=none'), 'FC5608', /9 slots/);
});

test('FC5613 FC5602: a TaskManager without a JobManager, and a port that is taken, end their process', async () => {
  refused(await project.flinkc(['taskmanager']), 'FC5613', /jobmanager\.rpc\.address/);
  refused(
    await project.flinkc(['jobmanager', '-D', `jobmanager.rpc.port=${cluster.port}`, '-D', 'rest.port=0']),
    'FC5602',
    new RegExp(String(cluster.port)),
  );
  assert.is((await restOf(cluster.restPort, '/taskmanagers/tm-7')).status, 404);
});

/** Everything that can be said on a socket, until the other side has had enough. */
function say(port: number, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  return new Promise(resolve => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
    socket.on('data', data => (answer += data.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.setTimeout(120_000, () => socket.destroy());
  });
}

/** A request of HTTP/2 without anything of gRPC but its path; answers with its status, or 'closed'. */
function call(port: number, path: string, body: Buffer): Promise<string> {
  return new Promise(resolve => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const end = (result: string): void => {
      session.destroy();
      resolve(result);
    };
    session.on('error', () => end('closed'));
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status = 'closed';
    const read = (headers: Readonly<Record<string, unknown>>): void => {
      const given = headers['grpc-status'];
      if (typeof given === 'string') status = given;
    };
    stream.on('response', read);
    stream.on('trailers', read);
    stream.on('error', () => {});
    stream.on('close', () => end(status));
    stream.resume();
    stream.end(body);
    setTimeout(() => end('timeout'), 120_000).unref();
  });
}

test('malformed and oversized gRPC ends its call, whoever is called', async () => {
  const { body } = await restOf(cluster.restPort, '/taskmanagers');
  const [{ dataPort }] = body.taskmanagers as unknown as readonly [{ readonly dataPort: number }];
  const framed = (length: number, bytes: Buffer): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, bytes]);
  };
  const [invalidArgument, resourceExhausted, unimplemented] = ['3', '8', '12'];
  for (const [port, path] of [
    [cluster.port, '/flinkc.protocol.JobManager/Connect'],
    [dataPort, '/flinkc.protocol.DataPlane/Pull'],
  ] as const) {
    await say(port, Buffer.alloc(4_096, 0xff));
    await say(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await say(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', Buffer.alloc(1_000, 0x41));
    assert.is(await call(port, '/flinkc.protocol.Nothing/Here', framed(0, Buffer.alloc(0))), unimplemented);
    assert.is(
      await call(port, path, framed(4, Buffer.from([0xff, 0xff, 0xff, 0xff]))),
      invalidArgument,
      path,
    );
    // A message that says it has two gigabytes, and one that ends in the middle.
    assert.is(await call(port, path, framed(2 ** 31, Buffer.alloc(100))), resourceExhausted, path);
    assert.is.not(await call(port, path, framed(100, Buffer.alloc(10))), 'timeout', path);
  }
});

test('malformed and oversized REST requests are answered, and leave nothing behind', async () => {
  const port = cluster.restPort;
  assert.match(await say(port, Buffer.alloc(2_000, 0xfe)), /^HTTP\/1\.1 400/);
  assert.match(await say(port, `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`), /^HTTP\/1\.1 431/);
  const post = (path: string, bytes: string): Promise<{ readonly status: number }> =>
    restOf(port, path, { method: 'POST', body: bytes });
  assert.is((await post('/jars/upload', 'x'.repeat(1_000_001))).status, 413);
  assert.is((await post('/savepoint-disposal', `${'['.repeat(100_000)}`)).status, 400);
  assert.is((await post('/savepoint-disposal', '\u0000\u0001')).status, 400);
  assert.is((await post('/jobs/..%2f..%2fetc/stop', '{}')).status, 404);
  assert.is((await restOf(port, '/jars')).status, 200);
});

test.run();
