import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SubtaskMetrics } from '../../runtime/taskmanager/messages.js';
import { numbersJob, withJob } from './job.js';

const rows = 20_000;
const sum = (metrics: readonly SubtaskMetrics[], name: string): number =>
  metrics.reduce((total, { values }) => total + (values[name] as number), 0);

async function metricsOf(
  parallelism: number,
): Promise<Readonly<Record<'source' | 'sink', SubtaskMetrics[]>>> {
  const { metrics } = await withJob(
    numbersJob,
    { parallelism, params: { count: String(rows) } },
    job => job.result,
  );
  return { source: metrics.filter(m => m.task === 0), sink: metrics.filter(m => m.task === 1) };
}

test('bytes are counted where records are encoded, the same at both ends', async () => {
  const { source, sink } = await metricsOf(2);
  const bytes = sum(source, 'numBytesOut');
  // half of the rows change the thread, each with a number and a timestamp
  assert.ok(bytes > (rows / 2) * 8, String(bytes));
  assert.is(sum(sink, 'numBytesIn'), bytes);
  assert.is(sum(source, 'numBytesIn'), 0);
  assert.ok(sum(source, 'numBuffersOut') > 0);
  assert.is(sum(source, 'numRecordsOut'), rows);
  assert.is(sum(sink, 'numRecordsIn'), rows);
});

test('within a thread batches are handed over: buffers, but no bytes', async () => {
  const { source, sink } = await metricsOf(1);
  assert.is(sum(source, 'numBytesOut'), 0);
  assert.is(sum(sink, 'numBytesIn'), 0);
  assert.ok(sum(source, 'numBuffersOut') >= rows / 1024);
});

test('the first operator of a task counts its records, a source also as output', async () => {
  const { source, sink } = await metricsOf(1);
  assert.is(source[0]!.operators['numbers']!['numRecordsIn'], rows);
  assert.is(source[0]!.operators['numbers']!['numRecordsOut'], rows);
  assert.is(sink[0]!.operators['sink']!['numRecordsIn'], rows);
  assert.is(sink[0]!.operators['sink']!['numRecordsOut'], undefined);
});

test.run();
