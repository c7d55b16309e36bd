/** Compiled programs whose windows hold several times what the heap of a slot does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

const folder = mkdtempSync(join(tmpdir(), 'flinkc-large-windows-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const keys = 25_000;
const rounds = 2;
const heapMb = 32;

async function runLarge(kind: string, backend: string): Promise<string[]> {
  const artifactDir = join(folder, `${kind}-${backend}`);
  await buildProgram('test/engine/programs/large-windows.ts', artifactDir, { buildParams: { kind } });
  const rows: string[] = [];
  const job = await runEmbedded({
    artifactDir,
    parallelism: 1,
    configuration: {
      'state.backend.type': backend,
      'state.backend.rocksdb.memory.fixed-per-slot': '8 mb',
      'taskmanager.memory.task.heap.size': `${heapMb} mb`,
      'restart-strategy.type': 'none',
    },
    onRecords: (_, records) => rows.push(...(records as readonly string[])),
  });
  await job.result;
  return rows;
}

function expected(from: (n: number) => boolean): string[] {
  const sums = new Map<string, { count: number; sum: number }>();
  for (let n = 0; n < keys * rounds; n++) {
    if (!from(n)) continue;
    const key = `k${n % keys}`;
    const known = sums.get(key) ?? { count: 0, sum: 0 };
    sums.set(key, { count: known.count + 1, sum: known.sum + n });
  }
  return [...sums].map(([key, { count, sum }]) => `${key} ${count} ${sum}`);
}

const minute = 60_000;
const bytes = keys * rounds * 2000;

for (const kind of ['tumbling', 'sessions'])
  test(`rocksdb: windows (${kind}) that are several times larger than the heap`, async () => {
    assert.ok(keys * rounds <= minute && bytes / 2 ** 20 > 2.5 * heapMb);
    const rows = await runLarge(kind, 'rocksdb');
    assert.equal(rows.sort(), expected(() => true).sort());
  });

test('hashmap: the same window does not fit', async () => {
  const failure: unknown = await runLarge('tumbling', 'hashmap').catch((error: unknown) => error);
  assert.instance(failure, RuntimeFault);
  assert.is((failure as RuntimeFault).code, 'FC5003');
});

test.run();
