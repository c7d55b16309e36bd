/** Which fields leave an operator: what window functions, requests and sinks do not look at is not there. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldPaths } from '../../compiler/explain/model.js';
import { compileFiles, runProgram } from './compile-program.js';

const demand = suite('field demand');

const program = (pipeline: string): string => `
  import {
    AsyncDataStream, createEnvironment, ProcessWindowFunction, seconds, TumblingEventTimeWindows, WatermarkStrategy,
    type Collector, type ProcessWindowContext, type TimeWindow,
  } from 'flinkc';
  import { CollectSink } from 'flinkc/collect';
  import { TableSink } from 'flinkc/print';
  import { CsvFormat } from 'flinkc/csv';
  import { JsonFormat } from 'flinkc/json';
  import { FileSink } from 'flinkc/file';
  import type { Sink, SinkWriter, WriterInitContext } from 'flinkc';
  interface Order {
    readonly id: number; readonly user: string; readonly amount: number; readonly note: string; readonly time: number;
  }
  const env = createEnvironment();
  const orders = env
    .fromCollection<Order>([
      { id: 1, user: 'a', amount: 5, note: 'x', time: 1000 },
      { id: 2, user: 'a', amount: 7, note: 'y', time: 2000 },
      { id: 3, user: 'b', amount: 1, note: 'z', time: 11000 },
    ])
    .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<Order>(o => o.time));
  const windowed = orders.keyBy('user').window(TumblingEventTimeWindows.of(seconds(10)));
  ${pipeline}
  await env.execute('demand');
`;

/** What `pipeline` reads of the orders. */
async function reads(pipeline: string): Promise<string> {
  return compileFiles({ 'program.ts': program(pipeline) }, ({ result, messages }) => {
    if (!result.output) throw new Error(messages);
    const orders = result.output.plan.tasks
      .flatMap(task => task.ops)
      .find(({ op }) => op.kind === 'assignTimestamps')!;
    const fields = fieldPaths(orders.demand);
    return typeof fields === 'string' ? fields : fields.join(' ');
  });
}

const cases: readonly (readonly [
  name: string,
  pipeline: string,
  fields: string,
  rows: readonly unknown[],
])[] = [
  [
    'process lambda',
    `windowed
      .process<number>((_key, _ctx, elements, out) => {
        let sum = 0;
        for (const { amount } of elements) sum += amount;
        out.collect(sum);
      })
      .sinkTo(new CollectSink('out'));`,
    'amount user',
    [12, 1],
  ],
  [
    'process class with a helper of its own',
    `class Top extends ProcessWindowFunction<Order, string, string, TimeWindow> {
      process(key: string, _ctx: ProcessWindowContext<TimeWindow>, elements: Iterable<Order>, out: Collector<string>): void {
        out.collect(key + this.best([...elements]));
      }
      best(list: Order[]): number {
        list.sort((a, b) => b.amount - a.amount);
        return list[0]!.id;
      }
    }
    windowed.process(new Top()).sinkTo(new CollectSink('out'));`,
    'amount id user',
    ['a2', 'b3'],
  ],
  [
    'process that hands whole records on',
    `windowed
      .process<Order>((_key, _ctx, elements, out) => {
        for (const order of elements) if (order.id === 2) out.collect(order);
      })
      .sinkTo(new CollectSink('out'));`,
    'amount id note time user',
    [{ amount: 7, id: 2, note: 'y', time: 2000, user: 'a' }],
  ],
  [
    'process that only counts',
    `windowed
      .process<number>((_key, _ctx, elements, out) => out.collect([...elements].length))
      .sinkTo(new CollectSink('out'));`,
    'user',
    [2, 1],
  ],
  [
    'apply',
    `windowed
      .apply<number>((_key, window, elements, out) => out.collect(window.end + [...elements].reduce((n, o) => n + o.id, 0)))
      .sinkTo(new CollectSink('out'));`,
    'id user',
    [10003, 20003],
  ],
  [
    'apply over all',
    `orders.windowAll(TumblingEventTimeWindows.of(seconds(10)))
      .apply<string>((_window, elements, out) => out.collect([...elements].map(o => o.note).join()))
      .sinkTo(new CollectSink('out'));`,
    'note',
    ['x,y', 'z'],
  ],
  [
    'reduce with a window function',
    `windowed
      .reduce(
        (a, b) => ({ ...a, amount: a.amount + b.amount }),
        (key, _ctx, [sum], out: Collector<string>) => { for (const s of [sum]) out.collect(key + s!.amount); },
      )
      .sinkTo(new CollectSink('out'));`,
    'amount id note time user', // the function's pattern is not followed
    ['a12', 'b1'],
  ],
  [
    'reduce with a window function that is followed',
    `windowed
      .reduce(
        (a, b) => ({ ...a, amount: a.amount + b.amount }),
        (key, _ctx, elements, out: Collector<string>) => {
          const [sum] = elements;
          out.collect(key + sum!.amount);
        },
      )
      .sinkTo(new CollectSink('out'));`,
    'amount user',
    ['a12', 'b1'],
  ],
  [
    'coGroup',
    `orders.coGroup(orders).where(o => o.user).equalTo(o => o.user)
      .window(TumblingEventTimeWindows.of(seconds(10)))
      .apply<string>((left, right, out) => {
        for (const l of left) out.collect(l.id + ':' + [...right].length);
      })
      .sinkTo(new CollectSink('out'));`,
    'id user',
    ['1:2', '2:2', '3:1'],
  ],
  [
    'request',
    `AsyncDataStream.orderedWait(orders, async order => {
      await Promise.resolve();
      return order.id + order.note;
    }, seconds(5)).sinkTo(new CollectSink('out'));`,
    'id note',
    ['1x', '2y', '3z'],
  ],
  [
    'request with an answer to a timeout',
    `AsyncDataStream.orderedWait(orders, {
      asyncInvoke(order: Order, future: { complete(rows: Iterable<number>): void }) { future.complete([order.id]); },
      timeout(order: Order, future: { complete(rows: Iterable<number>): void }) { future.complete([order.amount]); },
    }, seconds(5)).sinkTo(new CollectSink('out'));`,
    'amount id',
    [1, 2, 3],
  ],
  [
    'partition',
    `orders.keyBy('user').fullWindowPartition()
      .mapPartition<number>((values, out) => out.collect([...values].reduce((sum, o) => sum + o.amount, 0)))
      .sinkTo(new CollectSink('out'));`,
    'amount user',
    [12, 1],
  ],
  [
    'sorted partition',
    `orders.keyBy('user').fullWindowPartition()
      .sortPartition(o => -o.id, 'ASCENDING')
      .map(o => o.note)
      .sinkTo(new CollectSink('out'));`,
    'id note user',
    ['y', 'x', 'z'],
  ],
  [
    'reduced partition',
    `orders.keyBy('user').fullWindowPartition()
      .reduce((a, b) => ({ ...a, amount: a.amount + b.amount }))
      .map(o => o.amount)
      .sinkTo(new CollectSink('out'));`,
    'amount user',
    [12, 1],
  ],
  [
    'sink of a class that says what it reads',
    `class Ids implements Sink<Order> {
      readonly fields = ['id', 'amount'] as const;
      describe(): string { return 'ids'; }
      createWriter(context: WriterInitContext): SinkWriter<Order> {
        return {
          write: order => context.sendToClient('out', [order.id + order.amount]),
          async flush() {},
          async close() {},
        };
      }
    }
    orders.sinkTo(new Ids());`,
    'amount id',
    [6, 9, 4],
  ],
];

