/** Type-level tests: this file compiles only when inference gives exactly these types. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Source } from '../../plugins/api/source.js';
import {
  AsyncDataStream,
  AsyncRetryStrategies,
  CountTrigger,
  decimal,
  DeltaTrigger,
  EventTimeSessionWindows,
  int,
  KeyedProcessFunction,
  MapStateDescriptor,
  multiplyDecimal,
  OutputTag,
  PurgingTrigger,
  RichAsyncFunction,
  seconds,
  TumblingEventTimeWindows,
  ValueStateDescriptor,
  WatermarkStrategy,
  type BroadcastStream,
  type Collector,
  type Decimal,
  type DataStream,
  type DataStreamSource,
  type GlobalWindow,
  type Int32,
  type KeyedConnectedStreams,
  type KeyedStream,
  type ResultFuture,
  type SingleOutputStreamOperator,
  type StreamExecutionEnvironment,
  type TimeWindow,
  type ValueState,
  type WindowedStream,
} from '../../compiler/lang/index.js';

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
function expectType<Expected>() {
  return <Actual>(
    _actual: Actual,
    ..._proof: Equal<Actual, Expected> extends true ? [] : [never]
  ): void => {};
}

interface Order {
  user: string;
  product: string;
  amount: number;
  count: Int32;
  at: number;
  shipping: { country: string; cost: number };
}
interface Bid {
  kind: 'bid';
  price: number;
}
interface Person {
  kind: 'person';
  name: string;
}

/** Never runs: only its types matter. */
function inference(
  env: StreamExecutionEnvironment,
  orders: DataStream<Order>,
  events: DataStream<Bid | Person>,
  source: Source<Order>,
): void {
  // sources
  expectType<DataStreamSource<number>>()(env.fromData(1, 2, 3));
  expectType<DataStreamSource<{ a: number }>>()(env.fromData([{ a: 1 }]));
  expectType<DataStreamSource<{ id: number }>>()(env.generate(i => ({ id: i })));
  expectType<DataStreamSource<Order>>()(env.fromSource(source, WatermarkStrategy.noWatermarks(), 'orders'));
  expectType<DataStreamSource<Order>>()(
    env.fromSource(
      source,
      WatermarkStrategy.forBoundedOutOfOrderness(seconds(5), o => o.at),
      'orders',
    ),
  );
  expectType<string>()(env.param('a'));
  expectType<string>()(env.param('a', 'b'));
  expectType<number>()(env.param('a', 5));
  expectType<boolean>()(env.buildParam('a', true));

  // branded numbers
  const price: Decimal<10, 2> = decimal('2.55', 2);
  const total: Decimal<12, 2> = multiplyDecimal(price, 2, 3n, 0, 2);
  expectType<Decimal<18, 2>>()(decimal('1', 2));
  // @ts-expect-error: another scale
  const cents: Decimal<10, 0> = decimal('2.55', 2);
  const quantity: Int32 = int(2.5);
  assert.ok([price, total, cents, quantity]);

  // element-wise
  expectType<SingleOutputStreamOperator<number>>()(orders.map(o => o.amount));
  expectType<SingleOutputStreamOperator<{ user: string; twice: number }>>()(
    orders.map(o => ({ user: o.user, twice: o.amount * 2 })),
  );
  expectType<SingleOutputStreamOperator<string>>()(orders.map({ map: o => o.user }));
  expectType<SingleOutputStreamOperator<Bid>>()(events.filter(e => e.kind === 'bid'));
  expectType<SingleOutputStreamOperator<Bid>>()(events.filter((e): e is Bid => e.kind === 'bid'));
  expectType<SingleOutputStreamOperator<Order>>()(orders.filter(o => o.amount > 3));
  expectType<SingleOutputStreamOperator<string>>()(orders.flatMap(o => o.product.split(' ')));
  expectType<SingleOutputStreamOperator<string>>()(orders.flatMap<string>((o, out) => out.collect(o.user)));
  expectType<SingleOutputStreamOperator<number>>()(
    orders.flatMap((o, out: Collector<number>) => {
      if (o.amount > 1) out.collect(o.amount);
    }),
  );
  expectType<SingleOutputStreamOperator<Pick<Order, 'user' | 'at'>>>()(orders.project('user', 'at'));
  // @ts-expect-error: no such property
  orders.project('users');

  // keys
  expectType<KeyedStream<Order, string>>()(orders.keyBy('user'));
  expectType<KeyedStream<Order, string>>()(orders.keyBy(o => o.user));
  expectType<KeyedStream<Order, readonly [string, number]>>()(orders.keyBy(o => [o.user, o.at]));
  expectType<KeyedStream<Order, readonly [string, number]>>()(orders.keyBy(o => [o.user, o.at] as const));
  // @ts-expect-error: no such property
  orders.keyBy('users');
  const byUser = orders.keyBy('user');
  expectType<SingleOutputStreamOperator<Order>>()(byUser.reduce((a, b) => (a.amount > b.amount ? a : b)));
  expectType<SingleOutputStreamOperator<Order>>()(byUser.sum('amount'));
  expectType<SingleOutputStreamOperator<Order>>()(byUser.sum('count'));
  expectType<SingleOutputStreamOperator<Order>>()(byUser.maxBy('shipping.cost', false));
  expectType<SingleOutputStreamOperator<number>>()(
    orders
      .map(o => o.amount)
      .keyBy(n => n % 2)
      .sum(),
  );
  // @ts-expect-error: not a number
  byUser.sum('user');
  // @ts-expect-error: a record of several fields needs one to be named
  byUser.sum();

  // process functions
  const tag = new OutputTag<{ late: Order }>('late');
  const processed = byUser.process<number>((o, ctx, out) => {
    expectType<string>()(ctx.currentKey);
    ctx.output(tag, { late: o });
    out.collect(o.amount);
  });
  expectType<SingleOutputStreamOperator<number>>()(processed);
  expectType<DataStream<{ late: Order }>>()(processed.getSideOutput(tag));
  class Count extends KeyedProcessFunction<string, Order, number> {
    #count!: ValueState<number>;
    override open(): void {
      this.#count = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('count'));
    }
    processElement(): void {
      expectType<number | null>()(this.#count.value());
    }
  }
  expectType<SingleOutputStreamOperator<number>>()(byUser.process(new Count()));
  byUser.process({
    processElement(o, ctx, out: Collector<string>) {
      ctx.timerService.registerEventTimeTimer(o.at);
      out.collect(ctx.currentKey);
    },
    onTimer(timestamp, ctx, out) {
      expectType<number>()(timestamp);
      out.collect(ctx.timeDomain);
    },
  });

  // windows
  const windowed = byUser.window(TumblingEventTimeWindows.of(seconds(10)));
  expectType<WindowedStream<Order, string, TimeWindow>>()(windowed);
  expectType<WindowedStream<Order, string, GlobalWindow>>()(byUser.countWindow(5));
  expectType<WindowedStream<Order, string, TimeWindow>>()(
    byUser.window(EventTimeSessionWindows.withDynamicGap(o => o.amount)),
  );
  windowed.trigger(PurgingTrigger.of(CountTrigger.of(3)));
  windowed.trigger(DeltaTrigger.of(3, (a, b) => b.amount - a.amount));
  const average = {
    createAccumulator: () => ({ n: 0, sum: 0 }),
    add: (o: Order, acc: { n: number; sum: number }) => ({ n: acc.n + 1, sum: acc.sum + o.amount }),
    getResult: (acc: { n: number; sum: number }) => acc.sum / acc.n,
    merge: (a: { n: number; sum: number }, b: { n: number; sum: number }) => ({
      n: a.n + b.n,
      sum: a.sum + b.sum,
    }),
  };
  expectType<SingleOutputStreamOperator<number>>()(windowed.aggregate(average));
  expectType<SingleOutputStreamOperator<number>>()(
    windowed.aggregate({
      createAccumulator: () => ({ n: 0, sum: 0 }),
      add: (o, acc) => ({ n: acc.n + 1, sum: acc.sum + o.amount }),
      getResult: acc => acc.sum / acc.n,
      merge: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
    }),
  );
  expectType<SingleOutputStreamOperator<{ user: string; end: number; average: number }>>()(
    windowed.aggregate(
      average,
      (user, ctx, averages, out: Collector<{ user: string; end: number; average: number }>) => {
        expectType<string>()(user);
        expectType<TimeWindow>()(ctx.window);
        for (const each of averages) out.collect({ user, end: ctx.window.end, average: each });
      },
    ),
  );
  expectType<SingleOutputStreamOperator<Order>>()(windowed.reduce((a, _b) => a));
  expectType<SingleOutputStreamOperator<Order>>()(windowed.max('shipping.country'));
  expectType<SingleOutputStreamOperator<string>>()(
    windowed.apply<string>((key, window, elements, out) => {
      for (const o of elements) out.collect(`${key} ${window.start} ${o.product}`);
    }),
  );
  expectType<SingleOutputStreamOperator<number>>()(
    orders
      .windowAll(TumblingEventTimeWindows.of(seconds(1)))
      .process<number>((ctx, elements, out) => out.collect(ctx.window.start + [...elements].length)),
  );

  // several inputs
  expectType<DataStream<Order | Bid | Person>>()(orders.union(events));
  expectType<DataStream<Order>>()(orders.union(orders, orders));
  expectType<SingleOutputStreamOperator<string | number>>()(
    orders.connect(events).map(
      o => o.user,
      e => (e.kind === 'bid' ? e.price : 0),
    ),
  );
  const people = events.filter(e => e.kind === 'person');
  expectType<KeyedConnectedStreams<Order, Person, string>>()(byUser.connect(people.keyBy('name')));
  expectType<KeyedConnectedStreams<Order, Person, string>>()(orders.connect(people).keyBy('user', 'name'));
  expectType<SingleOutputStreamOperator<{ user: string; name: string }>>()(
    orders
      .join(people)
      .where('user')
      .equalTo(p => p.name)
      .window(TumblingEventTimeWindows.of(seconds(1)))
      .apply((o, p) => ({ user: o.user, name: p.name })),
  );
  // @ts-expect-error: keys of different types
  orders.join(people).where('amount').equalTo('name');
  expectType<SingleOutputStreamOperator<number>>()(
    orders
      .coGroup(people)
      .where(o => o.user)
      .equalTo('name')
      .window(TumblingEventTimeWindows.of(seconds(1)))
      .apply((os, ps, out: Collector<number>) => out.collect([...os].length + [...ps].length)),
  );
  expectType<SingleOutputStreamOperator<string>>()(
    byUser
      .intervalJoin(people.keyBy('name'))
      .between(seconds(-5), seconds(5))
      .process<string>((o, p, ctx, out) => out.collect(`${o.user} ${p.name} ${ctx.timestamp}`)),
  );
  const rules = new MapStateDescriptor<string, number>('rules');
  expectType<BroadcastStream<Person>>()(people.broadcast(rules));
  expectType<DataStream<Person>>()(people.broadcast());
  byUser.connect(people.broadcast(rules)).process({
    processElement(o, ctx, out: Collector<number>) {
      expectType<string>()(ctx.currentKey);
      expectType<number | undefined>()(ctx.getBroadcastState(rules).get(o.user));
      out.collect(1);
    },
    processBroadcastElement(p, ctx) {
      ctx.getBroadcastState(rules).put(p.name, 1);
    },
  });

  // async
  expectType<SingleOutputStreamOperator<{ ok: boolean }>>()(
    AsyncDataStream.unorderedWait(orders, async o => ({ ok: o.amount > 0 }), seconds(1)),
  );
  AsyncDataStream.orderedWaitWithRetry(
    orders,
    async o => o.amount,
    seconds(1),
    AsyncRetryStrategies.fixedDelay(3, 100, { ifResult: results => results[0] === 0 }),
  );
  expectType<SingleOutputStreamOperator<{ ok: boolean }>>()(
    AsyncDataStream.orderedWaitWithRetry(orders, async o => ({ ok: o.amount > 0 }), seconds(1), {
      maxAttempts: 3,
      delay: 100,
      ifResult: ([result]) => result?.ok === false,
    }),
  );
  class Lookup extends RichAsyncFunction<Order, { readonly name: string }> {
    asyncInvoke(order: Order, future: ResultFuture<{ readonly name: string }>): void {
      future.complete([{ name: order.user }]);
    }
  }
  expectType<SingleOutputStreamOperator<{ readonly name: string }>>()(
    AsyncDataStream.unorderedWait(orders, new Lookup(), seconds(1)),
  );
  expectType<SingleOutputStreamOperator<{ readonly name: string }>>()(
    AsyncDataStream.unorderedWaitWithRetry(
      orders,
      new Lookup(),
      seconds(1),
      AsyncRetryStrategies.fixedDelay(3, 100, { ifResult: ([result]) => result!.name === '' }),
    ),
  );
  const retry = AsyncRetryStrategies.fixedDelay<string>(3, 100, {
    ifResult: results => results.length === 0,
  });
  expectType<SingleOutputStreamOperator<string>>()(
    AsyncDataStream.unorderedWaitWithRetry(orders, async o => o.user, seconds(1), retry),
  );

  // the rest of a chain keeps its types
  expectType<Promise<{ day: number; total: number }[]>>()(
    orders
      .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps(o => o.at))
      .map(o => ({ day: Math.floor(o.at / 86_400_000), total: o.amount }))
      .keyBy('day')
      .sum('total')
      .executeAndCollect(),
  );
  const { big, small } = orders.splitBy(['big', 'small'], o => (o.amount > 10 ? 'big' : 'small'));
  expectType<DataStream<Order>>()(big);
  expectType<DataStream<Order>>()(small);
  // @ts-expect-error: a label that was not announced
  orders.splitBy(['big'], () => 'huge');
  expectType<DataStream<Order>>()(orders.partitionCustom((user, n) => user.length % n, 'user'));
  expectType<DataStream<Order>>()(
    orders.partitionCustom(
      (cost: number, n) => cost % n,
      o => o.shipping.cost,
    ),
  );
}

/** Generic helpers accept and give streams. */
function largest<T extends { readonly amount: number }>(stream: DataStream<T>): DataStream<T> {
  const anything: DataStream<unknown> = stream;
  const supertype: DataStream<{ readonly amount: number }> = stream;
  assert.ok(anything !== undefined && supertype !== undefined);
  return stream.filter(o => o.amount > 100);
}

test('types are inferred through chains (checked by the compiler)', () => {
  assert.type(inference, 'function');
  assert.type(largest, 'function');
});

test.run();
