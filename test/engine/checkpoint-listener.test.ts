/** Functions of a compiled program that want to know of completed checkpoints. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RuntimeFault } from '../../runtime/contract/fault.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

interface Seen {
  readonly n: number;
  readonly mapped: number;
  readonly processed: number;
}

test('§9.2 notifyCheckpointComplete reaches the functions of every task, and fails the job when it throws', async () => {
  const artifactDir = mkdtempSync(join(tmpdir(), 'flinkc-listeners-'));
  try {
    const entry = 'test/engine/programs/checkpoint-listeners.ts';
    await buildProgram(entry, artifactDir);

    const told = new Map<number, () => void>();
    const toldOf = (checkpoint: number): Promise<void> =>
      new Promise(resolve => told.set(checkpoint, resolve));
    const job = await runEmbedded({
      artifactDir,
      parallelism: 1,
      onRecords: (_id, records) => {
        for (const { mapped, processed } of records as readonly Seen[])
          if (mapped === processed) told.get(mapped)?.();
      },
    });
    const outcome = job.result.then(
      () => null,
      (error: RuntimeFault) => error,
    );
    await toldOf(0);
    for (const checkpoint of [1, 2]) {
      const known = toldOf(checkpoint);
      assert.is((await job.triggerCheckpoint()).checkpointId, checkpoint);
      await Promise.race([known, outcome.then(fault => assert.unreachable(fault?.message))]);
    }
    await job.triggerCheckpoint();
    const fault = await outcome;
    assert.match(fault!.message, 'listener that fails');
    assert.match(fault!.stack! + JSON.stringify(fault!.facts), /checkpoint-listeners\.ts/);
  } finally {
    rmSync(artifactDir, { recursive: true, force: true });
  }
});

test.run();
