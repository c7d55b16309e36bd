// Joins, connected streams, broadcast state and unions of two sources that run at their own pace.
import {
  createEnvironment,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  MapStateDescriptor,
  milliseconds,
  seconds,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  type Collector,
  type JoinContext,
  type KeyedBroadcastContext,
  type KeyedBroadcastOnTimerContext,
  type KeyedProcessContext,
  type MapState,
  type ReadOnlyKeyedBroadcastContext,
  type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { readings, type Reading } from './readings.js';

/** Pairs records of the same index, whichever comes first. */
class Pairs extends KeyedCoProcessFunction<string, Reading, Reading, string> {
  waiting!: MapState<number, string>;

  override open(): void {
    this.waiting = this.getRuntimeContext().getMapState(new MapStateDescriptor<number, string>('waiting'));
  }
  processElement1(value: Reading, _ctx: KeyedProcessContext<string>, out: Collector<string>): void {
    this.#pair(value, 'left', out);
  }
  processElement2(value: Reading, _ctx: KeyedProcessContext<string>, out: Collector<string>): void {
    this.#pair(value, 'right', out);
  }
  #pair({ sensor, index }: Reading, side: string, out: Collector<string>): void {
    const other = this.waiting.get(index);
    if (other === undefined || other === null) {
      this.waiting.put(index, side);
      return;
    }
    this.waiting.remove(index);
    out.collect(`${sensor} ${index} ${[side, other].sort().join()}`);
  }
}

const limits = new MapStateDescriptor<string, number>('limits');

/** At the end of time: how much over its limit each sensor is. */
class Excess extends KeyedBroadcastProcessFunction<string, Reading, Reading, string> {
  sum!: ValueState<number>;

  override open(): void {
    this.sum = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('sum'));
  }
  processElement(reading: Reading, { timerService }: ReadOnlyKeyedBroadcastContext<string>): void {
    this.sum.update((this.sum.value() ?? 0) + reading.value);
    timerService.registerEventTimeTimer(Number.MAX_SAFE_INTEGER);
  }
  processBroadcastElement({ sensor, value }: Reading, ctx: KeyedBroadcastContext<string>): void {
    const state = ctx.getBroadcastState(limits);
    state.put(sensor, (state.get(sensor) ?? 0) + value / 2);
  }
  override onTimer(
    _timestamp: number,
    ctx: KeyedBroadcastOnTimerContext<string>,
    out: Collector<string>,
  ): void {
    const limit = ctx.getBroadcastState(limits).get(ctx.currentKey) ?? 0;
    out.collect(`${ctx.currentKey} ${this.sum.value()! - limit}`);
  }
}

const env = createEnvironment();
const left = readings(env, 'left');
const right = readings(env, 'right');

left
  .join(right)
  .where('sensor')
  .equalTo('sensor')
  .window(TumblingEventTimeWindows.of(milliseconds(500)))
  .apply((a, b) => `${a.sensor} ${a.index} ${b.index}`)
  .sinkTo(new CollectSink('joined'));
left
  .coGroup(right.filter(({ index }) => index % 3 === 0))
  .where('sensor')
  .equalTo('sensor')
  .window(SlidingEventTimeWindows.of(seconds(2), seconds(1)))
  .apply((as, bs, out: Collector<string>) => {
    const indexes = (side: Iterable<Reading>): string =>
      Array.from(side, ({ index }) => index)
        .sort((a, b) => a - b)
        .join();
    out.collect(`${indexes(as)} / ${indexes(bs)}`);
  })
  .sinkTo(new CollectSink('grouped'));
left
  .keyBy('sensor')
  .intervalJoin(right.keyBy('sensor'))
  .between(milliseconds(-300), milliseconds(100))
  .process((a: Reading, b: Reading, _ctx: JoinContext, out: Collector<string>) =>
    out.collect(`${a.sensor} ${a.index} ${b.index}`),
  )
  .sinkTo(new CollectSink('near'));
left.connect(right).keyBy('sensor', 'sensor').process(new Pairs()).sinkTo(new CollectSink('pairs'));
left.keyBy('sensor').connect(right.broadcast(limits)).process(new Excess()).sinkTo(new CollectSink('excess'));
left
  .union(right)
  .keyBy('sensor')
  .window(TumblingEventTimeWindows.of(seconds(1)))
  .sum('value')
  .sinkTo(new CollectSink('union'));

await env.execute('two-inputs');
