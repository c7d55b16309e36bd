// Throws at the place that the parameter names.
import {
  AsyncDataStream,
  createEnvironment,
  GlobalWindows,
  KeyedProcessFunction,
  milliseconds,
  minutes,
  ProcessWindowFunction,
  Trigger,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  type Collector,
  type GlobalWindow,
  type KeyedProcessContext,
  type ProcessWindowContext,
  type TimeWindow,
  type TriggerResult,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { BreakingSink } from './breaking-sink.js';
import { BreakingSource } from './breaking-source.js';

const env = createEnvironment();
const where = env.param('where', '');

const breakAt = (place: string): void => {
  if (where === place) throw new RangeError(`broken at ${place}`);
};

class Process extends KeyedProcessFunction<number, number, number> {
  override open(): void {
    breakAt('open');
  }
  override close(): void {
    breakAt('close');
  }
  processElement(value: number, { timerService }: KeyedProcessContext<number>, out: Collector<number>): void {
    breakAt('processElement');
    timerService.registerEventTimeTimer(value);
    timerService.registerProcessingTimeTimer(0);
    out.collect(value);
  }
  override onTimer(_timestamp: number, ctx: { readonly timeDomain: string }): void {
    breakAt(ctx.timeDomain);
  }
}

class BreakingTrigger extends Trigger<number, GlobalWindow> {
  onElement(): TriggerResult {
    breakAt('trigger');
    return 'CONTINUE';
  }
  onEventTime(): TriggerResult {
    return 'CONTINUE';
  }
  onProcessingTime(): TriggerResult {
    return 'CONTINUE';
  }
  clear(): void {}
}

const numbers = env.fromSource(
  new BreakingSource(env.param('where', '')),
  WatermarkStrategy.forGenerator<number>(
    () => ({
      onEvent(_value, timestamp, output) {
        breakAt('watermark generator');
        output.emitWatermark(timestamp);
      },
      onPeriodicEmit() {
        breakAt('periodic watermarks');
      },
    }),
    value => value,
  ),
  'numbers',
);
const keyed = numbers
  .map(value => {
    breakAt('map');
    return value;
  })
  .keyBy(value => {
    breakAt('key');
    return value % 3;
  });

keyed.process(new Process()).name('process').sinkTo(new CollectSink('processed'));
class Total extends ProcessWindowFunction<number, number, number, TimeWindow> {
  override open(): void {
    breakAt('window open');
  }
  process(
    _key: number,
    _context: ProcessWindowContext<TimeWindow>,
    [total]: Iterable<number>,
    out: Collector<number>,
  ): void {
    out.collect(total!);
  }
}
keyed
  .window(TumblingEventTimeWindows.of(milliseconds(5)))
  .aggregate(
    {
      createAccumulator: () => 0,
      add(value, sum) {
        breakAt('add');
        return sum + value;
      },
      getResult(sum) {
        breakAt('getResult');
        return sum;
      },
      merge: (a, b) => a + b,
    },
    new Total(),
  )
  .name('window')
  .sinkTo(new CollectSink('windows'));
keyed
  .window(GlobalWindows.create())
  .trigger(new BreakingTrigger())
  .reduce((a, b) => a + b)
  .name('triggered')
  .sinkTo(new CollectSink('triggered'));
AsyncDataStream.unorderedWait(
  numbers,
  async value => {
    await new Promise(resolve => setTimeout(resolve, 1));
    breakAt('async');
    return value;
  },
  minutes(10),
  10,
)
  .name('lookup')
  .sinkTo(new CollectSink('looked up'));
numbers.sinkTo(new BreakingSink(env.param('where', ''))).name('breaking sink');

await env.execute('failures');
