import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';
import { BATCH, EVENT, NOTHING, type ChannelEvent } from '../../runtime/exchange/channel.js';
import { Doorbell } from '../../runtime/exchange/doorbell.js';
import { LocalChannel } from '../../runtime/exchange/local-channel.js';
import { ChannelGate } from '../../runtime/exchange/output-gate.js';
import { allocateRing, RingReceiver, RingSender } from '../../runtime/exchange/ring.js';

const layout: BatchLayout = { columns: [{ path: [], kind: 'string', schema: { kind: 'string' } }] };

function channel(slots: number, slotBytes: number): { sender: RingSender; receiver: RingReceiver } {
  const ring = allocateRing(slots, slotBytes);
  const bell = (): Doorbell => new Doorbell(Doorbell.allocate());
  return {
    sender: new RingSender(ring, bell(), layout, {}, 4),
    receiver: new RingReceiver(ring, bell(), layout, {}, new Batch(layout, 4)),
  };
}
function batchOf(batch: Batch, ...rows: readonly string[]): Batch {
  rows.forEach((value, i) => ((batch.columns[0] as string[])[i] = value));
  batch.length = rows.length;
  return batch;
}
const received = (receiver: RingReceiver): string[] =>
  (receiver.batch.columns[0] as string[]).slice(0, receiver.batch.length);

test('rows and events arrive in the order in which they were sent', () => {
  const { sender, receiver } = channel(8, 1024);
  const events: ChannelEvent[] = [
    { kind: 'watermark', timestamp: 2 ** 63 },
    { kind: 'idle' },
    { kind: 'active' },
    { kind: 'barrier', checkpointId: 7, timestamp: 1.5e12 },
    { kind: 'end' },
  ];
  assert.ok(sender.sendBatch(batchOf(sender.spare(), 'a', 'b')));
  for (const event of events) assert.ok(sender.sendEvent(event));
  assert.is(receiver.poll(), BATCH);
  assert.equal(received(receiver), ['a', 'b']);
  for (const event of events) {
    assert.is(receiver.poll(), EVENT);
    assert.equal(receiver.event, event);
  }
  assert.is(receiver.poll(), NOTHING);
});

test('free slots are the credit: a full ring refuses, a consumed slot is given back', () => {
  const { sender, receiver } = channel(2, 1024);
  assert.ok(sender.sendBatch(batchOf(sender.spare(), '1')));
  assert.ok(sender.sendBatch(batchOf(sender.spare(), '2')));
  const third = batchOf(sender.spare(), '3');
  assert.is(sender.sendBatch(third), null);
  assert.not(sender.sendEvent({ kind: 'idle' }));
  assert.is(third.length, 1);
  receiver.poll();
  assert.ok(sender.sendBatch(third));
  receiver.poll();
  assert.equal(received(receiver), ['2']);
  receiver.poll();
  assert.equal(received(receiver), ['3']);
});

test('a row wider than the whole ring travels in fragments under the same credit', () => {
  const { sender, receiver } = channel(2, 64);
  const wide = 'wide ✓ '.repeat(200);
  assert.ok(sender.sendBatch(batchOf(sender.spare(), wide, 'narrow')));
  assert.not(sender.settled);
  assert.not(sender.sendEvent({ kind: 'end' }));
  let polled = receiver.poll();
  for (let turns = 0; polled === NOTHING && turns < 1000; turns++) {
    sender.flush();
    polled = receiver.poll();
  }
  assert.is(polled, BATCH);
  assert.equal(received(receiver), [wide, 'narrow']);
  assert.ok(sender.bytes > Buffer.byteLength(wide));
  assert.is(receiver.bytes, sender.bytes);
  assert.ok(sender.settled);
  assert.ok(sender.sendEvent({ kind: 'end' }));
  assert.is(receiver.poll(), EVENT);
});

