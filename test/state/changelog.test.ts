/** The changelog on top of both backends: what checkpoints have, what they cost, what becomes of damaged files. */
import { readdirSync, rmSync, truncateSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keyGroupOf, keyGroupRangeOf } from '../../runtime/contract/key-groups.js';
import { hashString } from '../../runtime/contract/key-hash.js';
import type { ChangelogHandle, OperatorStateHandle } from '../../runtime/contract/snapshot.js';
import type { CustomKeyedState } from '../../runtime/contract/state.js';
import { keyedSchema } from '../../runtime/contract/section-schema.js';
import { changelogStateBackend } from '../../runtime/state/changelog/changelog-state-backend.js';
import { heapStateBackend } from '../../runtime/state/index.js';
import { loadRocksdb } from '../../runtime/state/rocksdb/package.js';
import { RocksdbStateBackend } from '../../runtime/state/rocksdb/rocksdb-state-backend.js';
import { defaultRocksdbSettings } from '../../runtime/state/rocksdb/settings.js';
import type { StateBackend, StateRestore } from '../../runtime/state/state-backend.js';
import { MetricScope } from '../../runtime/telemetry/metrics.js';
import { codecs, keyType, stateSpec } from '../operators/harness.js';
import { SnapshotStorage, temporaryFolder } from './snapshot-storage.js';
import { openStringKeys } from './string-keys.js';

loadRocksdb();
const test = suite('changelog');
const backends: StateBackend[] = [];
test.after(async () => {
  for (const backend of backends) await backend.close();
});

type Name = 'hashmap' | 'rocksdb';
const names: readonly Name[] = ['hashmap', 'rocksdb'];

interface Kind {
  readonly name: Name;
  readonly changelog: boolean;
  /** null: never */
  readonly materializeMs?: number | null;
}
const opened = new Map<string, StateBackend>();
function backendOf({ name, changelog, materializeMs = null }: Kind): StateBackend {
  const key = `${name} ${changelog} ${materializeMs}`;
  let backend = opened.get(key);
  if (backend) return backend;
  const settings = { ...defaultRocksdbSettings, localDir: temporaryFolder(), memoryBytes: 200_000 };
  backend = name === 'hashmap' ? heapStateBackend(changelog) : new RocksdbStateBackend(settings, changelog);
  if (changelog)
    backend = changelogStateBackend(backend, {
      storage: 'filesystem',
      materializeIntervalMs: materializeMs,
      maxFailures: 3,
    });
  opened.set(key, backend);
  backends.push(backend);
  return backend;
}

/** A state with a layout of its own, as library operators have. */
class Tallies implements CustomKeyedState {
  readonly kind = 'value';
  readonly schema = keyedSchema(keyType('string'), stateSpec('tallies', 'value'));
  readonly counts = new Map<string, number>();
  snapshot: CustomKeyedState['snapshot'] = () => {
    const rows = [...this.counts];
    return [
      {
        table: { copyOnWrite: null },
        count: rows.length,
        write: (row, entry) => {
          const [key, count] = rows[row]!;
          const out = entry(keyGroupOf(hashString(key), 128));
          codecs.string.write(out, key);
          codecs.float64.write(out, count);
        },
      },
    ];
  };
  restore: CustomKeyedState['restore'] = (_, from) => {
    this.counts.set(codecs.string.read(from) as string, codecs.float64.read(from) as number);
  };
}

async function open(kind: Kind, restore: StateRestore | null = null, subtask = 0, parallelism = 1) {
  const opened = await openStringKeys(backendOf(kind), restore, subtask, parallelism);
  const windowed = opened.keyed.windowed<number>({
    schema: { kind: 'float64' },
    id: start => start,
    write: (out, start) => out.f64(start),
    read: from => from.f64(),
  });
  const tallies = new Tallies();
  opened.keyed.registerCustom('tallies', tallies);
  const metrics = new MetricScope();
  opened.state.registerMetrics?.(metrics);
  const window = windowed.value<number>(stateSpec('w', 'value'));
  return { ...opened, metrics, windowed, tallies, window };
}
type Opened = Awaited<ReturnType<typeof open>>;

const keys = Array.from({ length: 150 }, (_, i) => `user-${i}`);

