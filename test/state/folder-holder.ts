/** A process with a RocksDB database in the folder that it is given; it says when that is there, and waits to be killed. */
import { RocksdbStateBackend } from '../../runtime/state/rocksdb/rocksdb-state-backend.js';
import { defaultRocksdbSettings } from '../../runtime/state/rocksdb/settings.js';
import { keyType, ManualClock, stateSpec } from '../operators/harness.js';

const backend = new RocksdbStateBackend({ ...defaultRocksdbSettings, localDir: process.argv[2]! });
const state = await backend.open({
  jobId: 'f'.repeat(32),
  operator: { uid: 'op', uidHash: '0'.repeat(32), name: 'op', origin: 'test.ts:1:1' },
  subtask: 0,
  parallelism: 1,
  maxParallelism: 4,
  processingTime: new ManualClock(0),
  batchMode: false,
  restore: null,
});
const keyed = state.keyed<number>(keyType('float64'));
const value = keyed.value<number>(stateSpec('v', 'value'));
keyed.setCurrentKey(1);
value.update(1);
process.on('message', () => {
  keyed.setCurrentKey(1);
  process.send!(value.value());
});
process.send!('ready');
