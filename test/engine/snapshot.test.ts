import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RuntimeFault } from '../../runtime/contract/fault.js';
import type { JobProgress } from '../../runtime/embedded/index.js';
import { withJob } from './job.js';
import type { TestJob } from './artifact.js';
import { countLayout } from './modules/layouts.js';

const test = suite('savepoints of running jobs');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-savepoints-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

interface Count {
  readonly word: string;
  readonly count: number;
}
const wordCount: TestJob = {
  tasks: [
    { module: 'word-source', uid: 'words', source: 'BOUNDED' },
    { module: 'word-count', uid: 'count' },
  ],
  exchanges: [{ from: 0, to: 1, partition: 'hash', layout: countLayout }],
};
const expected = Array.from({ length: 10 }, (_, i) => ({ word: `w${i}`, count: 4000 }));
const byWord = (a: Count, b: Count): number => (a.word < b.word ? -1 : 1);

/** Readers fall silent in the middle of a split, so that the cut lies there. */
async function snapshotInTheMiddle(parallelism: number): Promise<string> {
  let silent = (): void => {};
  const reached = new Promise<void>(resolve => {
    silent = resolve;
  });
  const options = {
    parallelism,
    params: { count: '40000', pauseAfter: '6000' },
    configuration: { 'metrics.fetcher.update-interval': '20 ms' },
    onProgress: ({ tasks: [source] }: JobProgress) => source!.numRecordsIn === 6000 * parallelism && silent(),
  };
  return withJob(wordCount, options, async job => {
    await reached;
    return (await job.triggerSavepoint(folder)).location;
  });
}

for (const [before, after] of [
  [1, 1],
  [2, 2],
  [2, 4],
  [4, 1],
] as const)
  test(`§8.4 §9.2 snapshot at parallelism ${before}, restored at ${after}: nothing lost, nothing twice`, async () => {
    const restore = await snapshotInTheMiddle(before);
    const result = await withJob(
      wordCount,
      { parallelism: after, restore, params: { count: '40000' } },
      job => job.result,
    );
    assert.equal([...(result.collected['counts'] as Count[])].sort(byWord), expected);
  });

test('§8.5 state without an operator that takes it fails the restore, unless it may be dropped', async () => {
  const restore = await snapshotInTheMiddle(1);
  const renamed: TestJob = {
    ...wordCount,
    tasks: [wordCount.tasks[0]!, { ...wordCount.tasks[1]!, uid: 'another' }],
  };
  const start = (configuration: Readonly<Record<string, string>>) =>
    withJob(renamed, { restore, params: { count: '40000' }, configuration }, job => job.result);
  const fault = await start({}).then(
    () => null,
    (error: RuntimeFault) => error,
  );
  assert.is(fault?.code, 'FC5113');
  assert.is(fault!.message, "the snapshot has state of 'count', which the job does not have");
  // The source's splits are kept without its uid; it is called as in the chain of its task.
  const elsewhere: TestJob = {
    ...wordCount,
    tasks: [{ ...wordCount.tasks[0]!, uid: 'letters' }, wordCount.tasks[1]!],
  };
  const ofSource = await withJob(elsewhere, { restore, params: { count: '40000' } }, job => job.result).then(
    () => null,
    (error: RuntimeFault) => error,
  );
  assert.is(
    ofSource?.message,
    `the snapshot has state of '${wordCount.tasks[0]!.uid}', which the job does not have`,
  );
  const { collected } = await start({ 'execution.state-recovery.ignore-unclaimed-state': 'true' });
  const counts = [...(collected['counts'] as Count[])].sort(byWord);
  assert.equal(
    counts,
    expected.map(({ word, count }) => ({ word, count: count - 600 })),
  );
});

test('a job without restore counts from zero', async () => {
  const result = await withJob(wordCount, { parallelism: 2, params: { count: '40000' } }, job => job.result);
  assert.equal([...(result.collected['counts'] as Count[])].sort(byWord), expected);
});

test.run();