/** Changes, additions and removals in every kind of state; what a round does depends on it and the key alone. */
function play(state: Opened, of: readonly string[], round: number): void {
  for (const key of of) {
    const n = Number(key.slice(5)) + round * 7;
    if (n % 3 === 0) continue;
    state.keyed.setCurrentKey(key);
    if (n % 5 === 0) state.value.clear();
    else state.value.update(n);
    if (n % 11 === 0) state.list.clear();
    else if (n % 2 === 0) state.list.add(round);
    if (n % 40 === 1) for (let i = 0; i < 900; i++) state.list.add(i); // rows of its own
    if (n % 4 === 0) state.map.put(`r${round}`, n);
    if (n % 8 === 1) state.map.remove(`r${round - 1}`);
    if (n % 50 === 1) for (let i = 0; i < 400; i++) state.map.put(`entry ${i}`, n);
    if (n % 17 === 0) state.map.clear();
    state.windowed.setNamespace(n % 4);
    if (n % 6 === 0) state.window.clear();
    else state.window.update(n);
    state.timers.registerEventTimeTimer(null, 10_000 + n);
    if (n % 2 === 0) state.timers.deleteEventTimeTimer(null, 10_000 + n - 7);
    if (n % 3 === 1) state.tallies.counts.set(key, n);
    else if (n % 7 === 0) state.tallies.counts.delete(key);
  }
}
function contents(state: Opened, of: readonly string[] = keys): unknown {
  const all = of.map(key => {
    state.keyed.setCurrentKey(key);
    const windows = [0, 1, 2, 3].map(start => {
      state.windowed.setNamespace(start);
      return state.window.value();
    });
    const entries = [...state.map.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    return [key, state.value.value(), [...state.list.get()], entries, windows, state.tallies.counts.get(key)];
  });
  state.timers.advanceWatermark(Infinity);
  return [all, state.fired.sort()];
}
/** What a state has after so many rounds; reading it fires its timers, so it is one of its own. */
async function expected(rounds: number, of: readonly string[] = keys): Promise<unknown> {
  const reference = await open({ name: 'hashmap', changelog: false });
  for (let round = 0; round < rounds; round++) play(reference, of, round);
  return contents(reference, of);
}
/** What the last checkpoint has begun to materialise is written or has failed, and the next checkpoint may begin anew. */
async function materialized({ metrics }: Opened): Promise<void> {
  const count = (what: string): number => metrics.read(0)[`${what}Materialization`] as number;
  for (const giveUp = Date.now() + 240_000; count('started') > count('completed') + count('failed');) {
    assert.ok(Date.now() < giveUp, 'a materialisation does not end');
    await delay(5);
  }
  await delay(5);
}
function logOf(handle: OperatorStateHandle): ChangelogHandle {
  assert.is(handle.keyed?.kind, 'changelog');
  return handle.keyed as ChangelogHandle;
}
function own(subtask: number, parallelism: number): (key: string) => boolean {
  const { start, end } = keyGroupRangeOf(subtask, 128, parallelism);
  return key => {
    const group = keyGroupOf(hashString(key), 128);
    return group >= start && group <= end;
  };
}

for (const name of names) {
  const logged: Kind = { name, changelog: true };

  test(`${name}: a checkpoint is what was there at its barrier, from segments alone`, async () => {
    const storage = new SnapshotStorage();
    const state = await open(logged);
    let handle: OperatorStateHandle | null = null;
    for (let round = 0; round < 5; round++) {
      play(state, keys, round);
      // What comes after the barrier is not in it.
      handle = await storage.take(state.state, 'checkpoint', () => {
        if (round === 4) play(state, keys, 5);
      });
    }
    const { base, segments } = logOf(handle!);
    assert.is(base, null);
    assert.ok(segments.length > 1, `${segments.length} segments`);
    const after = await open(logged, storage.restore(handle!));
    assert.equal(contents(after), await expected(5));
    await state.state.close();
    await after.state.close();
  });

  test(`${name}: every checkpoint can be restored, with and without changelog, while materialisations replace the log`, async () => {
    const storage = new SnapshotStorage();
    const state = await open({ ...logged, materializeMs: 1 });
    const handles: OperatorStateHandle[] = [];
    for (let round = 0; round < 8; round++) {
      play(state, keys, round);
      handles.push(await storage.take(state.state, 'checkpoint'));
      await materialized(state);
    }
    const based = handles.map(handle => logOf(handle).base !== null);
    assert.ok(based.includes(true) && based.includes(false), String(based));
    assert.ok(logOf(handles.at(-1)!).segments.length < 8, 'the log begins anew with a base');
    for (const [round, handle] of handles.entries()) {
      const after = await open({ name, changelog: round % 2 === 0 }, storage.restore(handle));
      assert.equal(contents(after), await expected(round + 1), `checkpoint ${round}`);
      await after.state.close();
    }
    await state.state.close();
  });

  test(`${name}: after a restore the first checkpoint is complete in itself, the next ones are logs again`, async () => {
    const storage = new SnapshotStorage();
    const first = await open(logged);
    play(first, keys, 0);
    const handle = await storage.take(first.state, 'checkpoint');
    await first.state.close();
    for (const before of [handle, await savepointAfter(1)]) {
      const second = await open(logged, storage.restore(before));
      play(second, keys, 1);
      const based = logOf(await storage.take(second.state, 'checkpoint'));
      assert.ok(based.base);
      assert.is(based.segments.length, 0);
      play(second, keys, 2);
      const last = await storage.take(second.state, 'checkpoint');
      assert.is(logOf(last).segments.length, 1);
      const third = await open(logged, storage.restore(last));
      assert.equal(contents(third), await expected(3));
      await second.state.close();
      await third.state.close();
    }
    async function savepointAfter(rounds: number): Promise<OperatorStateHandle> {
      const state = await open({ name: 'hashmap', changelog: false });
      for (let round = 0; round < rounds; round++) play(state, keys, round);
      return storage.take(state.state, 'savepoint');
    }
  });

  test(`${name}: savepoints stay canonical, and change nothing in the log`, async () => {
    const storage = new SnapshotStorage();
    const state = await open(logged);
    play(state, keys, 0);
    await storage.take(state.state, 'checkpoint');
    play(state, keys, 1);
    const savepoint = await storage.take(state.state, 'savepoint');
    assert.is(savepoint.keyed?.kind, 'canonical');
    play(state, keys, 2);
    const checkpoint = await storage.take(state.state, 'checkpoint');
    for (const [handle, rounds] of [
      [savepoint, 2],
      [checkpoint, 3],
    ] as const) {
      const after = await open({ name, changelog: false }, storage.restore(handle));
      assert.equal(contents(after), await expected(rounds));
      await after.state.close();
    }
    await state.state.close();
  });

  for (const [from, to] of [
    [1, 2],
    [2, 1],
    [2, 3],
  ] as const) {
    test(`§8.4 ${name}: a log goes by key-group range from ${from} to ${to} subtasks`, async () => {
      const storage = new SnapshotStorage();
      const handles: OperatorStateHandle[] = [];
      for (let subtask = 0; subtask < from; subtask++) {
        const state = await open({ ...logged, materializeMs: subtask === 0 ? 1 : null }, null, subtask, from);
        let handle: OperatorStateHandle | null = null;
        for (let round = 0; round < 4; round++) {
          play(state, keys.filter(own(subtask, from)), round);
          handle = await storage.take(state.state, 'checkpoint');
          await materialized(state);
        }
        handles.push(handle!);
        await state.state.close();
      }
      for (let subtask = 0; subtask < to; subtask++) {
        const mine = keys.filter(own(subtask, to));
        const state = await open(
          { name, changelog: subtask % 2 === 0 },
          storage.restore(...handles),
          subtask,
          to,
        );
        assert.equal(contents(state, mine), await expected(4, mine));
        await state.state.close();
      }
    });
  }

  test(`${name}: what a checkpoint writes does not depend on how much state there is`, async () => {
    const written: number[] = [];
    for (const size of [1_000, 50_000]) {
      const storage = new SnapshotStorage();
      const state = await open(logged);
      for (let i = 0; i < size; i++) {
        state.keyed.setCurrentKey(`user-${i}`);
        state.value.update(i);
      }
      await storage.take(state.state, 'checkpoint');
      for (let i = 0; i < 2000; i++) {
        state.keyed.setCurrentKey(`user-${i % 1000}`);
        state.value.update(-i);
      }
      await storage.take(state.state, 'checkpoint');
      written.push(storage.writtenBytes);
      await state.state.close();
    }
    for (const bytes of written) assert.ok(bytes < 100_000, `${written.join(' and ')} bytes`);
  });

  test(`${name}: nothing changed: nothing is written`, async () => {
    const storage = new SnapshotStorage();
    const state = await open(logged);
    play(state, keys, 0);
    state.tallies.counts.clear();
    const first = logOf(await storage.take(state.state, 'checkpoint'));
    state.keyed.setCurrentKey('user-1');
    state.value.value();
    assert.ok(Array.from(state.map.entries()));
    const second = logOf(await storage.take(state.state, 'checkpoint'));
    assert.equal(second.segments, first.segments);
    await state.state.close();
  });

  test(`${name}: small segments share a file, and what is not used any more is not referred to`, async () => {
    const storage = new SnapshotStorage();
    const state = await open(logged);
    let last: ChangelogHandle | null = null;
    for (let round = 0; round < 12; round++) {
      state.keyed.setCurrentKey(`user-${round}`);
      state.value.update(round);
      last = logOf(await storage.take(state.state, 'checkpoint'));
    }
    assert.is(last!.segments.length, 12);
    assert.is(new Set(last!.segments.map(({ file }) => file.path)).size, 1);
    await state.state.close();
  });

  for (const [what, damage] of [
    ['missing', (file: string) => rmSync(file)],
    ['shortened', (file: string) => truncateSync(file, 100)],
    [
      'changed',
      (file: string) => {
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1]! ^= 0xff;
        writeFileSync(file, bytes);
      },
    ],
  ] as const)
    test(`${name}: a segment that is ${what} is FC5504 and names the file`, async () => {
      const storage = new SnapshotStorage();
      const state = await open(logged);
      play(state, keys, 0);
      const handle = await storage.take(state.state, 'checkpoint');
      await state.state.close();
      const { path } = logOf(handle).segments[0]!.file;
      assert.ok(readdirSync(join(storage.base, 'shared')).some(file => path.endsWith(file)));
      damage(join(storage.base, path));
      try {
        await open(logged, storage.restore(handle));
        assert.unreachable();
      } catch (error) {
        assert.is((error as { code?: string }).code, 'FC5504', String(error));
        assert.match((error as Error).message, path);
      }
    });
}

