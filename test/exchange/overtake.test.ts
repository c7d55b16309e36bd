/** Barriers that overtake (datastream-semantics §9.3), channel by channel: what is before them on either side is copied. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';
import { EVENT, NOTHING, type Barrier, type InputChannel } from '../../runtime/exchange/channel.js';
import { Doorbell } from '../../runtime/exchange/doorbell.js';
import { InFlightData } from '../../runtime/exchange/in-flight-data.js';
import { LocalChannel } from '../../runtime/exchange/local-channel.js';
import { ChannelGate } from '../../runtime/exchange/output-gate.js';
import { filterRows, RecoveredChannel } from '../../runtime/exchange/recovered-channel.js';
import { allocateRing, RingReceiver, RingSender } from '../../runtime/exchange/ring.js';

const layout: BatchLayout = { columns: [{ path: [], kind: 'string', schema: { kind: 'string' } }] };
const barrier = (checkpointId: number): Barrier => ({ kind: 'barrier', checkpointId, timestamp: 5 });

function ring(slots: number, slotBytes: number): { gate: ChannelGate; receiver: RingReceiver } {
  const memory = allocateRing(slots, slotBytes);
  const bell = (): Doorbell => new Doorbell(Doorbell.allocate());
  const sender = new RingSender(memory, bell(), layout, {}, 4);
  return {
    gate: new ChannelGate([sender], 128, true),
    receiver: new RingReceiver(memory, bell(), layout, {}, new Batch(layout, 4)),
  };
}
function local(credits: number): { gate: ChannelGate; receiver: LocalChannel } {
  const channel = new LocalChannel({ layout, codecs: {}, batchRows: 4, credits });
  return { gate: new ChannelGate([channel], 128, true), receiver: channel };
}
function write(gate: ChannelGate, value: string): void {
  const batch = gate.open[0]!;
  (batch.columns[0] as string[])[batch.length++] = value;
  gate.flush(0);
}
/** Takes everything until there is nothing; rows and kinds of events. */
function takeAll(gate: ChannelGate, receiver: InputChannel): string[] {
  const taken: string[] = [];
  for (let empty = 0; empty < 50;) {
    const polled = receiver.poll();
    if (polled === NOTHING) {
      gate.drain();
      empty++;
      continue;
    }
    empty = 0;
    if (polled === EVENT) taken.push(receiver.event.kind);
    else {
      taken.push(...(receiver.batch.columns[0] as string[]).slice(0, receiver.batch.length));
      receiver.release();
    }
  }
  return taken;
}
/** What a restore gives back: the receiver's part, then the sender's. */
function replayed(...parts: readonly InFlightData[]): string[] {
  const channel = new RecoveredChannel(
    parts.map(part => Buffer.concat(part.entries)),
    layout,
    {},
    4,
  );
  const rows: string[] = [];
  for (let polled = channel.poll(); polled !== NOTHING; polled = channel.poll())
    if (polled === EVENT) rows.push(`watermark ${channel.watermark}`);
    else rows.push(...(channel.batch.columns[0] as string[]).slice(0, channel.batch.length));
  return rows;
}
function queuedAt(receiver: InputChannel, checkpointId: number): InFlightData {
  const data = new InFlightData();
  receiver.copyTaken(data);
  assert.ok(receiver.announced(checkpointId));
  receiver.copyOvertaken(checkpointId, data);
  receiver.copyTaken(null);
  return data;
}

for (const [kind, open] of [
  ['a full ring', () => ring(2, 64)],
  ['a full channel in the thread', () => local(2)],
] as const)
  test(`§9.3 ${kind}: the barrier is known at once; what waits at the sender and at the receiver is stored, in order`, () => {
    const { gate, receiver } = open();
    for (const value of ['1', '2', '3', '4']) write(gate, value);
    gate.broadcast({ kind: 'watermark', timestamp: 9 });
    write(gate, '5');
    assert.not(receiver.announced(1));
    gate.sendBarrier(barrier(1), true);
    const [output] = gate.overtaken(1)!;
    const input = queuedAt(receiver, 1);
    write(gate, '6');
    assert.equal(replayed(input), ['1', '2']);
    assert.equal(replayed(output!), ['3', '4', 'watermark 9', '5']);
    // What was overtaken is delivered all the same: behind the barrier.
    assert.equal(takeAll(gate, receiver), ['1', '2', 'barrier', '3', '4', 'watermark', '5', '6']);
  });

