/**
 * The Nexmark queries by hand: one flat loop each, over the same events with the same fields as the programs beside this
 * file, with the data structures that fit the query best. What flinkc's programs are measured against. Watermarks are
 * taken for granted: events come in order, so a window ends with the first event after it.
 */
import { below, eventHash, price, uniform } from '../../plugins/nexmark/random.js';
import { extraText, firstNames, lastNames } from '../../plugins/nexmark/texts.js';

interface Digest {
  readonly count: number;
  readonly sum: number;
}
type Miniature = (events: number, rate: number) => Digest;

const seed = 1;
const baseTime = Date.UTC(2015, 6, 15);
const bidsFrom = 4;
const epochSize = 50;

const hotAuction = (h: number): boolean => uniform(h, 1) * 2 >= 1;
function auctionOfBid(h: number, epoch: number): number {
  const last = epoch * 3 + 2;
  if (hotAuction(h)) return 1000 + Math.floor(last / 100) * 100;
  const oldest = last > 100 ? last - 100 : 0;
  return 1000 + oldest + below(h, 2, last - oldest + 11);
}
function activePerson(h: number, field: number, epoch: number): number {
  const people = epoch + 1;
  const active = people < 1000 ? people : 1000;
  return 1000 + people - active + below(h, field, active + 10);
}
function bidderOfBid(h: number, epoch: number): number {
  return uniform(h, 3) * 4 >= 1 ? 1000 + Math.floor(epoch / 100) * 100 + 1 : activePerson(h, 4, epoch);
}
function sellerOfAuction(h: number, epoch: number): number {
  return uniform(h, 10) * 4 >= 1 ? 1000 + Math.floor(epoch / 100) * 100 : activePerson(h, 11, epoch);
}
function priceOfBid(h: number): number {
  return price(h, 5);
}
function timeOf(n: number, microsPerEvent: number): number {
  return baseTime + Math.floor(Math.floor(n * microsPerEvent) / 1000);
}

interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly dateTime: number;
  readonly extra: string;
}

