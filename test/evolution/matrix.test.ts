/**
 * What `flinkc check` says is what restoring does: for every edit both programs are built, a snapshot of one is checked
 * against the other and restored by it, in both directions.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StateManifest } from '../../runtime/contract/manifest.js';
import { runEmbedded, type CheckpointReference } from '../../runtime/embedded/index.js';
import { compareStates, type StateVerdict } from '../../runtime/state/evolution/compare-states.js';
import { assertAnnounced } from '../engine/manifest-sections.js';
import { edits, programText, type Outcome, type Variant } from './edits.js';
import { buildProgram } from '../compile/build-program.js';

const matrix = suite('edits of programs');
const only = process.env['EDIT'];
const folder = mkdtempSync(join(tmpdir(), 'flinkc-edits-'));
matrix.after(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  readonly key: string;
  readonly before: string;
  readonly after: string;
}
const artifacts = new Map<Variant, string>();

for (const { name, from, to, forward, backward } of edits) {
  if (only !== undefined && only !== name) continue;
  matrix(`§10.4 ${name}`, async () => {
    const [a, b] = [await build(from), await build(to)];
    await checkAndRestore(a, b, forward);
    await checkAndRestore(b, a, backward);
  });
}

async function build(variant: Variant): Promise<string> {
  const known = artifacts.get(variant);
  if (known !== undefined) return known;
  const root = mkdtempSync(join(folder, 'program-'));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'program.ts'), programText(variant));
  if (variant.renames) {
    const lock = { version: 1, programs: {}, renames: { 'program.ts': variant.renames } };
    writeFileSync(join(root, 'flinkc.lock.json'), JSON.stringify(lock));
  }
  const artifact = join(root, 'job');
  await buildProgram(join(root, 'program.ts'), artifact, { lock: 'update' });
  artifacts.set(variant, artifact);
  return artifact;
}

async function checkAndRestore(before: string, after: string, wanted: Outcome): Promise<void> {
  const verdicts = compareStates(operatorsOf(before), operatorsOf(after));
  const verdict = verdictOf(verdicts);
  assert.is(verdict, wanted.verdict, JSON.stringify(verdicts));
  const { snapshot, last } = await runToSnapshot(before);
  await assertAnnounced(before, snapshot.location);
  const restored = await run(after, snapshot.location);
  switch (wanted.verdict) {
    case 'breaking':
      return assert.is(restored.code, 'FC5103');
    case 'dropped':
      return assert.is(restored.code, 'FC5113');
    case 'new':
      assert.is(restored.code, null);
      for (const { before } of restored.first.values()) assert.is(before, 'null');
      return;
    default: {
      assert.is(restored.code, null);
      const becomes = wanted.becomes ?? ((old: unknown) => old);
      assert.equal([...restored.first.keys()].sort(), [...last.keys()].sort());
      for (const [key, { after }] of last)
        assert.equal(JSON.parse(restored.first.get(key)!.before), becomes(JSON.parse(after)), key);
    }
  }
}

/** Of the state that was edited. One that is there under another name is new, and the old one stays in snapshots. */
function verdictOf(verdicts: readonly StateVerdict[]): string {
  if (verdicts.some(v => v.verdict === 'dropped' && v.refused)) return 'dropped';
  return verdicts.find(v => ['total', 'sums'].includes(v.state) && v.verdict !== 'dropped')!.verdict;
}

function operatorsOf(artifact: string): Parameters<typeof compareStates>[0] {
  const { operators } = JSON.parse(readFileSync(join(artifact, 'state.json'), 'utf8')) as StateManifest;
  return operators.map(({ uid, uidHash, formerly, sections, kind }) => ({
    uid,
    uidHash,
    ...(formerly && { formerly }),
    sections,
    other: kind === 'source' ? ['source splits'] : [],
  }));
}

/** The last thing told about each key before the snapshot. */
async function runToSnapshot(
  artifactDir: string,
): Promise<{ snapshot: CheckpointReference; last: Map<string, Told> }> {
  const told: { readonly record: Told; readonly afterCheckpoint: number }[] = [];
  const job = await runEmbedded({
    artifactDir,
    parallelism: 2,
    // Who comes to the end early then waits, and takes part in the savepoint.
    configuration: { 'execution.checkpointing.interval': '1 h' },
    onRecords: (_, records, afterCheckpoint) => {
      for (const record of records as readonly Told[]) told.push({ record, afterCheckpoint });
    },
  });
  while (told.length < 40) await delay(5);
  const snapshot = await job.triggerSavepoint(join(folder, 'savepoints'));
  await delay(20);
  await job.cancel();
  await job.result;
  const last = new Map<string, Told>();
  for (const { record, afterCheckpoint } of told) {
    if (afterCheckpoint < snapshot.checkpointId) last.set(record.key, record);
  }
  return { snapshot, last };
}

/** The first thing told about each key, or why it could not be restored. */
async function run(
  artifactDir: string,
  restore: string,
): Promise<{ code: string | null; first: Map<string, Told> }> {
  const first = new Map<string, Told>();
  try {
    const job = await runEmbedded({
      artifactDir,
      parallelism: 1,
      restore,
      configuration: { 'pipeline.max-parallelism': '128' },
      onRecords: (_, records) => {
        for (const record of records as readonly Told[])
          if (!first.has(record.key)) first.set(record.key, record);
      },
    });
    let ended = false;
    const end = (): void => void (ended = true);
    job.result.then(end, end);
    while (!ended && first.size < 4) await delay(5);
    if (!ended) await job.cancel();
    await job.result;
    return { code: null, first };
  } catch (error) {
    return { code: (error as { code?: string }).code ?? String(error), first };
  }
}

matrix.run();
