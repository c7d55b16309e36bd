// Nexmark q2, selection: bids on some auctions.
import { createEnvironment, seconds, WatermarkStrategy } from 'flinkc';
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
  .filter(bid => bid.auction % 123 === 0)
  .map(({ auction, price }) => ({ auction, price }))
  .sinkTo(new DigestSink(bid => bid.auction + bid.price));
await env.execute('nexmark-q2');
