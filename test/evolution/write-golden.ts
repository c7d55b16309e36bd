/**
 * Writes golden savepoints of the present format: node --import tsx test/evolution/write-golden.ts fixtures/compat/v1
 * Once per version of the format; what is there stays as it is for ever.
 */
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildProgram } from '../compile/build-program.js';
import { filesFolder, programs, start, type Golden } from './golden.js';

const folder = resolve(process.argv[2] ?? '');
if (!existsSync(join(folder, 'programs')))
  throw new Error('name a folder with programs in it, such as fixtures/compat/v1');
const work = mkdtempSync(join(tmpdir(), 'flinkc-golden-'));
const parallelism = 2;

for (const program of programs) {
  const target = join(folder, program);
  if (existsSync(target)) {
    process.stdout.write(`${target} is there and stays\n`);
    continue;
  }
  const artifact = join(work, program, 'job');
  await buildProgram(join(folder, 'programs', `${program}.ts`), artifact, { lock: 'update' });
  const undisturbed = await start(artifact, 1, join(work, program, 'undisturbed'));
  await undisturbed.job.result;

  const folderOfRun = join(work, program, 'run');
  const { job, collector } = await start(artifact, parallelism, folderOfRun);
  while (collector.count < 20) await delay(2);
  // Files must be as they were at the savepoint, so their job ends with it.
  const { location, checkpointId } =
    program === 'sinks'
      ? await job.stopWithSavepoint(join(work, program), false)
      : await job.triggerSavepoint(join(work, program));
  if (program !== 'sinks') await job.cancel();
  await job.result;
  cpSync(join(folderOfRun, filesFolder), join(target, filesFolder), { recursive: true });
  cpSync(location, join(target, 'savepoint'), { recursive: true });
  const golden: Golden = {
    parallelism,
    checkpointId,
    before: collector.digests(program === 'sinks' ? Infinity : checkpointId),
    total: undisturbed.collector.digests(),
  };
  writeFileSync(join(target, 'golden.json.new'), `${JSON.stringify(golden, null, 2)}\n`);
  renameSync(join(target, 'golden.json.new'), join(target, 'golden.json'));
  process.stdout.write(`${target}: ${JSON.stringify(golden.before)}\n`);
}
rmSync(work, { recursive: true });
