/** The REST endpoint of a JobManager without jobs: transport rules, errors, and whatever bytes come. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RestClient, serverFault } from '../../bin/client/rest-client.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { JobManager } from '../../runtime/jobmanager/cluster/job-manager.js';
import { AsyncOperations } from '../../runtime/jobmanager/rest/async-operations.js';
import { programArguments } from '../../runtime/jobmanager/rest/program-arguments.js';
import { serializedThrowable } from '../../runtime/jobmanager/rest/serialized-throwable.js';
import { configurationOf } from '../../runtime/jobmanager/configuration-of.js';
import { certificates } from '../cluster/certificates.js';

const test = suite('rest');
let manager: JobManager | null = null;

async function start(settings: Readonly<Record<string, string>> = {}): Promise<string> {
  const entries = {
    'jobmanager.rpc.port': '0',
    'rest.port': '0',
    'rest.server.max-content-length': '65536',
    ...settings,
  };
  manager = await JobManager.start({
    configuration: configurationOf(entries),
    entries,
    engineVersion: '0.1.0',
    application: null,
    onLog: () => {},
    onRecords: () => {},
    log: () => {},
  });
  return `http://127.0.0.1:${manager.restPort}`;
}
test.after.each(async () => {
  await manager?.close();
  manager = null;
});

interface Failed {
  readonly errors: readonly string[];
}
async function ask(
  url: string,
  init?: RequestInit,
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json(), headers: response.headers };
}
async function refused(url: string, status: number, reason: RegExp, init?: RequestInit): Promise<void> {
  const answer = await ask(url, init);
  assert.is(answer.status, status, JSON.stringify(answer.body));
  assert.equal(Object.keys(answer.body as object), ['errors']);
  assert.match((answer.body as Failed).errors[0]!, reason);
}
const id = '0123456789abcdef0123456789abcdef';

test('every path is there with and without /v1, with CORS and a charset', async () => {
  const base = await start();
  for (const path of ['/overview', '/v1/overview']) {
    const { status, body, headers } = await ask(`${base}${path}`);
    assert.is(status, 200);
    assert.is((body as Record<string, unknown>)['taskmanagers'], 0);
    assert.is(headers.get('content-type'), 'application/json; charset=UTF-8');
    assert.is(headers.get('access-control-allow-origin'), '*');
  }
  assert.equal((await ask(`${base}/jobs`)).body, { jobs: [] });
});

test('errors have Flink’s form and texts', async () => {
  const base = await start();
  await refused(`${base}/nothing`, 404, /^Not found: \/nothing$/);
  await refused(`${base}/overview`, 405, /not allowed/, { method: 'PUT' });
  await refused(`${base}/jobs/${id}`, 404, new RegExp(`Job ${id} not found`));
  await refused(`${base}/jobs/xyz`, 400, /'xyz' is not a job id/);
  await refused(`${base}/jobs/${id}/savepoints/${id}`, 404, /Operation not found under key/);
  await refused(`${base}/taskmanagers/tm-1`, 404, /TaskManager tm-1 not found/);
  await refused(`${base}/jobs/${id}/rescaling`, 503, /FLINK-12312/, { method: 'PATCH' });
  await refused(`${base}/%zz`, 400, /not a valid path/);
  await refused(`${base}/savepoint-disposal`, 400, /'savepoint-path' is missing/, {
    method: 'POST',
    body: '{}',
  });
  await refused(`${base}/savepoint-disposal`, 400, /body is not JSON/, { method: 'POST', body: '{"a' });
  await refused(`${base}/savepoint-disposal`, 400, /must be a JSON object/, { method: 'POST', body: '[1]' });
  await refused(`${base}/savepoint-disposal`, 400, /'savepoint-path' must be a string, not 7/, {
    method: 'POST',
    body: '{"savepoint-path":7}',
  });
  await refused(`${base}/jars/${id}_job.zip/run`, 404, /does not exist/, { method: 'POST', body: '{}' });
});

test('bodies are limited, and files taken only where they belong', async () => {
  const base = await start();
  assert.equal((await ask(`${base}/jars`)).body, { address: base, files: [] });
  await refused(`${base}/jars/upload`, 413, /larger than 65536 bytes/, {
    method: 'POST',
    body: 'x'.repeat(65_537),
  });
  const form = (name: string, field = 'jarfile'): RequestInit => {
    const body = new FormData();
    body.append(field, new Blob(['no zip']), name);
    return { method: 'POST', body };
  };
  await refused(`${base}/savepoint-disposal`, 400, /File upload not allowed/, form('a.zip'));
  await refused(`${base}/jars/upload`, 400, /'a.txt' is not an artifact/, form('a.txt'));
  await refused(`${base}/jars/upload`, 400, /FC4102/, form('../../a.zip'));
  const attribute = new FormData();
  attribute.append('other', 'x');
  await refused(`${base}/jars/upload`, 400, /'other' is not known/, { method: 'POST', body: attribute });
  await refused(`${base}/jobs`, 400, /serialised Java execution plan/, { method: 'POST', body: '{}' });
  await refused(`${base}/jars/upload`, 400, /malformed/, {
    method: 'POST',
    headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    body: '--x\r\nContent-Disposition: form-data; name="a"; filename="a.zip"\r\n\r\nabc',
  });
});

test('a body on GET is read over', async () => {
  const base = new URL(await start());
  const text = await raw(
    Number(base.port),
    'GET /v1/config HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
  );
  assert.match(text, /^HTTP\/1.1 200/);
  assert.match(text, /"flink-version":"\d+\.\d+\.\d+"/);
});

/** All that comes back until the connection is closed. */
function raw(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise(resolve => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('data', chunk => (text += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

test('whatever comes is answered with an error, and the process stays', async () => {
  const base = await start();
  const port = Number(new URL(base).port);
  const segment = fc.oneof(
    fc.constantFrom(
      'jobs',
      id,
      'overview',
      'jars',
      'upload',
      'run',
      'plan',
      'checkpoints',
      'details',
      'config',
      'v1',
    ),
    fc.constantFrom(
      'savepoints',
      'stop',
      'taskmanagers',
      'resource-requirements',
      '..',
      '%00',
      '%ff',
      '__proto__',
    ),
    fc.string(),
  );
  const json = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .record({ 'savepoint-path': fc.anything(), programArgsList: fc.anything(), triggerId: fc.anything() })
      .map(value => JSON.stringify(value) ?? ''),
  );
  const types = fc.constantFrom(
    'application/json',
    'multipart/form-data',
    'multipart/form-data; boundary=x',
    'text/x',
  );
  await fc.assert(
    fc.asyncProperty(
      // What would end the cluster is not asked for.
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'TRACE'),
      fc.array(segment, { maxLength: 6 }),
      fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
      types,
      json,
      async (method, path, query, type, body) => {
        const target = `/${path.map(encodeURIComponent).join('/').replaceAll('%25', '%')}?${new URLSearchParams(query).toString()}`;
        const bytes = Buffer.from(body);
        const answer = await raw(
          port,
          Buffer.concat([
            Buffer.from(
              `${method} ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`,
            ),
            bytes,
          ]),
        );
        assert.match(answer, /^HTTP\/1\.1 (2\d\d|4\d\d|503) /, `${method} ${target}: ${answer}`);
      },
    ),
    { numRuns: 400 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async bytes => {
      await raw(port, bytes);
    }),
    { numRuns: 100 },
  );
  assert.is((await ask(`${base}/overview`)).status, 200);
});

test('an operation with the same trigger id is the same operation, and its failure is its result', async () => {
  const operations = new AsyncOperations(1000);
  let runs = 0;
  const run = (): Promise<unknown> => Promise.resolve(++runs);
  const failed = (error: unknown): unknown => ({ failed: String(error) });
  assert.equal(operations.trigger('a', id, run, failed), { 'request-id': id });
  operations.trigger('a', id, run, failed);
  const { 'request-id': other } = operations.trigger(
    'a',
    undefined,
    () => Promise.reject(new Error('no')),
    failed,
  );
  await operations.collected(0);
  assert.equal(operations.result('a', id), { status: { id: 'COMPLETED' }, operation: 1 });
  assert.equal(operations.result('a', other), {
    status: { id: 'COMPLETED' },
    operation: { failed: 'Error: no' },
  });
  assert.throws(() => operations.result('b', id), /Operation not found/);
});

test('failures are Java-serialised as Flink’s clients insist on', () => {
  const { class: name, 'serialized-throwable': text } = serializedThrowable(new Error('ü\0'));
  const bytes = Buffer.from(text, 'base64');
  assert.is(name, 'org.apache.flink.util.FlinkException');
  assert.is(bytes.subarray(0, 5).toString('hex'), 'aced000573', 'a stream with one object');
  // Modified UTF-8: the zero takes two bytes.
  assert.ok(bytes.includes(Buffer.from('c3bcc080', 'hex')));
  assert.is(bytes.at(-1), 0x70);
  const long = Buffer.from(
    serializedThrowable(new Error('x'.repeat(70_000)))['serialized-throwable'],
    'base64',
  );
  assert.ok(long.includes(Buffer.from([0x7c, 0, 0, 0, 0, 0, 1])), 'a long string');
});

test('program arguments are parameters', () => {
  assert.equal(programArguments(['--a', '1', '--b=x y', '-c', '-2'], undefined), {
    a: '1',
    b: 'x y',
    c: '-2',
  });
  assert.equal(programArguments(undefined, `--a "1 2" --b 'x'`), { a: '1 2', b: 'x' });
  assert.throws(() => programArguments(['a'], undefined), /'a' is not/);
  assert.throws(() => programArguments(['--a'], undefined), /'--a' has no value/);
});

test('with TLS clients are encrypted, and with authentication show a certificate', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'flinkc-rest-'));
  try {
    for (const name of ['cluster', 'stranger']) certificates(dir, name);
    const tls = (name: string): Record<string, string> => ({
      'security.ssl.rest.enabled': 'true',
      'security.ssl.rest.authentication-enabled': 'true',
      'security.ssl.rest.certificate': join(dir, `${name}.pem`),
      'security.ssl.rest.private-key': join(dir, `${name}.key`),
      'security.ssl.rest.ca-certificates': join(dir, 'cluster-ca.pem'),
    });
    await start(tls('cluster'));
    const client = (entries: Record<string, string>): RestClient =>
      new RestClient({
        jobManager: `127.0.0.1:${manager!.restPort}`,
        configuration: configurationOf(entries),
        entries,
      });
    assert.equal(await client(tls('cluster')).get('/jobs'), { jobs: [] });
    const without = { ...tls('cluster'), 'security.ssl.rest.authentication-enabled': 'false' };
    for (const wrong of [tls('stranger'), without, {}])
      await client(wrong)
        .get('/jobs')
        .then(
          () => assert.unreachable('it was let in'),
          (error: unknown) =>
            assert.ok(error instanceof RuntimeFault && error.code === 'FC5631', String(error)),
        );
    const fixOf = async (jobManager: string, entries: Record<string, string>): Promise<string> => {
      const strange = new RestClient({ jobManager, configuration: configurationOf(entries), entries });
      const error: unknown = await strange.get('/jobs').catch((reason: unknown) => reason);
      assert.ok(error instanceof RuntimeFault, 'it was let in');
      return `${error.message}; ${error.fix}`;
    };
    const here = `127.0.0.1:${manager!.restPort}`;
    assert.match(await fixOf(here, {}), /TLS: -D security\.ssl\.rest\.enabled=true$/);
    // The URL alone asks for TLS, and who signed is not known.
    assert.match(await fixOf(`https://${here}`, {}), /-D security\.ssl\.rest\.ca-certificates=/);
    await manager!.close();
    await start();
    const plain = `127.0.0.1:${manager!.restPort}`;
    assert.match(
      await fixOf(plain, tls('cluster')),
      /: (wrong version number|packet length too long); it has no TLS there/,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a savepoint without a folder: Flink’s words over REST, what to type at the command line', () => {
  const refusal = serverFault(
    'Config key [execution.checkpointing.savepoint-dir] is not set. Property [target-directory] must be provided.',
    400,
  );
  assert.is(refusal.code, 'FC5632');
  assert.is(refusal.message, 'the JobManager does not know where savepoints go');
  assert.match(refusal.fix!, 'flinkc savepoint <job> <folder>');
});

test.run();
