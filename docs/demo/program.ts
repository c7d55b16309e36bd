// Where in New York do taxi rides start? The busiest cells, every quarter of an hour.
import { createEnvironment, minutes, TumblingEventTimeWindows, WatermarkStrategy } from 'flinkc';
import type { Timestamp } from 'flinkc';
import { CsvFormat } from 'flinkc/csv';
import { FileSource } from 'flinkc/file';
import { TableSink } from 'flinkc/print';

interface Ride {
  readonly kind: 'START' | 'END';
  readonly eventTime: Timestamp;
  readonly startLon: number;
  readonly startLat: number;
}
interface Cell {
  readonly from: Timestamp;
  readonly lon: number;
  readonly lat: number;
  readonly rides: number;
}

// the columns of the file; those that are not fields of Ride are skipped
const columns =
  'rideId kind eventTime otherTime startLon startLat endLon endLat passengers taxiId driverId'.split(' ');

const env = createEnvironment();
const atLeast = env.param('at-least', 130);

const cells = env
  .fromSource(
    new FileSource<Ride>({
      path: env.param('input', 'fixtures/data/nyc-taxi-rides/rides.csv.gz'),
      format: new CsvFormat({ columns }),
    }),
    WatermarkStrategy.forMonotonousTimestamps(ride => ride.eventTime),
    'rides',
  )
  .filter(ride => ride.kind === 'START' && ride.startLat > 40 && ride.startLat < 41)
  .keyBy(ride => [Math.floor(ride.startLon * 200), Math.floor(ride.startLat * 200)] as const)
  .window(TumblingEventTimeWindows.of(minutes(15)))
  .aggregate(
    {
      createAccumulator: () => 0,
      add: (_, count: number) => count + 1,
      getResult: count => count,
      merge: (a, b) => a + b,
    },
    ([x, y], { window }, counts, out: { collect(cell: Cell): void }) => {
      for (const rides of counts) out.collect({ from: window.start, lon: x / 200, lat: y / 200, rides });
    },
  )
  .filter(cell => cell.rides >= atLeast);

cells
  .sinkTo(new TableSink<Cell>({ columns: ['from', 'lon', 'lat', 'rides'], sortBy: ['from', '-rides'] }))
  .setParallelism(1);

await env.execute('busy-cells');
