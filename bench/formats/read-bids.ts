/** The files of bids.ts, as programs read them. */
import { WatermarkStrategy, type DataStream, type StreamExecutionEnvironment, type Timestamp } from 'flinkc';
import { CsvFormat } from 'flinkc/csv';
import { FileSource } from 'flinkc/file';
import { JsonFormat } from 'flinkc/json';

interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: Timestamp;
}

export function csvBids(env: StreamExecutionEnvironment): DataStream<Bid> {
  return bids(
    env,
    new CsvFormat<Bid>({ columns: ['auction', 'bidder', 'price', 'channel', 'url', 'dateTime'] }),
  );
}

export function jsonBids(env: StreamExecutionEnvironment): DataStream<Bid> {
  return bids(env, new JsonFormat<Bid>());
}

function bids(env: StreamExecutionEnvironment, format: CsvFormat<Bid> | JsonFormat<Bid>): DataStream<Bid> {
  const source = new FileSource<Bid>({ path: env.param('input', 'bids'), format });
  return env.fromSource(source, WatermarkStrategy.noWatermarks<Bid>(), 'bids');
}
