// State of every kind and timers, where each result depends on all records of its key before it and on their order.
import {
  createEnvironment,
  DataGeneratorSource,
  KeyedProcessFunction,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
  WatermarkStrategy,
  type Collector,
  type OnTimerContext,
  type KeyedProcessContext,
  type ListState,
  type MapState,
  type ReducingState,
  type ValueState,
} from 'flinkc';
import { linesIn } from './output.js';
import { Pace } from './pace.js';

interface Event {
  readonly n: number;
  readonly key: string;
}
interface Result {
  readonly key: string;
  readonly kind: string;
  readonly n: number;
  readonly digest: number;
}

class Digest extends KeyedProcessFunction<string, Event, Result> {
  digest!: ValueState<number>;
  largest!: ReducingState<number>;
  /** of seconds that have not ended */
  recent!: ListState<number>;
  counts!: MapState<number, number>;

  override open(): void {
    const context = this.getRuntimeContext();
    this.digest = context.getState(new ValueStateDescriptor<number>('digest'));
    this.largest = context.getReducingState(
      new ReducingStateDescriptor<number>('largest', (a, b) => Math.max(a, b)),
    );
    this.recent = context.getListState(new ListStateDescriptor<number>('recent'));
    this.counts = context.getMapState(new MapStateDescriptor<number, number>('counts'));
  }
  processElement(
    { n, key }: Event,
    { timerService }: KeyedProcessContext<string>,
    out: Collector<Result>,
  ): void {
    const digest = ((this.digest.value() ?? 7) * 31 + n) % 1_000_003;
    this.digest.update(digest);
    this.largest.add((n * 7919) % 10_007);
    const end = n - (n % 1000) + 1000;
    this.recent.add(n);
    this.counts.put(end, (this.counts.get(end) ?? 0) + 1);
    timerService.registerEventTimeTimer(end);
    out.collect({ key, kind: 'record', n, digest: digest * 31 + this.largest.get()! });
  }
  /** Records of later seconds may have come before the timer. */
  override onTimer(end: number, { currentKey }: OnTimerContext<string>, out: Collector<Result>): void {
    const recent = [...this.recent.get()];
    this.recent.update(recent.filter(n => n >= end));
    const sum = recent.filter(n => n < end).reduce((a, b) => a + b, 0);
    const count = this.counts.get(end)!;
    this.counts.remove(end);
    out.collect({ key: currentKey, kind: 'timer', n: end, digest: sum * 31 + count });
  }
}

const env = createEnvironment();
env
  .fromSource(
    new DataGeneratorSource((n): Event => ({ n, key: `key-${(n * 7919) % 211}` }), 40_000),
    WatermarkStrategy.forMonotonousTimestamps<Event>().withTimestampAssigner(event => event.n),
    'events',
  )
  .setParallelism(1)
  .filter(new Pace<Event>(env.param('pace', 0)))
  .setParallelism(1)
  .keyBy('key')
  .process(new Digest())
  .sinkTo(linesIn<Result>(env, 'digests'));

await env.execute('processes');
