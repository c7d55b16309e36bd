// Sliding windows without state per record, and tumbling ones that keep all records: rides per cell and passenger count.
import {
  createEnvironment,
  minutes,
  ProcessWindowFunction,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  type Collector,
  type ProcessWindowContext,
  type Timestamp,
  type TimeWindow,
} from 'flinkc';
import { CsvFormat } from 'flinkc/csv';
import { FileSource } from 'flinkc/file';
import { linesIn } from './output.js';
import { Pace } from './pace.js';

interface Ride {
  readonly rideId: number;
  readonly kind: 'START' | 'END';
  readonly eventTime: Timestamp;
  readonly startLon: number;
  readonly startLat: number;
  readonly passengers: number;
}
interface Cell {
  readonly start: Timestamp;
  readonly x: number;
  readonly y: number;
  readonly rides: number;
}
interface Passengers {
  readonly start: Timestamp;
  readonly passengers: number;
  readonly first: number;
  readonly last: number;
  readonly rides: number;
}

class Summarize extends ProcessWindowFunction<Ride, Passengers, number, TimeWindow> {
  process(
    passengers: number,
    { window: { start } }: ProcessWindowContext<TimeWindow>,
    rides: Iterable<Ride>,
    out: Collector<Passengers>,
  ): void {
    const ids = [...rides].map(ride => ride.rideId);
    out.collect({ start, passengers, first: Math.min(...ids), last: Math.max(...ids), rides: ids.length });
  }
}

const env = createEnvironment();
const rides = env
  .fromSource(
    new FileSource<Ride>({
      path: env.param('input', 'fixtures/data/nyc-taxi-rides/rides.csv.gz'),
      format: new CsvFormat({
        columns: [
          'rideId',
          'kind',
          'eventTime',
          'otherTime',
          'startLon',
          'startLat',
          'endLon',
          'endLat',
          'passengers',
          'taxiId',
          'driverId',
        ],
      }),
    }),
    WatermarkStrategy.forMonotonousTimestamps<Ride>().withTimestampAssigner(ride => ride.eventTime),
    'rides',
  )
  .filter(new Pace<Ride>(env.param('pace', 0)))
  .filter(ride => ride.kind === 'START');

rides
  .map(ride => ({ x: Math.floor(ride.startLon * 50), y: Math.floor(ride.startLat * 50) }))
  .keyBy(cell => [cell.x, cell.y] as const)
  .window(SlidingEventTimeWindows.of(minutes(6), minutes(2)))
  .aggregate(
    {
      createAccumulator: () => 0,
      add: (_, count: number) => count + 1,
      getResult: count => count,
      merge: (a, b) => a + b,
    },
    ([x, y], { window }, [count], out: Collector<Cell>) =>
      out.collect({ start: window.start, x, y, rides: count! }),
  )
  .sinkTo(linesIn<Cell>(env, 'cells'));

rides
  .keyBy('passengers')
  .window(TumblingEventTimeWindows.of(minutes(1)))
  .process(new Summarize())
  .sinkTo(linesIn<Passengers>(env, 'passengers', true));

await env.execute('windows');
