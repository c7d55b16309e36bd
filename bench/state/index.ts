import { atLeast, type Benchmark, type Row } from '../measure/benchmark.js';
import {
  contest,
  figure,
  rate,
  ratio,
  type Contestant,
  type Measurement,
  type Standing,
} from '../measure/contest.js';
import { isolated } from '../measure/isolated.js';
import { artifactOf, runJob } from '../measure/job.js';
import type { Outcome } from './contestants.js';

const contestants = new URL('contestants.ts', import.meta.url);

/** Contestants time themselves: their keys are drawn before. */
function contestant(name: string, run: string, kind: 'numbers' | 'strings', updates: number): Contestant {
  return {
    name,
    async run(): Promise<Measurement> {
      const { digest } = await isolated(contestants, run, kind, updates);
      const { seconds, total } = digest as Outcome;
      return { seconds, cpuSeconds: seconds, digest: total };
    },
  };
}

/** Slots wait for the thread of their store, so it is the clock that counts. */
async function onDisk(batches: number, rounds: number): Promise<Row> {
  const { BATCH, barePackage, keyedState: keyedOnDisk } = await import('./rocksdb.js');
  const updates = batches * BATCH;
  const contestant = (name: string, run: typeof barePackage): Contestant => ({
    name,
    async run() {
      const { total, ...times } = await run(200_000, updates);
      return { ...times, digest: total };
    },
  });
  const [bare, disk] = await contest(
    [contestant('bare package', barePackage), contestant('rocksdb backend', keyedOnDisk)],
    rounds,
  );
  const share = ratio(bare!, disk!, 'seconds');
  const ofCpu = ratio(bare!, disk!, 'cpuSeconds');
  return {
    what: 'rocksdb: read, change, write, of the bare package’s rate',
    value: share.median,
    unit: '×',
    spread: [share.low, share.high],
    target: atLeast(0.7, 0.2),
    note: `${rate(updates / 1e3, disk!.seconds).median.toFixed(0)} k/s, uniform keys, by the clock; by CPU time ${ofCpu.median.toFixed(2)}`,
  };
}

export const keyedState: Benchmark = {
  name: 'state',
  about: 'a count per key of 100,000, CPU time',
  async run({ quick }) {
    const updates = quick ? 500_000 : 4_000_000;
    const rounds = quick ? 1 : 7;
    const rows: Row[] = [];
    const speed = (standing: Standing): ReturnType<typeof rate> => rate(updates / 1e6, standing.seconds);
    const styles = (kind: 'numbers' | 'strings'): Contestant[] => [
      contestant('Map', 'map', kind, updates),
      contestant('ValueState', 'valueState', kind, updates),
      contestant('reduce', 'builtInReduce', kind, updates),
    ];
    const numbers = await contest(styles('numbers'), rounds);
    for (const standing of numbers) {
      const { median, low, high } = speed(standing);
      rows.push({
        what: `${standing.name}, integer keys`,
        value: median,
        unit: 'M/s',
        spread: [low, high],
        ...(standing.name === 'Map' ? {} : { target: atLeast(15, 4) }),
      });
    }
    const [map, ...states] = await contest(styles('strings'), rounds);
    for (const state of states) {
      const times = figure(state.runs.map((run, i) => map!.runs[i]!.seconds / run.seconds));
      rows.push({
        what: `${state.name}, string keys, faster than Map`,
        value: times.median,
        unit: '×',
        spread: [times.low, times.high],
        target: atLeast(1, 0.35),
        note: `${speed(state).median.toFixed(1)} M/s, Map ${speed(map!).median.toFixed(1)}`,
      });
    }
    rows.push(await onDisk(quick ? 100 : 400, quick ? 3 : 7));
    const artifact = await artifactOf(new URL('program.ts', import.meta.url));
    const [job] = await contest([{ name: 'job', run: () => runJob(artifact) }], quick ? 1 : 5);
    const wholeJob = rate(10, job!.cpuSeconds);
    rows.push({
      what: 'whole job with ValueState',
      value: wholeJob.median,
      unit: 'M/s',
      spread: [wholeJob.low, wholeJob.high],
      note: 'source, keyed exchange, KeyedProcessFunction and sink',
    });
    return rows;
  },
};
