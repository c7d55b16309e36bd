/** A JobManager and what may connect to it: old leaders' TaskManagers, other versions, garbage. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseConfiguration } from '../../runtime/core/configuration.js';
import { JobManager } from '../../runtime/jobmanager/cluster/job-manager.js';
import {
  decodeJobManagerMessage,
  encodeTaskManagerMessage,
  fetchArtifactRequest,
  type JobManagerMessage,
  type Registration,
  type TaskManagerMessage,
} from '../../runtime/protocol/control.js';
import type { MessageStream, StreamFailure } from '../../runtime/protocol/message-stream.js';
import { RpcClient } from '../../runtime/protocol/rpc-client.js';
import { openSecurity } from '../../runtime/protocol/security.js';

const fencingToken = 50;
const registration: Registration = {
  kind: 'registration',
  version: 1,
  resourceId: 'tm-1',
  dataAddress: '127.0.0.1:1',
  slots: 2,
  knownFencingToken: 0,
  engineVersion: '0.1.0',
};
let manager: JobManager;
let log: string[];
let clients: RpcClient[];

test.before.each(async () => {
  log = [];
  clients = [];
  const entries = {
    'jobmanager.rpc.port': '0',
    'rest.port': '0',
    'heartbeat.interval': '50 ms',
    'heartbeat.timeout': '300 ms',
  };
  const parsed = parseConfiguration(entries);
  if (!parsed.ok) throw new Error('configuration');
  manager = await JobManager.start({
    configuration: parsed.configuration,
    entries,
    engineVersion: '0.1.0',
    application: null,
    fencingToken,
    onLog: () => {},
    onRecords: () => {},
    log: (level, message) => log.push(`${level} ${message}`),
  });
});
test.after.each(async () => {
  await manager.close();
  for (const client of clients) client.close();
});

/** A client that can say anything. */
class Peer {
  readonly stream: MessageStream;
  readonly received: JobManagerMessage[] = [];
  readonly closed: Promise<StreamFailure | null>;
  #heard = (): void => {};

  constructor(method = 'Connect') {
    const client = new RpcClient({
      address: `127.0.0.1:${manager.port}`,
      security: openSecurity,
      maxMessageBytes: 1 << 20,
      keepAlive: { intervalMs: 10_000, timeoutMs: 10_000 },
    });
    clients.push(client);
    let close!: (failure: StreamFailure | null) => void;
    this.closed = new Promise(resolve => (close = resolve));
    this.stream = client.open(`/flinkc.protocol.JobManager/${method}`, {
      onMessage: bytes => {
        this.received.push(decodeJobManagerMessage(bytes).message);
        this.#heard();
      },
      onDrain: () => {},
      onClosed: close,
    });
  }
  say(message: TaskManagerMessage, token = fencingToken): this {
    this.stream.write(encodeTaskManagerMessage(token, message));
    return this;
  }
  async hears(kind: JobManagerMessage['kind']): Promise<void> {
    while (!this.received.some(message => message.kind === kind))
      await new Promise<void>(resolve => (this.#heard = resolve));
  }
}

async function refused(peer: Peer, code: string, reason: RegExp): Promise<void> {
  const failure = await peer.closed;
  assert.is(failure?.code, code, failure?.reason);
  assert.match(failure!.reason, reason);
  assert.ok(
    log.some(line => line.startsWith('warn refused 127.0.0.1') && reason.test(line)),
    log.join('\n'),
  );
}
/** Whoever behaves is served, whatever others did. */
async function stillServes(): Promise<void> {
  const peer = new Peer().say({ ...registration, resourceId: 'tm-good' });
  await peer.hears('registered');
  await peer.hears('heartbeat');
}

test('fencing: a TaskManager that knows a later leader is refused, as is an older token on a message', async () => {
  await refused(
    new Peer().say({ ...registration, knownFencingToken: 51 }),
    'FAILED_PRECONDITION',
    /has met a JobManager with fencing token 51; this one, with 50, is no longer the leader/,
  );
  await refused(
    new Peer().say(registration).say({ kind: 'heartbeat', status: null }, 49),
    'FAILED_PRECONDITION',
    /its fencing token is 49, that of this JobManager 50/,
  );
  await stillServes();
});

test('an unknown TaskManager, another version and a second registration are refused', async () => {
  await refused(
    new Peer().say({ kind: 'heartbeat', status: null }),
    'FAILED_PRECONDITION',
    /it has not registered/,
  );
  await refused(
    new Peer().say({ ...registration, version: 2 }),
    'FAILED_PRECONDITION',
    /version 2 of the protocol/,
  );
  await refused(new Peer().say(registration).say(registration), 'INVALID_ARGUMENT', /a second Registration/);
  await stillServes();
});

test('malformed and oversized messages end their call; the process stays up', async () => {
  const garbage = new Peer();
  garbage.stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
  await refused(garbage, 'INVALID_ARGUMENT', /malformed message/);
  const shapeless = new Peer().say(registration);
  shapeless.stream.write(
    encodeTaskManagerMessage(fencingToken, { kind: 'report', slot: 0, report: { jobId: 'job' } }),
  );
  await refused(shapeless, 'INVALID_ARGUMENT', /SlotReport without job and attempt/);
  const big = new Peer();
  big.stream.write(Buffer.alloc(65 << 20, 1));
  assert.is((await big.closed)?.code, 'RESOURCE_EXHAUSTED');
  const artifact = new Peer('FetchArtifact');
  artifact.stream.write(fetchArtifactRequest.encode({ artifactId: '../../etc/passwd' }));
  await refused(artifact, 'NOT_FOUND', /no artifact '\.\.\/\.\.\/etc\/passwd'/);
  await stillServes();
});

test('a TaskManager that is silent is lost; one that registers anew replaces itself', async () => {
  const silent = new Peer().say(registration);
  await silent.closed;
  assert.ok(
    log.some(line => /'tm-1' is lost: no sign of it for 300 ms/.test(line)),
    log.join('\n'),
  );
  const first = new Peer().say(registration);
  await first.hears('registered');
  const second = new Peer().say(registration);
  await second.hears('registered');
  assert.is((await first.closed)?.code, 'CANCELLED');
  assert.ok(log.includes("warn TaskManager 'tm-1' is lost: it has registered anew"), log.join('\n'));
});

test.run();
