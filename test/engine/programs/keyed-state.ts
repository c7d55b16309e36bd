// Every kind of keyed state, timers of both domains, reductions, rolling aggregates and side outputs.
import {
  AggregatingStateDescriptor,
  createEnvironment,
  KeyedProcessFunction,
  ListStateDescriptor,
  MapStateDescriptor,
  OutputTag,
  ReducingStateDescriptor,
  ValueStateDescriptor,
  type AggregateFunction,
  type AggregatingState,
  type Collector,
  type KeyedProcessContext,
  type ListState,
  type MapState,
  type OnTimerContext,
  type ReducingState,
  type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { readings, type Reading } from './readings.js';

interface Summary {
  readonly sensor: string;
  readonly count: number;
  readonly largest: Reading;
  readonly values: readonly number[];
  readonly perHundred: readonly (readonly [number, number])[];
  readonly sum: number;
  readonly mean: number;
}
interface Mean {
  readonly sum: number;
  readonly count: number;
}
const everyFifth = new OutputTag<number>('every fifth');

const meanOf: AggregateFunction<number, Mean, number> = {
  createAccumulator: () => ({ sum: 0, count: 0 }),
  add: (value, { sum, count }) => ({ sum: sum + value, count: count + 1 }),
  getResult: ({ sum, count }) => sum / count,
  merge: (a, b) => ({ sum: a.sum + b.sum, count: a.count + b.count }),
};

/** Tells what it has seen in the last ten seconds of event time, from every kind of state. */
class Summaries extends KeyedProcessFunction<string, Reading, Summary> {
  largest!: ValueState<Reading>;
  count!: ValueState<number>;
  values!: ListState<number>;
  perHundred!: MapState<number, number>;
  sum!: ReducingState<number>;
  mean!: AggregatingState<number, number>;

  override open(): void {
    const context = this.getRuntimeContext();
    this.largest = context.getState(new ValueStateDescriptor<Reading>('largest'));
    this.count = context.getState(new ValueStateDescriptor<number>('count'));
    this.values = context.getListState(new ListStateDescriptor<number>('values'));
    this.perHundred = context.getMapState(new MapStateDescriptor<number, number>('perHundred'));
    this.sum = context.getReducingState(
      new ReducingStateDescriptor<number>('sum', (a: number, b: number) => a + b),
    );
    this.mean = context.getAggregatingState(
      new AggregatingStateDescriptor<number, Mean, number>('mean', meanOf),
    );
  }
  processElement(reading: Reading, ctx: KeyedProcessContext<string>): void {
    const { value, time } = reading;
    const largest = this.largest.value();
    if (largest === null || value > largest.value) this.largest.update(reading);
    const count = (this.count.value() ?? 0) + 1;
    this.count.update(count);
    if (count % 5 === 0) ctx.output(everyFifth, reading.index);
    this.values.add(value);
    const hundred = Math.floor(value / 100);
    this.perHundred.put(hundred, (this.perHundred.get(hundred) ?? 0) + 1);
    this.sum.add(value);
    this.mean.add(value);
    ctx.timerService.registerEventTimeTimer(time - (time % 10_000) + 9_999);
  }
  override onTimer(_timestamp: number, ctx: OnTimerContext<string>, out: Collector<Summary>): void {
    out.collect({
      sensor: ctx.currentKey,
      count: this.count.value()!,
      largest: this.largest.value()!,
      values: [...this.values.get()],
      perHundred: [...this.perHundred.entries()].sort(([a], [b]) => a - b),
      sum: this.sum.get()!,
      mean: this.mean.get()!,
    });
    this.values.clear();
    this.perHundred.clear();
    this.sum.clear();
    this.mean.clear();
  }
}

/** Holds each record for some milliseconds of processing time; the end of time lets go what is still held. */
class Delay extends KeyedProcessFunction<string, Reading, number> {
  held!: ListState<number>;

  override open(): void {
    this.held = this.getRuntimeContext().getListState(new ListStateDescriptor<number>('held'));
  }
  processElement({ index }: Reading, { timerService }: KeyedProcessContext<string>): void {
    this.held.add(index);
    timerService.registerProcessingTimeTimer(timerService.currentProcessingTime() + 15);
    timerService.registerEventTimeTimer(Number.MAX_SAFE_INTEGER);
  }
  override onTimer(_timestamp: number, _ctx: OnTimerContext<string>, out: Collector<number>): void {
    for (const index of this.held.get()) out.collect(index);
    this.held.clear();
  }
}

const env = createEnvironment();
const all = readings(env, 'readings');
const bySensor = all.keyBy('sensor');

const summaries = bySensor.process(new Summaries()).name('summaries');
summaries.sinkTo(new CollectSink('summaries'));
summaries.getSideOutput(everyFifth).sinkTo(new CollectSink('every fifth'));
bySensor.process(new Delay()).name('delay').sinkTo(new CollectSink('delayed'));
bySensor.reduce((a, b) => ({ ...b, value: a.value + b.value })).sinkTo(new CollectSink('reduced'));
all
  .map(({ sensor, value }) => ({ sensor, value }))
  .setParallelism(1)
  .keyBy('sensor')
  .sum('value')
  .sinkTo(new CollectSink('sums'));
bySensor.maxBy('value').sinkTo(new CollectSink('largest'));

await env.execute('keyed-state');
