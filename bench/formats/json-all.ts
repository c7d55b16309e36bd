// Bids from a file, all six fields used.
import { createEnvironment } from 'flinkc';
import { DigestSink } from '../digest-sink.js';
import { jsonBids } from './read-bids.js';

const env = createEnvironment();
jsonBids(env).sinkTo(
  new DigestSink(
    bid => bid.auction + bid.bidder + bid.price + bid.channel.length + bid.url.length + (bid.dateTime % 1000),
  ),
);
await env.execute('json-all');
