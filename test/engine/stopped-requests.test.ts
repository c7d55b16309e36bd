/** Jobs with requests in flight that are stopped with a savepoint: they end, and nothing comes out behind the savepoint. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runEmbedded, type JobHandle } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

const test = suite('stopped requests');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-stopped-'));
const artifactDir = join(folder, 'job');
/** Until this file is there the job does not come to its end. */
const release = join(folder, 'release');
test.before(async () => {
  await buildProgram('test/engine/programs/async.ts', artifactDir);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

async function stopped(job: JobHandle): Promise<string> {
  const late = delay(240_000, null, { ref: false });
  const savepoint = await Promise.race([job.stopWithSavepoint(null, false), late]);
  assert.ok(savepoint, 'the job did not stop in four minutes');
  return savepoint.location;
}

test('§6 §10.3 a job with requests in flight stops, and each record comes out once over all its stops', async () => {
  const ordered: unknown[] = [];
  let restore: string | undefined;
  for (const runMs of [30, 60, 90, 40, 70, Infinity]) {
    if (runMs === Infinity) writeFileSync(release, '');
    let running = (): void => {};
    const isRunning = new Promise<void>(resolve => (running = resolve));
    const job: JobHandle = await runEmbedded({
      artifactDir,
      parallelism: 2,
      restore,
      params: { release },
      configuration: {
        'pipeline.max-parallelism': '128',
        'execution.checkpointing.savepoint-dir': join(folder, 'savepoints'),
      },
      onState: state => state === 'RUNNING' && running(),
      // A sink that commits nothing: what it is given is out.
      onRecords: (id, records) => id === 'ordered' && ordered.push(...records),
    });
    await isRunning;
    if (runMs !== Infinity) {
      await delay(runMs);
      restore = await stopped(job);
    }
    assert.is((await job.result).state, 'FINISHED');
  }
  assert.is(ordered.length, 4_000);
  assert.is(new Set(ordered).size, 4_000);
});

test.run();
