// Bids meet their auctions: by interval, by window, and by state that stays.
import {
  createEnvironment,
  KeyedCoProcessFunction,
  ListStateDescriptor,
  ProcessJoinFunction,
  seconds,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  type Collector,
  type KeyedProcessContext,
  type ListState,
  type ValueState,
} from 'flinkc';
import type { Auction, Bid, NexmarkEvent } from 'flinkc/nexmark';
import { auctionsOf, bidsOf, readEvents } from '../../../fixtures/programs/nexmark/events.js';
import { linesIn } from './output.js';
import { Pace } from './pace.js';

interface Pair {
  readonly auction: number;
  readonly seller: number;
  readonly bidder: number;
  readonly price: number;
  readonly at: number;
}
const pair = ({ id, seller }: Auction, { bidder, price, dateTime }: Bid): Pair => ({
  auction: id,
  seller,
  bidder,
  price,
  at: dateTime,
});

class ByInterval extends ProcessJoinFunction<Auction, Bid, Pair> {
  processElement(auction: Auction, bid: Bid, _ctx: unknown, out: Collector<Pair>): void {
    out.collect(pair(auction, bid));
  }
}

class ByState extends KeyedCoProcessFunction<number, Auction, Bid, Pair> {
  auction!: ValueState<Auction>;
  early!: ListState<Bid>;

  override open(): void {
    const context = this.getRuntimeContext();
    this.auction = context.getState(new ValueStateDescriptor<Auction>('auction'));
    this.early = context.getListState(new ListStateDescriptor<Bid>('early'));
  }
  processElement1(auction: Auction, _ctx: KeyedProcessContext<number>, out: Collector<Pair>): void {
    this.auction.update(auction);
    for (const bid of this.early.get()) out.collect(pair(auction, bid));
    this.early.clear();
  }
  processElement2(bid: Bid, _ctx: KeyedProcessContext<number>, out: Collector<Pair>): void {
    const auction = this.auction.value();
    if (auction === null) this.early.add(bid);
    else out.collect(pair(auction, bid));
  }
}

const env = createEnvironment();
const events = readEvents(env).filter(new Pace<NexmarkEvent>(env.param('pace', 0)));
const auctions = auctionsOf(events).keyBy('id');
const bids = bidsOf(events).keyBy('auction');

auctions
  .intervalJoin(bids)
  .between(seconds(0), seconds(5))
  .process(new ByInterval())
  .sinkTo(linesIn<Pair>(env, 'interval'));
auctionsOf(events)
  .join(bidsOf(events))
  .where(auction => auction.id)
  .equalTo(bid => bid.auction)
  .window(TumblingEventTimeWindows.of(seconds(2)))
  .apply(pair)
  .sinkTo(linesIn<Pair>(env, 'window', true));
auctions
  .connect(bids)
  .process(new ByState())
  .sinkTo(linesIn<Pair>(env, 'state', true));

await env.execute('joins');
