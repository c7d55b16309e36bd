// Bids from a file, all six fields of the expensive ones used.
import { createEnvironment } from 'flinkc';
import { DigestSink } from '../digest-sink.js';
import { jsonBids } from './read-bids.js';

const env = createEnvironment();
const least = env.param('least', 10_000_000);
jsonBids(env)
  .filter(bid => bid.price >= least)
  .sinkTo(
    new DigestSink(
      bid =>
        bid.auction + bid.bidder + bid.price + bid.channel.length + bid.url.length + (bid.dateTime % 1000),
    ),
  );
await env.execute('json-filtered');
