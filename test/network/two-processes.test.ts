import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  dataPlaneVersion,
  decodePullRequest,
  encodePullRequest,
  FrameWriter,
  nativeByteOrder,
} from '../../runtime/protocol/data-plane.js';
import { RpcClient } from '../../runtime/protocol/rpc-client.js';
import { RpcServer } from '../../runtime/protocol/rpc-server.js';
import { openSecurity } from '../../runtime/protocol/security.js';
import type { Command, Report, Stream } from './process.js';

const path = '/flinkc.protocol.DataPlane/Pull';
const keepAlive = { intervalMs: 10_000, timeoutMs: 20_000 };

/** A TaskManager's network layer in a process of its own. */
class Peer {
  readonly name: string;
  readonly process: ChildProcess;
  readonly #reports: Report[] = [];
  #heard = (): void => {};
  address = '';

  constructor(name: string) {
    this.name = name;
    this.process = fork(fileURLToPath(new URL('process.ts', import.meta.url)), [name], {
      execArgv: ['--import', 'tsx'],
    });
    this.process.on('message', (report: Report) => {
      this.#reports.push(report);
      this.#heard();
    });
  }
  static async start(name: string): Promise<Peer> {
    const peer = new Peer(name);
    peer.address = (await peer.report('listening')).address;
    return peer;
  }
  tell(command: Command): void {
    this.process.send(command);
  }
  async report<T extends Report['type']>(type: T, channel?: number): Promise<Extract<Report, { type: T }>> {
    for (;;) {
      const found = this.#reports.find(
        report =>
          report.type === type &&
          (channel === undefined || ('channel' in report && report.channel === channel)),
      );
      if (found) return found as Extract<Report, { type: T }>;
      await new Promise<void>(resolve => (this.#heard = resolve));
    }
  }
}

/** The sender is told first: it waits for the receiver as long as it takes, but a request for what it does not have for two seconds. */
function connect(from: Peer, to: Peer, stream: Stream): void {
  from.tell({ type: 'send', peer: to.name, address: to.address, stream });
  to.tell({ type: 'receive', peer: from.name, address: from.address, stream });
}
async function arrives(from: Peer, to: Peer, channel: number): Promise<void> {
  const sent = await from.report('done', channel);
  assert.is((await to.report('done', channel)).digest, sent.digest);
}

let a: Peer;
let b: Peer;
test.before.each(async () => {
  [a, b] = await Promise.all([Peer.start('tm-a'), Peer.start('tm-b')]);
});
test.after.each(() => {
  a.process.kill('SIGKILL');
  b.process.kill('SIGKILL');
});

test('rows and events of many channels arrive in order, both ways, under random back-pressure', async () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`SEED=${seed}`);
  for (let channel = 0; channel < 8; channel++) {
    connect(a, b, { channel, elements: 1500, seed: seed + channel });
    connect(b, a, { channel: 100 + channel, elements: 1500, seed: seed + 100 + channel });
  }
  for (let channel = 0; channel < 8; channel++) {
    await arrives(a, b, channel);
    await arrives(b, a, 100 + channel);
  }
});

test('a blocked channel does not block another, and what waits is bounded by the two rings', async () => {
  connect(a, b, { channel: 1, elements: 500, seed: 1, blocked: true });
  connect(a, b, { channel: 2, elements: 500, seed: 2 });
  await arrives(a, b, 2);
  const { accepted } = await a.report('stalled', 1);
  // eight entries in each ring; a wide batch takes several of them
  assert.ok(accepted <= 17, `${accepted} elements accepted`);
  b.tell({ type: 'resume' });
  await arrives(a, b, 1);
});

test('the end of either process is noticed at once, by a fault that names both', async () => {
  connect(a, b, { channel: 1, elements: 10_000_000, seed: 3 });
  connect(b, a, { channel: 2, elements: 10_000_000, seed: 4 });
  connect(a, b, { channel: 3, elements: 10, seed: 5 });
  await arrives(a, b, 3);
  const killed = performance.now();
  a.process.kill('SIGKILL');
  for (const channel of [1, 2]) {
    const { code, message } = await b.report('fault', channel);
    assert.is(code, 'FC5603');
    assert.match(message, /'tm-b' and TaskManager 'tm-a'/);
  }
  // A keep-alive would have taken 30 s.
  assert.ok(performance.now() - killed < 20_000, `noticed after ${performance.now() - killed} ms`);
});

