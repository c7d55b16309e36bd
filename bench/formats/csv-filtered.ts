// Bids from a file, all six fields of the expensive ones used.
import { createEnvironment, WatermarkStrategy, type Timestamp } from 'flinkc';
import { CsvFormat } from 'flinkc/csv';
import { FileSource } from 'flinkc/file';
import { DigestSink } from '../digest-sink.js';

interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: Timestamp;
}

const env = createEnvironment();
const least = env.param('least', 10_000_000);
env
  .fromSource(
    new FileSource<Bid>({
      path: env.param('input', 'bids'),
      format: new CsvFormat<Bid>({ columns: ['auction', 'bidder', 'price', 'channel', 'url', 'dateTime'] }),
    }),
    WatermarkStrategy.noWatermarks<Bid>(),
    'bids',
  )
  .filter(bid => bid.price >= least)
  .sinkTo(
    new DigestSink(
      bid =>
        bid.auction + bid.bidder + bid.price + bid.channel.length + bid.url.length + (bid.dateTime % 1000),
    ),
  );
await env.execute('csv-filtered');
