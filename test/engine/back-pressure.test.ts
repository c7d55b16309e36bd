import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JobProgress } from '../../runtime/embedded/index.js';
import { numbersJob, withJob } from './job.js';

// Rows that may be between source and sink per channel: credits in flight, the open batch, one polled batch.
const rowsPerChannel = 1024 * (32 + 4);

for (const parallelism of [1, 2])
  test(`a slow sink stops a fast source, which is at most the credits ahead; parallelism ${parallelism}`, async () => {
    let ahead = 0;
    let backPressured = false;
    let samples = 0;
    let enough = (): void => {};
    const seen = new Promise<void>(resolve => {
      enough = resolve;
    });
    const onProgress = ({ tasks: [source, sink] }: JobProgress): void => {
      ahead = Math.max(ahead, source!.numRecordsIn - sink!.numRecordsIn);
      backPressured ||= source!.isBackPressured;
      if (++samples === 12) enough();
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
    assert.ok(ahead <= rowsPerChannel * parallelism * parallelism, `${ahead} rows ahead`);
  });

test.run();
