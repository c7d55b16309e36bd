// Every kind of keyed state, with and without TTL, timers, and operator state of a CheckpointedFunction.
import {
  AggregatingStateDescriptor,
  createEnvironment,
  hours,
  KeyedProcessFunction,
  ListStateDescriptor,
  MapStateDescriptor,
  MAX_TIMESTAMP,
  milliseconds,
  ReducingStateDescriptor,
  RichFlatMapFunction,
  StateTtlConfig,
  ValueStateDescriptor,
  WatermarkStrategy,
  type AggregateFunction,
  type AggregatingState,
  type CheckpointedFunction,
  type CheckpointListener,
  type Collector,
  type FunctionInitializationContext,
  type KeyedProcessContext,
  type ListState,
  type MapState,
  type OnTimerContext,
  type ReducingState,
  type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Event {
  readonly user: string;
  readonly kind: 'view' | 'buy';
  readonly amount: number;
  readonly time: number;
}
interface Summary {
  readonly user: string;
  readonly last: number | null;
  readonly amounts: readonly number[];
  readonly kinds: readonly (readonly [string, number])[];
  readonly largest: number | null;
  readonly mean: number | null;
}

class Mean implements AggregateFunction<number, { sum: number; n: number }, number> {
  createAccumulator(): { sum: number; n: number } {
    return { sum: 0, n: 0 };
  }
  add(value: number, acc: { sum: number; n: number }): { sum: number; n: number } {
    acc.sum += value;
    acc.n++;
    return acc;
  }
  getResult({ sum, n }: { sum: number; n: number }): number {
    return sum / n;
  }
  merge(a: { sum: number; n: number }, b: { sum: number; n: number }): { sum: number; n: number } {
    return { sum: a.sum + b.sum, n: a.n + b.n };
  }
}

class Summarize extends KeyedProcessFunction<string, Event, Summary> {
  #last!: ValueState<number>;
  #amounts!: ListState<number>;
  #kinds!: MapState<string, number>;
  #largest!: ReducingState<number>;
  #mean!: AggregatingState<number, number>;

  override open(): void {
    const context = this.getRuntimeContext();
    this.#last = context.getState(new ValueStateDescriptor<number>('last'));
    this.#amounts = context.getListState(new ListStateDescriptor<number>('amounts'));
    this.#kinds = context.getMapState(new MapStateDescriptor<string, number>('kinds'));
    this.#largest = context.getReducingState(
      new ReducingStateDescriptor<number>('largest', (a, b) => Math.max(a, b)),
    );
    this.#mean = context.getAggregatingState(new AggregatingStateDescriptor('mean', new Mean()));
  }
  processElement(event: Event, ctx: KeyedProcessContext<string>): void {
    this.#last.update(ctx.timestamp());
    if (event.amount < 0) {
      this.#amounts.clear();
      this.#largest.clear();
      this.#mean.clear();
      this.#kinds.remove('view');
    } else {
      this.#amounts.addAll([event.amount, event.amount]);
      this.#largest.add(event.amount);
      this.#mean.add(event.amount);
      this.#kinds.put(event.kind, (this.#kinds.get(event.kind) ?? 0) + 1);
    }
    ctx.timerService.registerEventTimeTimer(100);
    ctx.timerService.registerEventTimeTimer(MAX_TIMESTAMP);
    ctx.timerService.deleteEventTimeTimer(100);
  }
  override onTimer(timestamp: number, ctx: OnTimerContext<string>, out: Collector<Summary>): void {
    if (timestamp !== MAX_TIMESTAMP || ctx.timeDomain !== 'EVENT_TIME')
      throw new Error('an unexpected timer');
    out.collect({
      user: ctx.currentKey,
      last: this.#last.value(),
      amounts: [...this.#amounts.get()],
      kinds: [...this.#kinds.entries()].sort(([a], [b]) => (a < b ? -1 : 1)),
      largest: this.#largest.get(),
      mean: this.#mean.get(),
    });
  }
}

const day = StateTtlConfig.of(hours(24)).updateTtlOnReadAndWrite().returnExpiredIfNotCleanedUp();
const instant = StateTtlConfig.newBuilder(milliseconds(1)).withIncrementalCleanup(10, true);

/** What lives a day is found again, what lives a millisecond is not. */
class Forget extends KeyedProcessFunction<string, Event, string> {
  #kept!: ValueState<number>;
  #gone!: ValueState<number>;
  #keptList!: ListState<number>;
  #goneList!: ListState<number>;
  #goneMap!: MapState<string, number>;
  override open(): void {
    const context = this.getRuntimeContext();
    this.#kept = context.getState(new ValueStateDescriptor<number>('kept', { ttl: day }));
    this.#gone = context.getState(new ValueStateDescriptor<number>('gone', { ttl: instant }));
    this.#keptList = context.getListState(new ListStateDescriptor<number>('kept list', { ttl: day }));
    this.#goneList = context.getListState(new ListStateDescriptor<number>('gone list', { ttl: instant }));
    this.#goneMap = context.getMapState(new MapStateDescriptor<string, number>('gone map', { ttl: instant }));
  }
  processElement(event: Event, _ctx: KeyedProcessContext<string>, out: Collector<string>): void {
    const kept = `${this.#kept.value() ?? 'none'}/${[...this.#keptList.get()].length}`;
    const gone = `${this.#gone.value() ?? 'none'}/${[...this.#goneList.get()].length}/${this.#goneMap.contains('x')}`;
    out.collect(`${event.user} ${kept} ${gone}`);
    this.#kept.update(event.amount);
    this.#gone.update(event.amount);
    this.#keptList.add(event.amount);
    this.#goneList.add(event.amount);
    this.#goneMap.put('x', event.amount);
    // Counted from the last write: a thread that lost the processor before it must still outlive what it wrote.
    const written = Date.now();
    while (Date.now() < written + 5);
  }
}

/** Sends what it holds at the end of input only. */
class Buffer extends RichFlatMapFunction<number, string> implements CheckpointedFunction, CheckpointListener {
  #held!: ListState<number>;
  #union!: ListState<number>;
  initializeState(context: FunctionInitializationContext): void {
    const { operatorStateStore: store } = context;
    this.#held = store.getListState(new ListStateDescriptor<number>('held'));
    this.#union = store.getUnionListState(new ListStateDescriptor<number>('union'));
    if (!context.isRestored) this.#union.add(-1);
  }
  flatMap(value: number): readonly string[] {
    this.#held.add(value);
    const held = [...this.#held.get()];
    return value === 3 ? [`${held.join()} ${[...this.#union.get()].join()}`] : [];
  }
  snapshotState(): void {}
  notifyCheckpointComplete(): void {}
}

const env = createEnvironment();
const events = env
  .fromData<Event>([
    { user: 'ann', kind: 'view', amount: 2, time: 1 },
    { user: 'bob', kind: 'view', amount: 1, time: 2 },
    { user: 'ann', kind: 'buy', amount: 4, time: 3 },
    { user: 'bob', kind: 'buy', amount: -1, time: 4 },
  ])
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forBoundedOutOfOrderness<Event>(milliseconds(50), event => event.time),
  )
  .setParallelism(1);

events.keyBy('user').process(new Summarize()).uid('summaries').sinkTo(new CollectSink('summaries'));
events.keyBy('user').process(new Forget()).sinkTo(new CollectSink('forget'));
env
  .fromSequence(1, 3)
  .setParallelism(1)
  .flatMap(new Buffer())
  .setParallelism(1)
  .sinkTo(new CollectSink('buffer'));

await env.execute('state');

// expected summaries: {"user":"ann","last":3,"amounts":[2,2,4,4],"kinds":[["buy",1],["view",1]],"largest":4,"mean":3}
// expected summaries: {"user":"bob","last":4,"amounts":[],"kinds":[],"largest":null,"mean":null}
// expected forget: "ann none/0 none/0/false", "bob none/0 none/0/false", "ann 2/1 none/0/false", "bob 1/1 none/0/false"
// expected buffer: "1,2,3 -1"
