// Nexmark q1, currency conversion: dollars to euros.
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
  .map(({ auction, bidder, price, dateTime, extra }) => ({
    auction,
    bidder,
    price: price * 0.908,
    dateTime,
    extra,
  }))
  .sinkTo(new DigestSink(bid => Math.floor(bid.price) + bid.extra.length));
await env.execute('nexmark-q1');
