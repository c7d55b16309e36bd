// 400 records; one of them, when a parameter names a file, keeps its thread busy until that file exists.
import { existsSync } from 'node:fs';
import { createEnvironment, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { HeldNumbers } from './held-numbers.js';

const env = createEnvironment();
const stallUntil = env.param('stallUntil', '');

function stall(value: number): number {
  const stalls = value === 200 && stallUntil !== '';
  // flinkc-ignore FC3006 the thread is to stand still
  while (stalls && !existsSync(stallUntil)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  return value;
}

env
  .fromSource(
    new HeldNumbers(400, 1_000, env.param('release', '')),
    WatermarkStrategy.noWatermarks<number>(),
    'numbers',
  )
  .map(stall)
  .sinkTo(new CollectSink('numbers'));

await env.execute('stalling');
