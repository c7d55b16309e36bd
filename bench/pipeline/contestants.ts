/** source object → filter → map → map → filter → count, in the styles that one finds. Each returns the same digest. */
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { range } from 'rxjs';
import { filter, map } from 'rxjs/operators';

interface Digest {
  readonly count: number;
  readonly sum: number;
}
interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
}
interface Converted {
  readonly auction: number;
  readonly bidder: number;
  readonly cents: number;
}
interface Charged {
  readonly auction: number;
  readonly cents: number;
}

const bidOf = (n: number): Bid => ({ auction: n & 1023, bidder: n & 511, price: (n * 31) & 0x1ffff });
const isLarge = (bid: Bid): boolean => bid.price >= 100;
const convert = (bid: Bid): Converted => ({
  auction: bid.auction,
  bidder: bid.bidder,
  cents: Math.round(bid.price * 0.908 * 100),
});
const charge = (bid: Converted): Charged => ({ auction: bid.auction, cents: bid.cents + bid.bidder });
const isExpensive = (bid: Charged): boolean => bid.cents >= 20_000;

export function byHand(records: number): Digest {
  let count = 0;
  let sum = 0;
  for (let n = 1; n <= records; n++) {
    const price = (n * 31) & 0x1ffff;
    if (!(price >= 100)) continue;
    const cents = Math.round(price * 0.908 * 100) + (n & 511);
    if (!(cents >= 20_000)) continue;
    count++;
    sum += cents + (n & 1023);
  }
  return { count, sum };
}

interface Operator {
  process(record: unknown): void;
}
class MapOperator<A, B> implements Operator {
  constructor(
    readonly fn: (record: A) => B,
    readonly next: Operator,
  ) {}
  process(record: unknown): void {
    this.next.process(this.fn(record as A));
  }
}
class FilterOperator<A> implements Operator {
  constructor(
    readonly fn: (record: A) => boolean,
    readonly next: Operator,
  ) {}
  process(record: unknown): void {
    if (this.fn(record as A)) this.next.process(record);
  }
}
class DigestOperator implements Operator {
  count = 0;
  sum = 0;
  process(record: unknown): void {
    const bid = record as Charged;
    this.count++;
    this.sum += bid.cents + bid.auction;
  }
}
export function operatorObjects(records: number): Digest {
  const digest = new DigestOperator();
  const head = new MapOperator(
    bidOf,
    new FilterOperator(
      isLarge,
      new MapOperator(convert, new MapOperator(charge, new FilterOperator(isExpensive, digest))),
    ),
  );
  for (let n = 1; n <= records; n++) head.process(n);
  return { count: digest.count, sum: digest.sum };
}

async function* numbers(records: number): AsyncGenerator<number> {
  for (let n = 1; n <= records; n++) yield n;
}
async function* mapEach<A, B>(input: AsyncIterable<A>, fn: (record: A) => B): AsyncGenerator<B> {
  for await (const record of input) yield fn(record);
}
async function* filterEach<A>(input: AsyncIterable<A>, fn: (record: A) => boolean): AsyncGenerator<A> {
  for await (const record of input) if (fn(record)) yield record;
}
export async function asyncIterators(records: number): Promise<Digest> {
  const bids = filterEach(mapEach(numbers(records), bidOf), isLarge);
  let count = 0;
  let sum = 0;
  for await (const bid of filterEach(mapEach(mapEach(bids, convert), charge), isExpensive)) {
    count++;
    sum += bid.cents + bid.auction;
  }
  return { count, sum };
}

export function rxjs(records: number): Digest {
  let count = 0;
  let sum = 0;
  range(1, records)
    .pipe(map(bidOf), filter(isLarge), map(convert), map(charge), filter(isExpensive))
    .subscribe(bid => {
      count++;
      sum += bid.cents + bid.auction;
    });
  return { count, sum };
}

const mapStream = <A, B>(fn: (record: A) => B): Transform =>
  new Transform({ objectMode: true, transform: (record: A, _, done) => done(null, fn(record)) });
const filterStream = <A>(fn: (record: A) => boolean): Transform =>
  new Transform({
    objectMode: true,
    transform: (record: A, _, done) => (fn(record) ? done(null, record) : done()),
  });
export async function nodeStreams(records: number): Promise<Digest> {
  let count = 0;
  let sum = 0;
  await pipeline(
    Readable.from(
      (function* () {
        for (let n = 1; n <= records; n++) yield n;
      })(),
    ),
    mapStream(bidOf),
    filterStream(isLarge),
    mapStream(convert),
    mapStream(charge),
    filterStream(isExpensive),
    new Writable({
      objectMode: true,
      write(bid: Charged, _, done) {
        count++;
        sum += bid.cents + bid.auction;
        done();
      },
    }),
  );
  return { count, sum };
}
