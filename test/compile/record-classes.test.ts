/** Records that are instances of classes: getters and methods find their fields wherever the record comes from. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runProgram } from './compile-program.js';

const program = (pipeline: string): string => `
  import { createEnvironment } from 'flinkc';
  import { CollectSink } from 'flinkc/collect';
  export class Point {
    constructor(readonly x: number, readonly y: number) {}
    get norm(): number { return Math.hypot(this.x, this.y); }
    twice(): number { return 2 * this.norm; }
  }
  const longOf = (p: Point): number => { let sum = 0; for (let i = 0; i < 2; i++) sum += p.norm; return sum; };
  const env = createEnvironment();
  const given = env.fromCollection<Point>([new Point(3, 4)]);
  ${pipeline}
  await env.execute('classes');
`;
const cases: readonly (readonly [pipeline: string, expected: number])[] = [
  ['given.map(p => p.norm)', 5],
  ['given.rebalance().map(p => p.norm)', 5],
  ['given.keyBy(p => p.x).map(p => p.norm + p.x)', 8],
  ['given.filter(p => p.norm > 1).map(p => p.x)', 3],
  ['given.rebalance().map(p => ({ p })).rebalance().map(({ p }) => p.norm)', 5],
  ['given.rebalance().map(longOf)', 10],
  ['given.rebalance().map(p => p.twice())', 10],
];
for (const [pipeline, expected] of cases)
  test(pipeline, async () => {
    const { out } = await runProgram(program(`${pipeline}.sinkTo(new CollectSink('out'));`));
    assert.equal(out, [expected]);
  });

test.run();
