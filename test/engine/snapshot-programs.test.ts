/**
 * Compiled programs that are stopped at a snapshot and restored, again and again, must give what they give undisturbed:
 * every operator with state, its timers and its requests in flight, at whatever point between two batches.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAnnounced } from './manifest-sections.js';
import { runEmbedded, type CheckpointReference } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

type Collected = ReadonlyMap<string, readonly string[]>;

const snapshots = suite('snapshots of programs');
const only = process.env['PROGRAM'];
const folder = mkdtempSync(join(tmpdir(), 'flinkc-snapshots-'));
snapshots.after(() => rmSync(folder, { recursive: true, force: true }));

/** Parallelism of the runs; after each but the last the job is stopped at a snapshot. */
const runs: readonly (readonly number[])[] = [
  [1, 1, 1],
  [1, 2, 4, 4],
  [4, 1, 2],
];

for (const name of ['keyed-state', 'windows', 'two-inputs', 'async', 'sinks']) {
  if (only !== undefined && only !== name) continue;
  const artifactDir = join(folder, name);
  let undisturbed: Collected;

  snapshots(`${name}: undisturbed`, async () => {
    await buildProgram(join('test/engine/programs', `${name}.ts`), artifactDir);
    undisturbed = await runInterrupted(artifactDir, [1], 1);
    for (const [id, records] of undisturbed) assert.ok(records.length > 0, id);
  });
  runs.forEach((parallelism, i) =>
    snapshots(`§8.4 §9.2 ${name}: restored at parallelism ${parallelism.join(' → ')}`, async () => {
      const collected = await runInterrupted(artifactDir, parallelism, i + 1);
      assert.equal([...collected.keys()].sort(), [...undisturbed.keys()].sort());
      for (const [id, records] of collected) assert.is(difference(records, undisturbed.get(id)!), null, id);
    }),
  );
}

/** What the sinks hold at the end, sorted. */
async function runInterrupted(
  artifactDir: string,
  runs: readonly number[],
  seed: number,
): Promise<Collected> {
  const directory = join(artifactDir, `output-${runs.join('-')}`);
  mkdirSync(directory, { recursive: true });
  const random = generator(seed);
  const collected = new Map<string, string[]>();
  let restore: CheckpointReference | undefined;
  for (const [i, parallelism] of runs.entries()) {
    const isLast = i === runs.length - 1;
    const received: { readonly id: string; readonly text: string; readonly afterCheckpoint: number }[] = [];
    const running = signal();
    const release = join(artifactDir, `release-${runs.join('-')}`);
    if (isLast) writeFileSync(release, '');
    const job = await runEmbedded({
      artifactDir,
      parallelism,
      restore: restore?.location,
      params: { directory, release },
      configuration: {
        'pipeline.auto-watermark-interval': '10 ms',
        'pipeline.max-parallelism': '128',
        'execution.checkpointing.interval': '1 h',
        'execution.checkpointing.savepoint-dir': join(folder, 'savepoints'),
        'state.backend.type': process.env['STATE_BACKEND'] ?? 'hashmap',
      },
      onState: state => state === 'RUNNING' && running.resolve(),
      onRecords: (id, records, afterCheckpoint) =>
        records.forEach(record => received.push({ id, text: JSON.stringify(record), afterCheckpoint })),
    });
    if (isLast) assert.is((await job.result).state, 'FINISHED');
    else {
      await Promise.race([running.promise, job.result]);
      await delay(i === 0 ? random() * 20 : 20 + random() * 60);
      restore = await job.triggerSavepoint(null);
      await delay(random() * 20);
      await assertAnnounced(artifactDir, restore.location);
      await job.cancel();
      assert.is((await job.result).state, 'CANCELED');
    }
    for (const { id, text, afterCheckpoint } of received) {
      if (!isLast && afterCheckpoint >= restore!.checkpointId) continue;
      const texts = collected.get(id) ?? [];
      texts.push(text);
      collected.set(id, texts);
    }
  }
  const files = readdirSync(directory).filter(file => !file.startsWith('.'));
  if (files.length > 0)
    collected.set(
      'files',
      files.flatMap(file => readFileSync(join(directory, file), 'utf8').trimEnd().split('\n')),
    );
  for (const texts of collected.values()) texts.sort();
  return collected;
}

function difference(actual: readonly string[], expected: readonly string[]): string | null {
  if (actual.length === expected.length && actual.every((text, i) => text === expected[i])) return null;
  const counts = new Map<string, number>();
  for (const text of actual) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const text of expected) counts.set(text, (counts.get(text) ?? 0) - 1);
  const some = (entries: readonly (readonly [string, number])[]): string =>
    `${entries.length}: ${entries
      .slice(0, 3)
      .map(([text]) => text.slice(0, 160))
      .join('  ')}`;
  const wrong = [...counts].filter(([, count]) => count !== 0);
  return `missing ${some(wrong.filter(([, count]) => count < 0))}\nextra ${some(wrong.filter(([, count]) => count > 0))}`;
}

function signal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>(settle => (resolve = settle));
  return { promise, resolve };
}

/** mulberry32: the same points in time for the same seed, as far as clocks allow. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

snapshots.run();
