import {
  createEnvironment,
  MapStateDescriptor,
  OutputTag,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from 'flinkc';

interface Order {
  user: string;
  amount: number;
  ts: number;
}
const env = createEnvironment();
const late = new OutputTag<Order>('late');
const strategy = WatermarkStrategy.forBoundedOutOfOrderness<Order>(1000).withTimestampAssigner(o => o.ts);
const orders = env.fromData<Order>([]).assignTimestampsAndWatermarks(strategy.withIdleness(5000));
const sums = orders
  .keyBy(o => o.user)
  .window(TumblingEventTimeWindows.of(60_000))
  .allowedLateness(1000)
  .sideOutputLateData(late)
  .reduce((a, b) => ({ ...a, amount: a.amount + b.amount }));
sums.getSideOutput(late).print('late');
sums.print();
const windows = [5000, 10_000].map(size => SlidingEventTimeWindows.of(size, 1000));
for (const window of windows) {
  orders
    .keyBy('user')
    .window(window)
    .reduce((a, _b) => a)
    .uid(`last-${window.spec.kind === 'sliding' ? window.spec.size : 0}`)
    .setParallelism(2)
    .print();
}
const rules = new MapStateDescriptor<string, number>('rules');
orders.filter(o => rules.name === o.user).print();
await env.execute('objects');