/** What flinkc's sink does with a record. Fields: see DigestSink. */
class Sink<T> {
  #count = 0;
  #sum = 0.5;
  readonly #weigh: (record: T) => number;
  constructor(weigh: (record: T) => number) {
    this.#weigh = weigh;
  }
  write(record: T): void {
    this.#count++;
    this.#sum += this.#weigh(record);
  }
  digest(): Digest {
    return { count: this.#count, sum: this.#sum - 0.5 };
  }
}

function q0(events: number, rate: number): Digest {
  const microsPerEvent = 1e6 / rate;
  const out = new Sink<Bid>(bid => bid.price + bid.extra.length);
  for (let n = 0, epoch = 0, offset = 0; n < events; n++) {
    if (offset >= bidsFrom) {
      const h = eventHash(seed, n);
      out.write({
        auction: auctionOfBid(h, epoch),
        bidder: bidderOfBid(h, epoch),
        price: priceOfBid(h),
        dateTime: timeOf(n, microsPerEvent),
        extra: extraText(h, 8, 32, 100),
      });
    }
    if (++offset === epochSize) {
      offset = 0;
      epoch++;
    }
  }
  return out.digest();
}

function q1(events: number, rate: number): Digest {
  const microsPerEvent = 1e6 / rate;
  const out = new Sink<Bid>(bid => Math.floor(bid.price) + bid.extra.length);
  for (let n = 0, epoch = 0, offset = 0; n < events; n++) {
    if (offset >= bidsFrom) {
      const h = eventHash(seed, n);
      out.write({
        auction: auctionOfBid(h, epoch),
        bidder: bidderOfBid(h, epoch),
        price: priceOfBid(h) * 0.908,
        dateTime: timeOf(n, microsPerEvent),
        extra: extraText(h, 8, 32, 100),
      });
    }
    if (++offset === epochSize) {
      offset = 0;
      epoch++;
    }
  }
  return out.digest();
}

function q2(events: number): Digest {
  const out = new Sink<{ readonly auction: number; readonly price: number }>(bid => bid.auction + bid.price);
  for (let n = 0, epoch = 0, offset = 0; n < events; n++) {
    if (offset >= bidsFrom) {
      const h = eventHash(seed, n);
      const auction = auctionOfBid(h, epoch);
      if (auction % 123 === 0) out.write({ auction, price: priceOfBid(h) });
    }
    if (++offset === epochSize) {
      offset = 0;
      epoch++;
    }
  }
  return out.digest();
}

/** Counts per auction in slices of 2 s, a window is five of them; auctions of a slice are side by side. */
function q5(events: number, rate: number): Digest {
  const microsPerEvent = 1e6 / rate;
  const slide = 2000;
  const slicesOfWindow = 5;
  const auctions = Math.ceil(events / epochSize) * 3 + 1100;
  const slices = Array.from({ length: slicesOfWindow }, () => ({
    counts: new Int32Array(auctions),
    low: auctions,
    high: -1,
  }));
  const out = new Sink<{ readonly bids: number; readonly auctions: readonly number[] }>(
    hot => hot.bids + hot.auctions.reduce((sum, auction) => sum + auction, 0),
  );
  let slice = slices[0]!;
  let at = 0;
  let sliceEnd = Math.floor(baseTime / slide) * slide + slide;
  const next = (): void => {
    const low = Math.min(...slices.map(each => each.low));
    const high = Math.max(...slices.map(each => each.high));
    let bids = 0;
    let hot: number[] = [];
    for (let auction = low; auction <= high; auction++) {
      let sum = 0;
      for (const { counts } of slices) sum += counts[auction]!;
      if (sum > bids) {
        bids = sum;
        hot = [auction];
      } else if (sum > 0 && sum === bids) hot.push(auction);
    }
    if (bids > 0) out.write({ bids, auctions: hot });
    at = (at + 1) % slicesOfWindow;
    slice = slices[at]!;
    if (slice.high >= slice.low) slice.counts.fill(0, slice.low, slice.high + 1);
    slice.low = auctions;
    slice.high = -1;
    sliceEnd += slide;
  };
  for (let n = 0, epoch = 0, offset = 0; n < events; n++) {
    const time = timeOf(n, microsPerEvent);
    while (time >= sliceEnd) next();
    if (offset >= bidsFrom) {
      const auction = auctionOfBid(eventHash(seed, n), epoch);
      slice.counts[auction]!++;
      if (auction < slice.low) slice.low = auction;
      if (auction > slice.high) slice.high = auction;
    }
    if (++offset === epochSize) {
      offset = 0;
      epoch++;
    }
  }
  for (let i = 0; i < slicesOfWindow; i++) next();
  return out.digest();
}

function q7(events: number, rate: number): Digest {
  const microsPerEvent = 1e6 / rate;
  const size = 10_000;
  const out = new Sink<Omit<Bid, 'extra'>>(bid => bid.price);
  let windowEnd = Math.floor(baseTime / size) * size + size;
  let auction = 0;
  let bidder = 0;
  let price = -1;
  let dateTime = 0;
  for (let n = 0, epoch = 0, offset = 0; n < events; n++) {
    const time = timeOf(n, microsPerEvent);
    while (time >= windowEnd) {
      if (price >= 0) out.write({ auction, bidder, price, dateTime });
      price = -1;
      windowEnd += size;
    }
    if (offset >= bidsFrom) {
      const h = eventHash(seed, n);
      const offered = priceOfBid(h);
      if (offered > price) {
        price = offered;
        auction = auctionOfBid(h, epoch);
        bidder = bidderOfBid(h, epoch);
        dateTime = time;
      }
    }
    if (++offset === epochSize) {
      offset = 0;
      epoch++;
    }
  }
  if (price >= 0) out.write({ auction, bidder, price, dateTime });
  return out.digest();
}

function q8(events: number, rate: number): Digest {
  const microsPerEvent = 1e6 / rate;
  const size = 10_000;
  const out = new Sink<{ readonly id: number; readonly name: string }>(
    person => person.id + person.name.length,
  );
  let windowEnd = Math.floor(baseTime / size) * size + size;
  let persons = new Map<number, string>();
  let sellers = new Set<number>();
  const fire = (): void => {
    for (const [id, name] of persons) if (sellers.has(id)) out.write({ id, name });
    persons = new Map();
    sellers = new Set();
    windowEnd += size;
  };
  for (let n = 0, epoch = 0, offset = 0; n < events; n++) {
    if (offset < bidsFrom) {
      const time = timeOf(n, microsPerEvent);
      while (time >= windowEnd) fire();
      const h = eventHash(seed, n);
      if (offset === 0)
        persons.set(
          1000 + epoch,
          `${firstNames[below(h, 30, firstNames.length)]} ${lastNames[below(h, 31, lastNames.length)]}`,
        );
      else sellers.add(sellerOfAuction(h, epoch));
    }
    if (++offset === epochSize) {
      offset = 0;
      epoch++;
    }
  }
  fire();
  return out.digest();
}

/** A session per bidder, side by side; those that may have ended are looked for once per gap. */
function q11(events: number, rate: number): Digest {
  const microsPerEvent = 1e6 / rate;
  const gap = 10_000;
  const bidders = Math.ceil(events / epochSize) + 2100;
  const bids = new Int32Array(bidders);
  const first = new Float64Array(bidders);
  const last = new Float64Array(bidders);
  const out = new Sink<{
    readonly bidder: number;
    readonly bids: number;
    readonly start: number;
    readonly end: number;
  }>(session => session.bidder * session.bids + session.end - session.start);
  const end = (bidder: number): void => {
    out.write({ bidder, bids: bids[bidder]!, start: first[bidder]!, end: last[bidder]! + gap });
    bids[bidder] = 0;
  };
  for (let n = 0, epoch = 0, offset = 0; n < events; n++) {
    if (offset >= bidsFrom) {
      const bidder = bidderOfBid(eventHash(seed, n), epoch);
      const time = timeOf(n, microsPerEvent);
      if (bids[bidder]! > 0 && time > last[bidder]! + gap) end(bidder);
      if (bids[bidder]!++ === 0) first[bidder] = time;
      last[bidder] = time;
    }
    if (++offset === epochSize) {
      offset = 0;
      epoch++;
    }
  }
  for (let bidder = 0; bidder < bidders; bidder++) if (bids[bidder]! > 0) end(bidder);
  return out.digest();
}

/** The clock is read once per 1,000 events. */
function q12(events: number): Digest {
  const size = 10_000;
  const bids = new Int32Array(Math.ceil(events / epochSize) + 2100);
  let total = 0;
  let windowEnd = Math.floor(Date.now() / size) * size + size;
  const fire = (): void => {
    for (let bidder = 0; bidder < bids.length; bidder++) total += bids[bidder]!;
    bids.fill(0);
    windowEnd += size;
  };
  for (let n = 0, epoch = 0, offset = 0; n < events; n++) {
    if (n % 1000 === 0) while (Date.now() >= windowEnd) fire();
    if (offset >= bidsFrom) bids[bidderOfBid(eventHash(seed, n), epoch)]!++;
    if (++offset === epochSize) {
      offset = 0;
      epoch++;
    }
  }
  fire();
  return { count: 0, sum: total };
}

const miniatures: Readonly<Record<string, Miniature>> = { q0, q1, q2, q5, q7, q8, q11, q12 };

export function run(query: string, events: number, rate: number): Digest {
  return miniatures[query]!(events, rate);
}
