// Every kind of window, with and without slices, triggers, evictors and state of their own.
import {
  CountEvictor,
  CountTrigger,
  createEnvironment,
  EventTimeSessionWindows,
  GlobalWindows,
  milliseconds,
  ProcessWindowFunction,
  PurgingTrigger,
  seconds,
  SlidingEventTimeWindows,
  TimeWindow,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  type AggregateFunction,
  type Collector,
  type ProcessWindowContext,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { readings, type Reading } from './readings.js';

interface Content {
  readonly sensor: string;
  readonly start: number;
  readonly end: number;
  readonly indexes: readonly number[];
}
interface Range {
  readonly smallest: number;
  readonly largest: number;
}

const rangeOf: AggregateFunction<Reading, Range, number> = {
  createAccumulator: () => ({ smallest: Infinity, largest: -Infinity }),
  add: ({ value }, { smallest, largest }) => ({
    smallest: Math.min(smallest, value),
    largest: Math.max(largest, value),
  }),
  getResult: ({ smallest, largest }) => largest - smallest,
  merge: (a, b) => ({
    smallest: Math.min(a.smallest, b.smallest),
    largest: Math.max(a.largest, b.largest),
  }),
};

/** Numbers the windows of a sensor, in state that all its windows share. */
class Numbered extends ProcessWindowFunction<Reading, Content, string, TimeWindow> {
  process(
    sensor: string,
    context: ProcessWindowContext<TimeWindow>,
    elements: Iterable<Reading>,
    out: Collector<Content>,
  ): void {
    const { start, end } = context.window;
    const number = context.globalState().getState(new ValueStateDescriptor<number>('number'));
    const next = (number.value() ?? 0) + 1;
    number.update(next);
    const indexes = [next, ...Array.from(elements, ({ index }) => index)];
    out.collect({ sensor, start, end, indexes });
  }
}

const env = createEnvironment();
const all = readings(env, 'readings');
const bySensor = all.keyBy('sensor');

bySensor
  .window(TumblingEventTimeWindows.of(seconds(2)))
  .sum('value')
  .sinkTo(new CollectSink('tumbling'));
bySensor
  .window(SlidingEventTimeWindows.of(seconds(5), seconds(1)))
  .aggregate(rangeOf, (sensor, { window }, [range], out: Collector<Content>) =>
    out.collect({ sensor, start: window.start, end: window.end, indexes: [range!] }),
  )
  .sinkTo(new CollectSink('sliding'));
bySensor
  .window(TumblingEventTimeWindows.of(seconds(3)))
  .process(new Numbered())
  .sinkTo(new CollectSink('contents'));
bySensor
  .window(EventTimeSessionWindows.withGap(milliseconds(700)))
  .reduce((a, b) => ({ ...a, value: a.value + b.value }))
  .sinkTo(new CollectSink('sessions'));
bySensor
  .window(EventTimeSessionWindows.withDynamicGap(({ value }: Reading) => 200 + value))
  .aggregate(rangeOf)
  .sinkTo(new CollectSink('dynamic sessions'));
bySensor
  .window(GlobalWindows.create())
  .trigger(PurgingTrigger.of(CountTrigger.of(7)))
  .evictor(CountEvictor.of(3))
  .apply((sensor, _window, elements, out: Collector<Content>) =>
    out.collect({ sensor, start: 0, end: 0, indexes: Array.from(elements, ({ index }) => index) }),
  )
  .sinkTo(new CollectSink('last three of seven'));
bySensor.countWindow(10, 4).sum('value').sinkTo(new CollectSink('counted'));
all
  .windowAll(TumblingEventTimeWindows.of(seconds(1)))
  .aggregate(rangeOf)
  .sinkTo(new CollectSink('all'));

await env.execute('windows');
