// Nexmark q7, highest bid: the bid with the highest price in windows of 10 s.
import { createEnvironment, seconds, TumblingEventTimeWindows, WatermarkStrategy } from 'flinkc';
import { NexmarkSource, type NexmarkEvent } from 'flinkc/nexmark';
import { DigestSink } from '../digest-sink.js';

const env = createEnvironment();
env
  .fromSource(
    new NexmarkSource({ events: env.param('events', 10_000_000), rate: env.param('rate', 100_000) }),
    WatermarkStrategy.forBoundedOutOfOrderness<NexmarkEvent>(seconds(4)),
    'nexmark',
  )
  .filter(event => event.bid !== undefined)
  .map(event => event.bid!)
  .map(({ auction, bidder, price, dateTime }) => ({ auction, bidder, price, dateTime }))
  .windowAll(TumblingEventTimeWindows.of(seconds(10)))
  .reduce((highest, bid) => (bid.price > highest.price ? bid : highest))
  // Which of several bids with the highest price comes first is open where slots send them.
  .sinkTo(new DigestSink(bid => bid.price));
await env.execute('nexmark-q7');