test('rows that are too many for an entry travel in several, as far as there is credit', () => {
  const { sender, receiver } = channel(4, 96);
  const rows = ['first, of 20 letters', 'second, of 21 letters', 'third', 'fourth, of 21 letters'];
  assert.ok(sender.sendBatch(batchOf(sender.spare(), ...rows)));
  assert.ok(sender.settled);
  const taken: string[][] = [];
  while (receiver.poll() === BATCH) taken.push(received(receiver));
  assert.equal(taken, [rows.slice(0, 2), rows.slice(2)]);
  assert.is(receiver.bytes, sender.bytes);
});

test('rows for which there is no credit any more are taken, and wait for it in the sender', () => {
  const { sender, receiver } = channel(2, 64);
  assert.ok(sender.sendBatch(batchOf(sender.spare(), 'before')));
  const rows = ['a'.repeat(30), 'b'.repeat(30), 'c'.repeat(30)];
  const next = sender.sendBatch(batchOf(sender.spare(), ...rows))!;
  assert.ok(next);
  assert.not(sender.settled);
  assert.is(sender.sendBatch(batchOf(next, 'after')), null);
  const taken: string[] = [];
  for (let polled = receiver.poll(); polled === BATCH; polled = receiver.poll()) {
    taken.push(...received(receiver));
    sender.flush();
  }
  assert.equal(taken, ['before', ...rows]);
  assert.ok(sender.settled);
  assert.ok(sender.sendBatch(next));
  assert.is(receiver.poll(), BATCH);
  assert.equal(received(receiver), ['after']);
});

test('after a wide row entries are filled again', () => {
  const { sender, receiver } = channel(8, 256);
  const entries = (...rows: readonly string[]): number => {
    assert.ok(sender.sendBatch(batchOf(sender.spare(), ...rows)));
    const taken: string[] = [];
    let count = 0;
    for (; receiver.poll() === BATCH; count++) taken.push(...received(receiver));
    assert.equal(taken, rows);
    return count;
  };
  entries('w'.repeat(300), '1', '2', '3');
  for (let i = 0; i < 4; i++) entries('1', '2', '3', '4');
  assert.is(entries('1', '2', '3', '4'), 1);
});

test('positions wrap around the ring many times', () => {
  const { sender, receiver } = channel(4, 256);
  let batch = sender.spare();
  for (let i = 0; i < 1000; i++) {
    batch = sender.sendBatch(batchOf(batch, String(i)))!;
    assert.is(receiver.poll(), BATCH);
    assert.equal(received(receiver), [String(i)]);
  }
});

test('a blocked channel does not block another, and what waits keeps its order', () => {
  const open = new LocalChannel({ layout, codecs: {}, batchRows: 4, credits: 100 });
  const full = new LocalChannel({ layout, codecs: {}, batchRows: 4, credits: 1 });
  const gate = new ChannelGate([open, full], 128);
  const write = (c: number, value: string): void => {
    const batch = gate.open[c]!;
    (batch.columns[0] as string[])[batch.length++] = value;
    gate.flush(c);
  };
  for (const value of ['1', '2', '3']) {
    write(0, value);
    write(1, value);
  }
  gate.broadcast({ kind: 'watermark', timestamp: 9 });
  assert.is(gate.blockedChannels, 1);
  assert.not(gate.drain());
  const rows = (from: LocalChannel): string[] => {
    const seen: string[] = [];
    for (let polled = from.poll(); polled !== NOTHING; polled = from.poll()) {
      if (polled === EVENT) seen.push(from.event.kind);
      else {
        seen.push((from.batch.columns[0] as string[])[0]!);
        from.release();
        gate.drain();
      }
    }
    return seen;
  };
  assert.equal(rows(open), ['1', '2', '3', 'watermark']);
  assert.equal(rows(full), ['1', '2', '3', 'watermark']);
  assert.ok(gate.drain());
});

test('batches return to the sender: a steady stream makes no new ones', () => {
  const local = new LocalChannel({ layout, codecs: {}, batchRows: 4, credits: 2 });
  const made = new Set<Batch>();
  let batch = local.spare();
  for (let i = 0; i < 100; i++) {
    made.add(batch);
    batch = local.sendBatch(batchOf(batch, String(i)))!;
    local.poll();
    local.release();
  }
  assert.ok(made.size <= 3, `${made.size} batches`);
});

test.run();
