/** Small helpers of the program that are called with records: pasted, so that no record is made for the call. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runProgram } from './compile-program.js';

const program = (declarations: string, pipeline: string): string => `
  import { createEnvironment } from 'flinkc';
  import { CollectSink } from 'flinkc/collect';
  interface Point { readonly x: number; readonly y: number }
  interface Ride { readonly id: number; readonly start: Point; readonly end: Point | null; readonly note?: string }
  const env = createEnvironment();
  const rides = env.fromCollection<Ride>([
    { id: 1, start: { x: 1, y: 2 }, end: { x: 4, y: 6 } },
    { id: 2, start: { x: 5, y: 5 }, end: null, note: 'open' },
    { id: 3, start: { x: -1, y: 0 }, end: { x: -1, y: 0 } },
  ]);
  ${declarations}
  ${pipeline}.sinkTo(new CollectSink('out'));
  await env.execute('helpers');
`;
/** The one loop over the batch. */
const loopOf = (code: string): string => /for \(; i < length[^]*?\n {8}\}/.exec(code)![0];

test('a helper called with the record makes no record', async () => {
  const { out, code } = await runProgram(
    program(
      'const isRight = (ride: Ride): boolean => ride.start.x >= 0 && ride.start.y < 5;',
      'rides.filter(r => r.id > 0 && isRight(r)).map(r => r.id)',
    ),
  );
  assert.equal(out, [1]);
  assert.not.match(loopOf(code), 'isRight(');
  assert.not.match(loopOf(code), /\{ .*x.* \}/);
});

test('helpers of helpers, called with parts of the record', async () => {
  const { out, code } = await runProgram(
    program(
      `const square = (n: number) => n * n;
       const length = (p: Point) => Math.sqrt(p.x * p.x + p.y * p.y);
       const isLonger = (p: Point, r: Ride) => length(p) > r.id + square(0);`,
      'rides.map(r => isLonger(r.start, r) || length(r.start) === 1)',
    ),
  );
  assert.equal(out, [true, true, true]);
  assert.not.match(loopOf(code), 'length(');
});

test('names of helpers and callers do not meet', async () => {
  const { out } = await runProgram(
    program(
      `const x = 100;
       const sum = (r: Point) => r.x + r.y;
       const shifted = (p: Point) => p.x + x;`,
      'rides.map(r => { const p = sum(r.start); const y = shifted(r.start); return p * 1000 + y; })',
    ),
  );
  assert.equal(out, [3101, 10105, -1000 + 99]);
});

test('what a helper tests is tested where it is pasted', async () => {
  const { out } = await runProgram(
    program(
      'const endX = (ride: Ride) => ride.end?.x ?? (ride.note ? ride.note.length : 0);',
      'rides.map(r => endX(r))',
    ),
  );
  assert.equal(out, [4, 4, -1]);
});

test('helpers that call themselves or have defaults stay functions', async () => {
  const { out } = await runProgram(
    program(
      `const depth = (r: Ride, n: number): number => (n > r.id ? 0 : 1 + depth(r, n + 1));
       const twice = <T extends { id: number }>(r: T, n = 2): number => r.id * n;`,
      'rides.map(r => depth(r, 1) * 10 + twice(r))',
    ),
  );
  assert.equal(out, [12, 24, 36]);
});

test.run();
