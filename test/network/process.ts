/**
 * A process with the network layer of a TaskManager and slots that send or receive seeded streams. Batches, their sizes,
 * events and pauses come from the seed, so both ends know what has to arrive.
 */
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';
import { BATCH, NOTHING, type ChannelEvent } from '../../runtime/exchange/channel.js';
import { Doorbell } from '../../runtime/exchange/doorbell.js';
import { NetworkEnvironment } from '../../runtime/exchange/network/network-environment.js';
import { allocateRing, RingReceiver, RingSender } from '../../runtime/exchange/ring.js';
import { RpcClient } from '../../runtime/protocol/rpc-client.js';
import { RpcServer } from '../../runtime/protocol/rpc-server.js';
import { openSecurity } from '../../runtime/protocol/security.js';

export interface Stream {
  readonly channel: number;
  readonly elements: number;
  readonly seed: number;
  /** the receiver takes nothing before it is told 'resume' */
  readonly blocked?: true;
}
export type Command =
  | {
      readonly type: 'send' | 'receive';
      readonly peer: string;
      readonly address: string;
      readonly stream: Stream;
    }
  | { readonly type: 'resume' };
export type Report =
  | { readonly type: 'listening'; readonly address: string }
  /** digest of all that was sent or received, in order */
  | { readonly type: 'done'; readonly channel: number; readonly digest: string }
  | { readonly type: 'stalled'; readonly channel: number; readonly accepted: number }
  | { readonly type: 'fault'; readonly channel: number; readonly code: string; readonly message: string };

const layout: BatchLayout = {
  columns: [
    { path: ['n'], kind: 'float64', schema: { kind: 'float64' } },
    { path: ['text'], kind: 'string', schema: { kind: 'string' } },
  ],
};
const rows = 32;
const self = process.argv[2]!;
const path = '/flinkc.protocol.DataPlane/Pull';
const keepAlive = { intervalMs: 10_000, timeoutMs: 20_000 };
const say = (report: Report): void => void process.send!(report);

const network = new NetworkEnvironment({
  self,
  frameBytes: 4096,
  partitionRequestTimeoutMs: 2_000,
  connect: ({ address }, events) =>
    new RpcClient({ address, security: openSecurity, maxMessageBytes: 1 << 20, keepAlive }).open(
      path,
      events,
    ),
});
const server = await RpcServer.start({
  host: '127.0.0.1',
  port: 0,
  security: openSecurity,
  maxMessageBytes: 1 << 20,
  keepAlive,
  methods: { [path]: stream => network.accept(stream) },
  onRefused: () => {},
});
const resumed = new Promise<void>(resolve => {
  process.on('message', (command: Command) => {
    if (command.type === 'resume') resolve();
    else void (command.type === 'send' ? send(command) : receive(command));
  });
});
process.on('disconnect', () => process.exit(0));
say({ type: 'listening', address: `127.0.0.1:${server.port}` });

function connect(command: Exclude<Command, { type: 'resume' }>): {
  ring: ReturnType<typeof allocateRing>;
  bell: Doorbell;
} {
  const ring = allocateRing(8, 512);
  const bell = new Doorbell(Doorbell.allocate());
  network[command.type === 'send' ? 'offer' : 'pull']({
    jobId: 'job',
    attempt: 1,
    channel: command.stream.channel,
    ring,
    slot: bell,
    peer: { id: command.peer, address: command.address },
    onFault: ({ code, message }) => say({ type: 'fault', channel: command.stream.channel, code, message }),
  });
  return { ring, bell };
}

async function send(command: Exclude<Command, { type: 'resume' }>): Promise<void> {
  const { ring } = connect(command);
  const sender = new RingSender(ring, new Doorbell(network.doorbell), layout, {}, rows);
  const { elements, seed, channel } = command.stream;
  const digest = new Digest();
  let accepted = 0;
  for (const element of sequence(seed, elements)) {
    // The first ones of a sender are smaller than the elements.
    const spare = sender.spare();
    const batch = spare.capacity < rows ? new Batch(layout, rows) : spare;
    if (!('kind' in element)) fill(batch, element);
    digest.add(element);
    let waited = 0;
    while (!('kind' in element ? sender.sendEvent(element) : sender.sendBatch(batch))) {
      await pause(1);
      if (++waited === 200) say({ type: 'stalled', channel, accepted });
    }
    accepted++;
    // Sometimes a burst, sometimes a trickle.
    if (accepted % 37 === 0) await pause(0);
  }
  while (!sender.flush()) await pause(1);
  say({ type: 'done', channel, digest: digest.text });
}

async function receive(command: Exclude<Command, { type: 'resume' }>): Promise<void> {
  const { ring } = connect(command);
  const receiver = new RingReceiver(
    ring,
    new Doorbell(network.doorbell),
    layout,
    {},
    new Batch(layout, rows),
  );
  const { seed, channel, blocked } = command.stream;
  if (blocked) await resumed;
  const random = generator(seed + 1);
  const digest = new Digest();
  for (let ended = false; !ended;) {
    const polled = receiver.poll();
    if (polled === NOTHING) {
      await pause(1);
      continue;
    }
    if (polled === BATCH) {
      const [numbers, texts] = receiver.batch.columns as [Float64Array, string[]];
      digest.add(Array.from({ length: receiver.batch.length }, (_, i): Row => [numbers[i]!, texts[i]!]));
      receiver.release();
    } else {
      digest.add(receiver.event);
      ended = receiver.event.kind === 'closed';
    }
    if (random() < 0.05) await pause(random() * 8);
  }
  say({ type: 'done', channel, digest: digest.text });
}

type Row = readonly [number, string];

/** Batches and events, some of them wider than an entry of the ring; the last is 'closed'. */
function* sequence(seed: number, elements: number): Generator<readonly Row[] | ChannelEvent> {
  const random = generator(seed);
  for (let i = 0; i < elements; i++) {
    const pick = random();
    if (pick < 0.1) yield { kind: 'watermark', timestamp: Math.floor(random() * 1e12) };
    else if (pick < 0.13) yield { kind: 'barrier', checkpointId: i + 1, timestamp: 1e12 + i };
    else if (pick < 0.15) yield { kind: random() < 0.5 ? 'idle' : 'active' };
    else {
      const wide = random() < 0.05 ? 200 : 3;
      yield Array.from({ length: 1 + Math.floor(random() * rows) }, (): Row => [
        random(),
        'täxt ✓'.repeat(Math.floor(random() * wide)),
      ]);
    }
  }
  yield { kind: 'closed' };
}

/** Of rows and events in their order. Into which batches rows are put is the channel's business. */
class Digest {
  #count = 0;
  #hash = 0;
  add(element: readonly Row[] | ChannelEvent): void {
    if ('kind' in element) this.#add(element);
    else for (const row of element) this.#add(row);
  }
  #add(element: unknown): void {
    this.#count++;
    for (const c of JSON.stringify(element)) this.#hash = (Math.imul(this.#hash, 31) + c.codePointAt(0)!) | 0;
  }
  get text(): string {
    return `${this.#count}:${this.#hash}`;
  }
}

function fill(batch: Batch, element: readonly Row[]): void {
  const [numbers, texts] = batch.columns as [Float64Array, string[]];
  for (const [i, [n, text]] of element.entries()) {
    numbers[i] = n;
    texts[i] = text;
    batch.timestamps[i] = i;
  }
  batch.length = element.length;
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
