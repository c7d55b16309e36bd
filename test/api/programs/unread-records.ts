// Records of which nothing is read, in every operator that keeps them: they must still be counted.
import { createEnvironment, CountEvictor, GlobalWindows, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Point {
  readonly x: number;
  readonly nested: { readonly y: number };
}

const env = createEnvironment();
const numbers = env
  .fromData(1, 2, 3, 4)
  .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<number>(n => n))
  .setParallelism(1);
const points = env.fromData<Point>([
  { x: 1, nested: { y: 2 } },
  { x: 3, nested: { y: 4 } },
]);
const end = GlobalWindows.createWithEndOfStreamTrigger();
const plus = (a: number, b: number): number => a + b;
const count = {
  createAccumulator: () => 0,
  add: (_value: number, n: number) => n + 1,
  getResult: (n: number) => n,
  merge: (a: number, b: number) => a + b,
};
const one = numbers.keyBy(() => 0);
const point = points.keyBy(() => 0);

one
  .reduce(plus)
  .map(() => 'r')
  .sinkTo(new CollectSink('numbers'));
one
  .max()
  .map(() => 'm')
  .sinkTo(new CollectSink('numbers'));
one
  .countWindow(2)
  .reduce(plus)
  .map(() => 'w')
  .sinkTo(new CollectSink('numbers'));
one
  .countWindow(2)
  .sum()
  .map(() => 's')
  .sinkTo(new CollectSink('numbers'));
one.window(end).evictor(CountEvictor.of(3)).aggregate(count).sinkTo(new CollectSink('evicted'));
numbers.countWindowAll(2).reduce(plus).countWindowAll(1).aggregate(count).sinkTo(new CollectSink('counted'));
one
  .intervalJoin(one)
  .between(0, 0)
  .process<string>((_a, _b, _ctx, out) => out.collect('i'))
  .sinkTo(new CollectSink('numbers'));
numbers
  .join(numbers)
  .where(() => 0)
  .equalTo(() => 0)
  .window(end)
  .apply(() => 'j')
  .sinkTo(new CollectSink('joined'));

point
  .maxBy('nested.y')
  .map(() => 'm')
  .sinkTo(new CollectSink('points'));
// a function that is called computes its whole result, so it must find what it reads
const grow = (a: Point, b: Point): Point => ({ x: a.x + b.x, nested: { y: a.nested.y } });
point
  .reduce(grow)
  .map(() => 'g')
  .sinkTo(new CollectSink('points'));
points
  .countWindowAll(2)
  .sum('x')
  .map(() => 's')
  .sinkTo(new CollectSink('points'));

await env.execute('unread-records');

// expected numbers: "r", "r", "r", "r", "m", "m", "m", "m", "w", "w", "s", "s", "i", "i", "i", "i"
// expected evicted: 3
// expected counted: 1, 1
// expected joined: "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j"
// expected points: "m", "m", "s", "g", "g"
