/**
 * State of the backend that STATE_BACKEND names, opened synchronously and with snapshots in memory: every test of
 * operators and state runs on every backend (test/state/backends.test.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { keyGroupRangeOf } from '../../runtime/contract/key-groups.js';
import type {
  KeyedSection,
  KeyedStateBackend,
  KeyType,
  OperatorSnapshot,
} from '../../runtime/contract/state.js';
import {
  createHeapStateBackends,
  type StateBackends,
  type StateBackendsOptions,
} from '../../runtime/state/index.js';
import { openLoggedHeap } from './logged-state.js';
import { MemoryDatabase } from './memory-database.js';
import { HeapOperatorStateBackend } from '../../runtime/state/operator-backend.js';
import { RestoredSections } from '../../runtime/state/restored-sections.js';
import { RocksdbKeyedStateBackend } from '../../runtime/state/rocksdb/keyed-backend.js';
import { loadRocksdb } from '../../runtime/state/rocksdb/package.js';
import { writePackedChunk } from '../../runtime/state/rocksdb/packed-rows.js';
import { defaultRocksdbSettings } from '../../runtime/state/rocksdb/settings.js';
import { StateDirectory } from '../../runtime/state/rocksdb/state-directory.js';
import { StoreThread, type StoreDatabase } from '../../runtime/state/rocksdb/store-thread.js';
import { operationsWithin, WriteBatch } from '../../runtime/state/rocksdb/write-batch.js';

export const backendUnderTest = process.env['STATE_BACKEND'] ?? 'hashmap';

/** A test of how memory is used, or of what only hashmap does. */
export function onHeap(name: string, run: () => void | Promise<void>): void {
  if (backendUnderTest.startsWith('hashmap')) test(name, run);
}

/** A test of what a snapshot of everything leaves out. A log of rows has them as they are; its savepoints are whole. */
export function inWholeSnapshots(name: string, run: () => void | Promise<void>): void {
  if (backendUnderTest !== 'rocksdb+changelog') test(name, run);
}

export type TestState = Pick<StateBackends, 'operator' | 'keyed' | 'snapshot'>;

export function openStateForTest(options: StateBackendsOptions): TestState {
  // BATCH mode keeps the state of one key at a time, on the heap whatever the backend.
  if (options.batchMode) return createHeapStateBackends(options);
  switch (backendUnderTest) {
    case 'hashmap':
      return createHeapStateBackends(options);
    case 'hashmap+changelog':
      return openLoggedHeap(options);
    case 'rocksdb':
      return openRocksdb(options, newDatabase());
    case 'rocksdb+changelog':
      return openRocksdb(options, newDatabase(), { mirror: newDatabase() });
    default:
      throw new Error(`no backend '${backendUnderTest}'`);
  }
}

/** The RocksDB backend over a database in memory, with hardly any memory for itself. */
export function openSpillingForTest(options: StateBackendsOptions, cacheBytes: number): TestState {
  return openRocksdb(options, new MemoryDatabase() as unknown as StoreDatabase, { cacheBytes });
}

let thread: StoreThread | null = null;
let folder = '';
let databases = 0;

/** A database of this test process. */
function newDatabase(): ReturnType<StoreThread['open']> {
  if (!thread) {
    loadRocksdb();
    thread = new StoreThread();
    folder = mkdtempSync(join(tmpdir(), 'flinkc-rocksdb-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return thread.open(join(folder, String(databases++)), defaultRocksdbSettings);
}

function openRocksdb(
  options: StateBackendsOptions,
  db: StoreDatabase,
  {
    // Small: tests are to see what was written and read again.
    cacheBytes = Number(process.env['STATE_CACHE_BYTES'] ?? 20_000),
    mirror,
  }: {
    readonly cacheBytes?: number;
    /** has nothing but what was logged; snapshots are made from it */
    readonly mirror?: StoreDatabase;
  } = {},
): TestState {
  const { subtask, parallelism, maxParallelism, processingTime, restore } = options;
  const keyGroups = keyGroupRangeOf(subtask, maxParallelism, parallelism);
  const operator = new HeapOperatorStateBackend(restore);
  const sections = new RestoredSections(restore ?? [], keyGroups).unclaimed();
  let keyed: RocksdbKeyedStateBackend<unknown> | null = null;
  let logged: RocksdbKeyedStateBackend<unknown> | null = null;
  return {
    operator,
    keyed<K>(keyType: KeyType): KeyedStateBackend<K> {
      if (!keyed) {
        const directory = new StateDirectory([]);
        db.write(packed(sections, directory));
        const settings = {
          keyType,
          maxParallelism,
          keyGroups,
          processingTime,
          directory,
          cacheBytes: () => cacheBytes,
          cachedTimers: 3,
        };
        keyed = new RocksdbKeyedStateBackend({ ...settings, db });
        if (mirror) {
          mirror.write(packed(sections, new StateDirectory([])));
          logged = new RocksdbKeyedStateBackend({ ...settings, db: mirror });
          const { start, end } = keyGroups;
          keyed.store.onWrite = operations =>
            mirror.write(operationsWithin(operations.slice(), start, end, new Map()));
        }
      }
      return keyed as unknown as KeyedStateBackend<K>;
    },
    snapshot(): OperatorSnapshot {
      const { uid, uidHash } = options.operator;
      return {
        uid,
        uidHash,
        subtask,
        parallelism,
        maxParallelism,
        keyed: keyed ? (logged ? fromLog(keyed, logged) : keyed.sections()) : new Map(sections),
        operator: operator.snapshot(),
      };
    },
  };
}

/** What operators lay out themselves is not logged, unless it has rows of its own. */
function fromLog(
  keyed: RocksdbKeyedStateBackend<unknown>,
  logged: RocksdbKeyedStateBackend<unknown>,
): Map<string, KeyedSection> {
  keyed.flushRows();
  return new Map([...logged.sections(), ...(keyed.customSections() ?? [])]);
}

function packed(
  sections: ReadonlyMap<string, KeyedSection>,
  directory: StateDirectory,
): Uint8Array<ArrayBuffer> {
  const batch = new WriteBatch();
  for (const [name, { kind, schema, keyGroups }] of sections) {
    const { id } = directory.add({ name, kind, schema, packed: true });
    for (const [keyGroup, chunks] of keyGroups)
      chunks.forEach((chunk, i) => writePackedChunk(batch, id, keyGroup, i, chunk));
  }
  return batch.take();
}
