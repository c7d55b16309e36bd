// source object → filter → map → map → filter → count
import { createEnvironment } from 'flinkc';
import { DigestSink } from '../digest-sink.js';

const env = createEnvironment();
env
  .fromSequence(1, 100_000_000)
  .map(n => ({ auction: n & 1023, bidder: n & 511, price: (n * 31) & 0x1ffff }))
  .filter(bid => bid.price >= 100)
  .map(bid => ({ auction: bid.auction, bidder: bid.bidder, cents: Math.round(bid.price * 0.908 * 100) }))
  .map(bid => ({ auction: bid.auction, cents: bid.cents + bid.bidder }))
  .filter(bid => bid.cents >= 20_000)
  .map(bid => bid.cents + bid.auction)
  .sinkTo(new DigestSink(weight => weight));
await env.execute('pipeline');
