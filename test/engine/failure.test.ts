import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import {
  formatLogEntry,
  type JobHandle,
  type JobState,
  type LogEntry,
} from '../../runtime/embedded/index.js';
import { numbersJob, withJob } from './job.js';
import type { SinkReport } from './modules/number-sink.js';

const sinkSource = readFileSync(new URL('./modules/number-sink.ts', import.meta.url), 'utf8');
const throwingLine = sinkSource.split('\n').findIndex(line => line.includes('throw new RangeError')) + 1;

async function faultOf(job: JobHandle): Promise<RuntimeFault> {
  try {
    await job.result;
  } catch (error) {
    if (error instanceof RuntimeFault) return error;
    throw error;
  }
  throw new Error('the job did not fail');
}

for (const parallelism of [1, 2])
  test(`an exception fails the job with operator, record and line, and aborts all sinks; parallelism ${parallelism}`, async () => {
    const states: JobState[] = [];
    const reports: SinkReport[] = [];
    const options = {
      parallelism,
      params: { count: '1000000', failAt: '5000' },
      onState: (state: JobState) => void states.push(state),
      onRecords: (_: string, records: readonly unknown[]) => void reports.push(...(records as SinkReport[])),
    };
    const fault = await withJob(numbersJob, options, faultOf);
    assert.is(fault.code, 'FC5001');
    assert.is(fault.message, "Operator 'sink' failed: RangeError: cannot take 5000");
    assert.is(fault.facts['operator'], 'sink');
    assert.is(fault.facts['defined at'], 'test.ts:1:1');
    assert.is(fault.facts['record'], 'value: 5000');
    assert.match(
      fault.facts['at'] ?? '',
      new RegExp(`test/engine/modules/number-sink\\.ts:${throwingLine}:\\d+$`),
    );
    assert.not.match(fault.stack ?? '', /runtime\/taskmanager/);
    assert.equal(states.slice(-2), ['FAILING', 'FAILED']);
    assert.is(reports.length, parallelism);
    for (const report of reports)
      assert.ok(report.events.includes('close aborted=true'), report.events.join());
  });

const lateJob = { ...numbersJob, tasks: [numbersJob.tasks[0]!, { module: 'late-sink', uid: 'sink' }] };

test('records flow when every slot is deployed: a failure finds all sinks open', async () => {
  const reports: SinkReport[] = [];
  const options = {
    parallelism: 2,
    params: { count: '1000000', failAt: '2' },
    onRecords: (_: string, records: readonly unknown[]) => void reports.push(...(records as SinkReport[])),
  };
  const fault = await withJob(lateJob, options, faultOf);
  assert.is(fault.code, 'FC5001');
  assert.is(reports.length, 2);
});

test('a job cancelled while it is being deployed opens nothing more and closes what it has opened', async () => {
  const opened: unknown[] = [];
  const reports: unknown[] = [];
  const stop = new AbortController();
  const folder = mkdtempSync(join(tmpdir(), 'flinkc-late-'));
  const release = join(folder, 'release');
  const options = {
    parallelism: 2,
    params: { count: '1000000000', announce: 'true', release },
    signal: stop.signal,
    onRecords(id: string, records: readonly unknown[]) {
      (id === 'opened' ? opened : reports).push(...records);
      stop.abort();
      // The second slot is told to stop before it has loaded its module.
      if (id === 'opened') setImmediate(() => writeFileSync(release, ''));
    },
  };
  const result = await withJob(lateJob, options, job => job.result);
  rmSync(folder, { recursive: true, force: true });
  assert.is(result.state, 'CANCELED');
  assert.equal(opened, [0]);
  assert.is(reports.length, 1);
});

test('a cancelled job stops cooperatively and aborts its sinks', async () => {
  const reports: SinkReport[] = [];
  const stop = new AbortController();
  const options = {
    parallelism: 2,
    params: { count: '1000000000' },
    signal: stop.signal,
    onState: (state: JobState) => state === 'RUNNING' && stop.abort(),
    onRecords: (_: string, records: readonly unknown[]) => void reports.push(...(records as SinkReport[])),
  };
  const result = await withJob(numbersJob, options, job => job.result);
  assert.is(result.state, 'CANCELED');
  assert.is(reports.length, 2);
  for (const report of reports) assert.ok(report.events.includes('close aborted=true'), report.events.join());
});

test('user code in an endless loop does not keep a cancelled job alive', async () => {
  const options = {
    parallelism: 2,
    params: { count: '100000', spinAt: '5000' },
    configuration: { 'task.cancellation.timeout': '200 ms' },
  };
  const result = await withJob(numbersJob, options, async job => {
    while (job.state !== 'RUNNING') await new Promise(resolve => setTimeout(resolve, 5));
    await job.cancel();
    return job.result;
  });
  assert.is(result.state, 'CANCELED');
});

test('a module that cannot be loaded fails the job', async () => {
  const job = { ...numbersJob, tasks: [numbersJob.tasks[0]!, { module: 'no-such-module', uid: 'sink' }] };
  const fault = await withJob(job, { params: { count: '10' } }, faultOf);
  assert.is(fault.code, 'FC5005');
  assert.is(fault.domain, 'artifact');
});

test('a thread that ends in the middle of work fails the job', async () => {
  const fault = await withJob(
    numbersJob,
    { parallelism: 2, params: { count: '100000', exitAt: '5000' } },
    faultOf,
  );
  assert.is(fault.code, 'FC5002');
  assert.match(fault.message, /slot \d died: the thread ended with code 3/);
});

test('secrets do not leave through errors and logs', async () => {
  const logs: string[] = [];
  const parameters = [{ name: 'password', kind: 'secret', type: 'string', default: null }] as const;
  const options = {
    params: { count: '10000', failAt: '5000' },
    secrets: { password: 'hunter22' },
    onLog: (entry: LogEntry) => void logs.push(formatLogEntry(entry)),
  };
  const fault = await withJob({ ...numbersJob, parameters }, options, faultOf);
  assert.is(fault.message, "Operator 'sink' failed: RangeError: cannot take 5000 with ******");
  assert.not.match(`${fault.stack} ${JSON.stringify(fault.facts)}`, /hunter22/);
  assert.match(logs.join('\n'), /"level":"error".*cannot take 5000 with \*{6}/);
  assert.not.match(logs.join('\n'), /hunter22/);
});

test('a missing parameter is refused before anything starts', async () => {
  const job = {
    ...numbersJob,
    parameters: [{ name: 'count', kind: 'param', type: 'number', default: null }] as const,
  };
  await withJob(job, {}, faultOf).then(
    () => assert.unreachable(),
    (error: RuntimeFault) => assert.is(error.code, 'FC5010'),
  );
});

test.run();
