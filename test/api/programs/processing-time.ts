// What the clock decides. The last record keeps the input open until all that is due before it was given, and comes then.
import {
  AsyncDataStream,
  ContinuousProcessingTimeTrigger,
  createEnvironment,
  GlobalWindows,
  KeyedProcessFunction,
  MAX_TIMESTAMP,
  milliseconds,
  minutes,
  NeverTrigger,
  ProcessingTimeoutTrigger,
  ProcessingTimeSessionWindows,
  ProcessingTimeTrigger,
  SlidingProcessingTimeWindows,
  TumblingProcessingTimeWindows,
  type Collector,
  type KeyedProcessContext,
  type OnTimerContext,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { mark, marked } from './support/marks.js';

class Echo extends KeyedProcessFunction<number, number, string> {
  processElement(value: number, ctx: KeyedProcessContext<number>): void {
    const { timerService } = ctx;
    const now = timerService.currentProcessingTime();
    timerService.registerProcessingTimeTimer(now + 20 + value);
    timerService.registerProcessingTimeTimer(now + 30);
    timerService.deleteProcessingTimeTimer(now + 30);
  }
  override onTimer(_timestamp: number, ctx: OnTimerContext<number>, out: Collector<string>): void {
    out.collect(`${ctx.timeDomain} ${ctx.currentKey}`);
  }
}

const env = createEnvironment();
const folder = env.param('folder');
/** results, by sink */
const due = {
  timers: 2,
  tumbling: 2,
  sliding: 4,
  session: 2,
  dynamic: 2,
  trigger: 2,
  timeout: 2,
  continuous: 1,
};
const last = AsyncDataStream.orderedWait(
  env.fromData(2),
  async n => {
    for (const [id, results] of Object.entries(due)) await marked(folder, id, results);
    return n;
  },
  minutes(10),
).setParallelism(1);
const numbers = env
  .fromData(0, 1)
  .union(last)
  .forward()
  .map(n => n)
  .setParallelism(1);
const early =
  (id: string) =>
  (n: number): boolean => {
    if (n < 2) mark(folder, id);
    return n < 2;
  };
const keyed = numbers.keyBy(n => n);
const short = milliseconds(20);

keyed
  .process(new Echo())
  .filter(text => {
    const isEarly = !text.endsWith(' 2');
    if (isEarly) mark(folder, 'timers');
    return isEarly;
  })
  .sinkTo(new CollectSink('timers'));
keyed
  .window(TumblingProcessingTimeWindows.of(short))
  .sum()
  .filter(early('tumbling'))
  .sinkTo(new CollectSink('tumbling'));
keyed
  .window(SlidingProcessingTimeWindows.of(short, milliseconds(10)))
  .sum()
  .filter(early('sliding'))
  .sinkTo(new CollectSink('sliding'));
keyed
  .window(ProcessingTimeSessionWindows.withGap(short))
  .sum()
  .filter(early('session'))
  .sinkTo(new CollectSink('session'));
keyed
  .window(ProcessingTimeSessionWindows.withDynamicGap<number>(n => n + 10))
  .sum()
  .filter(early('dynamic'))
  .sinkTo(new CollectSink('dynamic'));
keyed
  .window(TumblingProcessingTimeWindows.of(short))
  .trigger(ProcessingTimeTrigger.create())
  .max()
  .filter(early('trigger'))
  .sinkTo(new CollectSink('trigger'));
keyed
  .window(GlobalWindows.create())
  .trigger(ProcessingTimeoutTrigger.of(new NeverTrigger(), short))
  .min()
  .filter(early('timeout'))
  .sinkTo(new CollectSink('timeout'));
// fires again and again until the input ends: at least twice
numbers
  .windowAll(GlobalWindows.create())
  .trigger(ContinuousProcessingTimeTrigger.of(short))
  .aggregate({
    createAccumulator: () => 0,
    add: (n: number, most: number) => Math.max(n, most),
    getResult: most => most,
    merge: (a: number, b: number) => Math.max(a, b),
  })
  .countWindowAll(2)
  .reduce((a, b) => {
    mark(folder, 'continuous');
    return a + b;
  })
  .countWindowAll(1)
  .aggregate({
    createAccumulator: () => 0,
    add: (_n: number, fired: number) => fired + 1,
    getResult: fired => fired,
    merge: (a: number, b: number) => a + b,
  })
  .keyBy(() => 0)
  .process<string>({
    processElement: (_n, ctx) => ctx.timerService.registerEventTimeTimer(MAX_TIMESTAMP),
    onTimer: (_timestamp, _ctx, out) => out.collect('fired twice'),
  })
  .sinkTo(new CollectSink('continuous'));

await env.execute('processing-time');

// run batch: no
// run with a folder
// expected timers: "PROCESSING_TIME 0", "PROCESSING_TIME 1"
// expected tumbling: 0, 1
// expected sliding: 0, 0, 1, 1
// expected session: 0, 1
// expected dynamic: 0, 1
// expected trigger: 0, 1
// expected timeout: 0, 1
// expected continuous: "fired twice"
