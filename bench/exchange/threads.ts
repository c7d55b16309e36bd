/** The two ends of a keyed exchange, each in a thread, as subtasks use it: gate, ring, all fields of a bid. */
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';
import { NexmarkGenerator } from '../../plugins/nexmark/generator.js';
import { configOf } from '../../plugins/nexmark/options.js';
import { keyGroupOf, operatorIndexOf } from '../../runtime/contract/key-groups.js';
import { hashFloat64 } from '../../runtime/contract/key-hash.js';
import { BatchDecoder, BatchEncoder, CodecMemory } from '../../runtime/exchange/batch-codec.js';
import { BATCH, NOTHING } from '../../runtime/exchange/channel.js';
import { Doorbell } from '../../runtime/exchange/doorbell.js';
import { ChannelGate } from '../../runtime/exchange/output-gate.js';
import { RingReceiver, RingSender, type RingMemory } from '../../runtime/exchange/ring.js';

const layout: BatchLayout = {
  columns: [
    { path: ['bid', 'auction'], kind: 'float64', schema: { kind: 'float64' } },
    { path: ['bid', 'bidder'], kind: 'float64', schema: { kind: 'float64' } },
    { path: ['bid', 'price'], kind: 'float64', schema: { kind: 'float64' } },
    { path: ['bid', 'channel'], kind: 'string', schema: { kind: 'string' } },
    { path: ['bid', 'url'], kind: 'string', schema: { kind: 'string' } },
    { path: ['bid', 'dateTime'], kind: 'float64', schema: { kind: 'timestamp' } },
    { path: ['bid', 'extra'], kind: 'string', schema: { kind: 'string' } },
  ],
};
const batchRows = 1024;
const maxParallelism = 128;

export interface Exchange {
  readonly ring: RingMemory;
  readonly bells: readonly [SharedArrayBuffer, SharedArrayBuffer];
  /** both threads count themselves in before the first record */
  readonly ready: SharedArrayBuffer;
  readonly records: number;
  /** texts are as the generator puts them together, and become one piece on their way; otherwise as sources decode them */
  readonly ropes?: true;
}

/** Made once: what is measured is the exchange. */
function bids(ropes = false): Batch {
  const made = new Batch(layout, batchRows);
  new NexmarkGenerator(configOf({ personProportion: 0, auctionProportion: 0 }), layout).fill(
    made,
    0,
    batchRows,
  );
  if (ropes) return made;
  const encoder = new BatchEncoder(layout, {});
  const memory = new CodecMemory(new ArrayBuffer((encoder.measure(made) + 7) & ~7));
  encoder.write(made, memory);
  const decoded = new Batch(layout, batchRows);
  new BatchDecoder(layout, {}).decode(memory, decoded);
  return decoded;
}

/** The thread sleeps for a moment, so that time spent waiting for the other one is not counted as work. */
const never = new Int32Array(new SharedArrayBuffer(4));
function pause(): void {
  Atomics.wait(never, 0, 0, 0.02);
}
function meet(ready: SharedArrayBuffer): void {
  const there = new Int32Array(ready);
  Atomics.add(there, 0, 1);
  while (Atomics.load(there, 0) < 2) pause();
}

export function send({ ring, bells, ready, records, ropes }: Exchange): void {
  const input = bids(ropes);
  const channel = new RingSender(ring, new Doorbell(bells[1]), layout, {}, batchRows);
  const gate = new ChannelGate([channel], maxParallelism);
  const keys = input.columns[1] as Float64Array;
  meet(ready);
  for (let sent = 0; sent < records;) {
    while (!gate.drain()) pause();
    for (let i = 0; i < batchRows && sent < records; i++, sent++) {
      const group = keyGroupOf(hashFloat64(keys[i]!), gate.maxParallelism);
      const c = operatorIndexOf(group, gate.maxParallelism, gate.channels);
      const rows = gate.open[c]!;
      const n = rows.length;
      (rows.columns[0] as Float64Array)[n] = (input.columns[0] as Float64Array)[i]!;
      (rows.columns[1] as Float64Array)[n] = keys[i]!;
      (rows.columns[2] as Float64Array)[n] = (input.columns[2] as Float64Array)[i]!;
      (rows.columns[3] as string[])[n] = (input.columns[3] as string[])[i]!;
      (rows.columns[4] as string[])[n] = (input.columns[4] as string[])[i]!;
      (rows.columns[5] as Float64Array)[n] = (input.columns[5] as Float64Array)[i]!;
      (rows.columns[6] as string[])[n] = (input.columns[6] as string[])[i]!;
      rows.timestamps[n] = input.timestamps[i]!;
      if ((rows.length = n + 1) === rows.capacity) gate.flush(c);
    }
  }
  gate.flushAll();
  while (!gate.drain()) pause();
}

export interface Received {
  readonly records: number;
  readonly price: number;
  readonly characters: number;
}
export function receive({ ring, bells, ready, records }: Exchange): Received {
  const channel = new RingReceiver(ring, new Doorbell(bells[0]), layout, {}, new Batch(layout, batchRows));
  let received = 0;
  let price = 0;
  let characters = 0;
  meet(ready);
  while (received < records) {
    const polled = channel.poll();
    if (polled === NOTHING) {
      pause();
      continue;
    }
    if (polled !== BATCH) throw new Error('only rows were sent');
    const { columns, length } = channel.batch;
    const prices = columns[2] as Float64Array;
    const texts = [columns[3] as string[], columns[4] as string[], columns[6] as string[]];
    for (let i = 0; i < length; i++) {
      price += prices[i]!;
      for (const text of texts) characters += text[i]!.length;
    }
    received += length;
    channel.release();
  }
  return { records: received, price, characters };
}

/** The same records without an exchange. */
export function expected(records: number): Received {
  const input = bids();
  let price = 0;
  let characters = 0;
  for (let i = 0; i < records; i++) {
    const row = i % batchRows;
    price += (input.columns[2] as Float64Array)[row]!;
    for (const column of [3, 4, 6]) characters += (input.columns[column] as string[])[row]!.length;
  }
  return { records, price, characters };
}