test('rocksdb: rows that do not fit into memory between two barriers lie in a file until then', async () => {
  const storage = new SnapshotStorage();
  const kind: Kind = { name: 'rocksdb', changelog: true };
  const state = await open(kind);
  const text = state.keyed.value<string>(stateSpec('text', 'value', 'string'));
  for (let i = 0; i < 6000; i++) {
    state.keyed.setCurrentKey(`user-${i % 3000}`);
    text.update(`${i} `.repeat(100));
  }
  const handle = await storage.take(state.state, 'checkpoint');
  const { file } = logOf(handle).segments[0]!;
  assert.ok(file.length > 2 << 20, `${file.length} bytes`);
  const after = await open(kind, storage.restore(handle));
  const restored = after.keyed.value<string>(stateSpec('text', 'value', 'string'));
  for (let i = 0; i < 3000; i++) {
    after.keyed.setCurrentKey(`user-${i}`);
    assert.is(restored.value(), `${3000 + i} `.repeat(100));
  }
  await state.state.close();
  await after.state.close();
});

test('materialisations that fail are tolerated so many times; meanwhile the log goes on', async () => {
  const storage = new SnapshotStorage();
  const state = await open({ name: 'hashmap', changelog: true, materializeMs: 1 });
  storage.failing = /-base-/;
  for (let round = 0; round < 4; round++) {
    play(state, keys, round);
    const handle = await storage.take(state.state, 'checkpoint');
    assert.is(logOf(handle).base, null);
    await materialized(state);
    const after = await open({ name: 'hashmap', changelog: false }, storage.restore(handle));
    assert.equal(contents(after), await expected(round + 1));
  }
  assert.is(state.metrics.read(0)['failedMaterialization'], 4);
  play(state, keys, 4);
  try {
    await storage.take(state.state, 'checkpoint');
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'FC5123');
    assert.match((error as Error).message, 'no space left');
  }
  await state.state.close();
});

