/** Nexmark events by the rules of the benchmark's generator. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ColumnSpec } from '../../plugins/api/batch.js';
import type { Schema } from '../../plugins/api/schema.js';
import { NexmarkSource, type NexmarkOptions } from '../../plugins/nexmark/index.js';
import { SourceRun, type ReadRow } from '../conformance/source-run.js';

const tests = suite('nexmark');
const number: Schema = { kind: 'float64' };
const string: Schema = { kind: 'string' };
const leaf = (path: string, schema: Schema): ColumnSpec => ({
  path: path.split('.'),
  kind: schema.kind as ColumnSpec['kind'],
  schema,
});
const part = (name: string, fields: Readonly<Record<string, Schema>>): ColumnSpec[] => [
  { path: [name], kind: 'bool', schema: { kind: 'bool' }, presence: true },
  ...Object.entries(fields).map(([field, schema]) => leaf(`${name}.${field}`, schema)),
];
const all: readonly ColumnSpec[] = [
  leaf('event_type', { kind: 'int32' }),
  ...part('person', {
    id: number,
    name: string,
    emailAddress: string,
    creditCard: string,
    city: string,
    state: string,
    dateTime: number,
    extra: string,
  }),
  ...part('auction', {
    id: number,
    itemName: string,
    description: string,
    initialBid: number,
    reserve: number,
    dateTime: number,
    expires: number,
    seller: number,
    category: number,
    extra: string,
  }),
  ...part('bid', {
    auction: number,
    bidder: number,
    price: number,
    channel: string,
    url: string,
    dateTime: number,
    extra: string,
  }),
];

type Event = Readonly<Record<string, number>>;
const text = (event: Event, field: string): string => String(event[field]);
async function events(
  options: NexmarkOptions,
  parallelism = 1,
  columns = all,
): Promise<(ReadRow & { record: Event })[]> {
  const run = new SourceRun(
    { source: new NexmarkSource(options) as never, schema: { kind: 'json' }, layout: { columns } },
    parallelism,
    100,
  );
  await run.start();
  await run.run();
  await run.close();
  return run.rows as (ReadRow & { record: Event })[];
}
const total = 20_000;
let made: (ReadRow & { record: Event })[];
tests.before(async () => void (made = await events({ events: total })));

const of = (kind: number): Event[] =>
  made.filter(row => row.record['event_type'] === kind).map(row => row.record);
const share = (some: number, whole: number): number => some / whole;
const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

tests('nexmark §2 an epoch is a person, three auctions and 46 bids, in this order', () => {
  made.forEach((row, n) => assert.is(row.record['event_type'], n % 50 === 0 ? 0 : n % 50 < 4 ? 1 : 2));
});

tests('nexmark §3 ids count up from 1000, times follow the rate', () => {
  of(0).forEach((person, i) => assert.is(person['person.id'], 1000 + i));
  of(1).forEach((auction, i) => assert.is(auction['auction.id'], 1000 + i));
  made.forEach((row, n) => {
    const time = Date.UTC(2015, 6, 15) + Math.floor((n * 100) / 1000);
    assert.is(row.timestamp, time);
    assert.is(row.record[['person', 'auction', 'bid'][row.record['event_type']!] + '.dateTime'], time);
  });
});

tests('nexmark §3 the connector of nexmark starts within an epoch', async () => {
  const rows = await events({ events: 60, firstEventId: 1, firstEventNumber: 1 });
  assert.equal(
    rows.slice(0, 4).map(row => row.record['event_type']),
    [1, 1, 2, 2],
  );
  assert.is(rows[48]!.record['event_type'], 0);
  assert.is(rows[0]!.timestamp, Date.UTC(2015, 6, 15) + Math.floor(100 / 1000));
});

tests('nexmark §3 a group out of order is a permutation, with ids and times of its places', async () => {
  const rows = await events({ events: 400, outOfOrderGroupSize: 100, rate: 1000 });
  const times = rows.map(row => row.timestamp);
  assert.not.equal(
    times,
    [...times].sort((a, b) => a - b),
  );
  for (let group = 0; group < 4; group++) {
    const inGroup = times.slice(group * 100, group * 100 + 100).map(time => time - Date.UTC(2015, 6, 15));
    assert.equal(
      [...inGroup].sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, i) => group * 100 + i),
    );
  }
});

tests('nexmark §4 bids go to auctions and people that are near', () => {
  const bids = made.flatMap((row, n) =>
    row.record['event_type'] === 2 ? [{ bid: row.record, epoch: Math.floor(n / 50) }] : [],
  );
  let hotAuctions = 0;
  let hotBidders = 0;
  for (const { bid, epoch } of bids) {
    const lastAuction = epoch * 3 + 2;
    const auction = bid['bid.auction']! - 1000;
    assert.ok(
      auction >= Math.max(lastAuction - 100, 0) - 100 && auction <= lastAuction + 10,
      `auction ${auction}`,
    );
    if (auction === Math.floor(lastAuction / 100) * 100) hotAuctions++;
    const bidder = bid['bid.bidder']! - 1000;
    assert.ok(bidder >= 0 && bidder <= epoch + 11, `bidder ${bidder}`);
    if (bidder === Math.floor(epoch / 100) * 100 + 1) hotBidders++;
  }
  near(share(hotAuctions, bids.length), 1 / 2, 0.03);
  near(share(hotBidders, bids.length), 3 / 4, 0.03);
});

tests('nexmark §4 sellers, categories, prices, channels', () => {
  const auctions = made.flatMap((row, n) =>
    row.record['event_type'] === 1 ? [{ auction: row.record, epoch: Math.floor(n / 50) }] : [],
  );
  const hot = auctions.filter(
    ({ auction, epoch }) => auction['auction.seller'] === 1000 + Math.floor(epoch / 100) * 100,
  );
  near(share(hot.length, auctions.length), 3 / 4, 0.05);
  const categories = new Set(auctions.map(({ auction }) => auction['auction.category']));
  assert.equal(
    [...categories].sort((a, b) => a! - b!),
    [10, 11, 12, 13, 14],
  );
  for (const { auction } of auctions) {
    assert.ok(auction['auction.reserve']! >= auction['auction.initialBid']! + 100);
    assert.ok(auction['auction.expires']! > auction['auction.dateTime']!);
  }
  const life = auctions.reduce(
    (sum, { auction }) => sum + auction['auction.expires']! - auction['auction.dateTime']!,
    0,
  );
  near(life / auctions.length, 166, 12);
  const prices = of(2).map(bid => bid['bid.price']!);
  assert.ok(prices.every(price => price >= 100 && price <= 100_000_000));
  near(share(prices.filter(price => price < 10_000).length, prices.length), 1 / 3, 0.03);
  near(share(prices.filter(price => price >= 1_000_000).length, prices.length), 1 / 3, 0.03);
  const hotChannels = of(2).filter(bid =>
    ['Google', 'Facebook', 'Baidu', 'Apple'].includes(text(bid, 'bid.channel')),
  );
  near(share(hotChannels.length, prices.length), 1 / 2, 0.03);
  for (const bid of of(2)) {
    assert.match(
      text(bid, 'bid.url'),
      /^https:\/\/www\.nexmark\.com\/[a-z_]+\/[a-z_]+\/[a-z_]+\/item\.htm\?query=1(&channel_id=\d+)?$/,
    );
    if (hotChannels.includes(bid)) assert.not.match(text(bid, 'bid.url'), /channel_id/);
  }
  const ids = of(2).filter(bid => !hotChannels.includes(bid));
  near(share(ids.filter(bid => text(bid, 'bid.url').includes('channel_id')).length, ids.length), 0.9, 0.03);
});

tests('nexmark §4 texts have the forms and sizes asked for', () => {
  const sizes = { person: 0, auction: 0, bid: 0 };
  for (const person of of(0)) {
    assert.match(text(person, 'person.name'), /^[A-Z][a-z]+ [A-Z][a-z]+$/);
    assert.match(text(person, 'person.emailAddress'), /^[a-z ]*@[a-z ]*\.com$/);
    assert.match(text(person, 'person.creditCard'), /^\d{4} \d{4} \d{4} \d{4}$/);
    sizes.person +=
      8 +
      ['name', 'emailAddress', 'creditCard', 'city', 'state', 'extra'].reduce(
        (sum, name) => sum + text(person, `person.${name}`).length,
        0,
      );
  }
  for (const auction of of(1))
    sizes.auction +=
      48 +
      ['itemName', 'description', 'extra'].reduce(
        (sum, name) => sum + text(auction, `auction.${name}`).length,
        0,
      );
  for (const bid of of(2)) sizes.bid += 32 + text(bid, 'bid.extra').length;
  near(sizes.person / of(0).length, 200, 8);
  near(sizes.auction / of(1).length, 500, 20);
  near(sizes.bid / of(2).length, 100, 4);
});

tests('event n is the same for every parallelism, and whatever else is read of it', async () => {
  const byTime = (rows: readonly ReadRow[]): string[] =>
    rows.map(row => JSON.stringify([row.timestamp, row.record])).sort();
  const options = { events: 7003, seed: 42 };
  const one = byTime(await events(options));
  assert.equal(byTime(await events(options, 2)), one);
  assert.equal(byTime(await events(options, 4)), one);
  const bids = all.filter(column => column.path.join('.') === 'bid' || column.path.join('.') === 'bid.price');
  const pruned = await events(options, 1, bids);
  const full = await events(options);
  assert.equal(
    pruned.map(row => (row.record as Event)['bid.price']),
    full.map(row => row.record['bid.price']),
  );
});

tests('seeds give different streams with the same ids and times', async () => {
  const [a, b] = [await events({ events: 500, seed: 1 }), await events({ events: 500, seed: 2 })];
  assert.equal(
    a.map(row => row.timestamp),
    b.map(row => row.timestamp),
  );
  assert.not.equal(
    a.map(row => row.record['bid.price']),
    b.map(row => row.record['bid.price']),
  );
});

tests('a paced stream keeps to the clock, also after a restore', async () => {
  const fixture = {
    source: new NexmarkSource({ rate: 1000, paced: true }) as never,
    schema: { kind: 'json' } as Schema,
    layout: { columns: all.slice(0, 1) },
  };
  const run = new SourceRun(fixture, 1, 10_000);
  await run.start();
  await run.poll(0);
  assert.is(run.rows.length, 1);
  run.now = 250;
  await run.poll(0);
  assert.is(run.rows.length, 251);
  const state = run.snapshot();
  await run.close();
  const again = new SourceRun(fixture, 1, 10_000, state);
  await again.start();
  again.now = 300;
  await again.poll(0);
  assert.is(again.rows.length, 50);
  await again.close();
});

tests.run();
