import { atMost, type Benchmark, type Row } from '../measure/benchmark.js';
import { contest, rate, ratio, type Contestant, type Standing } from '../measure/contest.js';
import { isolated } from '../measure/isolated.js';
import { artifactOf, runJob } from '../measure/job.js';
import { withChain } from './chain.js';

const records = 100_000_000;
const styles = new URL('contestants.ts', import.meta.url);

export const pipeline: Benchmark = {
  name: 'pipeline',
  about: 'source object → filter → map → map → filter → count, CPU time',
  async run({ quick }) {
    const artifact = await artifactOf(new URL('program.ts', import.meta.url));
    const [byHand, flinkc] = await contest(
      [
        { name: 'by hand', run: () => isolated(styles, 'byHand', records) },
        { name: 'flinkc', run: () => runJob(artifact) },
      ],
      quick ? 1 : 5,
    );
    const speed = (standing: Standing): number => rate(records / 1e6, standing.cpuSeconds).median;
    const times = ratio(flinkc!, byHand!);
    const rows: Row[] = [
      {
        what: 'flinkc against the loop by hand',
        value: times.median,
        unit: '×',
        spread: [times.low, times.high],
        target: atMost(1.3, 4),
        note: `${speed(flinkc!).toFixed(0)} M records/s, by hand ${speed(byHand!).toFixed(0)}`,
      },
    ];
    return [...rows, ...(await otherStyles(quick, speed(byHand!), speed(flinkc!))), ...(await chains(quick))];
  },
};

/** They are far slower, so they get fewer records. */
async function otherStyles(quick: boolean, byHand: number, flinkc: number): Promise<readonly Row[]> {
  const fewer = quick ? 100_000 : 1_000_000;
  const style = (name: string, run: string): Contestant => ({
    name,
    run: () => isolated(styles, run, fewer),
  });
  const standings = await contest(
    [
      style('operator objects', 'operatorObjects'),
      style('RxJS', 'rxjs'),
      style('Node object streams', 'nodeStreams'),
      style('async iterators', 'asyncIterators'),
    ],
    quick ? 1 : 3,
  );
  return standings.map(standing => {
    const speed = rate(fewer / 1e6, standing.cpuSeconds);
    return {
      what: standing.name,
      value: speed.median,
      unit: 'M/s',
      spread: [speed.low, speed.high],
      note: `${(byHand / speed.median).toFixed(0)}× slower than the loop, ${(flinkc / speed.median).toFixed(0)}× slower than flinkc`,
    };
  });
}

/** Time of a map must not jump with the length of the chain. */
async function chains(quick: boolean): Promise<readonly Row[]> {
  const length = quick ? 1_000_000 : 4_000_000;
  const rows: Row[] = [];
  const perMap: number[] = [];
  for (const maps of quick ? [4, 32] : [1, 2, 4, 8, 16, 32]) {
    const [standing] = await withChain(maps, length, async file => {
      const artifact = await artifactOf(file);
      return contest([{ name: `${maps} maps`, run: () => runJob(artifact) }], 3);
    });
    const calls = rate((maps * length) / 1e6, standing!.cpuSeconds);
    perMap.push(calls.median);
    rows.push({
      what: `chain of ${maps} map${maps === 1 ? '' : 's'} over 8 fields`,
      value: calls.median,
      unit: 'M/s',
      spread: [calls.low, calls.high],
      note: 'map calls',
    });
  }
  rows.push({
    what: 'longest chain against the best one, per map',
    value: Math.max(...perMap) / perMap.at(-1)!,
    unit: '×',
    target: atMost(2, 6),
    note: 'a cliff would be 20× and more',
  });
  return rows;
}
