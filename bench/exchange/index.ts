import { Doorbell } from '../../runtime/exchange/doorbell.js';
import { allocateRing } from '../../runtime/exchange/ring.js';
import { atLeast, type Benchmark } from '../measure/benchmark.js';
import { contest, rate, type Figure, type Measurement, type Standing } from '../measure/contest.js';
import { isolated } from '../measure/isolated.js';
import type { Exchange } from './threads.js';
import { betweenProcesses } from './two-processes.js';

const threads = new URL('threads.ts', import.meta.url);

export const exchange: Benchmark = {
  name: 'exchange',
  about: 'keyed exchange between two threads and between two processes, bids with all seven fields',
  async run({ quick }) {
    const records = quick ? 1_000_000 : 4_000_000;
    // Long enough that what V8 takes to compile two threads' code, a tenth of a second, is little of it.
    const ringRecords = 4_000_000;
    const ring = async (kind: Pick<Exchange, 'ropes'>): Promise<Measurement> => {
      const ends: Exchange = {
        ring: allocateRing(8, 256 << 10),
        bells: [Doorbell.allocate(), Doorbell.allocate()],
        ready: new SharedArrayBuffer(4),
        records: ringRecords,
        ...kind,
      };
      const [, received] = await Promise.all([
        isolated(threads, 'send', ends),
        isolated(threads, 'receive', ends),
      ]);
      return received;
    };
    const rounds = quick ? 3 : 7;
    const [, decoded, ropes] = await contest(
      [
        { name: 'no exchange', run: () => isolated(threads, 'expected', ringRecords) },
        { name: 'ring in shared memory', run: () => ring({}) },
        { name: 'ring, texts in parts', run: () => ring({ ropes: true }) },
      ],
      rounds,
    );
    const [, wire] = await contest(
      [
        { name: 'no exchange', run: () => isolated(threads, 'expected', records) },
        { name: 'gRPC on loopback', run: () => betweenProcesses(records) },
      ],
      rounds,
    );
    // Both threads' time is counted and they share the work about evenly: with a core each it is half of that.
    const ofRing = ({ cpuSeconds, seconds }: Standing): { cpu: Figure; clock: Figure } => ({
      cpu: rate((2 * ringRecords) / 1e6, cpuSeconds),
      clock: rate(ringRecords / 1e6, seconds),
    });
    const whole = ofRing(decoded!);
    const inParts = ofRing(ropes!);
    const remote = rate(records / 1e6, wire!.cpuSeconds);
    const remoteClock = rate(records / 1e6, wire!.seconds);
    return [
      {
        what: 'keyed exchange between two threads',
        value: whole.cpu.median,
        unit: 'M/s',
        spread: [whole.cpu.low, whole.cpu.high],
        target: atLeast(5, 1),
        note: `texts as sources decode them; by CPU time of both threads, a core each; by the clock ${whole.clock.median.toFixed(1)}`,
      },
      {
        what: 'keyed exchange, texts in parts',
        value: inParts.cpu.median,
        unit: 'M/s',
        spread: [inParts.cpu.low, inParts.cpu.high],
        note: `texts are concatenations that nobody has read; by the clock ${inParts.clock.median.toFixed(1)}`,
      },
      {
        what: 'keyed exchange between two processes',
        value: remote.median,
        unit: 'M/s',
        spread: [remote.low, remote.high],
        target: atLeast(1, 0.3),
        note: `one channel, by CPU time of the busier process, a core each; by the clock ${remoteClock.median.toFixed(1)}`,
      },
    ];
  },
};
