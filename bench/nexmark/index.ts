import { atLeast, atMost, type Benchmark, type Row } from '../measure/benchmark.js';
import { contest, figure, rate, ratio, type Contestant } from '../measure/contest.js';
import { isolated } from '../measure/isolated.js';
import { artifactOf, runJob, type JobOptions } from '../measure/job.js';

interface Query {
  /** what a quick run may take against the miniature: three times what it takes */
  readonly limit: number;
  /**
   * Millions of events of a run in full size: by hand it takes more than a second. V8 compiles a job's loops for some
   * 200 ms while it runs; figures of shorter runs would be figures of that.
   */
  readonly millions: number;
}
const queries: Readonly<Record<string, Query>> = {
  q0: { limit: 5, millions: 20 },
  q1: { limit: 5, millions: 20 },
  q2: { limit: 15, millions: 100 },
  q5: { limit: 15, millions: 100 },
  q7: { limit: 15, millions: 100 },
  q8: { limit: 15, millions: 100 },
  q11: { limit: 18, millions: 100 },
  q12: { limit: 15, millions: 100 },
};
const eventsPerSecond = 100_000;

/** Windows of processing time end when they end, the job before: what is compared is how many bids it has read. */
const bidsOfQ12: Pick<JobOptions, 'digest'> = {
  digest: ({ metrics }) => ({
    count: 0,
    sum: metrics
      .filter(({ task }) => task === 0)
      .reduce((sum, { values }) => sum + (Number(values['numRecordsIn']) * 46) / 50, 0),
  }),
};

export const nexmark: Benchmark = {
  name: 'nexmark',
  about: 'DataStream programs against the same query written by hand; generator included, CPU time',
  async run({ quick }) {
    const rows: Row[] = [];
    for (const [query, { limit, millions }] of Object.entries(queries)) {
      const events = (quick ? 2 : millions) * 1e6;
      const artifact = await artifactOf(new URL(`${query}.ts`, import.meta.url));
      const flinkc = (name: string, parallelism: number): Contestant => ({
        name,
        run: () =>
          runJob(artifact, {
            parallelism,
            params: { events: String(events), rate: String(eventsPerSecond) },
            ...(query === 'q12' ? bidsOfQ12 : {}),
          }),
      });
      const [byHand, one, two] = await contest(
        [
          {
            name: 'by hand',
            run: () =>
              isolated(new URL('miniature.ts', import.meta.url), 'run', query, events, eventsPerSecond),
          },
          flinkc('one slot', 1),
          flinkc('two slots', 2),
        ],
        quick ? 1 : 3,
      );
      const times = ratio(one!, byHand!);
      const speed = rate(events / 1e6, one!.cpuSeconds);
      const wall = figure(one!.runs.map((run, i) => run.seconds / two!.runs[i]!.seconds));
      // What two undisturbed cores would give when all work is shared: twice the speed, less what sharing costs.
      const cpu = figure(one!.runs.map((run, i) => (2 * run.cpuSeconds) / two!.runs[i]!.cpuSeconds));
      rows.push(
        {
          what: `${query}, time against by hand`,
          value: times.median,
          unit: '×',
          spread: [times.low, times.high],
          target: atMost(1.5, limit),
          note: `${speed.median.toFixed(1)} M events/s per core, by hand ${(events / 1e6 / byHand!.cpuSeconds.median).toFixed(1)}`,
        },
        {
          what: `${query}, speed of two slots against one`,
          value: cpu.median,
          unit: '×',
          spread: [cpu.low, cpu.high],
          target: atLeast(1.7, 0.5),
          note: `by CPU time; by the clock ${wall.median.toFixed(2)} [${wall.low.toFixed(2)}–${wall.high.toFixed(2)}]`,
        },
      );
    }
    return rows;
  },
};
