// A count per key of 100,000 in ValueState, whole job: source, keyed exchange, state, sink.
import {
  createEnvironment,
  KeyedProcessFunction,
  ValueStateDescriptor,
  type Collector,
  type KeyedProcessContext,
  type OpenContext,
  type ValueState,
} from 'flinkc';
import { DigestSink } from '../digest-sink.js';

class CountPerKey extends KeyedProcessFunction<number, number, number> {
  #count!: ValueState<number>;
  override open(_: OpenContext): void {
    this.#count = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('count'));
  }
  override processElement(_: number, __: KeyedProcessContext<number>, out: Collector<number>): void {
    const count = (this.#count.value() ?? 0) + 1;
    this.#count.update(count);
    out.collect(count);
  }
}

const env = createEnvironment();
env
  .fromSequence(1, 10_000_000)
  .keyBy(n => (n * 7919) % 100_000)
  .process(new CountPerKey())
  .sinkTo(new DigestSink(count => count));
await env.execute('count-per-key');
