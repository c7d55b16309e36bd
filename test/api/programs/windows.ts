// Window functions in every form, late records, lateness, evictors, windows over the whole stream, count windows.
import {
  CountEvictor,
  createEnvironment,
  EventTimeSessionWindows,
  GlobalWindows,
  milliseconds,
  OutputTag,
  ProcessAllWindowFunction,
  ProcessWindowFunction,
  RichAllWindowFunction,
  RichWindowFunction,
  SlidingEventTimeWindows,
  TimeEvictor,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
  type Collector,
  type ProcessWindowContext,
  type TimeWindow,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Hit {
  readonly site: string;
  readonly bytes: number;
  readonly time: number;
}
type Row = readonly [site: string, start: number, value: number];

class Report extends ProcessWindowFunction<Hit, Row, string, TimeWindow> {
  process(
    site: string,
    { globalState, windowState, window, output }: ProcessWindowContext<TimeWindow>,
    hits: Iterable<Hit>,
    out: Collector<Row>,
  ): void {
    const firings = globalState().getState(new ValueStateDescriptor<number>('firings', { defaultValue: 0 }));
    const inWindow = windowState().getState(new ValueStateDescriptor<number>('in window'));
    firings.update(firings.value()! + 1);
    inWindow.update((inWindow.value() ?? 0) + 1);
    let bytes = 0;
    for (const hit of hits) bytes += hit.bytes;
    out.collect([site, window.start, bytes]);
    output(fired, `${site} ${window.start} ${inWindow.value()!}`);
  }
  override clear(ctx: ProcessWindowContext<TimeWindow>): void {
    ctx.windowState().getState(new ValueStateDescriptor<number>('in window')).clear();
  }
}
class Names extends RichWindowFunction<Hit, string, string, TimeWindow> {
  #separator = '';
  override open(): void {
    this.#separator = ':';
  }
  apply(site: string, window: TimeWindow, hits: Iterable<Hit>, out: Collector<string>): void {
    out.collect(`${site}${this.#separator}${window.end}${this.#separator}${[...hits].length}`);
  }
}
class All extends ProcessAllWindowFunction<Hit, number, TimeWindow> {
  process(_ctx: ProcessWindowContext<TimeWindow>, hits: Iterable<Hit>, out: Collector<number>): void {
    out.collect([...hits].reduce((sum, hit) => sum + hit.bytes, 0));
  }
}
class AllNames extends RichAllWindowFunction<Hit, string, TimeWindow> {
  apply(window: TimeWindow, hits: Iterable<Hit>, out: Collector<string>): void {
    out.collect(`${window.start}:${[...hits].map(hit => hit.site).join('')}`);
  }
}

const fired = new OutputTag<string>('fired');
const late = new OutputTag<Hit>('late');

const env = createEnvironment();
// a watermark after every record: what is late does not depend on the clock
const hits = env
  .fromData<Hit>([
    { site: 'a', bytes: 1, time: 1 },
    { site: 'b', bytes: 2, time: 3 },
    { site: 'a', bytes: 4, time: 12 },
    { site: 'a', bytes: 8, time: 8 },
    { site: 'b', bytes: 16, time: 25 },
    { site: 'a', bytes: 32, time: 5 },
  ])
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forGenerator<Hit>(() => {
      let max = -Infinity;
      return {
        onEvent: (_hit, timestamp, output) => {
          max = Math.max(max, timestamp);
          output.emitWatermark(max - 1);
        },
        onPeriodicEmit: () => {},
      };
    }).withTimestampAssigner(hit => hit.time),
  )
  .setParallelism(1);
const keyed = hits.keyBy('site');
const tens = TumblingEventTimeWindows.of(milliseconds(10));
const count = {
  createAccumulator: () => 0,
  add: (_hit: Hit, n: number) => n + 1,
  getResult: (n: number) => n,
  merge: (a: number, b: number) => a + b,
};
const bytes = (a: Hit, b: Hit): Hit => ({ ...a, bytes: a.bytes + b.bytes });

const summed = keyed.window(tens).sideOutputLateData(late).reduce(bytes);
summed.map(h => [h.site, h.bytes] as const).sinkTo(new CollectSink('reduce'));
summed
  .getSideOutput(late)
  .map(h => h.bytes)
  .sinkTo(new CollectSink('late'));
keyed
  .window(tens)
  .allowedLateness(milliseconds(15))
  .sum('bytes')
  .map(h => [h.site, h.bytes] as const)
  .sinkTo(new CollectSink('lateness'));
keyed
  .window(tens)
  .reduce<Row>(bytes, (site, { window }, [hit], out) => out.collect([site, window.start, hit!.bytes]))
  .sinkTo(new CollectSink('reduce-process'));
keyed
  .window(SlidingEventTimeWindows.of(milliseconds(10), milliseconds(5)))
  .aggregate(count)
  .sinkTo(new CollectSink('sliding'));
keyed
  .window(tens)
  .aggregate(
    count,
    (site: string, ctx: ProcessWindowContext<TimeWindow>, [n]: Iterable<number>, out: Collector<Row>) =>
      out.collect([site, ctx.window.start, n!]),
  )
  .sinkTo(new CollectSink('aggregate-process'));
