import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keyGroupRangeOf, keyGroupOf } from '../../runtime/contract/key-groups.js';
import { hashString } from '../../runtime/contract/key-hash.js';
import type { KeyedStateBackend } from '../../runtime/contract/state.js';
import { loadRocksdb } from '../../runtime/state/rocksdb/package.js';
import { RocksdbStateBackend } from '../../runtime/state/rocksdb/rocksdb-state-backend.js';
import { defaultRocksdbSettings } from '../../runtime/state/rocksdb/settings.js';
import type { OperatorState, StateRestore } from '../../runtime/state/state-backend.js';
import { codecs, ManualClock, stateSpec } from '../operators/harness.js';
import { SnapshotStorage, temporaryFolder } from './snapshot-storage.js';
import { openStringKeys } from './string-keys.js';

loadRocksdb();
const test = suite('rocksdb snapshots');
let backend: RocksdbStateBackend;
test.before(() => {
  const localDir = temporaryFolder();
  backend = new RocksdbStateBackend({ ...defaultRocksdbSettings, localDir, memoryBytes: 200_000 });
});
test.after(() => backend.close());

const open = (restore: StateRestore | null = null, subtask = 0, parallelism = 1) =>
  openStringKeys(backend, restore, subtask, parallelism);
type Opened = Awaited<ReturnType<typeof open>>;

