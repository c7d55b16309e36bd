/** Operators that keep their state in columns go from backend to backend, at any parallelism, by checkpoint and savepoint. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { keyGroupOf, operatorIndexOf } from '../../runtime/contract/key-groups.js';
import { keyHasher } from '../../runtime/contract/key-hash.js';
import type { SnapshotType } from '../../runtime/contract/snapshot.js';
import { heapStateBackend } from '../../runtime/state/index.js';
import { loadRocksdb } from '../../runtime/state/rocksdb/package.js';
import { RocksdbStateBackend } from '../../runtime/state/rocksdb/rocksdb-state-backend.js';
import { defaultRocksdbSettings } from '../../runtime/state/rocksdb/settings.js';
import type { OperatorState, StateRestore } from '../../runtime/state/state-backend.js';
import { SnapshotStorage, temporaryFolder } from '../state/snapshot-storage.js';
import { columnarOperators } from './columnar-operators.js';
import { aggregate, type Make, type Operator } from './differential.js';
import { intKey, ManualClock, maxParallelism, OperatorHarness } from './operator-harness.js';

loadRocksdb();
const settings = { ...defaultRocksdbSettings, localDir: temporaryFolder(), cachedTimers: 4 };
const backends = {
  hashmap: heapStateBackend(),
  rocksdb: new RocksdbStateBackend({ ...settings, memoryBytes: 12_000 }),
};
test.after(() => backends.rocksdb.close());

/** Where it runs, and what is left of it. */
interface Stage {
  readonly backend: keyof typeof backends;
  readonly parallelism: number;
  readonly leaves: SnapshotType;
}
const chains: Readonly<Record<string, readonly Stage[]>> = {
  'savepoints between the backends': [
    { backend: 'hashmap', parallelism: 1, leaves: 'savepoint' },
    { backend: 'rocksdb', parallelism: 2, leaves: 'savepoint' },
    { backend: 'hashmap', parallelism: 3, leaves: 'savepoint' },
    { backend: 'rocksdb', parallelism: 1, leaves: 'savepoint' },
    { backend: 'rocksdb', parallelism: 3, leaves: 'savepoint' },
  ],
  'checkpoints of rocksdb': [
    { backend: 'rocksdb', parallelism: 1, leaves: 'checkpoint' },
    { backend: 'rocksdb', parallelism: 1, leaves: 'checkpoint' },
    { backend: 'rocksdb', parallelism: 3, leaves: 'checkpoint' },
    { backend: 'rocksdb', parallelism: 3, leaves: 'checkpoint' },
    { backend: 'rocksdb', parallelism: 2, leaves: 'checkpoint' },
  ],
};

const hash = keyHasher(intKey.schema);
const keys = 150;
let opened = 0;

class Job {
  readonly out: string[] = [];
  readonly #make: Make;
  #subtasks: {
    readonly state: OperatorState;
    readonly operator: Operator;
    readonly harness: OperatorHarness;
  }[] = [];
  #random = 7;
  #time = 0;
  #watermark = MIN_TIMESTAMP;

  constructor(make: Make) {
    this.#make = make;
  }
  async deploy({ backend, parallelism }: Stage, restore: StateRestore | null): Promise<void> {
    this.#subtasks = [];
    for (let subtask = 0; subtask < parallelism; subtask++) {
      const uidHash = String(++opened).padStart(32, '0');
      const state = await backends[backend].open({
        jobId: 'f'.repeat(32),
        operator: { uid: 'op', uidHash, name: 'op', origin: 'test.ts:1:1' },
        subtask,
        parallelism,
        maxParallelism,
        processingTime: new ManualClock(),
        batchMode: false,
        restore,
      });
      const harness = new OperatorHarness({ state, subtask, parallelism });
      const operator = this.#make(harness, this.out);
      operator.open();
      this.#subtasks.push({ state, operator, harness });
    }
    // A watermark is not part of the state.
    this.advance(this.#watermark);
  }
  /** Every batch is followed by a watermark. */
  records(batches: number): void {
    for (let batch = 0; batch < batches; batch++) {
      const records = Array.from({ length: 40 }, () => {
        this.#random = (Math.imul(this.#random, 1664525) + 1013904223) | 0;
        this.#time += 0.1;
        const key = (this.#random >>> 8) % keys;
        const timestamp = Math.floor(this.#time) - ((this.#random >>> 20) % 40);
        return { key, timestamp, value: 1 + ((this.#random >>> 4) % 9) };
      });
      for (const { harness } of this.#subtasks)
        harness.prefetch(
          intKey,
          records.map(({ key }) => key),
        );
      for (const { key, timestamp, value } of records) {
        const to = operatorIndexOf(
          keyGroupOf(hash(key), maxParallelism),
          maxParallelism,
          this.#subtasks.length,
        );
        this.#subtasks[to]!.operator.processElement(value, timestamp, key);
      }
      this.advance(Math.floor(this.#time) - 30);
    }
  }
  advance(watermark: number): void {
    this.#watermark = watermark;
    for (const { operator } of this.#subtasks) operator.advanceWatermark(watermark);
  }
  async stop(type: SnapshotType): Promise<StateRestore> {
    const storage = new SnapshotStorage();
    const handles = [];
    for (const { state } of this.#subtasks) {
      handles.push(await storage.take(state, type));
      await state.close();
    }
    return storage.restore(...handles);
  }
}

for (const [name, make] of Object.entries(columnarOperators({ kind: 'aggregate', aggregate }, 4))) {
  for (const [how, stages] of Object.entries(chains)) {
    test(`§8.4 §9.2 ${name}: ${how}`, async () => {
      const undisturbed = new Job(make);
      await undisturbed.deploy({ backend: 'hashmap', parallelism: 1, leaves: 'savepoint' }, null);
      const job = new Job(make);
      let restore: StateRestore | null = null;
      for (const stage of stages) {
        await job.deploy(stage, restore);
        for (const each of [undisturbed, job]) each.records(20);
        restore = await job.stop(stage.leaves);
      }
      await job.deploy(stages.at(-1)!, restore);
      for (const each of [undisturbed, job]) {
        each.records(5);
        each.advance(MAX_TIMESTAMP);
      }
      assert.ok(undisturbed.out.length > 300);
      assert.equal(job.out.sort(), undisturbed.out.sort());
    });
  }
}

test.run();
