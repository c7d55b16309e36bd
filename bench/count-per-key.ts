import {
  KeyedProcessFunction,
  ValueStateDescriptor,
  type Collector,
  type KeyedProcessContext,
  type OpenContext,
  type ValueState,
} from 'flinkc';

/** The simplest keyed state: every record changes one number of its key. */
export class CountPerKey extends KeyedProcessFunction<number, number, number> {
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
