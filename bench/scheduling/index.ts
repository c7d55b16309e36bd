/** Placing the subtasks of large jobs, without the slots that would run them; and placing them again after a failure. */
import { atMost, type Benchmark } from '../measure/benchmark.js';
import { figure } from '../measure/contest.js';
import { isolated } from '../measure/isolated.js';
import type { Placed } from './large-jobs.js';
import { recoveryRow } from './recovery.js';

const largeJobs = new URL('large-jobs.ts', import.meta.url);

async function place(parallelism: number): Promise<Placed & { readonly seconds: number }> {
  const { digest, cpuSeconds } = await isolated(largeJobs, 'place', parallelism);
  const placed = digest as Placed;
  // both ends of an all-to-all exchange name every channel; a deployment holds those of its own subtasks
  if (placed.channelsOfSlot !== 2 * parallelism)
    throw new Error(`${placed.channelsOfSlot} channels of a slot`);
  return { ...placed, seconds: cpuSeconds };
}

export const scheduling: Benchmark = {
  name: 'scheduling',
  about: 'source → keyBy → sink: graph, slots, regions and deployments, CPU time and heap; recovery',
  async run({ quick }) {
    const rounds = quick ? 1 : 5;
    const thousand: number[] = [];
    const growth: number[] = [];
    let largest = 0;
    for (let round = 0; round < rounds; round++) {
      thousand.push((await place(500)).seconds * 1e3);
      const half = await place(5_000);
      const whole = await place(10_000);
      growth.push(whole.heapBytes / half.heapBytes);
      largest = whole.heapBytes;
    }
    const time = figure(thousand);
    const memory = figure(growth);
    return [
      {
        what: '1,000 subtasks placed and deployed',
        value: time.median,
        unit: 'ms',
        spread: [time.low, time.high],
        target: atMost(2000, 6000),
        note: '500 × 500, all to all, every deployment made',
      },
      {
        what: 'heap of 10,000 × 10,000 against 5,000 × 5,000',
        value: memory.median,
        unit: '×',
        spread: [memory.low, memory.high],
        target: atMost(2.2, 3),
        note: `all to all; ${(largest / 2 ** 20).toFixed(1)} MB`,
      },
      await recoveryRow(quick ? 1 : 5),
    ];
  },
};