const keys = Array.from({ length: 3000 }, (_, i) => `user-${i}`);
function fill(state: Opened, of: readonly string[], round: number): void {
  for (const [i, key] of of.entries()) {
    state.keyed.setCurrentKey(key);
    state.value.update(i + round);
    if (i % 50 === 0) {
      // Large enough to be rows of their own.
      for (let n = 0; n < 800; n++) state.list.add(n + round);
      for (let n = 0; n < 300; n++) state.map.put(`entry ${n}`, n + round);
    }
    if (i % 7 === 0) state.timers.registerEventTimeTimer(null, i + round);
  }
}
function read(state: Opened, key: string): unknown {
  state.keyed.setCurrentKey(key);
  const entries = [...state.map.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return [state.value.value(), [...state.list.get()], entries];
}
function own(subtask: number, parallelism: number): (key: string) => boolean {
  const { start, end } = keyGroupRangeOf(subtask, 128, parallelism);
  return key => {
    const group = keyGroupOf(hashString(key), 128);
    return group >= start && group <= end;
  };
}

for (const type of ['checkpoint', 'savepoint'] as const) {
  test(`§9.2 a ${type} has what was there at the barrier, and nothing of what came after it`, async () => {
    const storage = new SnapshotStorage();
    const before = await open();
    fill(before, keys, 0);
    const sample = keys.filter((_, i) => i % 25 === 0);
    const expected = sample.map(key => read(before, key));
    const handle = await storage.take(before.state, type, () => {
      fill(before, keys, 5000);
      before.keyed.setCurrentKey(keys[50]!);
      before.map.clear();
    });
    const after = await open(storage.restore(handle));
    assert.equal(
      sample.map(key => read(after, key)),
      expected,
    );
    after.timers.advanceWatermark(20);
    assert.equal(after.fired, ['user-0@0', 'user-7@7', 'user-14@14']);
    await before.state.close();
    await after.state.close();
  });

  for (const [from, to] of [
    [1, 2],
    [2, 1],
    [2, 3],
  ] as const) {
    test(`§8.4 a ${type} goes by key-group range from ${from} to ${to} subtasks`, async () => {
      const storage = new SnapshotStorage();
      const part = keys.slice(0, 400);
      const handles = [];
      for (let subtask = 0; subtask < from; subtask++) {
        const state = await open(null, subtask, from);
        fill(state, part.filter(own(subtask, from)), subtask * 1000);
        handles.push(await storage.take(state.state, type));
        await state.state.close();
      }
      const seen = new Map<string, unknown>();
      for (let subtask = 0; subtask < to; subtask++) {
        const state = await open(storage.restore(...handles), subtask, to);
        assert.is(state.keyed.size, part.filter(own(subtask, to)).length);
        for (const key of part.filter(own(subtask, to))) seen.set(key, read(state, key));
        await state.state.close();
      }
      for (let subtask = 0; subtask < from; subtask++) {
        const reference = await open(null, subtask, from);
        fill(reference, part.filter(own(subtask, from)), subtask * 1000);
        for (const key of part.filter(own(subtask, from)))
          assert.equal(seen.get(key), read(reference, key), key);
        await reference.state.close();
      }
    });
  }
}

test('§9.1 checkpoints are incremental: only new files are uploaded, also after a restore', async () => {
  const storage = new SnapshotStorage();
  const first = await open();
  const big = Array.from({ length: 60_000 }, (_, i) => `a key that takes some room, number ${i}`);
  fill({ ...first, timers: { ...first.timers, registerEventTimeTimer: () => {} } }, big, 0);
  // The second has the tables that the first log became.
  for (let i = 0; i < 3; i++) fillValues(first.keyed, first.state, big, i);
  const handle = await storage.take(first.state, 'checkpoint');
  const full = storage.writtenBytes;
  first.keyed.setCurrentKey(big[5]!);
  first.value.update(-5);
  const second = await storage.take(first.state, 'checkpoint');
  assert.ok(sharedFiles(handle).length > 0, 'some tables were written');
  assert.equal(
    sharedFiles(second).filter(file => sharedFiles(handle).includes(file)),
    sharedFiles(handle),
    'the second refers to the files of the first',
  );
  assert.ok(storage.writtenBytes < full, `${storage.writtenBytes} of ${full} bytes`);
  const restored = await open(storage.restore(second));
  restored.keyed.setCurrentKey(big[5]!);
  assert.is(restored.value.value(), -5);
  const third = await storage.take(restored.state, 'checkpoint');
  assert.equal(sharedFiles(third), [...new Set(sharedFiles(third))]);
  for (const file of sharedFiles(second)) assert.ok(readdirSync(join(storage.base, 'shared')).includes(file));
  await first.state.close();
  await restored.state.close();
});
function fillValues(
  keyed: KeyedStateBackend<string>,
  _: OperatorState,
  of: readonly string[],
  round: number,
): void {
  const text = keyed.value<string>(stateSpec('text', 'value', 'string'));
  for (const key of of) {
    keyed.setCurrentKey(key);
    text.update(`${round} `.repeat(50));
  }
}
function sharedFiles(handle: { readonly keyed: unknown }): string[] {
  const { files } = handle.keyed as { files: { name: string; file: { path: string } }[] };
  return files
    .filter(({ name }) => name.endsWith('.sst'))
    .map(({ file }) => file.path.replace('shared/', ''));
}

test('a checkpoint with a missing or shortened file is refused by name', async () => {
  const storage = new SnapshotStorage();
  const state = await open();
  fill(state, keys.slice(0, 50), 0);
  const handle = await storage.take(state.state, 'checkpoint');
  await state.state.close();
  const { files } = handle.keyed as unknown as { files: { name: string; file: { path: string } }[] };
  const log = files.find(({ name }) => name.endsWith('.log'))!.file.path;
  const refused = async (): Promise<{ code?: string; message: string }> => {
    try {
      await open(storage.restore(handle));
    } catch (error) {
      return error as Error;
    }
    throw new Error('it was restored');
  };
  truncateSync(join(storage.base, log), 10);
  const shortened = await refused();
  assert.is(shortened.code, 'FC5504');
  assert.ok(shortened.message.includes(log));
  rmSync(join(storage.base, log));
  assert.match((await refused()).message, /missing/);
});

test('files of another engine are refused before they are read', async () => {
  const storage = new SnapshotStorage();
  const state = await open();
  fill(state, keys.slice(0, 5), 0);
  const handle = await storage.take(state.state, 'checkpoint');
  await state.state.close();
  const other = { ...handle, keyed: { ...handle.keyed!, engine: 'rocksdb 9' } } as typeof handle;
  try {
    await open(storage.restore(other));
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'FC5122');
  }
});

test('keys that are equal have equal bytes', async () => {
  const state = await backend.open({
    jobId: 'f'.repeat(32),
    operator: { uid: 'op', uidHash: 'keys', name: 'op', origin: 'test.ts:1:1' },
    subtask: 0,
    parallelism: 1,
    maxParallelism: 128,
    processingTime: new ManualClock(0),
    batchMode: false,
    restore: null,
  });
  const keyed = state.keyed<unknown>({ schema: { kind: 'json' }, codec: codecs.json });
  const value = keyed.value<number>(stateSpec('v', 'value'));
  for (const [a, b] of [
    [
      { x: 1, y: [2] },
      { y: [2], x: 1 },
    ],
    [{ x: 0 }, { x: -0, z: undefined }],
  ]) {
    keyed.setCurrentKey(a);
    value.update(7);
    keyed.setCurrentKey(b);
    assert.is(value.value(), 7);
    value.clear();
  }
  await state.close();
});

test.run();
