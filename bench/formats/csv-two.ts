// Bids from a file, two of six fields used.
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
env
  .fromSource(
    new FileSource<Bid>({
      path: env.param('input', 'bids'),
      format: new CsvFormat<Bid>({ columns: ['auction', 'bidder', 'price', 'channel', 'url', 'dateTime'] }),
    }),
    WatermarkStrategy.noWatermarks<Bid>(),
    'bids',
  )
  .map(({ auction, price }) => ({ auction, price }))
  .sinkTo(new DigestSink(bid => bid.auction + bid.price));
await env.execute('csv-two');
