/**
 * Unaligned checkpoints (datastream-semantics §9.3) together with failover of regions (§14): what barriers have overtaken is
 * replayed in the region that failed, and the other one neither restarts nor sees any of it again.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compile, writeArtifact } from '../../compiler/compile.js';
import { connectorCompilers } from '../../plugins/compilers.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { decodeMetadata } from '../../runtime/state/storage/metadata.js';

const test = suite('unaligned checkpoints and regions');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-unaligned-regions-'));
const artifactDir = join(folder, 'job');
const records = 60_000;
const pipelines = ['left', 'right'] as const;
test.before(async () => {
  const { output, diagnostics } = await compile({
    entry: 'test/engine/programs/back-pressured-regions.ts',
    connectors: connectorCompilers,
    flinkcVersion: '0.1.0',
  });
  if (!output) console.log(JSON.stringify(diagnostics));
  writeArtifact(output!.artifact, artifactDir);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** [value, attempt, how many of its key] of the lines of finished files. */
function linesIn(path: string): readonly (readonly [number, number, number])[] {
  return readdirSync(path)
    .filter(file => !file.startsWith('.'))
    .flatMap(file => readFileSync(join(path, file), 'utf8').split('\n'))
    .filter(line => line !== '')
    .map(line => line.split(' ').map(Number) as [number, number, number]);
}

/** Tasks of whose channels the checkpoint holds rows. */
function tasksWithRows(location: string): ReadonlySet<number> {
  const file = join(location, '_metadata');
  const { subtasks } = decodeMetadata(file, readFileSync(file));
  return new Set(subtasks.filter(({ channels }) => channels?.channels.length).map(({ task }) => task));
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const giveUp = Date.now() + 240_000; !holds(); await delay(5))
    assert.ok(Date.now() < giveUp, `waited in vain: ${what}`);
}

for (const backend of ['hashmap', 'rocksdb'])
  test(`§9.3 §14 the region that failed replays what was overtaken, the other goes on: ${backend}`, async () => {
    const path = join(folder, backend);
    for (const name of pipelines) mkdirSync(join(path, name), { recursive: true });
    const [failure, release] = [join(path, 'failure'), join(path, 'release')];
    const job = await runEmbedded({
      artifactDir,
      parallelism: 2,
      params: { left: join(path, 'left'), right: join(path, 'right'), failure, release },
      configuration: {
        'pipeline.max-parallelism': '16',
        'state.backend.type': backend,
        'execution.checkpointing.dir': join(path, 'checkpoints'),
        'execution.checkpointing.interval': '1 h',
        'execution.checkpointing.unaligned.enabled': 'true',
        'taskmanager.memory.segment-size': '8 kb',
        'restart-strategy.type': 'fixed-delay',
        'restart-strategy.fixed-delay.attempts': '1',
        'restart-strategy.fixed-delay.delay': '0 ms',
      },
    });
    const { plan } = job.details;
    const ofLeft = plan.tasks.filter(({ slotSharingGroup }) => slotSharingGroup.startsWith('left'));
    assert.is(ofLeft.length, 2);
    await until('it runs', () => job.state === 'RUNNING');
    // The job goes on from the last of these: no others are taken before it fails.
    let hasOvertaken = false;
    for (const giveUp = Date.now() + 240_000; !hasOvertaken;) {
      assert.ok(Date.now() < giveUp, 'no checkpoint has overtaken anything');
      const overtaken = tasksWithRows((await job.triggerCheckpoint()).location);
      hasOvertaken = ofLeft.some(({ id }) => overtaken.has(id));
    }
    writeFileSync(failure, '');
    await until('it fails', () => job.exceptions.length > 0);
    writeFileSync(release, '');
    assert.is((await job.result).state, 'FINISHED');
    assert.is(job.exceptions.length, 1);
    assert.match(job.exceptions[0]!.region!, /left/);
    assert.not.match(job.exceptions[0]!.region!, /right/);
    for (const name of pipelines) {
      const lines = linesIn(join(path, name));
      assert.is(lines.length, records, name);
      assert.is(new Set(lines.map(([value]) => value)).size, records, `${name}: every record`);
      const counts = new Set(lines.map(([value, , seen]) => `${value % 37} ${seen}`));
      assert.is(counts.size, records, `${name}: every count`);
      const attempts = [0, 1].filter(each => lines.some(([, attempt]) => attempt === each));
      assert.equal(attempts, name === 'left' ? [0, 1] : [0], name);
    }
  });

test.run();
