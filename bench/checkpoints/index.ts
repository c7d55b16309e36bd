/** What checkpoints cost the job that takes them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, type Benchmark, type Row, type Target } from '../measure/benchmark.js';
import { contest, ratio, rate, type Contestant } from '../measure/contest.js';
import { changelogRow } from './changelog.js';
import { artifactOf, runJob } from '../measure/job.js';

const million = 1_000_000;

/** The cost is CPU time of all threads, also of those that only write: at most that much throughput is lost. */
export const checkpoints: Benchmark = {
  name: 'checkpoints',
  about: 'a count per key of 1 M keys, with a checkpoint every second against without, CPU time',
  async run({ quick }) {
    return [
      // A quick run has two checkpoints: one that falls into the start or the end of the job counts twice.
      ...(await cost('hashmap', quick ? 15 * million : 120 * million, quick ? 3 : 5, atMost(1.05, 4))),
      ...(quick
        ? // Fewer keys, and less memory for them: what the memory has room for would not be written without checkpoints.
          await cost('rocksdb', million, 1, atMost(1.1, 3), million / 5, {
            'state.backend.rocksdb.memory.fixed-per-slot': '16 mb',
          })
        : await cost('rocksdb', 10 * million, 3, atMost(1.1, 3))),
      await changelogRow('hashmap', million, quick ? 5 : 15),
      await changelogRow('rocksdb', quick ? million / 5 : million, quick ? 5 : 15),
    ];
  },
};

async function cost(
  backend: string,
  records: number,
  rounds: number,
  target: Target,
  keys = million,
  configuration: Readonly<Record<string, string>> = {},
): Promise<readonly Row[]> {
  const artifact = await artifactOf(new URL('counting.ts', import.meta.url), {
    records: String(records),
    keys: String(keys),
  });
  const directory = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  const taken: number[] = [];
  let checkpoints = 0;
  const options = { 'state.backend.type': backend, 'pipeline.max-parallelism': '128', ...configuration };
  const contestants: Contestant[] = [
    { name: 'without', run: () => runJob(artifact, { configuration: options }) },
    {
      name: 'with',
      async run() {
        let complete = 0;
        const measurement = await runJob(artifact, {
          configuration: {
            ...options,
            'execution.checkpointing.interval': '1 s',
            'execution.checkpointing.dir': directory,
          },
          onLog: ({ message }) => void (/^checkpoint \d+ is complete/.test(message) && complete++),
        });
        if (complete === 0) throw new Error(`${backend}: no checkpoint was taken`);
        taken.push(complete / measurement.seconds);
        checkpoints += complete;
        return measurement;
      },
    },
  ];
  try {
    const [without, withThem] = await contest(contestants, rounds);
    const { median, low, high } = ratio(withThem!, without!);
    const clock = ratio(withThem!, without!, 'seconds').median;
    const speed = rate(records / million, without!.cpuSeconds).median;
    const extra = withThem!.runs.reduce(
      (sum, run, i) => sum + run.cpuSeconds - without!.runs[i]!.cpuSeconds,
      0,
    );
    const each = Math.round((extra / checkpoints) * 1e3);
    const perSecond = taken.toSorted((a, b) => a - b)[taken.length >> 1]!;
    return [
      {
        what: `${backend}, time with checkpoints against without`,
        value: median,
        unit: '×',
        spread: [low, high],
        target,
        note: `by the clock ${clock.toFixed(2)}; ${perSecond.toFixed(1)} checkpoints/s, ${each} ms of CPU time each; without ${speed.toFixed(1)} M records/s`,
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
