/** Savepoints of much state, and jobs that start from them, on the backend that wrote them and on the other one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalFileSystem } from '../../plugins/filesystem/local-file-system.js';
import { ByteReader } from '../../runtime/contract/bytes.js';
import type { JobHandle } from '../../runtime/embedded/index.js';
import { Savepoint } from '../../runtime/state/inspect/savepoint.js';
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
      if (attempt === 600) throw error;
      await delay(50);
    }
  }
}

/** What the savepoint holds: an entry per key, and the changes that it has seen. */
async function changesIn(location: string, entries: number): Promise<number> {
  let keys = 0;
  let sumOfKeys = 0;
  let sumOfCounts = 0;
  const savepoint = await Savepoint.open(location, new LocalFileSystem());
  for await (const { reader } of savepoint.files())
    for (const [section, { name }] of reader.sections.entries()) {
      if (name !== 'count') continue;
      for await (const block of reader.blocks(section))
        for (const from = new ByteReader(block.entries); from.remaining > 0; keys++) {
          sumOfKeys += from.f64();
          sumOfCounts += from.f64();
        }
    }
  if (keys !== entries || sumOfKeys !== (entries * (entries - 1)) / 2)
    throw new Error(`${location} has ${keys} keys, ${entries} are expected`);
  return sumOfCounts - keys;
}

interface Stage {
  readonly from: Backend;
  readonly to: Backend;
  readonly savepoint: Cost;
  readonly restore: Cost;
}

/** From backend to backend by savepoints; every savepoint must hold every key and every change of those before it. */
async function journey(artifact: string, entries: number, backends: readonly Backend[]) {
  const directory = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  const stages: Stage[] = [];
  try {
    let held = await hold(artifact, backends[0]!, directory);
    await held.sees(({ key, count }) => key === -1 && count === entries);
    let changes = 0;
    for (const [i, to] of backends.slice(1).entries()) {
      const { location, savepoint } = await stop(held.job);
      await held.job.result;
      const changesNow = await changesIn(location, entries);
      if (changesNow < changes)
        throw new Error(`${location} has ${changesNow} changes, there were ${changes}`);
      changes = changesNow;

      const reading = new Stopwatch();
      held = await hold(artifact, to, directory, location);
      await held.sees(({ key }) => key !== -1);
      stages.push({ from: backends[i]!, to, savepoint, restore: reading.cost });
    }
    if (changes === 0 && stages.length > 1) throw new Error('the restored jobs changed nothing');
    await held.job.cancel();
    await held.job.result.catch(() => {});
    return { stages, peakBytes: process.resourceUsage().maxRSS * 1024 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const savepoints: Benchmark = {
  name: 'savepoints',
  about: 'a stop with savepoint and a start from it, one slot, an entry per key, CPU time of all threads',
  async run({ quick }) {
    const rows: Row[] = [];
    const journeys: readonly (readonly [readonly Backend[], number])[] = [
      [['hashmap', 'hashmap'], quick ? 500_000 : 2_000_000],
      [['hashmap', 'rocksdb', 'rocksdb', 'hashmap'], quick ? 800_000 : 5_000_000],
    ];
    const clock = (entries: number, { clock }: Cost): string =>
      `by the clock ${Math.round(entries / clock / 1e3)}`;
    for (const [backends, entries] of journeys) {
      const artifact = await artifactOf(new URL('held-state.ts', import.meta.url), { keys: String(entries) });
      const { stages, peakBytes } = await journey(artifact, entries, backends);
      const speed = ({ cpu }: Cost): number => entries / cpu / 1e3;
      for (const { from, to, savepoint, restore } of stages) {
        if (from === to)
          rows.push({
            what: `savepoint of ${from}`,
            value: speed(savepoint),
            unit: 'k/s',
            target: atLeast(500, 50),
            note: clock(entries, savepoint),
          });
        rows.push({
          what: from === to ? `restore on ${to}` : `restore of ${from} on ${to}`,
          value: speed(restore),
          unit: 'k/s',
          target: atLeast(500, 50),
          note: `${clock(entries, restore)}; ${entries / 1e6} M entries, at most ${Math.round(peakBytes / 2 ** 20)} MB of memory in this run`,
        });
      }
    }
    return rows;
  },
};
