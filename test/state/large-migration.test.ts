/**
 * Values of another type, restored on every backend from every backend, with more entries than fit into what is encoded,
 * sorted or read at a time: a thread encodes tables from 65,536 slots on.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Schema } from '../../plugins/api/schema.js';
import type { ValueState } from '../../plugins/api/state.js';
import type { SnapshotType } from '../../runtime/contract/snapshot.js';
import type { StateMigration, StateSpec } from '../../runtime/contract/state.js';
import { EncoderThread } from '../../runtime/state/encoder/encoder-thread.js';
import { heapStateBackend } from '../../runtime/state/index.js';
import { loadRocksdb } from '../../runtime/state/rocksdb/package.js';
import { RocksdbStateBackend } from '../../runtime/state/rocksdb/rocksdb-state-backend.js';
import { defaultRocksdbSettings } from '../../runtime/state/rocksdb/settings.js';
import { schemaCodec } from '../../runtime/state/schema/schema-codec.js';
import type { OperatorState, StateBackend, StateRestore } from '../../runtime/state/state-backend.js';
import { keyType, ManualClock, stateSpec } from '../operators/harness.js';
import { SnapshotStorage, temporaryFolder } from './snapshot-storage.js';

const keys = 66_000;

/** What the programs before and after the edit keep. */
interface Total {
  readonly sum: number;
  readonly unit: string;
}
const float64: Schema = { kind: 'float64' };
const total = {
  kind: 'struct',
  fields: [
    { name: 'sum', schema: float64, optional: false },
    { name: 'unit', schema: { kind: 'string' }, optional: false },
  ],
} as unknown as Schema;
const migrating = (spec: StateSpec, from: Schema, convert: StateMigration['convert']): StateSpec => ({
  ...spec,
  migrations: [{ from, convert: convert! }],
});
const numbers = migrating(stateSpec('total', 'value'), total, old => (old as Total).sum);
const totals = migrating(
  { name: 'total', kind: 'value', layout: 'object', value: schemaCodec(total), schema: total },
  float64,
  (old): Total => ({ sum: old as number, unit: 'cents' }),
);

class CountingEncoder extends EncoderThread {
  begun = 0;
  override begin(...what: Parameters<EncoderThread['begin']>): ReturnType<EncoderThread['begin']> {
    this.begun++;
    return super.begin(...what);
  }
}
const encoder = new CountingEncoder();
loadRocksdb();
const backends = {
  hashmap: heapStateBackend(false, encoder),
  rocksdb: new RocksdbStateBackend({
    ...defaultRocksdbSettings,
    localDir: temporaryFolder(),
    memoryBytes: 4 << 20,
  }),
} satisfies Record<string, StateBackend>;
type Name = keyof typeof backends;

const test = suite('large migration');
test.after(async () => {
  for (const backend of Object.values(backends)) await backend.close();
});

class Held<T> {
  readonly state: OperatorState;
  readonly #keyed;
  readonly #value: ValueState<T>;

  private constructor(state: OperatorState, spec: StateSpec) {
    this.state = state;
    this.#keyed = state.keyed<number>(keyType('float64'));
    this.#value = this.#keyed.value<T>(spec);
  }
  static async open<T>(
    backend: Name,
    spec: StateSpec,
    restore: StateRestore | null,
    subtask = 0,
    parallelism = 1,
  ): Promise<Held<T>> {
    const state = await backends[backend].open({
      jobId: 'f'.repeat(32),
      operator: { uid: 'op', uidHash: '0'.repeat(32), name: 'op', origin: 'test.ts:1:1' },
      subtask,
      parallelism,
      maxParallelism: 128,
      processingTime: new ManualClock(0),
      batchMode: false,
      restore,
    });
    return new Held<T>(state, spec);
  }
  put(key: number, value: T): void {
    this.#keyed.setCurrentKey(key);
    this.#value.update(value);
  }
  /** Calls for every key with a value; gives how many there are. */
  each(visit: (key: number, value: T) => void): number {
    let count = 0;
    this.#keyed.forEachKey('total', key => {
      visit(key, this.#value.value()!);
      count++;
    });
    return count;
  }
}

const sumOf = (key: number): number => key * 1.5 - 1_000;

for (const from of ['hashmap', 'rocksdb'] as const)
  for (const to of ['hashmap', 'rocksdb'] as const)
    // Checkpoints of hashmap have the form of savepoints.
    for (const type of from === to && to === 'rocksdb'
      ? (['savepoint', 'checkpoint'] as const)
      : (['savepoint'] as const))
      test(`§10.4 numbers of ${from} become structs on ${to} and numbers again, by ${type}s`, () =>
        thereAndBack(from, to, type));

async function thereAndBack(from: Name, to: Name, type: SnapshotType): Promise<void> {
  const storage = new SnapshotStorage();
  const begunBefore = encoder.begun;
  const before = await Held.open<number>(from, numbers, null);
  for (let key = 0; key < keys; key++) before.put(key, sumOf(key));
  const first = await storage.take(before.state, type, () => {
    // After the barrier, while the snapshot is written.
    for (let key = 0; key < keys; key += 3) before.put(key, -1);
  });
  await before.state.close();
  if (from === 'hashmap') assert.ok(encoder.begun > begunBefore, 'the thread has encoded the table');

  const migrated = await Held.open<Total>(to, totals, storage.restore(first));
  const found = migrated.each((key, value) => {
    if (value.sum !== sumOf(key) || value.unit !== 'cents')
      assert.unreachable(`${key}: ${JSON.stringify(value)}`);
  });
  assert.is(found, keys);
  for (let key = 0; key < keys; key += 7) migrated.put(key, { sum: key, unit: 'euros' });
  const second = await storage.take(migrated.state, type);
  await migrated.state.close();

  let again = 0;
  for (let subtask = 0; subtask < 2; subtask++) {
    const back = await Held.open<number>(from, numbers, storage.restore(second), subtask, 2);
    again += back.each((key, value) => {
      if (value !== (key % 7 === 0 ? key : sumOf(key))) assert.unreachable(`${key}: ${value}`);
    });
    await back.state.close();
  }
  assert.is(again, keys);
}

test.run();
