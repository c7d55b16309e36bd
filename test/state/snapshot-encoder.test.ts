/** Tables of numbers whose snapshots another thread encodes: the same files, whatever happens meanwhile. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ValueState } from '../../plugins/api/state.js';
import { keyGroupOf, keyGroupRangeOf } from '../../runtime/contract/key-groups.js';
import { ByteReader } from '../../runtime/contract/bytes.js';
import { keyHasher } from '../../runtime/contract/key-hash.js';
import type { CanonicalHandle, OperatorStateHandle } from '../../runtime/contract/snapshot.js';
import { EncoderThread } from '../../runtime/state/encoder/encoder-thread.js';
import { readCanonicalKeyed } from '../../runtime/state/format/canonical.js';
import { heapStateBackend } from '../../runtime/state/index.js';
import type { OperatorState, StateRestore } from '../../runtime/state/state-backend.js';
import { OperatorTarget } from '../../runtime/state/storage/operator-target.js';
import { SharedUploads } from '../../runtime/state/storage/shared-uploads.js';
import { codecs, keyType, ManualClock, stateSpec } from '../operators/harness.js';
import { SnapshotStorage } from './snapshot-storage.js';

const test = suite('snapshot encoder');

/** Counts its jobs. */
class CountingEncoder extends EncoderThread {
  begun = 0;
  override begin(...what: Parameters<EncoderThread['begin']>): ReturnType<EncoderThread['begin']> {
    this.begun++;
    return super.begin(...what);
  }
}
const encoder = new CountingEncoder(1);
const local = new CountingEncoder(Infinity);
const backends = new Map(
  [encoder, local].map(encoder => [encoder, heapStateBackend(false, encoder)] as const),
);
test.after(async () => {
  for (const backend of backends.values()) await backend.close();
});

type Width = 'float64' | 'int32' | 'bool';
const valueOf = (type: Width, n: number): number | boolean => (type === 'bool' ? n % 2 === 0 : n);

class Table {
  readonly model = new Map<number, number | boolean>();
  readonly state: OperatorState;
  readonly #set: (key: number) => void;
  readonly #value: ValueState<number | boolean>;
  readonly #type: Width;
  #random = 1;

