// 400 records; one of them, when a parameter says so, keeps its thread busy for a while.
import { createEnvironment, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { HeldNumbers } from './held-numbers.js';

const env = createEnvironment();
const stallMs = env.param('stallMs', 0);

function stall(value: number): number {
  if (value === 200 && stallMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
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
