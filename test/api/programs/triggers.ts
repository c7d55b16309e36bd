// Every trigger that does not need the clock, and a user's own assigner, trigger and evictor.
import {
  ContinuousEventTimeTrigger,
  CountEvictor,
  CountTrigger,
  createEnvironment,
  DeltaEvictor,
  DeltaTrigger,
  EndOfStreamTrigger,
  Evictor,
  EventTimeTrigger,
  GlobalWindows,
  milliseconds,
  NeverTrigger,
  PurgingTrigger,
  TimeWindow,
  Trigger,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
  WindowAssigner,
  type GlobalWindow,
  type TimestampedValue,
  type TriggerContext,
  type TriggerResult,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Tick {
  readonly price: number;
  readonly time: number;
}

const rounds = new ValueStateDescriptor<number>('rounds', { defaultValue: 0 });
/** Fires for every price above the given one, at most `limit` times per window. */
class Above extends Trigger<Tick, GlobalWindow> {
  readonly #price: number;
  readonly #limit: number;
  constructor(price: number, limit: number) {
    super();
    this.#price = price;
    this.#limit = limit;
  }
  onElement(tick: Tick, _timestamp: number, _window: GlobalWindow, context: TriggerContext): TriggerResult {
    const state = context.getPartitionedState(rounds);
    if (tick.price <= this.#price || state.value()! >= this.#limit) return 'CONTINUE';
    state.update(state.value()! + 1);
    return 'FIRE';
  }
  onProcessingTime(): TriggerResult {
    return 'CONTINUE';
  }
  onEventTime(): TriggerResult {
    return 'CONTINUE';
  }
  clear(_window: GlobalWindow, context: TriggerContext): void {
    context.getPartitionedState(rounds).clear();
  }
}
class Cheapest extends Evictor<Tick, GlobalWindow> {
  override evictBefore(elements: readonly TimestampedValue<Tick>[]): readonly TimestampedValue<Tick>[] {
    const cheapest = Math.min(...elements.map(({ value }) => value.price));
    return elements.filter(({ value }) => value.price === cheapest);
  }
  override evictAfter(elements: readonly TimestampedValue<Tick>[]): readonly TimestampedValue<Tick>[] {
    return elements;
  }
}
/** Windows of 10 ms around the record. */
class Around extends WindowAssigner<Tick, TimeWindow> {
  readonly windowKind = 'time';
  readonly isEventTime = true;
  assignWindows(_tick: Tick, timestamp: number): readonly TimeWindow[] {
    return [new TimeWindow(timestamp - 5, timestamp + 5)];
  }
  getDefaultTrigger(): Trigger<Tick, TimeWindow> {
    return EventTimeTrigger.create();
  }
}

const env = createEnvironment();
const ticks = env
  .fromData<Tick>([
    { price: 1, time: 1 },
    { price: 5, time: 4 },
    { price: 3, time: 9 },
    { price: 9, time: 13 },
    { price: 2, time: 18 },
  ])
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forGenerator<Tick>(() => ({
      onEvent: (_tick, timestamp, output) => output.emitWatermark(timestamp - 1),
      onPeriodicEmit: () => {},
    })).withTimestampAssigner(tick => tick.time),
  )
  .setParallelism(1)
  .keyBy(() => 0);
const all = GlobalWindows.create();
const twenties = TumblingEventTimeWindows.of(milliseconds(20));
const prices = (ticks: Iterable<Tick>): string => [...ticks].map(tick => tick.price).join();

const windows = {
  'event-time': ticks.window(twenties).trigger(EventTimeTrigger.create()),
  count: ticks.window(twenties).trigger(CountTrigger.of(2)),
  purging: ticks.window(twenties).trigger(PurgingTrigger.of(CountTrigger.of(2))),
  continuous: ticks.window(twenties).trigger(ContinuousEventTimeTrigger.of(milliseconds(5))),
  never: ticks.window(twenties).trigger(new NeverTrigger()),
  'count-after': ticks.window(twenties).trigger(CountTrigger.of(2)).evictor(CountEvictor.of(1, true)),
};
for (const [id, window] of Object.entries(windows))
  window
    .apply<string>((_key, _window, elements, out) => out.collect(prices(elements)))
    .sinkTo(new CollectSink(id));

const globals = {
  delta: ticks
    .window(all)
    .trigger(DeltaTrigger.of<Tick>(3, (last, tick) => Math.abs(tick.price - last.price))),
  end: ticks.window(all).trigger(new EndOfStreamTrigger()),
  above: ticks.window(all).trigger(new Above(2, 2)).evictor(new Cheapest()),
  'delta-evictor': ticks
    .window(all)
    .trigger(new EndOfStreamTrigger())
    .evictor(DeltaEvictor.of<Tick>(3, (tick, last) => Math.abs(tick.price - last.price))),
};
for (const [id, window] of Object.entries(globals))
  window
    .process<string>((_key, _ctx, elements, out) => out.collect(prices(elements)))
    .sinkTo(new CollectSink(id));
ticks
  .window(new Around())
  .apply<string>((_key, window, elements, out) => out.collect(`${window.start} ${prices(elements)}`))
  .sinkTo(new CollectSink('around'));

await env.execute('triggers');

// run batch: no
// expected event-time: "1,5,3,9,2"
// expected count: "1,5", "1,5,3,9"
// expected purging: "1,5", "3,9"
// expected continuous: "1,5,3", "1,5,3,9", "1,5,3,9,2", "1,5,3,9,2"
// expected never:
// expected count-after: "1,5", "5,3,9"
// expected delta: "1,5", "1,5,3,9", "1,5,3,9,2"
// expected end: "1,5,3,9,2"
// expected above: "1", "1"
// expected delta-evictor: "1,3,2"
// expected around: "-4 1", "-1 5", "4 3", "8 9", "13 2"
