/**
 * Events by their number. HOT: bench/nexmark. Generated loops call what they read: each value is a function of the event's
 * hash and of where it stands in its epoch.
 */
import type { BatchLayout } from '../api/batch.js';
import type { RowAccess, RowValue } from '../api/source-rows.js';
import type { NexmarkConfig } from './options.js';
import { below, eventHash, price, uniform } from './random.js';
import {
  cities,
  extraText,
  firstNames,
  hotChannels,
  lastNames,
  makeChannels,
  otherChannelCount,
  randomText,
  states,
  type Channels,
} from './texts.js';

const PERSON = 0;
const AUCTION = 1;
const BID = 2;

const firstPersonId = 1000;
const firstAuctionId = 1000;
const firstCategory = 10;
const categories = 5;
const hotBatch = 100;
const inFlightAuctions = 100;
const activePeople = 1000;
const idLead = 10;

/** Draw numbers: one per random field, so that fields are independent. */
const draw = {
  hotAuction: 1,
  auction: 2,
  hotBidder: 3,
  bidder: 4,
  price: 5,
  hotChannel: 6,
  channel: 7,
  bidExtra: 8,
  hotSeller: 10,
  seller: 11,
  category: 12,
  initialBid: 13,
  reserve: 14,
  expires: 15,
  itemName: 16,
  description: 18,
  auctionExtra: 20,
  firstName: 30,
  lastName: 31,
  email: 32,
  email2: 34,
  card: 36,
  city: 40,
  state: 41,
  personExtra: 42,
} as const;

/** What all rows of a reader share. */
export class NexmarkModel {
  readonly config: NexmarkConfig;
  readonly epochSize: number;
  readonly bidsFrom: number;
  readonly microsPerEvent: number;
  readonly bidderOffset: number;
  #channels: Channels | null = null;

  constructor(config: NexmarkConfig) {
    this.config = config;
    this.bidsFrom = config.personProportion + config.auctionProportion;
    this.epochSize = this.bidsFrom + config.bidProportion;
    this.microsPerEvent = 1_000_000 / config.rate;
    this.bidderOffset = config.bidderIdAddedTwice ? 2 * firstPersonId : firstPersonId;
  }
  get channels(): Channels {
    return (this.#channels ??= makeChannels(this.config.seed));
  }
  time(number: number): number {
    return this.config.baseTime + Math.floor(Math.floor(number * this.microsPerEvent) / 1000);
  }
}

/** Events from number `first` on (counted from 0); row 0 is event `first`. */
export function nexmarkRows(model: NexmarkModel, first: number): NexmarkRows {
  return model.config.outOfOrderGroupSize === 1
    ? new NexmarkRows(model, first)
    : new PermutedRows(model, first);
}

/** Numbers run on by one. */
export class NexmarkRows {
  readonly #model: NexmarkModel;
  readonly #first: number;
  readonly #seed: number;
  readonly #epochSize: number;
  readonly #bidsFrom: number;
  readonly #baseTime: number;
  readonly #microsPerEvent: number;
  readonly #auctionsFrom: number;
  readonly #hotBidderRatio: number;
  readonly #bidderOffset: number;
  #epoch = 0;
  #offset = 0;
  // Of the epoch. Last person before an auction or a bid, last auction before a bid, and the popular ones of their batches.
  #lastPerson = 0;
  #hotPerson = 0;
  // People who bid and sell: from this one on, so many.
  #activeFrom = 0;
  #active = 0;
  #lastAuction = 0;
  #hotAuction = 0;

