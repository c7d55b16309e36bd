/** What typeGraph finds out about staged programs; every program is asked about through both checkers. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeTypes, typeText } from './type-program.js';

const env = 'const env = StreamExecutionEnvironment.getExecutionEnvironment();';
const orders = `
interface Order { id: string; user: string; qty: Int32; price: number; side: 'buy' | 'sell'; note?: string }
${env}
const orders = env.fromData<Order>({ id: 'a', user: 'u', qty: 1, price: 2, side: 'buy' });
`;
const order =
  '{ id: string; note?: string; price: float64; qty: int32; side: enum("buy", "sell"); user: string }';

interface GraphCase {
  readonly imports: string;
  readonly program: string;
  /** lines of describeTypes, in any order */
  readonly types: readonly string[];
}

const cases: Readonly<Record<string, GraphCase>> = {
  'map, flatMap and process infer their record type': {
    imports: 'type Int32',
    program: `${orders}
      orders.map(o => o.qty).print();
      orders.map(o => ({ ...o, total: o.price * 2 })).print();
      orders.flatMap(o => [o.user, o.id]).print();
      orders.process<{ at: number | null }>((o, ctx, out) => out.collect({ at: ctx.timestamp() })).print();`,
    types: [
      'map: int32',
      'map: { id: string; note?: string; price: float64; qty: int32; side: enum("buy", "sell"); total: float64; user: string }',
      'flatMap: string',
      'process: { at: nullable<float64, null> }',
    ],
  },
  'filter and assignTimestamps keep the records; a type guard narrows them': {
    imports: 'type Int32, WatermarkStrategy',
    program: `${orders}
      type Shape = { kind: 'circle'; r: number } | { kind: 'square'; a: number };
      orders.filter(o => o.qty > 1).print();
      orders.assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<Order>()).print();
      env.fromData<Shape>({ kind: 'circle', r: 1 })
        .filter((s): s is Extract<Shape, { kind: 'circle' }> => s.kind === 'circle').print();`,
    types: [`filter: ${order}`, `assignTimestamps: ${order}`, 'filter: { kind: enum("circle"); r: float64 }'],
  },
  'project, union and splitBy': {
    imports: 'type Int32',
    program: `${orders}
      orders.project('id', 'qty').print();
      orders.union(orders.filter(o => o.qty > 2)).print();
      orders.splitBy(['buy', 'sell'], o => o.side).sell.print();`,
    types: [
      'project: { id: string; qty: int32 }',
      `filter: ${order}`,
      `union: ${order}`,
      `filter: ${order}`,
      `filter: ${order}`,
    ],
  },
  'keys: properties, lambdas, tuples, objects': {
    imports: 'type Int32',
    program: `${orders}
      orders.keyBy('user').reduce(a => a).print();
      orders.keyBy(o => [o.user, o.qty]).sum('price').print();
      orders.keyBy(o => ({ u: o.user, big: o.qty > 5 })).minBy('price').print();`,
    types: [
      `reduce: ${order}; key string`,
      `rollingAggregate: ${order}; key [string, int32]`,
      `rollingAggregate: ${order}; key { big: bool; u: string }`,
    ],
  },
  'windows: accumulators, results and late records': {
    imports: 'type Int32, TumblingEventTimeWindows, OutputTag, seconds, type AggregateFunction',
    program: `${orders}
      class Average implements AggregateFunction<Order, { sum: number; count: number }, number> {
        createAccumulator() { return { sum: 0, count: 0 }; }
        add(o: Order, acc: { sum: number; count: number }) { acc.sum += o.price; acc.count++; return acc; }
        getResult(acc: { sum: number; count: number }) { return acc.sum / acc.count; }
        merge(a: { sum: number; count: number }, b: { sum: number; count: number }) { return { sum: a.sum + b.sum, count: a.count + b.count }; }
      }
      const late = new OutputTag<Order>('late');
      const result = orders.keyBy('user').window(TumblingEventTimeWindows.of(seconds(10))).sideOutputLateData(late)
        .aggregate(new Average());
      result.print();
      result.getSideOutput(late).map(o => o.id).print();
      orders.keyBy('user').window(TumblingEventTimeWindows.of(seconds(10)))
        .process<{ user: string; n: number }>((key, ctx, elements, out) => out.collect({ user: key, n: [...elements].length })).print();
      orders.windowAll(TumblingEventTimeWindows.of(seconds(10))).reduce((a, b) => a).print();`,
    types: [
      'window: float64; key string; accumulator { count: float64; sum: float64 }; side late ' + order,
      'map: string',
      'window: { n: float64; user: string }; key string',
      `window: ${order}`,
    ],
  },
  'two inputs: connect, join, coGroup, interval join': {
    imports: 'type Int32, TumblingEventTimeWindows, seconds',
    program: `${orders}
      const users = env.fromData<{ name: string; age: Int32 }>({ name: 'u', age: 1 });
      orders.connect(users).map(o => o.id, u => u.age).print();
      orders.join(users).where('user').equalTo('name').window(TumblingEventTimeWindows.of(seconds(1)))
        .apply((o, u) => ({ id: o.id, age: u.age })).print();
      orders.coGroup(users).where(o => o.user).equalTo(u => u.name).window(TumblingEventTimeWindows.of(seconds(1)))
        .apply<number>((os, us, out) => out.collect([...os, ...us].length)).print();
      orders.keyBy('user').intervalJoin(users.keyBy('name')).between(0, seconds(1))
        .process<string>((o, u, ctx, out) => out.collect(o.id + u.name)).print();`,
    types: [
      'coMap: union<by typeof | "number": int32 | "string": string>',
      'windowJoin: { age: int32; id: string }; key string',
      'coGroup: float64; key string',
      'intervalJoin: string; key string',
    ],
  },
  'states of a class, its base class and a helper function': {
    imports:
      'type Int32, KeyedProcessFunction, ValueStateDescriptor, ListStateDescriptor, MapStateDescriptor, ReducingStateDescriptor, AggregatingStateDescriptor, StateTtlConfig, seconds, type RuntimeContext, type KeyedProcessContext, type Collector, type AggregateFunction',
    program: `${orders}
      const prefix = 'last';
      const shared = new MapStateDescriptor<string, Int32>('by-user');
      enum Names { Sum = 'sum' }
      function openLists(context: RuntimeContext) { context.getListState(new ListStateDescriptor<'a' | 'b'>('list')); }
      const average: AggregateFunction<number, { n: number }, number> = {
        createAccumulator: () => ({ n: 0 }), add: (v, a) => a, getResult: a => a.n, merge: a => a,
      };
      abstract class Remembering<R> extends KeyedProcessFunction<string, R, R> {
        protected readonly last = new ValueStateDescriptor<R>(\`\${prefix}-record\`);
        override open() { this.getRuntimeContext().getState(this.last); }
      }
      class Count<T> extends Remembering<T> {
        static readonly SEEN = new ValueStateDescriptor<boolean>('seen').enableTimeToLive(StateTtlConfig.newBuilder(seconds(5)));
        constructor(private readonly name: string) { super(); }
        override open() {
          super.open();
          const context = this.getRuntimeContext();
          context.getState(Count.SEEN);
          context.getMapState(shared);
          context.getReducingState(new ReducingStateDescriptor<bigint>(Names.Sum, (a, b) => a + b));
          context.getAggregatingState(new AggregatingStateDescriptor('average', average));
          context.getState(new ValueStateDescriptor<Date>('count-' + this.name));
          openLists(context);
        }
        processElement(value: T, ctx: KeyedProcessContext<string>, out: Collector<T>) { out.collect(value); }
      }
      orders.map(o => ({ id: o.id })).keyBy('id').process(new Count<{ id: string }>('orders')).print();`,
    types: [
      'map: { id: string }',
      'process: { id: string }; key string; aggregating average { n: float64 }; map by-user string → int32; value count-orders date; value last-record { id: string }; list list enum("a", "b"); value seen bool; reducing sum bigint',
    ],
  },
  'operator state, window state and broadcast state': {
    imports:
      'type Int32, ProcessFunction, ListStateDescriptor, ValueStateDescriptor, MapStateDescriptor, TumblingEventTimeWindows, seconds, type ProcessContext, type Collector, type CheckpointedFunction, type FunctionInitializationContext',
    program: `${orders}
      class Buffer extends ProcessFunction<Order, string> implements CheckpointedFunction {
        snapshotState() {}
        initializeState(context: FunctionInitializationContext) {
          context.operatorStateStore.getListState(new ListStateDescriptor<Order>('buffer'));
          context.operatorStateStore.getUnionListState(new ListStateDescriptor<number>('offsets'));
        }
        processElement(value: Order, ctx: ProcessContext, out: Collector<string>) { out.collect(value.id); }
      }
      orders.process(new Buffer()).print();
      orders.keyBy('user').window(TumblingEventTimeWindows.of(seconds(1))).process<number>((key, ctx, elements, out) => {
        ctx.windowState().getState(new ValueStateDescriptor<number>('firings'));
        ctx.globalState().getState(new ValueStateDescriptor<boolean>('ever'));
        out.collect(1);
      }).print();
      const rules = new MapStateDescriptor<string, { limit: number }>('rules');
      orders.connect(env.fromData({ name: 'r', limit: 1 }).broadcast(rules)).process<string>({
        processElement(o, ctx, out) { ctx.getBroadcastState(rules).get(o.id); out.collect(o.id); },
        processBroadcastElement(r, ctx) { ctx.getBroadcastState(rules).put(r.name, { limit: r.limit }); },
      }).print();`,
    types: [
      `process: string; operatorList buffer ${order}; unionList offsets float64`,
      'window: float64; key string; value ever bool; windowState firings float64',
      'broadcastProcess: string; broadcast rules string → { limit: float64 }',
    ],
  },
  'state of a trigger': {
    imports:
      'type Int32, Trigger, ValueStateDescriptor, GlobalWindows, type GlobalWindow, type TriggerContext',
    program: `${orders}
      class EveryOther extends Trigger<Order, GlobalWindow> {
        private readonly seen = new ValueStateDescriptor<boolean>('seen');
        onElement(order: Order, timestamp: number, window: GlobalWindow, ctx: TriggerContext) {
          ctx.getPartitionedState(this.seen).update(true);
          return 'CONTINUE' as const;
        }
        onEventTime() { return 'CONTINUE' as const; }
        onProcessingTime() { return 'CONTINUE' as const; }
        clear() {}
      }
      orders.keyBy('user').window(GlobalWindows.create()).trigger(new EveryOther()).reduce(a => a).print();`,
    types: [`window: ${order}; key string; windowState seen bool`],
  },
  'generic helpers called several times': {
    imports:
      'type Int32, type DataStream, KeyedProcessFunction, ValueStateDescriptor, type KeyedProcessContext, type Collector',
    program: `${orders}
      class Last<T> extends KeyedProcessFunction<string, T, { before: T | null; now: T }> {
        override open() { this.getRuntimeContext().getState(new ValueStateDescriptor<T>('last')); }
        processElement(value: T, ctx: KeyedProcessContext<string>, out: Collector<{ before: T | null; now: T }>) { out.collect({ before: null, now: value }); }
      }
      function changes<T extends { id: string }>(stream: DataStream<T>) {
        return stream.keyBy(r => r.id).process(new Last<T>()).map(c => ({ ...c.now, isNew: c.before === null })).filter(c => c.isNew);
      }
      changes(orders.map(o => ({ id: o.id }))).print();
      changes(env.fromData({ id: 'x', n: 1n })).print();`,
    types: [
      'map: { id: string }',
      'process: { before: nullable<{ id: string }, null>; now: { id: string } }; key string; value last { id: string }',
      'process: { before: nullable<{ id: string; n: bigint }, null>; now: { id: string; n: bigint } }; key string; value last { id: string; n: bigint }',
      'map: { id: string; isNew: bool }',
      'map: { id: string; isNew: bool; n: bigint }',
      'filter: { id: string; isNew: bool }',
      'filter: { id: string; isNew: bool; n: bigint }',
    ],
  },
  'a generic helper that adds to what its type parameter is bound to': {
    imports: 'type DataStream',
    program: `${env}
      function mark<T>(stream: DataStream<T>) { return stream.map((value): T | 'end' => value).map(v => ({ v, list: [v] })); }
      mark(env.fromData<number | null>(1, null)).print();
      mark(env.fromData<{ a: number }>({ a: 1 })).print();`,
    types: [
      'map: nullable<union<by typeof | "number": float64 | "string": string>, null>',
      'map: { list: list<nullable<union<by typeof | "number": float64 | "string": string>, null>>; v: nullable<union<by typeof | "number": float64 | "string": string>, null> }',
      'map: union<by typeof | "object": { a: float64 } | "string": string>',
      'map: { list: list<union<by typeof | "object": { a: float64 } | "string": string>>; v: union<by typeof | "object": { a: float64 } | "string": string> }',
    ],
  },
  'a generic helper that is given the function that makes its keys': {
    imports: 'type Int32, type DataStream, type KeyedStream',
    program: `${orders}
      function by<T, K extends string | number>(stream: DataStream<T>, key: (record: T) => K) { return stream.keyBy(key); }
      function pairs<T, K>(stream: DataStream<T>, key: (record: T) => K): DataStream<readonly [K, T]> {
        return stream.map(record => [key(record), record] as const);
      }
      by(orders, o => o.user).reduce(a => a).print();
      by(orders, o => o.qty).reduce(a => a).print();
      pairs(orders.map(o => ({ id: o.id })), o => o.id.length > 1).print();`,
    types: [
      `reduce: ${order}; key string`,
      `reduce: ${order}; key int32`,
      'map: { id: string }',
      'map: [bool, { id: string }]',
    ],
  },
  'type arguments that no input mentions': {
    imports: 'type DataStream',
    program: `${env}
      function parse<T>(lines: DataStream<string>): DataStream<T> { return lines.map((line): T => JSON.parse(line) as T); }
      const parseLater = async <T,>(lines: DataStream<string>, ...more: readonly DataStream<string>[]) => {
        await Promise.resolve();
        return parse<{ of: T }>(lines.union(...more));
      };
      const helpers = { parse: <T = number>(lines: DataStream<string>) => parse<T>(lines), all<T>(): DataStream<T> { return parse(env.fromData('1')); } };
      const lines = env.fromData('1');
      parse<{ user: string }>(lines).filter(() => true).print();
      const numbers: DataStream<bigint> = parse(lines);
      numbers.print();
      helpers.parse(lines).print();
      helpers.parse<boolean>(lines).print();
      helpers.all<string>().print();
      const [a, b] = await Promise.all([parseLater<number>(lines), parseLater<string>(lines, lines)]);
      a.print();
      b.print();`,
    types: [
      'map: { user: string }',
      'filter: { user: string }',
      'map: bigint',
      'map: float64',
      'map: bool',
      'map: string',
      'union: string',
      'union: string',
      'map: { of: float64 }',
      'map: { of: string }',
    ],
  },
  'generic helpers in generic helpers': {
    imports: 'type DataStream, type SingleOutputStreamOperator',
    program: `${env}
      interface Named<N> { name: N }
      class Special { constructor(public kind: string) {} }
      function outer<A>(stream: DataStream<A>, make: ((value: A) => Named<string>) | null = null) {
        function inner<B>(other: DataStream<B>, pick: (value: B) => A) {
          return other.map(value => ({ from: value, to: pick(value) }));
        }
        return <C,>(of: (value: A) => C) => inner<readonly C[]>(stream.map(value => [of(value)] as const), () => null as never);
      }
      function repeat<T>(stream: DataStream<T>, times: number): DataStream<T[]> {
        const lists = stream.map(value => [value]);
        return times === 0 ? lists : repeat<T[]>(lists, times - 1).map(value => value.flat() as T[]);
      }
      function later<T>(lines: DataStream<string>, times: number): DataStream<T> {
        return times > 0 ? later(lines, times - 1) : lines.map((line): T => JSON.parse(line) as T);
      }
      later<{ of: bigint }>(env.fromData('x'), 2).print();
      const first = outer(env.fromData<number>(1));
      first(n => n > 1).print();
      repeat(env.fromData('x'), 1).print();`,
    types: [
      'map: { of: bigint }',
      'map: [bool]',
      'map: { from: [bool]; to: float64 }',
      'map: list<string>',
      'map: list<list<string>>',
      'map: list<string>',
    ],
  },
  'side outputs of generic helpers': {
    imports: 'type DataStream, OutputTag',
    program: `${env}
      function split<T, R>(stream: DataStream<T>, make: (value: T) => R) {
        const rest = new OutputTag<{ rest: R }>('rest');
        const all = stream.process<T>((value, ctx) => ctx.output(rest, { rest: make(value) }));
        return all.getSideOutput(rest).map(r => r.rest);
      }
      split(env.fromData<number>(1), n => n > 1).print();
      split(env.fromData<string>('x'), s => s.length).print();`,
    types: [
      'process: float64; side rest { rest: bool }',
      'process: string; side rest { rest: float64 }',
      'map: bool',
      'map: float64',
    ],
  },
  'methods of generic classes': {
    imports: 'type DataStream',
    program: `${env}
      class Pipeline<T, K = string> {
        constructor(protected readonly stream: DataStream<T>, private readonly key: (record: T) => K) {}
        keyed() { return [0].map(() => this.stream.keyBy(this.key))[0]!; }
        as<R>(make: (line: string) => R) { return env.fromData('1').map(line => ({ r: make(line), k: null as K | null })); }
      }
      class Numbers<X> extends Pipeline<{ x: X; n: number }, X[]> {
        static of<Y>(y: Y) { return new Numbers<Y>(env.fromData({ x: y, n: 1 }), r => [r.x]); }
      }
      new Pipeline(env.fromData<boolean>(true), b => Number(b)).keyed().reduce(a => a).print();
      const numbers = Numbers.of<bigint>(1n);
      numbers.keyed().reduce(a => a).print();
      numbers.as(line => line.length).print();`,
    types: [
      'reduce: bool; key float64',
      'reduce: { n: float64; x: bigint }; key list<bigint>',
      'map: { k: nullable<list<bigint>, null>; r: float64 }',
    ],
  },
  'async requests and generated records': {
    imports: 'type Int32, AsyncDataStream, seconds',
    program: `${orders}
      AsyncDataStream.unorderedWait(orders, async o => ({ id: o.id, ok: true }), seconds(1)).print();
      env.generate(i => ({ i, even: i % 2 === 0 }), { count: 3 }).filter(r => r.even).print();`,
    types: ['asyncWait: { id: string; ok: bool }', 'filter: { even: bool; i: float64 }'],
  },
};

for (const checker of ['native', 'ts-morph'] as const) {
  const graphs = suite(`graphs (${checker})`);
  for (const [name, { imports, program, types }] of Object.entries(cases)) {
    graphs(name, async () => {
      const text = `import { StreamExecutionEnvironment, ${imports} } from 'flinkc';\n${program}\nawait env.execute('test');\n`;
      const { graph, diagnostics } = await typeText(text, checker);
      assert.is(diagnostics, '');
      const found = describeTypes(graph!);
      assert.equal([...found].sort(), [...types].sort());
    });
  }
  graphs.run();
}
