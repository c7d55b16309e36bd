// A count per key in ValueState: every record of an interval changes state of its own, which the checkpoint after it writes.
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
const keys = Number(env.buildParam('keys', '1000000'));
env
  .fromSequence(1, Number(env.buildParam('records', '60000000')))
  .keyBy(n => (n * 7919) % keys)
  .process(new CountPerKey())
  .sinkTo(new DigestSink(count => count));
await env.execute('counting');