demand('a generator of the user may read anything', async () => {
  const text = program(`
    env
      .fromCollection<Order>([{ id: 1, user: 'a', amount: 5, note: 'x', time: 1000 }])
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forGenerator<Order>(() => ({
          onEvent(order, _timestamp, output) { output.emitWatermark(order.amount); },
          onPeriodicEmit() {},
        })),
      )
      .process<number>((order, ctx, out) => out.collect(order.id))
      .sinkTo(new CollectSink('out'));
  `);
  await compileFiles({ 'program.ts': text }, ({ result, messages }) => {
    if (!result.output) throw new Error(messages);
    const ops = result.output.plan.tasks.flatMap(task => task.ops);
    const before = ops.filter(({ op }) => op.kind === 'flatMap' || op.kind === 'source' || op.kind === 'map');
    assert.ok(before.length > 0);
    const read = before.at(-1)!.demand;
    assert.ok(read === 'all' || (read !== 'none' && 'amount' in read.fields));
  });
});

for (const [name, pipeline, fields, rows] of cases)
  demand(name, async () => {
    assert.is(await reads(pipeline), fields);
    const { out } = await runProgram(program(pipeline));
    assert.equal(out.map(sorted), rows);
  });

function sorted(row: unknown): unknown {
  return typeof row === 'object' && row !== null
    ? Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
    : row;
}

const sinks: readonly (readonly [name: string, sink: string, fields: string])[] = [
  ['table with columns', `new TableSink({ columns: ['id'], sortBy: ['-amount'] })`, 'amount id'],
  ['table of everything', 'new TableSink()', 'amount id note time user'],
  [
    'CSV files with columns and buckets',
    `new FileSink<Order>({ path: 'out', format: new CsvFormat({ columns: ['id'] }), bucket: o => o.user })`,
    'id user',
  ],
  [
    'JSON files',
    `new FileSink<Order>({ path: 'out', format: new JsonFormat(), bucket: o => o.user })`,
    'amount id note time user',
  ],
  ['prints', `new CollectSink('out')`, 'amount id note time user'],
];
for (const [name, sink, fields] of sinks)
  demand(name, async () => assert.is(await reads(`orders.sinkTo(${sink});`), fields));

demand.run();
