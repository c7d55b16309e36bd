import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JobProgress } from '../../runtime/embedded/index.js';
import { numbersJob, withJob } from './job.js';

// Rows that may be between source and sink per channel: credits in flight, the open batch, one polled batch.
const rowsPerChannel = 1024 * (32 + 4);
/** Minutes, if nothing holds the source back. */
const mostSamples = 5_000;

interface Sample {
  readonly source: number;
  readonly sinks: readonly number[];
}

/**
 * By how many rows at least the source was ahead. Slots tell their figures one after the other: with those of a source go
 * those that every sink has told later.
 */
function aheadAtLeast(samples: readonly Sample[]): readonly number[] {
  return samples.flatMap(({ source, sinks }, i) => {
    const later = samples.slice(i + 1).find(next => next.sinks.every((count, k) => count > (sinks[k] ?? 0)));
    return later ? [source - later.sinks.reduce((a, b) => a + b, 0)] : [];
  });
}

for (const parallelism of [1, 2])
  test(`a slow sink stops a fast source, which is at most the credits ahead; parallelism ${parallelism}`, async () => {
    const samples: Sample[] = [];
    let ahead = 0;
    let backPressured = false;
    let enough = (): void => {};
    const seen = new Promise<void>(resolve => {
      enough = resolve;
    });
    const onProgress = ({ tasks: [source, sink] }: JobProgress): void => {
      ahead = Math.max(ahead, source!.numRecordsIn - sink!.numRecordsIn);
      backPressured ||= source!.isBackPressured;
      samples.push({
        source: source!.numRecordsIn,
        sinks: sink!.subtasks.map(({ values }) => Number(values['numRecordsIn'])),
      });
      const seenAll = backPressured && ahead > 1024 && aheadAtLeast(samples).length >= 6;
      if (seenAll || samples.length > mostSamples) enough();
    };
    const options = {
      parallelism,
      params: { count: '1000000000', slowMs: '20' },
      configuration: { 'metrics.fetcher.update-interval': '30 ms' },
      onProgress,
    };
    await withJob(numbersJob, options, async () => seen);
    assert.ok(backPressured);
    assert.ok(ahead > 1024, `${ahead} rows ahead: the source did not run ahead at all`);
    const most = Math.max(...aheadAtLeast(samples));
    assert.ok(most <= rowsPerChannel * parallelism * parallelism, `${most} rows ahead`);
  });

test.run();
