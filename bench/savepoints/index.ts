/** Savepoints of much state, and jobs that start from them, on the backend that wrote them and on the other one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobHandle } from '../../runtime/embedded/index.js';
import { atLeast, type Benchmark, type Row } from '../measure/benchmark.js';
import { artifactOf, startJob } from '../measure/job.js';

interface Seen {
  readonly key: number;
  readonly count: number;
}
type Backend = 'hashmap' | 'rocksdb';

/** Seconds of CPU time of all threads and of the clock. */
interface Cost {
  readonly cpu: number;
  readonly clock: number;
}
class Stopwatch {
  readonly #cpu = process.cpuUsage();
  readonly #start = performance.now();
  get cost(): Cost {
    const { user, system } = process.cpuUsage(this.#cpu);
    return { cpu: (user + system) / 1e6, clock: (performance.now() - this.#start) / 1e3 };
  }
}

/** A job of held-state.ts on one slot. */
async function hold(artifact: string, backend: Backend, directory: string, restore?: string) {
  const seen: Seen[] = [];
  let heard: (() => void) | null = null;
  const job = await startJob({
    artifactDir: artifact,
    parallelism: 1,
    restore,
    configuration: {
      'state.backend.type': backend,
      'execution.checkpointing.savepoint-dir': directory,
      'pipeline.max-parallelism': '128',
    },
    onRecords: (_, records) => {
      seen.push(...(records as readonly Seen[]));
      heard?.();
    },
  });
  return {
    job,
    /** Resolves with the first record that matches. */
    async sees(matches: (seen: Seen) => boolean): Promise<Seen> {
      for (;;) {
        const found = seen.find(matches);
        if (found) return found;
        const more = new Promise<void>(resolve => (heard = resolve));
        const ended = await Promise.race([more, job.result]);
        if (ended) throw new Error('the job ended early');
      }
    },
  };
}

/** The source that filled the state ends at about this time, and a savepoint that meets its end is not taken. */
async function stop(job: JobHandle): Promise<{ readonly location: string; readonly savepoint: Cost }> {
  for (let attempt = 0; ; attempt++) {
    const watch = new Stopwatch();
    try {
      const { location } = await job.stopWithSavepoint(null, false);
      return { location, savepoint: watch.cost };
    } catch (error) {
      if (attempt === 20) throw error;
      await delay(50);
    }
  }
}

/** One savepoint and one restore; the restored job must know every key that it is asked for. */
async function journey(artifact: string, entries: number, from: Backend, to: Backend) {
  const directory = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  try {
    const first = await hold(artifact, from, directory);
    await first.sees(({ key, count }) => key === -1 && count === entries);
    const { location, savepoint } = await stop(first.job);
    await first.job.result;

    const reading = new Stopwatch();
    const second = await hold(artifact, to, directory, location);
    const { key, count } = await second.sees(({ key }) => key !== -1);
    const restore = reading.cost;
    if (count < 2) throw new Error(`${from} → ${to}: key ${key} was not restored`);
    await second.job.cancel();
    await second.job.result.catch(() => {});
    return { savepoint, restore, peakBytes: process.resourceUsage().maxRSS * 1024 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const savepoints: Benchmark = {
  name: 'savepoints',
  about: 'a stop with savepoint and a start from it, one slot, an entry per key, CPU time of all threads',
  async run({ quick }) {
    const rows: Row[] = [];
    const pairs: readonly (readonly [Backend, Backend, number])[] = [
      ['hashmap', 'hashmap', quick ? 500_000 : 2_000_000],
      ['rocksdb', 'rocksdb', quick ? 100_000 : 1_000_000],
      ['hashmap', 'rocksdb', quick ? 100_000 : 5_000_000],
      ['rocksdb', 'hashmap', quick ? 100_000 : 5_000_000],
    ];
    for (const [from, to, entries] of pairs) {
      const artifact = await artifactOf(new URL('held-state.ts', import.meta.url), { keys: String(entries) });
      const { savepoint, restore, peakBytes } = await journey(artifact, entries, from, to);
      const speed = ({ cpu }: Cost): number => entries / cpu / 1e3;
      const clock = ({ clock: seconds }: Cost): string =>
        `by the clock ${Math.round(entries / seconds / 1e3)}`;
      if (from === to)
        rows.push({
          what: `savepoint of ${from}`,
          value: speed(savepoint),
          unit: 'k/s',
          target: atLeast(500, 50),
          note: clock(savepoint),
        });
      rows.push({
        what: from === to ? `restore on ${to}` : `restore of ${from} on ${to}`,
        value: speed(restore),
        unit: 'k/s',
        target: atLeast(500, 50),
        note: `${clock(restore)}; ${entries / 1e6} M entries, at most ${Math.round(peakBytes / 2 ** 20)} MB of memory in this run`,
      });
    }
    return rows;
  },
};
