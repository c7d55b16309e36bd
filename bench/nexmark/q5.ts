// Nexmark q5, hot items: the auctions with the most bids in windows of 10 s, every 2 s.
import {
  createEnvironment,
  seconds,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  type AggregateFunction,
  type Collector,
} from 'flinkc';
import { NexmarkSource, type NexmarkEvent } from 'flinkc/nexmark';
import { DigestSink } from '../digest-sink.js';

interface AuctionBids {
  readonly auction: number;
  readonly bids: number;
}
interface HotItems {
  bids: number;
  auctions: number[];
}

const count: AggregateFunction<unknown, number, number> = {
  createAccumulator: () => 0,
  add: (_, bids) => bids + 1,
  getResult: bids => bids,
  merge: (a, b) => a + b,
};

const hottest: AggregateFunction<AuctionBids, HotItems, HotItems> = {
  createAccumulator: () => ({ bids: 0, auctions: [] }),
  add({ auction, bids }, hot) {
    if (bids > hot.bids) return { bids, auctions: [auction] };
    if (bids === hot.bids) hot.auctions.push(auction);
    return hot;
  },
  getResult: hot => hot,
  merge: (a, b) =>
    a.bids === b.bids ? { bids: a.bids, auctions: [...a.auctions, ...b.auctions] } : a.bids > b.bids ? a : b,
};

const env = createEnvironment();
env
  .fromSource(
    new NexmarkSource({ events: env.param('events', 10_000_000), rate: env.param('rate', 100_000) }),
    WatermarkStrategy.forBoundedOutOfOrderness<NexmarkEvent>(seconds(4)),
    'nexmark',
  )
  .filter(event => event.bid !== undefined)
  .keyBy(event => event.bid!.auction)
  .window(SlidingEventTimeWindows.of(seconds(10), seconds(2)))
  .aggregate(count, (auction, _, [bids], out: Collector<AuctionBids>) =>
    out.collect({ auction, bids: bids! }),
  )
  .windowAll(TumblingEventTimeWindows.of(seconds(2)))
  .aggregate(hottest)
  .sinkTo(new DigestSink(hot => hot.bids + hot.auctions.reduce((sum, auction) => sum + auction, 0)));
await env.execute('nexmark-q5');
