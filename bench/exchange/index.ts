import { Doorbell } from '../../runtime/exchange/doorbell.js';
import { allocateRing } from '../../runtime/exchange/ring.js';
import { atLeast, type Benchmark } from '../measure/benchmark.js';
import { contest, rate } from '../measure/contest.js';
import { isolated } from '../measure/isolated.js';
import type { Exchange } from './threads.js';
import { betweenProcesses } from './two-processes.js';

const threads = new URL('threads.ts', import.meta.url);

export const exchange: Benchmark = {
  name: 'exchange',
  about: 'keyed exchange between two threads and between two processes, bids with all seven fields',
  async run({ quick }) {
    const records = quick ? 1_000_000 : 4_000_000;
    const [, ring, wire] = await contest(
      [
        { name: 'no exchange', run: () => isolated(threads, 'expected', records) },
        {
          name: 'ring in shared memory',
          async run() {
            const ends: Exchange = {
              ring: allocateRing(8, 256 << 10),
              bells: [Doorbell.allocate(), Doorbell.allocate()],
              ready: new SharedArrayBuffer(4),
              records,
            };
            const [, received] = await Promise.all([
              isolated(threads, 'send', ends),
              isolated(threads, 'receive', ends),
            ]);
            return received;
          },
        },
        { name: 'gRPC on loopback', run: () => betweenProcesses(records) },
      ],
      quick ? 3 : 7,
    );
    // Both threads' time is counted and they share the work about evenly: with a core each it is half of that.
    const speed = rate((2 * records) / 1e6, ring!.cpuSeconds);
    const clock = rate(records / 1e6, ring!.seconds);
    const remote = rate(records / 1e6, wire!.cpuSeconds);
    const remoteClock = rate(records / 1e6, wire!.seconds);
    return [
      {
        what: 'records a second',
        value: speed.median,
        unit: 'M/s',
        spread: [speed.low, speed.high],
        target: atLeast(5, 1),
        note: `by CPU time of both threads, a core each; by the clock ${clock.median.toFixed(1)}`,
      },
      {
        what: 'between processes',
        value: remote.median,
        unit: 'M/s',
        spread: [remote.low, remote.high],
        target: atLeast(1, 0.3),
        note: `one channel, by CPU time of the busier process, a core each; by the clock ${remoteClock.median.toFixed(1)}`,
      },
    ];
  },
};
