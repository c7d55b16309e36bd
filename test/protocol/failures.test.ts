/** What is said when processes do not reach each other: the cause, once, and nothing of gRPC's own on standard error. */
import { createServer, type AddressInfo } from 'node:net';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RpcClient } from '../../runtime/protocol/rpc-client.js';
import { RpcServer } from '../../runtime/protocol/rpc-server.js';
import type { MessageStream, StreamFailure } from '../../runtime/protocol/message-stream.js';

const keepAlive = { intervalMs: 10_000, timeoutMs: 10_000 };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('a connection that is refused gives the system’s reason alone', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const client = new RpcClient({
    address,
    security: { tls: null, secret: null },
    maxMessageBytes: 1024,
    keepAlive,
  });
  const failure = await new Promise<StreamFailure | null>(resolve => {
    client.open('/flinkc.protocol.Control/Connect', {
      onMessage: () => {},
      onDrain: () => {},
      onClosed: resolve,
    });
  });
  client.close();
  assert.equal(failure, { code: 'UNAVAILABLE', reason: `connect ECONNREFUSED ${address}` });
});

test('a server that shuts down tells its callers why, though it ends at once', async () => {
  const path = '/flinkc.protocol.JobManager/Connect';
  const options = { security: { tls: null, secret: null }, maxMessageBytes: 1024, keepAlive };
  let onCalled!: (call: MessageStream) => void;
  const called = new Promise<MessageStream>(resolve => (onCalled = resolve));
  const server = await RpcServer.start({
    ...options,
    host: '127.0.0.1',
    port: 0,
    onRefused: () => {},
    methods: {
      [path]: call => ({ onMessage: () => onCalled(call), onDrain: () => {}, onClosed: () => {} }),
    },
  });
  const client = new RpcClient({ ...options, address: `127.0.0.1:${server.port}` });
  const failure = new Promise<StreamFailure | null>(resolve => {
    client
      .open(path, { onMessage: () => {}, onDrain: () => {}, onClosed: resolve })
      .write(Buffer.from('hello'));
  });
  (await called).refuse('CANCELLED', 'the day is over');
  await server.shutDown(60_000);
  assert.equal(await failure, { code: 'CANCELLED', reason: 'the day is over' });
  client.close();
});

test('FC5602 a port that is taken: the error says so, and is all that is said', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { stderr, status } = spawnSync(
    process.execPath,
    [
      '--import',
      'tsx',
      'bin/flinkc.ts',
      'jobmanager',
      '-D',
      `jobmanager.rpc.port=${port}`,
      '-D',
      'rest.port=0',
    ],
    { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  taken.close();
  assert.is(status, 1);
  const [said] = stderr.split('\n').filter(line => line !== '' && !line.startsWith('{'));
  assert.is(
    said,
    `error FC5602: cannot listen on 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
  );
});

test.run();
