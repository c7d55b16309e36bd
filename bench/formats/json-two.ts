// Bids from a file, two of six fields used.
import { createEnvironment } from 'flinkc';
import { DigestSink } from '../digest-sink.js';
import { jsonBids } from './read-bids.js';

const env = createEnvironment();
jsonBids(env)
  .map(({ auction, price }) => ({ auction, price }))
  .sinkTo(new DigestSink(bid => bid.auction + bid.price));
await env.execute('json-two');
