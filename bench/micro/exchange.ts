/**
 * M bid records/s from one thread to another through the shared-memory ring, all fields, receiver reads every one.
 * Medians of several runs; the sums of both sides are compared. Bundled first, because both threads run this file:
 *   npx esbuild bench/micro/exchange.ts --bundle --platform=node --format=esm --outfile=/tmp/exchange.mjs && node /tmp/exchange.mjs
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Batch, type BatchLayout, type ColumnKind } from '../../plugins/api/batch.js';
import { BATCH, EVENT, NOTHING } from '../../runtime/exchange/channel.js';
import { Doorbell } from '../../runtime/exchange/doorbell.js';
import { allocateRing, RingReceiver, RingSender, type RingMemory } from '../../runtime/exchange/ring.js';

const RECORDS = 4_096_000;
const RUNS = 5;

const column = (name: string, kind: ColumnKind) =>
  ({ path: [name], kind, schema: { kind: kind === 'string' ? 'string' : 'float64' } }) as const;
const layout: BatchLayout = {
  columns: [
    column('auction', 'float64'),
    column('bidder', 'float64'),
    column('price', 'float64'),
    column('channel', 'string'),
    column('url', 'string'),
    column('dateTime', 'float64'),
  ],
};
const channels = ['Apple', 'Google', 'Facebook', 'Baidu'];
const urls = Array.from({ length: 1000 }, (_, i) => `https://www.nexmark.com/item.htm?q=${i}`);

interface Setup {
  readonly ring: RingMemory;
  readonly bells: readonly SharedArrayBuffer[];
  readonly rows: number;
}

if (isMainThread) await main();
else send(workerData as Setup);

async function main(): Promise<void> {
  for (const rows of [256, 512, 1024, 2048]) {
    const rates: number[] = [];
    for (let run = 0; run < RUNS; run++) rates.push(await receive(rows));
    rates.sort((a, b) => a - b);
    const [low, median, high] = [rates[0]!, rates[RUNS >> 1]!, rates.at(-1)!].map(rate => rate.toFixed(1));
    console.log(`${String(rows).padStart(5)} rows per batch  ${median} M records/s  [${low}–${high}]`);
  }
}

/** M records/s from the first to the last batch. */
function receive(rows: number): Promise<number> {
  const setup: Setup = {
    ring: allocateRing(8, 256 * 1024),
    bells: [Doorbell.allocate(), Doorbell.allocate()],
    rows,
  };
  const worker = new Worker(new URL(import.meta.url), { workerData: setup });
  const bell = new Doorbell(setup.bells[0]!);
  const receiver = new RingReceiver(
    setup.ring,
    new Doorbell(setup.bells[1]!),
    layout,
    {},
    new Batch(layout, rows),
  );
  let records = 0;
  let sum = 0;
  let started = 0;
  let rate = 0;
  let expected: number | null = null;
  return new Promise((resolve, reject) => {
    // The sender's message and the ring are not ordered.
    const finish = (): void => {
      if (rate === 0 || expected === null) return;
      if (expected === sum && records >= RECORDS) resolve(rate);
      else reject(new Error(`received ${records} records with sum ${sum}, sent ${expected}`));
    };
    worker.on('message', (sent: number) => {
      expected = sent;
      finish();
    });
    const turn = (): void => {
      bell.awake();
      for (;;) {
        switch (receiver.poll()) {
          case BATCH:
            started ||= performance.now();
            records += receiver.batch.length;
            sum += checksum(receiver.batch);
            continue;
          case EVENT:
            rate = records / (performance.now() - started) / 1000;
            finish();
            return;
          case NOTHING:
            break;
        }
        bell.sleep(turn);
        if (receiver.queued === 0) return;
        bell.awake();
      }
    };
    turn();
  });
}

function send({ ring, bells, rows }: Setup): void {
  const bell = new Doorbell(bells[1]!);
  const sender = new RingSender(ring, new Doorbell(bells[0]!), layout, {}, rows);
  // The wait for credit alone does not keep a thread alive.
  const alive = setInterval(() => {}, 1000);
  let batch = sender.spare();
  let sent = 0;
  let sum = 0;
  const turn = (): void => {
    bell.awake();
    while (sent < RECORDS || batch.length > 0) {
      if (batch.length === 0) {
        fill(batch, sent);
        sum += checksum(batch);
        sent += batch.length;
      }
      let next = sender.sendBatch(batch);
      if (next === null) {
        bell.sleep(turn);
        next = sender.sendBatch(batch);
        if (next === null) return;
        bell.awake();
      }
      batch = next;
    }
    if (!sender.sendEvent({ kind: 'end' })) {
      setImmediate(turn);
      return;
    }
    clearInterval(alive);
    parentPort!.postMessage(sum);
  };
  turn();
}

function fill(batch: Batch, first: number): void {
  const [auction, bidder, price, channel, url, dateTime] = batch.columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    string[],
    string[],
    Float64Array,
  ];
  for (let i = 0; i < batch.capacity; i++) {
    const n = first + i;
    auction[i] = n % 1000;
    bidder[i] = n % 777;
    price[i] = n % 10_000;
    channel[i] = channels[n & 3]!;
    url[i] = urls[n % 1000]!;
    dateTime[i] = n;
    batch.timestamps[i] = n;
  }
  batch.length = batch.capacity;
}

function checksum(batch: Batch): number {
  const [auction, bidder, price, channel, url, dateTime] = batch.columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    string[],
    string[],
    Float64Array,
  ];
  let sum = 0;
  for (let i = 0; i < batch.length; i++)
    sum +=
      auction[i]! +
      bidder[i]! +
      price[i]! +
      channel[i]!.length +
      url[i]!.length +
      dateTime[i]! +
      batch.timestamps[i]!;
  return sum;
}
