/**
 * Barriers that overtake (§9.3) at random moments, in every kind of channel: rows that the receiver took before the cut,
 * rows that the two sides stored, and nothing else, are the rows that the sender wrote before the barrier, in their order.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';
import type { InputChannel, OutputChannel } from '../../runtime/exchange/channel.js';
import { BATCH, EVENT, NOTHING } from '../../runtime/exchange/channel.js';
import { Doorbell } from '../../runtime/exchange/doorbell.js';
import { InFlightData } from '../../runtime/exchange/in-flight-data.js';
import { LocalChannel } from '../../runtime/exchange/local-channel.js';
import { NetworkEnvironment } from '../../runtime/exchange/network/network-environment.js';
import { ChannelGate } from '../../runtime/exchange/output-gate.js';
import { RecoveredChannel } from '../../runtime/exchange/recovered-channel.js';
import { allocateRing, RingReceiver, RingSender } from '../../runtime/exchange/ring.js';
import type { MessageStream, StreamEvents } from '../../runtime/protocol/message-stream.js';
import { Random } from '../faults/random.js';

const layout: BatchLayout = { columns: [{ path: [], kind: 'string', schema: { kind: 'string' } }] };
interface Ends {
  readonly output: OutputChannel;
  readonly input: InputChannel;
  readonly close: () => void;
}
const bell = (): Doorbell => new Doorbell(Doorbell.allocate());

function ringEnds(): Ends {
  const ring = allocateRing(4, 64);
  return {
    output: new RingSender(ring, bell(), layout, {}, 4),
    input: new RingReceiver(ring, bell(), layout, {}, new Batch(layout, 4)),
    close: () => {},
  };
}
function localEnds(): Ends {
  const channel = new LocalChannel({ layout, codecs: {}, batchRows: 4, credits: 3 });
  return { output: channel, input: channel, close: () => {} };
}

/** Two TaskManagers in this process; only the wire between them is made up. */
function networkEnds(): Ends {
  const options = { frameBytes: 256, partitionRequestTimeoutMs: 1_000 };
  const [there, here] = [new Pipe(), new Pipe()];
  const sending = new NetworkEnvironment({
    ...options,
    self: 'sending',
    connect: () => assert.unreachable() as never,
  });
  const receiving = new NetworkEnvironment({
    ...options,
    self: 'receiving',
    connect: (_, events) => {
      here.events = events;
      there.events = sending.accept(here);
      return there;
    },
  });
  const rings = [allocateRing(4, 64), allocateRing(4, 64)] as const;
  const channel = { jobId: 'job', attempt: 1, channel: 1, slot: bell(), onFault: assert.unreachable };
  sending.offer({ ...channel, ring: rings[0], peer: { id: 'receiving', address: '' } });
  receiving.pull({ ...channel, ring: rings[1], peer: { id: 'sending', address: '' } });
  return {
    output: new RingSender(rings[0], new Doorbell(sending.doorbell), layout, {}, 4, true),
    input: new RingReceiver(rings[1], new Doorbell(receiving.doorbell), layout, {}, new Batch(layout, 4)),
    close: () => {
      sending.close();
      receiving.close();
    },
  };
}

class Pipe implements MessageStream {
  readonly peer = 'peer';
  events!: StreamEvents;
  write(message: Uint8Array): boolean {
    setImmediate(() => this.events.onMessage(Buffer.from(message)));
    return true;
  }
  end(): void {}
  refuse(): void {}
}

