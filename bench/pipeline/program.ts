// source object → filter → map → map → filter → count
import { createEnvironment } from 'flinkc';
import { DigestSink } from '../digest-sink.js';

const env = createEnvironment();
env
  .fromSequence(1, 20_000_000)
  .map(n => ({ auction: n % 1000, bidder: n % 777, price: (n * 7919) % 100_003 }))
  .filter(bid => bid.price >= 100)
  .map(bid => ({ auction: bid.auction, bidder: bid.bidder, cents: Math.round(bid.price * 0.908 * 100) }))
  .map(bid => ({ auction: bid.auction, cents: bid.cents + bid.bidder }))
  .filter(bid => bid.cents >= 20_000)
  .sinkTo(new DigestSink(bid => bid.cents + bid.auction));
await env.execute('pipeline');