test('§9.3 a barrier between the pieces of a batch: receiver and sender store their ends of it', () => {
  const wide = 'wide ✓ '.repeat(60);
  for (let taken = 0; taken < 4; taken++) {
    const { gate, receiver } = ring(2, 64);
    write(gate, wide);
    for (let i = 0; i < taken; i++) {
      assert.is(receiver.poll(), NOTHING);
      gate.drain();
    }
    write(gate, 'narrow');
    gate.sendBarrier(barrier(3), true);
    const input = queuedAt(receiver, 3);
    const [output] = gate.overtaken(3)!;
    assert.ok(input.bytes > 0 && output!.bytes > 0);
    assert.equal(replayed(input, output!), [wide, 'narrow']);
    assert.equal(takeAll(gate, receiver), ['barrier', wide, 'narrow']);
  }
});

test('§9.3 a barrier that is stuck behind rows goes ahead later; one that has left is not sent twice', () => {
  const { gate, receiver } = ring(2, 64);
  for (const value of ['1', '2', '3']) write(gate, value);
  gate.sendBarrier(barrier(1), false);
  assert.is(gate.overtaken(1), null);
  assert.not(receiver.announced(1));
  gate.overtake(barrier(1));
  assert.equal(replayed(gate.overtaken(1)![0]!), ['3']);
  assert.equal(replayed(queuedAt(receiver, 1)), ['1', '2']);
  assert.equal(takeAll(gate, receiver), ['1', '2', 'barrier', '3']);

  gate.sendBarrier(barrier(2), false);
  assert.equal(replayed(gate.overtaken(2)![0]!), []);
  gate.overtake(barrier(2));
  assert.equal(takeAll(gate, receiver), ['barrier']);
});

test('§9.3 what is taken until the barrier comes is copied', () => {
  for (const { gate, receiver } of [ring(8, 64), local(8)]) {
    write(gate, '1');
    const data = new InFlightData();
    receiver.copyTaken(data);
    gate.broadcast({ kind: 'watermark', timestamp: 7 });
    gate.broadcast({ kind: 'idle' });
    write(gate, '2');
    assert.equal(takeAll(gate, receiver), ['1', 'watermark', 'idle', '2']);
    receiver.copyTaken(null);
    write(gate, '3');
    assert.equal(takeAll(gate, receiver), ['3']);
    assert.equal(replayed(data), ['1', 'watermark 7', '2']);
  }
});

test('§9.3 the end of a channel is as good as a barrier; a barrier before it counts', () => {
  for (const { gate, receiver } of [ring(8, 64), local(8)]) {
    write(gate, '1');
    gate.sendBarrier(barrier(1), true);
    write(gate, '2');
    gate.broadcast({ kind: 'closed' });
    assert.equal(replayed(queuedAt(receiver, 1)), ['1']);
    assert.equal(replayed(queuedAt(receiver, 2)), ['1', '2']);
  }
});

test('§9.3 rows of other subtasks are left out', () => {
  const batch = new Batch(layout, 4);
  (batch.columns[0] as string[]).splice(0, 4, 'a', 'b', 'c', 'd');
  batch.timestamps.set([1, 2, 3, 4]);
  batch.length = 4;
  filterRows(batch, row => row % 2 === 1);
  assert.equal((batch.columns[0] as string[]).slice(0, batch.length), ['b', 'd']);
  assert.equal([...batch.timestamps.subarray(0, 2)], [2, 4]);
});

test.run();