  constructor(model: NexmarkModel, first: number) {
    const { firstEventNumber, firstEventId, seed, baseTime } = model.config;
    this.#model = model;
    this.#first = firstEventNumber + first;
    this.#seed = seed;
    this.#epochSize = model.epochSize;
    this.#bidsFrom = model.bidsFrom;
    this.#baseTime = baseTime;
    this.#microsPerEvent = model.microsPerEvent;
    this.#auctionsFrom = model.config.personProportion;
    this.#hotBidderRatio = model.config.hotBidderRatio;
    this.#bidderOffset = model.bidderOffset;
    // one before the first row: seek moves on
    this.seekTo(this.#first + firstEventId - 1);
  }

  seek(_row: number): void {
    if (++this.#offset === this.#epochSize) this.#enter(this.#epoch + 1, 0);
  }
  protected seekTo(at: number): void {
    const epoch = Math.floor(at / this.#epochSize);
    this.#enter(epoch, at - epoch * this.#epochSize);
  }
  #enter(epoch: number, offset: number): void {
    this.#epoch = epoch;
    this.#offset = offset;
    const persons = this.#auctionsFrom;
    this.#lastPerson = epoch * persons + persons - 1;
    this.#hotPerson = hottest(this.#lastPerson);
    const people = this.#lastPerson + 1;
    const active = Math.min(people, activePeople);
    this.#activeFrom = people - active;
    this.#active = active + idLead;
    const auctions = this.#bidsFrom - persons;
    this.#lastAuction = epoch * auctions + auctions - 1;
    this.#hotAuction = hottest(this.#lastAuction);
  }
  number(row: number): number {
    return this.#first + row;
  }
  hash(_row: number, number: number): number {
    return eventHash(this.#seed, number);
  }
  time(_row: number, number: number): number {
    return this.#baseTime + Math.floor(Math.floor(number * this.#microsPerEvent) / 1000);
  }
  maxTime(length: number): number {
    return this.#model.time(this.#first + length - 1);
  }

  kind(_row: number): number {
    if (this.#offset >= this.#bidsFrom) return BID;
    return this.#offset < this.#auctionsFrom ? PERSON : AUCTION;
  }
  isPerson(_row: number): number {
    return this.#offset < this.#auctionsFrom ? 1 : 2;
  }
  isAuction(_row: number): number {
    return this.#offset >= this.#auctionsFrom && this.#offset < this.#bidsFrom ? 1 : 2;
  }
  isBid(_row: number): number {
    return this.#offset >= this.#bidsFrom ? 1 : 2;
  }

  personId(_row: number): number {
    return firstPersonId + this.#epoch * this.#model.config.personProportion + this.#offset;
  }
  personName(_row: number, hash: number): string {
    return `${firstNames[below(hash, draw.firstName, firstNames.length)]} ${lastNames[below(hash, draw.lastName, lastNames.length)]}`;
  }
  personEmail(_row: number, hash: number): string {
    return `${randomText(hash, draw.email, 7, ' ')}@${randomText(hash, draw.email2, 5, ' ')}.com`;
  }
  personCard(_row: number, hash: number): string {
    return [0, 1, 2, 3]
      .map(group => String(below(hash, draw.card + group, 10_000)).padStart(4, '0'))
      .join(' ');
  }
  personCity(_row: number, hash: number): string {
    return cities[below(hash, draw.city, cities.length)]!;
  }
  personState(_row: number, hash: number): string {
    return states[below(hash, draw.state, states.length)]!;
  }
  personTime(_row: number, time: number): number {
    return time;
  }
  personExtra(row: number, hash: number): string {
    const length =
      8 +
      this.personName(row, hash).length +
      this.personEmail(row, hash).length +
      this.personCard(row, hash).length +
      this.personCity(row, hash).length +
      this.personState(row, hash).length;
    return extraText(hash, draw.personExtra, length, this.#model.config.personAvgSize);
  }

  auctionId(_row: number): number {
    const { auctionProportion, personProportion } = this.#model.config;
    return firstAuctionId + this.#epoch * auctionProportion + this.#offset - personProportion;
  }
  auctionItem(_row: number, hash: number): string {
    return randomText(hash, draw.itemName, 20, ' ');
  }
  auctionDescription(_row: number, hash: number): string {
    return randomText(hash, draw.description, 100, ' ');
  }
  auctionInitialBid(_row: number, hash: number): number {
    return price(hash, draw.initialBid);
  }
  auctionReserve(row: number, hash: number): number {
    return this.auctionInitialBid(row, hash) + price(hash, draw.reserve);
  }
  auctionTime(_row: number, time: number): number {
    return time;
  }
  /** Mean life of an auction: the time in which 1,666 further events appear. */
  auctionExpires(_row: number, hash: number, number: number, time: number): number {
    const { auctionProportion } = this.#model.config;
    const events = Math.floor((inFlightAuctions * this.#epochSize) / auctionProportion);
    const horizon = this.#model.time(number + events) - time;
    return time + 1 + below(hash, draw.expires, Math.max(2 * horizon, 1));
  }
  auctionSeller(_row: number, hash: number): number {
    const hot = uniform(hash, draw.hotSeller) * this.#model.config.hotSellerRatio >= 1;
    return firstPersonId + (hot ? this.#hotPerson : this.#activePerson(hash, draw.seller));
  }
  auctionCategory(_row: number, hash: number): number {
    return firstCategory + below(hash, draw.category, categories);
  }
  auctionExtra(row: number, hash: number): string {
    const length = 8 + this.auctionItem(row, hash).length + this.auctionDescription(row, hash).length + 40;
    return extraText(hash, draw.auctionExtra, length, this.#model.config.auctionAvgSize);
  }

  bidAuction(_row: number, hash: number): number {
    if (uniform(hash, draw.hotAuction) * this.#model.config.hotAuctionRatio >= 1)
      return firstAuctionId + this.#hotAuction;
    const last = this.#lastAuction;
    const oldest = last > inFlightAuctions ? last - inFlightAuctions : 0;
    return firstAuctionId + oldest + below(hash, draw.auction, last - oldest + 1 + idLead);
  }
  bidBidder(_row: number, hash: number): number {
    const hot = uniform(hash, draw.hotBidder) * this.#hotBidderRatio >= 1;
    return this.#bidderOffset + (hot ? this.#hotPerson + 1 : this.#activePerson(hash, draw.bidder));
  }
  bidPrice(_row: number, hash: number): number {
    return price(hash, draw.price);
  }
  bidChannel(_row: number, hash: number): string {
    return this.#model.channels.names[channelOf(hash)]!;
  }
  bidUrl(_row: number, hash: number): string {
    return this.#model.channels.urls[channelOf(hash)]!;
  }
  bidTime(_row: number, time: number): number {
    return time;
  }
  bidExtra(_row: number, hash: number): string {
    return extraText(hash, draw.bidExtra, 32, this.#model.config.bidAvgSize);
  }

  #activePerson(hash: number, field: number): number {
    return this.#activeFrom + below(hash, field, this.#active);
  }
}

/** Numbers are permuted within groups: each row starts anew. */
class PermutedRows extends NexmarkRows {
  readonly #model: NexmarkModel;

  constructor(model: NexmarkModel, first: number) {
    super(model, first);
    this.#model = model;
  }
  override seek(row: number): void {
    this.seekTo(this.number(row) + this.#model.config.firstEventId);
  }
  override number(row: number): number {
    // 953 is prime, so numbers are permuted within their group.
    const at = super.number(row);
    const group = this.#model.config.outOfOrderGroupSize;
    const base = Math.floor(at / group) * group;
    return base + ((at * 953) % group);
  }
  override maxTime(length: number): number {
    let largest = 0;
    for (let row = 0; row < length; row++) largest = Math.max(largest, this.number(row));
    return this.#model.time(largest);
  }
}

function hottest(last: number): number {
  return Math.floor(last / hotBatch) * hotBatch;
}
function channelOf(hash: number): number {
  return uniform(hash, draw.hotChannel) < 0.5
    ? below(hash, draw.channel, hotChannels.length)
    : hotChannels.length + below(hash, draw.channel, otherChannelCount);
}

const ofHash = (method: keyof NexmarkRows): RowValue => ({ method, of: ['hash'] });
const ofTime = (method: keyof NexmarkRows): RowValue => ({ method, of: ['time'] });

/** By column path; presence columns end in '?'. */
const values: Readonly<Record<string, RowValue>> = {
  number: { method: 'number' },
  hash: { method: 'hash', of: ['number'] },
  time: { method: 'time', of: ['number'] },
  event_type: { method: 'kind' },
  'person?': { method: 'isPerson' },
  'person.id': { method: 'personId' },
  'person.name': ofHash('personName'),
  'person.emailAddress': ofHash('personEmail'),
  'person.creditCard': ofHash('personCard'),
  'person.city': ofHash('personCity'),
  'person.state': ofHash('personState'),
  'person.dateTime': ofTime('personTime'),
  'person.extra': ofHash('personExtra'),
  'auction?': { method: 'isAuction' },
  'auction.id': { method: 'auctionId' },
  'auction.itemName': ofHash('auctionItem'),
  'auction.description': ofHash('auctionDescription'),
  'auction.initialBid': ofHash('auctionInitialBid'),
  'auction.reserve': ofHash('auctionReserve'),
  'auction.dateTime': ofTime('auctionTime'),
  'auction.expires': { method: 'auctionExpires', of: ['hash', 'number', 'time'] },
  'auction.seller': ofHash('auctionSeller'),
  'auction.category': ofHash('auctionCategory'),
  'auction.extra': ofHash('auctionExtra'),
  'bid?': { method: 'isBid' },
  'bid.auction': ofHash('bidAuction'),
  'bid.bidder': ofHash('bidBidder'),
  'bid.price': ofHash('bidPrice'),
  'bid.channel': ofHash('bidChannel'),
  'bid.url': ofHash('bidUrl'),
  'bid.dateTime': ofTime('bidTime'),
  'bid.extra': ofHash('bidExtra'),
};

export function nexmarkAccess(layout: BatchLayout): RowAccess {
  const columns = layout.columns.map(({ path, presence }) => {
    const name = path.join('.') + (presence ? '?' : '');
    if (!values[name]) throw new Error(`nexmark events have no field '${name}'`);
    return name;
  });
  const needed = new Set<string>();
  const need = (name: string): void => {
    needed.add(name);
    for (const other of values[name]!.of ?? []) need(other);
  };
  for (const name of [...columns, 'time']) need(name);
  return {
    values: Object.fromEntries(Object.entries(values).filter(([name]) => needed.has(name))),
    columns,
    seek: 'seek',
    timestamp: 'time',
    maxTimestamp: 'maxTime',
  };
}
