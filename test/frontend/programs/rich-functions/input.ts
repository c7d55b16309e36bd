import {
  createEnvironment,
  KeyedProcessFunction,
  ListStateDescriptor,
  ValueStateDescriptor,
  type Collector,
  type KeyedProcessContext,
  type OpenContext,
  type ValueState,
} from 'flinkc';

interface Order {
  user: string;
  amount: number;
}
interface Totals {
  count: number;
  sum: number;
}
abstract class Base<I extends { amount: number }, O> extends KeyedProcessFunction<string, I, O> {
  protected readonly totals = new ValueStateDescriptor<Totals>('totals');
  protected state!: ValueState<Totals>;
  override open(_context: OpenContext) {
    this.state = this.getRuntimeContext().getState(this.totals);
  }
}
class Alert extends Base<Order, string> {
  static readonly history = new ListStateDescriptor<string>('history');
  #fired = 0;
  private constructor(
    private readonly limit: number,
    private readonly format: (user: string) => string,
  ) {
    super();
  }
  static of(limit: number, format: (user: string) => string) {
    return new Alert(limit, format);
  }
  override processElement(o: Order, context: KeyedProcessContext<string>, out: Collector<string>) {
    if (o.amount > this.limit) {
      this.#fired++;
      out.collect(this.format(context.currentKey));
    }
  }
}
class Top<T extends { amount: number }> extends KeyedProcessFunction<string, T, T> {
  min = 1;
  constructor(private readonly score: (record: T) => number) {
    super();
  }
  override processElement(record: T, _context: KeyedProcessContext<string>, out: Collector<T>) {
    if (this.score(record) > this.min) out.collect(record);
  }
}
const env = createEnvironment();
const suffix = '!';
const keyed = env.fromData<Order>([]).keyBy(o => o.user);
keyed.process(Alert.of(500, s => s.toUpperCase() + suffix)).print();
const top = new Top<Order>(o => o.amount);
top.min = 7;
keyed.process(top).print();
await env.execute('classes');