test('a log file that could not be stored is stored by the next checkpoint', async () => {
  for (const name of names) {
    const storage = new SnapshotStorage();
    const state = await open({ name, changelog: true });
    play(state, keys, 0);
    storage.failing = /-log-/;
    try {
      await storage.take(state.state, 'checkpoint');
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, 'no space left');
    }
    storage.failing = null;
    play(state, keys, 1);
    const handle = await storage.take(state.state, 'checkpoint');
    const after = await open({ name, changelog: true }, storage.restore(handle));
    assert.equal(contents(after), await expected(2));
    await state.state.close();
    await after.state.close();
  }
});

test('a log of hashmap is restored by rocksdb; one of rocksdb by rocksdb alone', async () => {
  const storage = new SnapshotStorage();
  const heap = await open({ name: 'hashmap', changelog: true, materializeMs: 1 });
  for (let round = 0; round < 3; round++) {
    play(heap, keys, round);
    await storage.take(heap.state, 'checkpoint');
    await materialized(heap);
  }
  const handle = await storage.take(heap.state, 'checkpoint');
  for (const changelog of [true, false]) {
    const after = await open({ name: 'rocksdb', changelog }, storage.restore(handle));
    assert.equal(contents(after), await expected(3));
    await after.state.close();
  }
  const rocksdb = await open({ name: 'rocksdb', changelog: true });
  play(rocksdb, keys, 0);
  const rows = await storage.take(rocksdb.state, 'checkpoint');
  try {
    await open({ name: 'hashmap', changelog: true }, storage.restore(rows));
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'FC5507');
  }
  await heap.state.close();
  await rocksdb.state.close();
});

test.run();