test('a channel that nobody offers is an error, as is an address that answers for somebody else', async () => {
  b.tell({ type: 'receive', peer: 'tm-a', address: a.address, stream: { channel: 9, elements: 1, seed: 1 } });
  const missing = await b.report('fault', 9);
  assert.is(missing.code, 'FC5604');
  assert.match(
    missing.message,
    /'tm-a' refuses TaskManager 'tm-b' a channel: it has no channel 9 of job job/,
  );
  b.tell({
    type: 'receive',
    peer: 'tm-c',
    address: a.address,
    stream: { channel: 10, elements: 1, seed: 1 },
  });
  const other = await b.report('fault', 10);
  assert.match(other.message, /this is TaskManager 'tm-a', not 'tm-c'/);
  b.tell({
    type: 'receive',
    peer: 'tm-d',
    address: '127.0.0.1:1',
    stream: { channel: 11, elements: 1, seed: 1 },
  });
  assert.match((await b.report('fault', 11)).message, /'tm-b' and TaskManager 'tm-d' broke: .*ECONNREFUSED/);
});

test('malformed requests end their call; the process goes on', async () => {
  const say = async (...requests: readonly Uint8Array[]): Promise<string> => {
    const client = new RpcClient({
      address: a.address,
      security: openSecurity,
      maxMessageBytes: 1 << 20,
      keepAlive,
    });
    try {
      return await new Promise(resolve => {
        const stream = client.open(path, {
          onMessage: () => {},
          onDrain: () => {},
          onClosed: failure => resolve(`${failure?.code} ${failure?.reason}`),
        });
        for (const request of requests) stream.write(request);
      });
    } finally {
      client.close();
    }
  };
  const hello = {
    kind: 'hello',
    version: dataPlaneVersion,
    from: 'x',
    to: 'tm-a',
    byteOrder: nativeByteOrder,
  } as const;
  const open = {
    kind: 'open',
    handle: 1,
    jobId: 'j',
    attempt: 1,
    channel: 1,
    credit: 1,
    entryBytes: 1,
  } as const;
  assert.match(await say(Buffer.from('garbage')), /^INVALID_ARGUMENT malformed request/);
  assert.match(await say(encodePullRequest(open)), /the first request is not a Hello/);
  assert.match(
    await say(...[hello, open, open].map(encodePullRequest)),
    /INVALID_ARGUMENT malformed request: channel 1 is open already/,
  );
  assert.match(
    await say(encodePullRequest({ ...hello, version: 99 })),
    /^FAILED_PRECONDITION .*version 99 of the data plane/,
  );
  assert.match(await say(encodePullRequest({ ...hello, byteOrder: 7 })), /different byte order/);
  assert.match(await say(Buffer.alloc(2 << 20)), /^RESOURCE_EXHAUSTED/);
  connect(a, b, { channel: 1, elements: 100, seed: 6 });
  await arrives(a, b, 1);
});

test('what a sender may not send is a fault that names it, not a record', async () => {
  const entry = (kind: number, size: number, payload: number): Buffer => {
    const frame = new FrameWriter();
    frame.entry(1, { kind, a: size, b: 0, payload: new Uint8Array(payload) });
    return frame.take();
  };
  const tooMany = Buffer.concat(Array.from({ length: 9 }, () => entry(4, 0, 0)));
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [Buffer.from('garbage'), /what the protocol does not allow/],
    [entry(1, 100, 99), /an entry with 99 bytes instead of 100/],
    [entry(1, 600, 600), /an entry of 600 bytes, more than the 512 of its ring/],
    [tooMany, /more entries than channel 1 has credit for/],
  ];
  for (const [i, [frame, reason]] of cases.entries()) {
    const server = await RpcServer.start({
      host: '127.0.0.1',
      port: 0,
      security: openSecurity,
      maxMessageBytes: 1 << 20,
      keepAlive,
      onRefused: () => {},
      methods: {
        [path]: stream => ({
          onMessage: request => {
            if (decodePullRequest(request).kind === 'open') stream.write(frame);
          },
          onDrain: () => {},
          onClosed: () => {},
        }),
      },
    });
    const stream = { channel: 20 + i, elements: 1, seed: 1, blocked: true } as const;
    b.tell({ type: 'receive', peer: `hostile-${i}`, address: `127.0.0.1:${server.port}`, stream });
    const { code, message } = await b.report('fault', stream.channel);
    assert.is(code, 'FC5605');
    assert.match(message, reason);
    assert.match(message, new RegExp(`'tm-b' got from TaskManager 'hostile-${i}'`));
    server.close();
  }
  connect(a, b, { channel: 1, elements: 100, seed: 7 });
  await arrives(a, b, 1);
});

test.run();
