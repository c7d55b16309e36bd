// Nexmark q12: bids per bidder in windows of 10 s of processing time.
import {
  createEnvironment,
  seconds,
  TumblingProcessingTimeWindows,
  WatermarkStrategy,
  type Collector,
} from 'flinkc';
import { NexmarkSource, type NexmarkEvent } from 'flinkc/nexmark';
import { DigestSink } from '../digest-sink.js';

interface BidderBids {
  readonly bidder: number;
  readonly bids: number;
}

const env = createEnvironment();
env
  .fromSource(
    new NexmarkSource({ events: env.param('events', 10_000_000), rate: env.param('rate', 100_000) }),
    WatermarkStrategy.noWatermarks<NexmarkEvent>(),
    'nexmark',
  )
  .filter(event => event.bid !== undefined)
  .keyBy(event => event.bid!.bidder)
  .window(TumblingProcessingTimeWindows.of(seconds(10)))
  .aggregate(
    {
      createAccumulator: () => 0,
      add: (_, bids: number) => bids + 1,
      getResult: bids => bids,
      merge: (a, b) => a + b,
    },
    (bidder, _, [bids], out: Collector<BidderBids>) => out.collect({ bidder, bids: bids! }),
  )
  .sinkTo(new DigestSink(window => window.bids));
await env.execute('nexmark-q12');
