/**
 * One of two processes with a channel between them: a slot's thread as in threads.ts, and the network layer in the main
 * thread. Told by its parent what it is; says where it listens and, at the end, what it measured.
 */
import { Doorbell } from '../../runtime/exchange/doorbell.js';
import { NetworkEnvironment } from '../../runtime/exchange/network/network-environment.js';
import { allocateRing } from '../../runtime/exchange/ring.js';
import { RpcClient } from '../../runtime/protocol/rpc-client.js';
import { RpcServer } from '../../runtime/protocol/rpc-server.js';
import { openSecurity } from '../../runtime/protocol/security.js';
import type { Measurement } from '../measure/contest.js';
import { isolated } from '../measure/isolated.js';
import type { Exchange } from './threads.js';

export interface ProcessTask {
  readonly role: 'send' | 'receive';
  readonly records: number;
  /** of the sender */
  readonly address: string;
}
export interface ProcessReport {
  /** what is sent to it before is lost */
  readonly ready?: true;
  readonly listening?: number;
  readonly measured?: Measurement;
}

const threads = new URL('threads.ts', import.meta.url);
const keepAlive = { intervalMs: 10_000, timeoutMs: 20_000 };
const path = '/flinkc.protocol.DataPlane/Pull';
const say = (report: ProcessReport): void => void process.send!(report);

process.once('message', (task: ProcessTask) => void run(task));
say({ ready: true });

async function run({ role, records, address }: ProcessTask): Promise<void> {
  const network = new NetworkEnvironment({
    self: role,
    frameBytes: 64 << 10,
    partitionRequestTimeoutMs: 10_000,
    connect: (peer, events) =>
      new RpcClient({
        address: peer.address,
        security: openSecurity,
        maxMessageBytes: 4 << 20,
        keepAlive,
      }).open(path, events),
  });
  if (role === 'send') {
    const { port } = await RpcServer.start({
      host: '127.0.0.1',
      port: 0,
      security: openSecurity,
      maxMessageBytes: 4 << 20,
      keepAlive,
      methods: { [path]: stream => network.accept(stream) },
      onRefused: (peer, reason) => console.error(peer, reason),
    });
    say({ listening: port });
  }
  const ring = allocateRing(32, 128 << 10);
  const bell = Doorbell.allocate();
  network[role === 'send' ? 'offer' : 'pull']({
    jobId: 'bench',
    attempt: 1,
    channel: 0,
    ring,
    slot: new Doorbell(bell),
    peer: { id: role === 'send' ? 'receive' : 'send', address },
    // The receiver goes away when it has all that it wants.
    onFault: fault => {
      if (role === 'receive') throw fault;
    },
  });
  const ready = new SharedArrayBuffer(4);
  // Its other end is in the other process.
  new Int32Array(ready)[0] = 1;
  const ends: Exchange = {
    ring,
    // the sender rings the second, the receiver the first
    bells: role === 'send' ? [bell, network.doorbell] : [network.doorbell, bell],
    ready,
    records,
  };
  say({ measured: await isolated(threads, role, ends) });
}
