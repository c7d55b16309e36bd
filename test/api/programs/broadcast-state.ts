// Broadcast state beside a stream with keys and one without. One side waits until the other is there: there is no order
// between two inputs.
import {
  AsyncDataStream,
  BroadcastProcessFunction,
  createEnvironment,
  KeyedBroadcastProcessFunction,
  ListStateDescriptor,
  MapStateDescriptor,
  MAX_TIMESTAMP,
  minutes,
  OutputTag,
  RichAsyncFunction,
  type BroadcastContext,
  type Collector,
  type KeyedBroadcastContext,
  type KeyedBroadcastOnTimerContext,
  type ListState,
  type ReadOnlyBroadcastContext,
  type ReadOnlyKeyedBroadcastContext,
  type ResultFuture,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { mark, marked } from './support/marks.js';

const env = createEnvironment();
const folder = env.param('folder');

interface Reading {
  readonly sensor: string;
  readonly value: number;
}
interface Limit {
  readonly sensor: string;
  readonly limit: number;
}

const limits = new MapStateDescriptor<string, number>('limits');
const seen = new ListStateDescriptor<number>('seen');
const withoutLimit = new OutputTag<Reading>('without limit');

class Alarm extends BroadcastProcessFunction<Reading, Limit, string> {
  processElement(reading: Reading, ctx: ReadOnlyBroadcastContext, out: Collector<string>): void {
    const states = ctx.getBroadcastState(limits);
    const limit = states.get(reading.sensor);
    if (!states.contains(reading.sensor) || limit === undefined) ctx.output(withoutLimit, reading);
    else if (reading.value > limit) out.collect(`${reading.sensor} ${reading.value} > ${limit}`);
  }
  processBroadcastElement({ sensor, limit }: Limit, ctx: BroadcastContext): void {
    if (limit < 0) ctx.getBroadcastState(limits).remove(sensor);
    else ctx.getBroadcastState(limits).put(sensor, limit);
    mark(folder, 'limits');
  }
}
/** Readings wait here until every subtask knows all limits. */
class AfterLimits extends RichAsyncFunction<Reading, Reading> {
  async asyncInvoke(reading: Reading, future: ResultFuture<Reading>): Promise<void> {
    await marked(folder, 'limits', 4 * this.getRuntimeContext().taskInfo.numberOfParallelSubtasks);
    future.complete([reading]);
  }
}
/** Readings are kept until the end of time, when all limits are there. */
class KeyedAlarm extends KeyedBroadcastProcessFunction<string, Reading, Limit, string> {
  #seen!: ListState<number>;
  override open(): void {
    this.#seen = this.getRuntimeContext().getListState(seen);
  }
  processElement(reading: Reading, ctx: ReadOnlyKeyedBroadcastContext<string>): void {
    this.#seen.add(reading.value);
    ctx.timerService.registerEventTimeTimer(MAX_TIMESTAMP);
  }
  processBroadcastElement({ sensor, limit }: Limit, ctx: KeyedBroadcastContext<string>): void {
    ctx.getBroadcastState(limits).put(sensor, limit);
  }
  override onTimer(_time: number, ctx: KeyedBroadcastOnTimerContext<string>, out: Collector<string>): void {
    const limit = ctx.getBroadcastState(limits).get(ctx.currentKey) ?? Infinity;
    const above = [...this.#seen.get()].filter(value => value > limit);
    out.collect(`${ctx.currentKey}: ${above.length}`);
  }
}
/** The broadcast side waits here: it asks for everything that keys have kept. */
class Totals extends KeyedBroadcastProcessFunction<string, Reading, Limit, readonly [string, number]> {
  #seen!: ListState<number>;
  override open(): void {
    this.#seen = this.getRuntimeContext().getListState(seen);
  }
  processElement(reading: Reading): void {
    this.#seen.add(reading.value);
    mark(folder, 'kept');
  }
  processBroadcastElement(
    { sensor }: Limit,
    ctx: KeyedBroadcastContext<string>,
    out: Collector<readonly [string, number]>,
  ): void {
    ctx.applyToKeyedState(seen, (key, values) => {
      if (key === sensor) out.collect([key, [...values.get()].reduce((a, b) => a + b, 0)]);
    });
  }
}

const readings = env.fromData<Reading>([
  { sensor: 'a', value: 5 },
  { sensor: 'b', value: 50 },
  { sensor: 'a', value: 15 },
  { sensor: 'c', value: 1 },
]);
const rules = env.fromData<Limit>([
  { sensor: 'a', limit: 10 },
  { sensor: 'b', limit: 20 },
  { sensor: 'c', limit: 0 },
  { sensor: 'c', limit: -1 },
]);
const alarms = AsyncDataStream.orderedWait(readings, new AfterLimits(), minutes(10))
  .connect(rules.broadcast(limits))
  .process(new Alarm());
alarms.sinkTo(new CollectSink('alarms'));
alarms.getSideOutput(withoutLimit).sinkTo(new CollectSink('without'));
readings
  .keyBy('sensor')
  .connect(rules.broadcast(limits))
  .process(new KeyedAlarm())
  .sinkTo(new CollectSink('keyed'));
readings
  .keyBy('sensor')
  .connect(
    AsyncDataStream.orderedWait(
      rules,
      rule => marked(folder, 'kept', 4).then(() => rule),
      minutes(10),
    ).broadcast(limits),
  )
  .process(new Totals())
  .sinkTo(new CollectSink('totals'));

await env.execute('broadcast-state');

// run batch: no
// run with a folder
// expected alarms: "b 50 > 20", "a 15 > 10"
// expected without: {"sensor":"c","value":1}
// expected keyed: "a: 1", "b: 1", "c: 1"
// expected totals: ["a",20], ["b",50], ["c",1], ["c",1]