async function trial(seed: number, { output, input, close }: Ends): Promise<void> {
  const random = new Random(seed);
  const gate = new ChannelGate([output], 128, true);
  const taken: string[] = [];
  let sent = 0;
  const wide = random.next() < 0.5;
  const write = (): void => {
    const batch = gate.open[0]!;
    const rows = random.between(1, 4);
    for (let i = 0; i < rows; i++)
      (batch.columns[0] as string[])[batch.length++] =
        `${sent++}${wide ? 'x'.repeat(random.between(0, 150)) : ''}`;
    gate.flush(0);
  };
  const numbers = (rows: readonly string[]): number[] => rows.map(row => Number.parseInt(row, 10));
  const poll = (): boolean => {
    const polled = input.poll();
    if (polled === BATCH) {
      taken.push(...(input.batch.columns[0] as string[]).slice(0, input.batch.length));
      input.release();
    }
    return polled === EVENT && input.event.kind === 'barrier';
  };

  for (let id = 1; id <= 3; id++) {
    for (let i = random.between(0, 30); i > 0; i--) {
      if (random.next() < 0.6 && gate.drain()) write();
      if (random.next() < 0.4) assert.not(poll());
      if (random.next() < 0.3) await turn();
    }
    // The receiver begins before the sender or after it, or when the barrier has come in its turn.
    const recorded = new InFlightData();
    const early = random.next() < 0.5;
    if (early) input.copyTaken(recorded);
    const before = taken.length;
    if (early) for (let i = random.between(0, 5); i > 0; i--) poll();
    const barrier = { kind: 'barrier', checkpointId: id, timestamp: 0 } as const;
    const atOnce = random.next() < 0.5;
    gate.sendBarrier(barrier, atOnce);
    const written = sent;
    const end = early ? before : null;
    let cut = end ?? -1;
    let delivered = false;
    let came = false;
    let overtaken: readonly InFlightData[] | null = null;
    for (let i = 0; !(delivered && overtaken); i++) {
      assert.ok(i < 10_000, `seed ${seed}: the barrier does not come`);
      // Work goes on behind the barrier.
      if (gate.drain() && random.next() < 0.5) write();
      if (i > 5 && (atOnce || random.next() < 0.3)) gate.overtake(barrier);
      overtaken ??= gate.overtaken(id);
      if (!delivered && random.next() < 0.4 && input.announced(id)) {
        if (cut < 0) {
          cut = taken.length;
          input.copyTaken(recorded);
        }
        input.copyOvertaken(id, recorded);
        input.copyTaken(null);
        delivered = true;
      }
      if (!came && random.next() < 0.3 && poll()) {
        came = true;
        if (!delivered) {
          if (cut < 0) {
            cut = taken.length;
            input.copyTaken(recorded);
          }
          input.copyTaken(null);
          delivered = true;
        }
      }
      if (random.next() < 0.5) await turn();
    }
    const stored = replay([recorded, ...overtaken!]);
    const all = [...numbers(taken.slice(0, cut)), ...numbers(stored)];
    assert.equal(
      all,
      Array.from({ length: written }, (_, i) => i),
      `seed ${seed}, barrier ${id}`,
    );
    while (!came) {
      came = poll();
      gate.drain();
      await turn();
    }
  }
  for (let quiet = 0; quiet < 20; quiet++) {
    if (!gate.drain()) quiet = 0;
    const before = taken.length;
    poll();
    if (taken.length > before) quiet = 0;
    await turn();
  }
  assert.equal(
    numbers(taken),
    Array.from({ length: sent }, (_, i) => i),
    `seed ${seed}: all rows once`,
  );
  close();
}

function replay(parts: readonly InFlightData[]): string[] {
  const channel = new RecoveredChannel(
    parts.map(part => Buffer.concat(part.entries)),
    layout,
    {},
    4,
  );
  const rows: string[] = [];
  for (let polled = channel.poll(); polled !== NOTHING; polled = channel.poll())
    if (polled === BATCH) rows.push(...(channel.batch.columns[0] as string[]).slice(0, channel.batch.length));
  return rows;
}

for (const [kind, ends, trials] of [
  ['a channel in the thread', localEnds, 100],
  ['a ring', ringEnds, 200],
  ['a channel between processes', networkEnds, 200],
] as const)
  test(`§9.3 ${kind}: nothing is lost or doubled, wherever a barrier overtakes`, async () => {
    for (let seed = 1; seed <= trials; seed++) await trial(seed, ends());
  });

test.run();