  private constructor(state: OperatorState, key: 'float64' | 'int32', type: Width) {
    this.state = state;
    const keyed = state.keyed<number>(keyType(key));
    this.#set = key => keyed.setCurrentKey(key);
    this.#type = type;
    this.#value = keyed.value(stateSpec('v', 'value', type));
  }
  static async open(
    key: 'float64' | 'int32',
    type: Width,
    maxParallelism = 128,
    restore: StateRestore | null = null,
    by: EncoderThread = encoder,
    subtask = 0,
    parallelism = 1,
  ): Promise<Table> {
    const state = await backends.get(by as CountingEncoder)!.open({
      jobId: 'f'.repeat(32),
      operator: { uid: 'op', uidHash: '0'.repeat(32), name: 'op', origin: 'test.ts:1:1' },
      subtask,
      parallelism,
      maxParallelism,
      processingTime: new ManualClock(0),
      batchMode: false,
      restore,
    });
    return new Table(state, key, type);
  }
  put(key: number, n: number): void {
    const value = valueOf(this.#type, n);
    this.#set(key);
    this.#value.update(value);
    this.model.set(key, value);
  }
  remove(key: number): void {
    this.#set(key);
    this.#value.clear();
    this.model.delete(key);
  }
  get(key: number): number | boolean | null {
    this.#set(key);
    return this.#value.value();
  }
  /** New keys take over the slots of those that go. */
  change(times: number, below: number): void {
    const draw = (below: number): number => {
      this.#random = (Math.imul(this.#random, 1664525) + 1013904223) | 0;
      return (this.#random >>> 8) % below;
    };
    for (let i = 0; i < times; i++) {
      const key = draw(below) - (below >> 1);
      if (draw(4) === 0) this.remove(key);
      else this.put(key, draw(1_000));
    }
  }
}

const storage = new SnapshotStorage();

/** What the file has, with a check that every entry is in its key group. */
async function entriesIn(
  { keyed }: OperatorStateHandle,
  key: 'float64' | 'int32',
  type: Width,
  maxParallelism: number,
): Promise<Map<unknown, unknown>> {
  const handle = keyed as CanonicalHandle;
  await storage.source.read(handle.file); // length and checksum are what the handle says
  const sections = await readCanonicalKeyed(storage.source, handle, keyGroupRangeOf(0, maxParallelism, 1));
  const hash = keyHasher({ kind: key });
  const found = new Map<unknown, unknown>();
  for (const [keyGroup, chunks] of sections.get('v')!.keyGroups)
    for (const chunk of chunks)
      for (const from = new ByteReader(chunk); from.remaining > 0;) {
        const k = codecs[key].read(from);
        assert.is(keyGroup, keyGroupOf(hash(k), maxParallelism));
        assert.not.ok(found.has(k), `${String(k)} is there once`);
        found.set(k, codecs[type].read(from));
      }
  return found;
}
const sorted = (entries: ReadonlyMap<unknown, unknown>): string[] =>
  Array.from(entries, ([k, v]) => `${String(k)}=${String(v)}`).sort();

for (const key of ['float64', 'int32'] as const)
  for (const type of ['float64', 'int32', 'bool'] as const)
    // One key group: its block is full again and again. 32,768: no block ever is.
    for (const maxParallelism of key === 'float64' && type === 'float64' ? [1, 128, 32_768] : [128])
      test(`§9.2 keys of ${key}, values of ${type}, ${maxParallelism} key groups: what changes meanwhile does not show`, async () => {
        const table = await Table.open(key, type, maxParallelism);
        table.change(150_000, 140_000); // pages for several batches
        const before = encoder.begun;
        const expected = sorted(table.model);
        let writing = true;
        const taken = storage.take(table.state, 'checkpoint', () => table.change(500, 140_000));
        const changing = (async () => {
          for (; writing; await setImmediate()) table.change(500, 200_000);
        })();
        const handle = await taken;
        writing = false;
        await changing;
        assert.is(encoder.begun, before + 1);
        assert.equal(sorted(await entriesIn(handle, key, type, maxParallelism)), expected);
        // And the next one has all of that.
        const later = await storage.take(table.state, 'savepoint');
        assert.equal(sorted(await entriesIn(later, key, type, maxParallelism)), sorted(table.model));
      });

test('§9.2 two snapshots that are written at the same time are each as of their barrier', async () => {
  const table = await Table.open('float64', 'float64');
  table.change(100_000, 90_000);
  const first = sorted(table.model);
  let second: readonly string[] = [];
  const takenLater: Promise<OperatorStateHandle>[] = [];
  const takenFirst = storage.take(table.state, 'checkpoint', () => {
    table.change(3_000, 120_000);
    second = sorted(table.model);
    takenLater.push(storage.take(table.state, 'checkpoint', () => table.change(3_000, 120_000)));
  });
  for (let i = 0; i < 20; i++, await setImmediate()) table.change(200, 120_000);
  assert.equal(sorted(await entriesIn(await takenFirst, 'float64', 'float64', 128)), first);
  assert.equal(sorted(await entriesIn(await takenLater[0]!, 'float64', 'float64', 128)), second);
});

test('a table is restored from what another thread encoded, at another parallelism', async () => {
  const table = await Table.open('float64', 'int32');
  table.change(60_000, 50_000);
  const handle = await storage.take(table.state, 'savepoint');
  let restored = 0;
  for (const subtask of [0, 1, 2]) {
    const part = await Table.open('float64', 'int32', 128, storage.restore(handle), local, subtask, 3);
    const range = keyGroupRangeOf(subtask, 128, 3);
    const hash = keyHasher({ kind: 'float64' });
    for (const [key, value] of table.model) {
      const keyGroup = keyGroupOf(hash(key), 128);
      const isMine = range.start <= keyGroup && keyGroup <= range.end;
      assert.is(part.get(key), isMine ? value : null);
      if (isMine) restored++;
    }
  }
  assert.is(restored, table.model.size);
});

test('tables of less than 16 pages are encoded where they are', async () => {
  const usual = new CountingEncoder();
  const backend = heapStateBackend(false, usual);
  backends.set(usual, backend);
  const table = await Table.open('int32', 'int32', 128, null, usual);
  for (let key = 0; key < 15 * 4096; key++) table.put(key, key);
  for (const begun of [0, 1]) {
    const handle = await storage.take(table.state, 'checkpoint', () => table.change(100, 20_000));
    assert.is(usual.begun, begun);
    assert.is((await entriesIn(handle, 'int32', 'int32', 128)).size, 15 * 4096 + begun);
    for (let key = 0; key <= 15 * 4096; key++) table.put(key, key);
    for (let key = -20_000; key < 0; key++) table.remove(key);
  }
});

/** More than may be under way at a time. */
async function largeTable(): Promise<Table> {
  const table = await Table.open('float64', 'float64');
  for (let key = 0; key < 500_000; key++) table.put(key, key);
  return table;
}

/** Writes a snapshot until the first bytes of its file are there; then `interrupt`. */
async function interrupted(
  table: Table,
  interrupt: (abort: AbortController) => void,
): Promise<string | null> {
  const abort = new AbortController();
  const folder = `interrupted-${Math.random()}/`;
  let isInterrupted = false;
  const target = new OperatorTarget({
    checkpointId: 1,
    type: 'checkpoint',
    location: { fileSystem: storage.fileSystem, base: storage.base },
    folder,
    sharedFolder: 'shared/',
    prefix: 'op',
    inlineBytes: 0,
    maxInlineBytes: 0,
    reuseFrom: null,
    uploads: new SharedUploads(),
  });
  const create = target.create.bind(target);
  target.create = async name => {
    const file = await create(name);
    return {
      get length() {
        return file.length;
      },
      close: () => file.close(),
      abort: () => file.abort(),
      write: async (bytes, crc32) => {
        await file.write(bytes, crc32);
        if (isInterrupted || crc32 === undefined) return;
        isInterrupted = true;
        interrupt(abort);
      },
    };
  };
  const snapshot = table.state.snapshot(1, 'checkpoint')!;
  const failure = await snapshot.write(target, abort.signal).then(
    () => null,
    (error: Error) => error.message,
  );
  await snapshot.discard();
  const path = join(storage.base, folder);
  assert.equal(existsSync(path) ? readdirSync(path) : [], [], 'no file is left');
  return failure;
}

test('§9.2 a snapshot that is aborted while it is encoded leaves no file, and the next one is complete', async () => {
  const table = await largeTable();
  assert.is(
    await interrupted(table, abort => abort.abort(new Error('checkpoint expired'))),
    'checkpoint expired',
  );
  table.change(1_000, 300_000);
  const handle = await storage.take(table.state, 'checkpoint', () => table.change(1_000, 300_000));
  assert.ok((await entriesIn(handle, 'float64', 'float64', 128)).size > 100_000);
});

test('§9.2 a snapshot whose encoding thread dies is declined, and the next one gets another thread', async () => {
  const table = await largeTable();
  assert.is(
    await interrupted(table, () => void encoder.close()),
    'the thread that encodes snapshots has ended',
  );
  const expected = sorted(table.model);
  const handle = await storage.take(table.state, 'checkpoint', () => table.change(1_000, 300_000));
  assert.equal(sorted(await entriesIn(handle, 'float64', 'float64', 128)), expected);
});

test.run();
