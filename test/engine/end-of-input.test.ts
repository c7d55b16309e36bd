import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import type { TestJob } from './artifact.js';
import { numbersJob, withJob } from './job.js';
import { numberLayout } from './modules/layouts.js';
import type { SinkReport } from './modules/number-sink.js';

const count = 50_000;
const total = (count * (count - 1)) / 2;

for (const parallelism of [1, 2, 4])
  test(`§13.1 §13.2 end of input: MAX watermark, endInput, finish, flush(true), close; parallelism ${parallelism}`, async () => {
    const result = await withJob(
      numbersJob,
      { parallelism, params: { count: String(count) } },
      job => job.result,
    );
    const reports = result.collected['report'] as SinkReport[];
    assert.is(result.state, 'FINISHED');
    assert.is(reports.length, parallelism);
    assert.is(
      reports.reduce((sum, report) => sum + report.rows, 0),
      count,
    );
    assert.is(
      reports.reduce((sum, report) => sum + report.sum, 0),
      total,
    );
    for (const report of reports) {
      assert.equal(report.events, ['endInput', 'finish', 'flush true', 'close', 'close aborted=false']);
      assert.is(report.lastWatermark, MAX_TIMESTAMP);
    }
  });

for (const parallelism of [1, 2, 4])
  test(`§2.2.2 no row overtakes the watermark of its channels; parallelism ${parallelism}`, async () => {
    const configuration = { 'pipeline.auto-watermark-interval': '1 ms' };
    const result = await withJob(
      numbersJob,
      { parallelism, configuration, params: { count: '400000' } },
      job => job.result,
    );
    assert.is(
      (result.collected['report'] as SinkReport[]).reduce((late, report) => late + report.late, 0),
      0,
    );
  });

const sinkInTheMiddle: TestJob = {
  tasks: [
    { module: 'number-source', uid: 'numbers', source: 'BOUNDED' },
    { module: 'number-tee', uid: 'tee' },
    { module: 'number-sink', uid: 'sink' },
  ],
  exchanges: [
    { from: 0, to: 1, partition: 'rebalance', layout: numberLayout },
    { from: 1, to: 2, partition: 'forward', layout: numberLayout },
  ],
};

for (const leak of ['false', 'true'])
  test(`a sink in the middle of a job does not wait for those behind it; timer left open: ${leak}`, async () => {
    const params = { count: '5000', leak };
    const result = await withJob(sinkInTheMiddle, { parallelism: 2, params }, job => job.result);
    assert.is(result.state, 'FINISHED');
    assert.is(result.collected['tee']!.length, 5000);
    assert.is(
      (result.collected['report'] as SinkReport[]).reduce((rows, report) => rows + report.rows, 0),
      5000,
    );
  });

test.run();
