// Fills state with an entry per key, says so, and then changes an entry now and then: what holds much state for a long time.
import {
  createEnvironment,
  KeyedProcessFunction,
  ValueStateDescriptor,
  type Collector,
  type KeyedProcessContext,
  type OpenContext,
  type ValueState,
  WatermarkStrategy,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { SequenceSource } from 'flinkc/datagen';

interface Seen {
  readonly key: number;
  readonly count: number;
}

class CountPerKey extends KeyedProcessFunction<number, number, Seen> {
  #count!: ValueState<number>;
  readonly #keys: number;
  #filled = 0;
  constructor(keys: number) {
    super();
    this.#keys = keys;
  }
  override open(_: OpenContext): void {
    this.#count = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('count'));
  }
  override processElement(
    n: number,
    { currentKey }: KeyedProcessContext<number>,
    out: Collector<Seen>,
  ): void {
    const count = (this.#count.value() ?? 0) + 1;
    this.#count.update(count);
    if (n < 0) out.collect({ key: currentKey, count });
    else if (++this.#filled === this.#keys) out.collect({ key: -1, count: this.#filled });
  }
}

const env = createEnvironment();
const keys = Number(env.buildParam('keys', '1000000'));
const changes = env
  .fromSource(
    new SequenceSource(1, null, { recordsPerSecond: 50 }),
    WatermarkStrategy.noWatermarks(),
    'changes',
  )
  .map(n => -n);
env
  .fromSequence(0, keys - 1)
  .union(changes)
  .keyBy(n => (n < 0 ? -n % keys : n))
  .process(new CountPerKey(keys))
  .sinkTo(new CollectSink<Seen>('seen'));
await env.execute('held-state');
