/** What operators keep in their state for a restore, when input has ended and there is nothing left to restore. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runEmbedded, type JobHandle } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

const test = suite('drained requests');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-drained-'));
const artifactDir = join(folder, 'job');
test.before(async () => {
  await buildProgram('test/engine/programs/requests.ts', artifactDir);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

async function start(answers: number[], restore?: string): Promise<JobHandle> {
  return runEmbedded({
    artifactDir,
    restore,
    configuration: {
      'execution.checkpointing.interval': '50 ms',
      'execution.checkpointing.dir': join(folder, 'checkpoints'),
      'execution.checkpointing.savepoint-dir': join(folder, 'savepoints'),
    },
    onRecords: (_, records) => void answers.push(...(records as readonly number[])),
  });
}

const until = async (holds: () => boolean): Promise<void> => {
  for (const giveUp = Date.now() + 240_000; !holds();) {
    assert.ok(Date.now() < giveUp, 'waited in vain');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};

test('§6 §13.5 requests that were answered while the job was drained are not asked again after a restore', async () => {
  const before: number[] = [];
  const first = await start(before);
  // By then checkpoints have had requests in flight.
  await until(() => before.length > 300);
  const { location } = await first.stopWithSavepoint(null, true);
  const after: number[] = [];
  const second = await start(after, location);
  await until(() => after.length > 100);
  await second.cancel();
  const known = new Set(before);
  assert.is(known.size, before.length);
  assert.equal(
    after.filter(answer => known.has(answer)),
    [],
  );
});

test.run();
