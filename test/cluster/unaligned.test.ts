/** Unaligned checkpoints (datastream-semantics §9.3) of a job whose channels between processes are full. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeMetadata, type CheckpointMetadata } from '../../runtime/state/storage/metadata.js';
import { Project } from '../cli/project.js';
import { Cluster, type Settings } from './processes.js';
import { restOf } from './session-programs.js';

const records = 60_000;
const project = new Project({});
const test = suite('unaligned checkpoints between processes');
let cluster: Cluster;
test.before(async () => {
  const { code, stderr } = await project.flinkc(
    ['build', 'test/engine/programs/back-pressured.ts', '-o', project.path('job.zip')],
    { cwd: resolve('.') },
  );
  assert.is(code, 0, stderr);
});
test.after(() => project.remove());
test.after.each(() => cluster.stop());

let runs = 0;
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));

/** The latest with channel state on both sides of some exchange. */
function checkpointWithChannels(folder: string): CheckpointMetadata | null {
  for (const file of filesIn(folder).filter(path => path.endsWith('_metadata'))) {
    let metadata: CheckpointMetadata;
    try {
      metadata = decodeMetadata(file, readFileSync(file));
    } catch {
      // A later checkpoint has come meanwhile.
      continue;
    }
    const sides = new Set(metadata.subtasks.flatMap(part => part.channels?.channels.map(c => c.side) ?? []));
    if (sides.size === 2) return metadata;
  }
  return null;
}

interface Details {
  readonly end_to_end_duration: number;
}
async function detailsOf(checkpointId: number): Promise<Details> {
  const get = async (path: string): Promise<unknown> => (await restOf(cluster.restPort, path)).body;
  const { jobs } = (await get('/jobs')) as { readonly jobs: readonly { readonly id: string }[] };
  return (await get(`/jobs/${jobs[0]!.id}/checkpoints/details/${checkpointId}`)) as Details;
}

async function survivesKill(settings: Settings, check: (details: Details) => void): Promise<void> {
  const path = project.path(`run-${runs++}`);
  const [checkpoints, output] = [join(path, 'checkpoints'), join(path, 'output')];
  mkdirSync(checkpoints, { recursive: true });
  cluster = new Cluster(project, {
    'execution.checkpointing.interval': '300 ms',
    'execution.checkpointing.dir': checkpoints,
    'web.checkpoints.history': '1000',
    'execution.checkpointing.unaligned.enabled': 'true',
    'taskmanager.memory.segment-size': '8 kb',
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': '5',
    'restart-strategy.fixed-delay.delay': '100 ms',
    'pipeline.max-parallelism': '16',
    ...settings,
  });
  const jobManager = await cluster.jobManager([
    '--application',
    project.path('job.zip'),
    '-p',
    '2',
    '--param',
    `directory=${output}`,
    '--param',
    'micros=500',
    '--param',
    `release=${join(path, 'release')}`,
  ]);
  const killed = cluster.taskManager('tm-1', { 'taskmanager.numberOfTaskSlots': '3' });
  cluster.taskManager('tm-2', { 'taskmanager.numberOfTaskSlots': '3' });
  await jobManager.sees('stderr', /checkpoint \d+ is complete/);
  let overtaken = checkpointWithChannels(checkpoints);
  for (const giveUp = Date.now() + 240_000; !overtaken; overtaken = checkpointWithChannels(checkpoints)) {
    assert.ok(Date.now() < giveUp, 'no checkpoint has overtaken anything');
    await delay(20);
  }
  check(await detailsOf(overtaken.checkpointId));
  killed.process.kill('SIGKILL');
  cluster.taskManager('tm-3', { 'taskmanager.numberOfTaskSlots': '3' });
  await jobManager.sees('stderr', /restarts in/);
  writeFileSync(join(path, 'release'), '');
  const { code, stderr } = await jobManager.finished;
  assert.is(code, 0, stderr);
  const lines = filesIn(output)
    .filter(path => !path.includes('/.'))
    .flatMap(path => readFileSync(path, 'utf8').split('\n'))
    .filter(line => line !== '')
    .map(line => line.split(' '));
  assert.is(lines.length, records);
  assert.is(new Set(lines.map(([, , value]) => value)).size, records, 'every record');
  assert.is(new Set(lines.map(([key, seen]) => `${key} ${seen}`)).size, records, 'every count');
}

test('§9.3 §14 what barriers have overtaken between processes survives the kill of one: every record once', () =>
  survivesKill({}, () => {}));

test('§9.3 between processes, too, barriers overtake when the time to align them has passed: every record once', () =>
  survivesKill(
    { 'execution.checkpointing.aligned-checkpoint-timeout': '500 ms' },
    // Clocks of two processes, in milliseconds.
    ({ end_to_end_duration }) => assert.ok(end_to_end_duration >= 480, `${end_to_end_duration} ms`),
  ));

test.run();
