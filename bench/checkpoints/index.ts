/** What checkpoints cost the job that takes them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, type Benchmark, type Row, type Target } from '../measure/benchmark.js';
import {
  contest,
  figure,
  rate,
  ratio,
  type Contestant,
  type Figure,
  type Measurement,
  type Standing,
} from '../measure/contest.js';
import { changelogRow } from './changelog.js';
import { artifactOf, runJob } from '../measure/job.js';

const million = 1_000_000;

/**
 * What is lost is the time of the slot's thread, which is what records need, as long as another core takes the rest of a
 * checkpoint. Where none does, it is the time of all threads: so both are told.
 */
export const checkpoints: Benchmark = {
  name: 'checkpoints',
  about: 'a count per key of 1 M keys, with checkpoints against without, CPU time',
  async run({ quick }) {
    return [
      ...(await cost('hashmap', quick ? 20 * million : 120 * million, quick ? 3 : 5, atMost(1.05, 4), {
        intervalMs: quick ? 300 : 1000,
        slot: true,
      })),
      ...(quick
        ? // Fewer keys, and less memory for them: what the memory has room for would not be written without checkpoints.
          await cost('rocksdb', million, 1, atMost(1.1, 3), {
            keys: million / 5,
            configuration: { 'state.backend.rocksdb.memory.fixed-per-slot': '16 mb' },
          })
        : await cost('rocksdb', 10 * million, 3, atMost(1.1, 3))),
      await changelogRow('hashmap', million, quick ? 5 : 15),
      await changelogRow('rocksdb', quick ? million / 5 : million, quick ? 5 : 15),
    ];
  },
};

interface CostOptions {
  readonly keys?: number;
  readonly configuration?: Readonly<Record<string, string>>;
  /** a quick run takes more of them, because each is what is measured */
  readonly intervalMs?: number;
  /** the time of the slot's thread in a row of its own, which has the target then */
  readonly slot?: true;
}

async function cost(
  backend: string,
  records: number,
  rounds: number,
  target: Target,
  { keys = million, configuration = {}, intervalMs = 1000, slot }: CostOptions = {},
): Promise<readonly Row[]> {
  const artifact = await artifactOf(new URL('counting.ts', import.meta.url), {
    records: String(records),
    keys: String(keys),
  });
  const directory = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  const taken: number[] = [];
  const options = { 'state.backend.type': backend, 'pipeline.max-parallelism': '128', ...configuration };
  const contestants: Contestant[] = [
    { name: 'without', run: () => runJob(artifact, { configuration: options, threads: true }) },
    {
      name: 'with',
      async run() {
        let complete = 0;
        const measurement = await runJob(artifact, {
          configuration: {
            ...options,
            'execution.checkpointing.interval': `${intervalMs} ms`,
            'execution.checkpointing.dir': directory,
          },
          threads: true,
          onLog: ({ message }) => void (/^checkpoint \d+ is complete/.test(message) && complete++),
        });
        if (complete === 0) throw new Error(`${backend}: no checkpoint was taken`);
        taken.push(complete);
        return measurement;
      },
    },
  ];
  try {
    const [without, withThem] = (await contest(contestants, rounds)) as [Standing, Standing];
    const all = costOf(without, withThem, taken, ({ cpuSeconds }) => cpuSeconds);
    const clock = ratio(withThem, without, 'seconds').median;
    const speed = rate(records / million, without.cpuSeconds).median;
    const perSecond = figure(taken.map((count, i) => count / withThem.runs[i]!.seconds)).median;
    const note = `${speed.toFixed(1)} M records/s without; ${perSecond.toFixed(1)} checkpoints/s by the clock, which makes ${clock.toFixed(2)}`;
    const row = (what: string, { median, low, high }: Figure): Row => ({
      what: `${backend}, ${what} with a checkpoint a second against without`,
      value: 1 + median,
      unit: '×',
      spread: [1 + low, 1 + high],
      note: `${Math.round(median * 1e3)} ms for each`,
    });
    const ofAll = row('CPU time of all threads', all);
    const ofSlot =
      slot && without.runs[0]!.threadSeconds !== null
        ? row(
            'time of the slot’s thread',
            costOf(without, withThem, taken, ({ threadSeconds }) => threadSeconds!),
          )
        : null;
    if (!ofSlot) return [{ ...ofAll, target, note: `${ofAll.note}; ${note}` }];
    return [{ ...ofSlot, target, note: `${ofSlot.note}; ${note}` }, ofAll];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Seconds of a checkpoint; the median is that of all checkpoints of all rounds, which differ in how many they have. */
function costOf(
  without: Standing,
  withThem: Standing,
  taken: readonly number[],
  secondsOf: (run: Measurement) => number,
): Figure {
  const extra = withThem.runs.map((run, i) => secondsOf(run) - secondsOf(without.runs[i]!));
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const { low, high } = figure(extra.map((seconds, i) => seconds / taken[i]!));
  return { median: sum(extra) / sum(taken), low, high };
}
