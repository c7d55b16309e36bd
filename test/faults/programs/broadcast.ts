// Prices come as a broadcast stream; each order gets the prices that were valid at its time, whichever came first.
import {
  createEnvironment,
  DataGeneratorSource,
  KeyedBroadcastProcessFunction,
  MapStateDescriptor,
  WatermarkStrategy,
  type Collector,
  type KeyedBroadcastContext,
  type KeyedBroadcastOnTimerContext,
  type MapState,
  type ReadOnlyKeyedBroadcastContext,
  type Timestamp,
} from 'flinkc';
import { linesIn } from './output.js';
import { Pace } from './pace.js';

interface Price {
  readonly from: Timestamp;
  readonly cents: number;
}
interface Order {
  readonly id: number;
  readonly at: Timestamp;
  readonly customer: number;
}
interface Bill {
  readonly id: number;
  readonly customer: number;
  readonly cents: number;
}

const priceList = new MapStateDescriptor<Timestamp, number>('prices');

class Charge extends KeyedBroadcastProcessFunction<number, Order, Price, Bill> {
  waiting!: MapState<Timestamp, Order>;

  override open(): void {
    this.waiting = this.getRuntimeContext().getMapState(new MapStateDescriptor<Timestamp, Order>('waiting'));
  }
  processBroadcastElement({ from, cents }: Price, ctx: KeyedBroadcastContext<number>): void {
    ctx.getBroadcastState(priceList).put(from, cents);
  }
  processElement(order: Order, ctx: ReadOnlyKeyedBroadcastContext<number>): void {
    this.waiting.put(order.at, order);
    ctx.timerService.registerEventTimeTimer(order.at);
  }
  /** The watermark is that of the slower stream: all prices until now are here, and perhaps later ones. */
  override onTimer(time: Timestamp, ctx: KeyedBroadcastOnTimerContext<number>, out: Collector<Bill>): void {
    const { id, customer } = this.waiting.get(time)!;
    this.waiting.remove(time);
    let latest = -1;
    let price = 0;
    for (const [from, cents] of ctx.getBroadcastState(priceList).entries())
      if (from <= time && from > latest) {
        latest = from;
        price = cents;
      }
    out.collect({ id, customer, cents: price });
  }
}

const env = createEnvironment();
const pace = env.param('pace', 0);

const prices = env
  .fromSource(
    new DataGeneratorSource((index): Price => ({ from: index * 1000, cents: (index * 7919) % 997 }), 30),
    WatermarkStrategy.forMonotonousTimestamps<Price>().withTimestampAssigner(price => price.from),
    'prices',
  )
  .filter(new Pace<Price>(env.param('pricesPace', 0)));
env
  .fromSource(
    new DataGeneratorSource((id): Order => ({ id, at: id, customer: (id * 31) % 613 }), 30_000),
    WatermarkStrategy.forMonotonousTimestamps<Order>().withTimestampAssigner(order => order.at),
    'orders',
  )
  .filter(new Pace<Order>(pace))
  .keyBy('customer')
  .connect(prices.broadcast(priceList))
  .process(new Charge())
  .sinkTo(linesIn<Bill>(env, 'bills'));

await env.execute('broadcast');