const report = keyed.window(tens).process(new Report());
report.sinkTo(new CollectSink('process'));
report.getSideOutput(fired).sinkTo(new CollectSink('fired'));
keyed.window(tens).apply(new Names()).sinkTo(new CollectSink('apply'));
keyed
  .window(tens)
  .max('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('max'));
keyed
  .window(tens)
  .min('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('min'));
keyed
  .window(tens)
  .maxBy('bytes')
  .map(h => h.time)
  .sinkTo(new CollectSink('max-by'));
keyed
  .window(tens)
  .minBy('bytes')
  .map(h => h.time)
  .sinkTo(new CollectSink('min-by'));
keyed
  .window(EventTimeSessionWindows.withGap(milliseconds(6)))
  .process<string>((site, { window }, elements, out) =>
    out.collect(`${site} ${window.start}-${window.end} ${[...elements].length}`),
  )
  .sinkTo(new CollectSink('session'));
keyed
  .window(EventTimeSessionWindows.withDynamicGap<Hit>(hit => hit.bytes * 2))
  .aggregate(count)
  .sinkTo(new CollectSink('dynamic'));
keyed
  .window(tens)
  .evictor(CountEvictor.of(1))
  .reduce(bytes)
  .map(h => h.bytes)
  .sinkTo(new CollectSink('count-evictor'));
keyed
  .window(GlobalWindows.createWithEndOfStreamTrigger())
  .evictor(TimeEvictor.of(milliseconds(15)))
  .sum('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('time-evictor'));

hits
  .windowAll(tens)
  .reduce(bytes)
  .map(h => h.bytes)
  .sinkTo(new CollectSink('all-reduce'));
hits.windowAll(tens).aggregate(count).sinkTo(new CollectSink('all-aggregate'));
hits.windowAll(tens).process(new All()).sinkTo(new CollectSink('all-process'));
hits.windowAll(tens).apply(new AllNames()).sinkTo(new CollectSink('all-apply'));
hits
  .windowAll(tens)
  .sum('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('all-sum'));
const lateOfAll = hits.windowAll(tens).allowedLateness(milliseconds(3)).sideOutputLateData(late).max('bytes');
lateOfAll.map(h => h.bytes).sinkTo(new CollectSink('all-max'));
lateOfAll
  .getSideOutput(late)
  .map(h => h.bytes)
  .sinkTo(new CollectSink('all-late'));
hits
  .windowAll(tens)
  .min('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('all-min'));
hits
  .windowAll(tens)
  .evictor(CountEvictor.of(1))
  .minBy('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('all-min-by'));
hits
  .windowAll(tens)
  .maxBy('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('all-max-by'));

keyed
  .countWindow(2)
  .sum('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('count'));
keyed
  .countWindow(3, 2)
  .sum('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('count-slide'));
hits.countWindowAll(4).aggregate(count).sinkTo(new CollectSink('count-all'));
hits
  .countWindowAll(2, 1)
  .sum('bytes')
  .map(h => h.bytes)
  .sinkTo(new CollectSink('count-all-slide'));

await env.execute('windows');

// run batch: no
// expected reduce: ["a",1], ["b",2], ["a",4], ["b",16]
// expected late: 8, 32
// expected lateness: ["a",1], ["b",2], ["a",9], ["a",4], ["b",16]
// expected reduce-process: ["a",0,1], ["b",0,2], ["a",10,4], ["b",20,16]
// expected sliding: 1, 1, 1, 1, 1, 2, 1, 1
// expected aggregate-process: ["a",0,1], ["b",0,1], ["a",10,1], ["b",20,1]
// expected process: ["a",0,1], ["b",0,2], ["a",10,4], ["b",20,16]
// expected fired: "a 0 1", "b 0 1", "a 10 1", "b 20 1"
// expected apply: "a:10:1", "b:10:1", "a:20:1", "b:30:1"
// expected max: 1, 2, 4, 16
// expected min: 1, 2, 4, 16
// expected max-by: 1, 3, 12, 25
// expected min-by: 1, 3, 12, 25
// expected session: "a 1-7 1", "b 3-9 1", "a 8-18 2", "b 25-31 1"
// expected dynamic: 1, 1, 2, 1, 1
// expected count-evictor: 1, 2, 4, 16
// expected time-evictor: 45, 16
// expected all-reduce: 3, 4, 16
// expected all-aggregate: 2, 1, 1
// expected all-process: 3, 4, 16
// expected all-apply: "0:ab", "10:a", "20:b"
// expected all-sum: 3, 4, 16
// expected all-max: 2, 8, 4, 16
// expected all-late: 32
// expected all-min: 1, 4, 16
// expected all-min-by: 2, 4, 16
// expected all-max-by: 2, 4, 16
// expected count: 5, 40, 18
// expected count-slide: 5, 18, 44
// expected count-all: 4
// expected count-all-slide: 1, 3, 6, 12, 24, 48
