/**
 * Fills batches column by column: only fields that a program reads are drawn. What several columns need of an event (kind,
 * last person, last auction, hash, time) is worked out once per row.
 */
import type { Batch, BatchLayout, ColumnData } from '../api/batch.js';
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

type Filler = (rows: Rows, column: ColumnData, from: number) => void;

/** What is known of each row of the batch being filled; index 0 is the first new row. */
interface Rows {
  count: number;
  readonly kind: Uint8Array;
  readonly hash: Int32Array;
  readonly lastPerson: Float64Array;
  readonly lastAuction: Float64Array;
  readonly time: Float64Array;
  /** adjusted event numbers */
  readonly number: Float64Array;
}

export class NexmarkGenerator {
  readonly #config: NexmarkConfig;
  readonly #epoch: number;
  readonly #microsPerEvent: number;
  readonly #fillers: readonly { readonly fill: Filler; readonly column: number }[];
  #rows: Rows;
  #channels: Channels | null = null;

  constructor(config: NexmarkConfig, layout: BatchLayout) {
    this.#config = config;
    this.#epoch = config.personProportion + config.auctionProportion + config.bidProportion;
    this.#microsPerEvent = 1_000_000 / config.rate;
    this.#rows = rowsOf(0);
    const fillers = this.#allFillers();
    this.#fillers = layout.columns.map((spec, column) => {
      const name = spec.path.join('.') + (spec.presence ? '?' : '');
      const fill = fillers[name];
      if (!fill) throw new Error(`nexmark events have no field '${name}'`);
      return { fill, column };
    });
  }

  /** Appends events `first` … `first + count − 1` (numbered from 0) and their timestamps. */
  fill(batch: Batch, first: number, count: number): void {
    if (this.#rows.kind.length < count) this.#rows = rowsOf(batch.capacity);
    const from = batch.length;
    this.#prepare(first, count);
    batch.timestamps.set(this.#rows.time.subarray(0, count), from);
    for (const { fill, column } of this.#fillers) fill(this.#rows, batch.columns[column]!, from);
    batch.length = from + count;
  }
  #timeOfNumber(number: number): number {
    return this.#config.baseTime + Math.floor(Math.floor(number * this.#microsPerEvent) / 1000);
  }

  #prepare(first: number, count: number): void {
    const rows = this.#rows;
    const { kind, hash, lastPerson, lastAuction, time, number } = rows;
    const {
      personProportion: persons,
      auctionProportion: auctions,
      outOfOrderGroupSize: group,
      firstEventId,
      firstEventNumber,
      seed,
      baseTime,
    } = this.#config;
    const microsPerEvent = this.#microsPerEvent;
    const epochSize = this.#epoch;
    rows.count = count;
    const firstIndex = firstEventNumber + first;
    // Numbers run on by one but for groups that are permuted: then each row starts anew.
    const inOrder = group === 1;
    let epoch = Math.floor((firstIndex + firstEventId) / epochSize);
    let offset = firstIndex + firstEventId - epoch * epochSize;
    for (let row = 0; row < count; row++) {
      let at = firstIndex + row;
      if (!inOrder) {
        at = adjusted(at, group);
        epoch = Math.floor((at + firstEventId) / epochSize);
        offset = at + firstEventId - epoch * epochSize;
      }
      number[row] = at;
      hash[row] = eventHash(seed, at);
      time[row] = baseTime + Math.floor(Math.floor(at * microsPerEvent) / 1000);
      if (offset >= persons + auctions) {
        kind[row] = BID;
        lastPerson[row] = epoch * persons + persons - 1;
        lastAuction[row] = epoch * auctions + auctions - 1;
      } else if (offset < persons) {
        kind[row] = PERSON;
        lastPerson[row] = epoch * persons + offset;
        lastAuction[row] = epoch * auctions - 1;
      } else {
        kind[row] = AUCTION;
        lastPerson[row] = epoch * persons + persons - 1;
        lastAuction[row] = epoch * auctions + offset - persons;
      }
      if (++offset === epochSize) {
        offset = 0;
        epoch++;
      }
    }
  }

  #channelTable(): Channels {
    return (this.#channels ??= makeChannels(this.#config.seed));
  }

  /** By column path; presence columns end in '?'. */
  #allFillers(): Readonly<Record<string, Filler>> {
    const config = this.#config;
    const presence =
      (wanted: number): Filler =>
      (rows, column, from) => {
        const { kind, count } = rows;
        const target = column as Uint8Array;
        for (let row = 0; row < count; row++) target[from + row] = kind[row] === wanted ? 1 : 2;
      };
    const numbers =
      (wanted: number, value: (rows: Rows, row: number) => number): Filler =>
      (rows, column, from) => {
        const { kind, count } = rows;
        const target = column as Float64Array;
        for (let row = 0; row < count; row++) if (kind[row] === wanted) target[from + row] = value(rows, row);
      };
    const texts =
      (wanted: number, value: (rows: Rows, row: number) => string): Filler =>
      (rows, column, from) => {
        const { kind, count } = rows;
        const target = column as string[];
        for (let row = 0; row < count; row++)
          target[from + row] = kind[row] === wanted ? value(rows, row) : '';
      };
    const dateTime = (wanted: number): Filler => numbers(wanted, (rows, row) => rows.time[row]!);
    const bidderOffset = config.bidderIdAddedTwice ? 2 * firstPersonId : firstPersonId;
    const channelOf = (hash: number): number =>
      uniform(hash, draw.hotChannel) < 0.5
        ? below(hash, draw.channel, hotChannels.length)
        : hotChannels.length + below(hash, draw.channel, otherChannelCount);
    const name = (hash: number): string =>
      `${firstNames[below(hash, draw.firstName, firstNames.length)]} ${lastNames[below(hash, draw.lastName, lastNames.length)]}`;
    const email = (hash: number): string =>
      `${randomText(hash, draw.email, 7, ' ')}@${randomText(hash, draw.email2, 5, ' ')}.com`;
    const card = (hash: number): string =>
      [0, 1, 2, 3].map(group => String(below(hash, draw.card + group, 10_000)).padStart(4, '0')).join(' ');
    const city = (hash: number): string => cities[below(hash, draw.city, cities.length)]!;
    const state = (hash: number): string => states[below(hash, draw.state, states.length)]!;
    const itemName = (hash: number): string => randomText(hash, draw.itemName, 20, ' ');
    const description = (hash: number): string => randomText(hash, draw.description, 100, ' ');
    const initialBid = (hash: number): number => price(hash, draw.initialBid);

    return {
      event_type: (rows, column, from) => (column as Int32Array).set(rows.kind.subarray(0, rows.count), from),
      'person?': presence(PERSON),
      'person.id': numbers(PERSON, (rows, row) => firstPersonId + rows.lastPerson[row]!),
      'person.name': texts(PERSON, (rows, row) => name(rows.hash[row]!)),
      'person.emailAddress': texts(PERSON, (rows, row) => email(rows.hash[row]!)),
      'person.creditCard': texts(PERSON, (rows, row) => card(rows.hash[row]!)),
      'person.city': texts(PERSON, (rows, row) => city(rows.hash[row]!)),
      'person.state': texts(PERSON, (rows, row) => state(rows.hash[row]!)),
      'person.dateTime': dateTime(PERSON),
      'person.extra': texts(PERSON, (rows, row) => {
        const hash = rows.hash[row]!;
        const length =
          8 +
          name(hash).length +
          email(hash).length +
          card(hash).length +
          city(hash).length +
          state(hash).length;
        return extraText(hash, draw.personExtra, length, config.personAvgSize);
      }),
      'auction?': presence(AUCTION),
      'auction.id': numbers(AUCTION, (rows, row) => firstAuctionId + rows.lastAuction[row]!),
      'auction.itemName': texts(AUCTION, (rows, row) => itemName(rows.hash[row]!)),
      'auction.description': texts(AUCTION, (rows, row) => description(rows.hash[row]!)),
      'auction.initialBid': numbers(AUCTION, (rows, row) => initialBid(rows.hash[row]!)),
      'auction.reserve': numbers(
        AUCTION,
        (rows, row) => initialBid(rows.hash[row]!) + price(rows.hash[row]!, draw.reserve),
      ),
      'auction.dateTime': dateTime(AUCTION),
      'auction.expires': numbers(AUCTION, (rows, row) =>
        this.#expires(rows.hash[row]!, rows.number[row]!, rows.time[row]!),
      ),
      'auction.seller': numbers(AUCTION, (rows, row) => {
        const hash = rows.hash[row]!;
        const last = rows.lastPerson[row]!;
        const hot = uniform(hash, draw.hotSeller) * config.hotSellerRatio >= 1;
        return (
          firstPersonId +
          (hot ? Math.floor(last / hotBatch) * hotBatch : activePerson(hash, draw.seller, last))
        );
      }),
      'auction.category': numbers(
        AUCTION,
        (rows, row) => firstCategory + below(rows.hash[row]!, draw.category, categories),
      ),
      'auction.extra': texts(AUCTION, (rows, row) => {
        const hash = rows.hash[row]!;
        return extraText(
          hash,
          draw.auctionExtra,
          8 + itemName(hash).length + description(hash).length + 40,
          config.auctionAvgSize,
        );
      }),
      'bid?': presence(BID),
      'bid.auction': (rows, column, from) =>
        fillAuctions(rows, column as Float64Array, from, config.hotAuctionRatio),
      'bid.bidder': (rows, column, from) =>
        fillBidders(rows, column as Float64Array, from, config.hotBidderRatio, bidderOffset),
      'bid.price': (rows, column, from) => fillPrices(rows, column as Float64Array, from),
      'bid.channel': texts(BID, (rows, row) => this.#channelTable().names[channelOf(rows.hash[row]!)]!),
      'bid.url': texts(BID, (rows, row) => this.#channelTable().urls[channelOf(rows.hash[row]!)]!),
      'bid.dateTime': dateTime(BID),
      'bid.extra': texts(BID, (rows, row) =>
        extraText(rows.hash[row]!, draw.bidExtra, 32, config.bidAvgSize),
      ),
    };
  }

  /** Mean life of an auction: the time in which 1,666 further events appear. */
  #expires(hash: number, number: number, time: number): number {
    const horizon =
      this.#timeOfNumber(
        number + Math.floor((inFlightAuctions * this.#epoch) / this.#config.auctionProportion),
      ) - time;
    return time + 1 + below(hash, draw.expires, Math.max(2 * horizon, 1));
  }
}

function rowsOf(capacity: number): Rows {
  return {
    count: 0,
    kind: new Uint8Array(capacity),
    hash: new Int32Array(capacity),
    lastPerson: new Float64Array(capacity),
    lastAuction: new Float64Array(capacity),
    time: new Float64Array(capacity),
    number: new Float64Array(capacity),
  };
}

/** 953 is prime, so numbers are permuted within their group. */
function adjusted(number: number, group: number): number {
  const base = Math.floor(number / group) * group;
  return base + ((number * 953) % group);
}
function activePerson(hash: number, field: number, last: number): number {
  const people = last + 1;
  const active = Math.min(people, activePeople);
  return people - active + below(hash, field, active + idLead);
}

// HOT: bench/nexmark. The columns that most queries read are filled by loops of their own.
function fillAuctions(rows: Rows, target: Float64Array, from: number, hotRatio: number): void {
  const { kind, hash, lastAuction, count } = rows;
  for (let row = 0; row < count; row++) {
    if (kind[row] !== BID) continue;
    const h = hash[row]!;
    const last = lastAuction[row]!;
    if (uniform(h, draw.hotAuction) * hotRatio >= 1)
      target[from + row] = firstAuctionId + Math.floor(last / hotBatch) * hotBatch;
    else {
      const oldest = last > inFlightAuctions ? last - inFlightAuctions : 0;
      target[from + row] = firstAuctionId + oldest + below(h, draw.auction, last - oldest + 1 + idLead);
    }
  }
}
function fillBidders(rows: Rows, target: Float64Array, from: number, hotRatio: number, offset: number): void {
  const { kind, hash, lastPerson, count } = rows;
  for (let row = 0; row < count; row++) {
    if (kind[row] !== BID) continue;
    const h = hash[row]!;
    const last = lastPerson[row]!;
    const hot = uniform(h, draw.hotBidder) * hotRatio >= 1;
    target[from + row] =
      offset + (hot ? Math.floor(last / hotBatch) * hotBatch + 1 : activePerson(h, draw.bidder, last));
  }
}
function fillPrices(rows: Rows, target: Float64Array, from: number): void {
  const { kind, hash, count } = rows;
  for (let row = 0; row < count; row++)
    if (kind[row] === BID) target[from + row] = price(hash[row]!, draw.price);
}
