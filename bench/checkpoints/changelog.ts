/** How long a checkpoint takes when little changed, in much state and in little, with a changelog. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { atMost, type Row } from '../measure/benchmark.js';
import { artifactOf, startJob } from '../measure/job.js';

type Backend = 'hashmap' | 'rocksdb';
const few = 10_000;

export async function changelogRow(backend: Backend, many: number, checkpoints: number): Promise<Row> {
  const inFew = await times(backend, few, true, checkpoints);
  const inMany = await times(backend, many, true, checkpoints);
  const without = await times(backend, many, false, checkpoints);
  const ms = (values: readonly number[]): string => `${median(values).toFixed(0)} ms`;
  return {
    what: `${backend} with changelog, a checkpoint of ${many} entries against one of ${few}`,
    value: median(inMany) / median(inFew),
    unit: '×',
    target: atMost(1.5, 6),
    note: `medians by the clock: ${ms(inMany)} against ${ms(inFew)}; ${ms(without)} without changelog`,
  };
}

/** Of checkpoints in a row, ms by the clock, from asking for one to its being complete. */
async function times(
  backend: Backend,
  entries: number,
  changelog: boolean,
  checkpoints: number,
): Promise<readonly number[]> {
  const artifact = await artifactOf(new URL('../savepoints/held-state.ts', import.meta.url), {
    keys: String(entries),
  });
  const directory = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  let filled = (): void => {};
  const isFilled = new Promise<void>(resolve => (filled = resolve));
  const job = await startJob({
    artifactDir: artifact,
    parallelism: 1,
    configuration: {
      'state.backend.type': backend,
      'state.changelog.enabled': String(changelog),
      'execution.checkpointing.dir': directory,
      'pipeline.max-parallelism': '128',
    },
    onRecords: (_, records) => {
      if ((records as readonly { readonly key: number }[]).some(({ key }) => key === -1)) filled();
    },
  });
  try {
    await Promise.race([isFilled, job.result]);
    // What filled the state is in the first one. Its source ends at about this time, and nothing is taken meanwhile.
    for (let attempt = 0; ; attempt++) {
      const taken = await job.triggerCheckpoint().then(
        () => true,
        (error: unknown) => {
          if (attempt === 600) throw error;
          return false;
        },
      );
      if (taken) break;
      await delay(50);
    }
    const measured: number[] = [];
    for (let i = 0; i < checkpoints; i++) {
      await delay(200); // some changes
      const start = performance.now();
      await job.triggerCheckpoint();
      measured.push(performance.now() - start);
    }
    return measured;
  } finally {
    await job.cancel();
    await job.result.catch(() => {});
    rmSync(directory, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
