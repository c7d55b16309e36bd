import { StreamExecutionEnvironment, WatermarkStrategy, type Decimal, type Int32 } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { CsvFormat } from 'flinkc/csv';
import { FileSource } from 'flinkc/file';
import { JsonFormat } from 'flinkc/json';

interface Order {
  readonly id: Int32;
  readonly amount: Decimal<12, 2>;
  readonly place: string;
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();
const badRecords = env.param('policy') as 'fail' | 'skip' | 'dead-letter';

const csv = env.fromSource(
  new FileSource<Order>({
    path: env.param('csv'),
    format: new CsvFormat({ header: true }),
    badRecords,
  }),
  WatermarkStrategy.noWatermarks(),
  'csv',
);
const json = env.fromSource(
  new FileSource<Order>({ path: env.param('json'), format: new JsonFormat(), badRecords }),
  WatermarkStrategy.noWatermarks(),
  'json',
);
csv.sinkTo(new CollectSink('orders'));
json.sinkTo(new CollectSink('orders'));
csv.deadLetters().sinkTo(new CollectSink('dead'));
json.deadLetters().sinkTo(new CollectSink('dead'));

await env.execute('bad records');
