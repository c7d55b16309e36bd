/**
 * Reading, changing and writing a count per key on disk: keyed state of the rocksdb backend, and the bare package with
 * its best access pattern (one getMany per batch, a write-back cache, batched writes), in the same run. Both have rows of
 * the same bytes, settings and numbers of entries in memory; what is measured begins with all of them on disk and none in
 * memory, and ends with all of them on disk, so that it does not depend on when a cache happens to be written.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KeyType, StateSpec, ValueCodec } from '../../runtime/contract/index.js';
import type * as Package from '../../runtime/state/rocksdb/package.js';
import type { RocksdbKeyedStateBackend } from '../../runtime/state/rocksdb/keyed-backend.js';
import type * as Backend from '../../runtime/state/rocksdb/rocksdb-state-backend.js';
import { ManualClock } from '../../test/operators/harness.js';

// As it is installed: sources that are transformed while they run are slower.
const built = (module: string): Promise<unknown> =>
  import(new URL(`../../dist/runtime/state/rocksdb/${module}.js`, import.meta.url).href);
const { loadRocksdb } = (await built('package')) as typeof Package;
const { RocksdbStateBackend } = (await built('rocksdb-state-backend')) as typeof Backend;

export const BATCH = 1024;
const CACHE_ENTRIES = 100_000;
const VALUE_BYTES = 100;
/** What is in front of a key in rows of the backend: key group, state, and the key's length. */
const BEFORE_KEY = '\x00\x00\x00\x01\x20';
/** An entry in the backend's cache, by its own estimate: a unit, its row's key, and twice the value's bytes. */
const ENTRY_BYTES = 240 + 21 + 2 * VALUE_BYTES;
const settings = { blockCacheBytes: 64 << 20, writeBufferBytes: 16 << 20 };

/** 16 characters, uniformly drawn. */
function* batches(keys: number, updates: number, seed: number): IterableIterator<string[]> {
  for (let done = 0; done < updates; done += BATCH) {
    yield Array.from({ length: BATCH }, () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return `customer-${String((seed >>> 4) % keys).padStart(7, '0')}`;
    });
  }
}
/** Every key once, so that what is measured afterwards finds its keys on disk. */
function* everyKey(keys: number): IterableIterator<string[]> {
  for (let first = 0; first < keys; first += BATCH)
    yield Array.from(
      { length: Math.min(BATCH, keys - first) },
      (_, i) => `customer-${String(first + i).padStart(7, '0')}`,
    );
}
const text: ValueCodec = {
  fingerprint: 'string',
  write: (out, value) => out.string(value as string),
  read: from => from.string(),
};
/** A count, and what makes the value 100 bytes long. */
const counted: ValueCodec = {
  fingerprint: 'count',
  write(out, value) {
    out.f64(value as number);
    out.raw(padding);
  },
  read(from) {
    const count = from.f64();
    from.take(padding.length);
    return count;
  },
};
const padding = new Uint8Array(VALUE_BYTES - 8);

export interface Outcome extends Times {
  readonly total: number;
}
interface Times {
  /** of the clock */
  readonly seconds: number;
  /** of all threads */
  readonly cpuSeconds: number;
}
async function timed(run: () => void | Promise<void>): Promise<Times> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

export async function keyedState(keys: number, updates: number): Promise<Outcome> {
  loadRocksdb();
  const localDir = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  const backend = new RocksdbStateBackend({
    ...settings,
    localDir,
    memoryBytes: CACHE_ENTRIES * ENTRY_BYTES,
    cachedTimers: 128,
  });
  const state = await backend.open({
    jobId: '0'.repeat(32),
    operator: { uid: 'count', uidHash: '0'.repeat(32), name: 'count', origin: 'bench' },
    subtask: 0,
    parallelism: 1,
    maxParallelism: 128,
    processingTime: new ManualClock(),
    batchMode: false,
    restore: null,
  });
  const key: KeyType = { schema: { kind: 'string' }, codec: text };
  const spec: StateSpec = {
    name: 'count',
    kind: 'value',
    layout: 'float64',
    value: counted,
    schema: { kind: 'float64' },
  };
  const keyed = state.keyed<string>(key) as RocksdbKeyedStateBackend<string>;
  const count = keyed.value<number>(spec);
  const run = (input: Iterable<string[]>): void => {
    for (const batch of input) {
      keyed.prefetch(batch, batch.length);
      for (const name of batch) {
        keyed.setCurrentKey(name);
        count.update((count.value() ?? 0) + 1);
      }
    }
  };
  const writeAll = (): void => {
    keyed.flush();
    keyed.store.drop();
    // A read waits for the writes before it.
    keyed.setCurrentKey('none');
    count.value();
  };
  run(everyKey(keys));
  writeAll();
  const input = [...batches(keys, updates, 2)];
  const times = await timed(() => {
    run(input);
    writeAll();
  });
  let total = 0;
  keyed.forEachKey('count', () => (total += count.value()!));
  await state.close();
  await backend.close();
  rmSync(localDir, { recursive: true, force: true });
  return { ...times, total };
}

export async function barePackage(keys: number, updates: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  const db = new (loadRocksdb())(join(folder, 'db'));
  await promisify(db.open.bind(db))({
    cacheSize: settings.blockCacheBytes,
    writeBufferSize: settings.writeBufferBytes,
    compression: false,
  });
  const getMany = promisify(db.getMany.bind(db));
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  let writing: Promise<void> = Promise.resolve();
  const encode = (value: number): Buffer => {
    const bytes = Buffer.alloc(VALUE_BYTES);
    bytes.writeDoubleLE(value);
    return bytes;
  };
  const row = (key: string): Buffer => Buffer.from(BEFORE_KEY + key, 'latin1');
  const write = async (units: ReadonlyMap<string, number>): Promise<void> => {
    await writing;
    const batch = db.batch();
    for (const [k, v] of units) batch.put(row(k), encode(v));
    writing = promisify(batch.write.bind(batch))();
  };
  const run = async (input: Iterable<string[]>): Promise<void> => {
    for (const batch of input) {
      const missing = [...new Set(batch)].filter(key => !young.has(key) && !old.has(key));
      await writing;
      const found = await getMany(missing.map(row), { asBuffer: true });
      missing.forEach((key, i) => young.set(key, found[i]?.readDoubleLE() ?? 0));
      for (const key of batch) young.set(key, (young.get(key) ?? old.get(key) ?? 0) + 1);
      if (young.size < CACHE_ENTRIES / 2) continue;
      for (const key of young.keys()) old.delete(key);
      await write(old);
      old = young;
      young = new Map();
    }
  };
  const writeAll = async (): Promise<void> => {
    for (const key of young.keys()) old.delete(key);
    await write(old);
    await write(young);
    await writing;
    old = new Map();
    young = new Map();
  };
  await run(everyKey(keys));
  await writeAll();
  const input = [...batches(keys, updates, 2)];
  const times = await timed(async () => {
    await run(input);
    await writeAll();
  });
  let total = 0;
  const rows = db.iterator({ highWaterMark: 1 << 20 });
  const next = (): Promise<Buffer | undefined> =>
    new Promise((resolve, reject) =>
      rows.next((error, _, value) => (error ? reject(error) : resolve(value))),
    );
  for (let value = await next(); value; value = await next()) total += value.readDoubleLE();
  await promisify(rows.end.bind(rows))();
  await promisify(db.close.bind(db))();
  rmSync(folder, { recursive: true, force: true });
  return { ...times, total };
}
