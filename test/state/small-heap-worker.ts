/** In a thread whose heap is far smaller than the state: fills it, changes it, and looks at all of it again. */
import { parentPort, workerData } from 'node:worker_threads';
import { RocksdbStateBackend } from '../../runtime/state/rocksdb/rocksdb-state-backend.js';
import { defaultRocksdbSettings } from '../../runtime/state/rocksdb/settings.js';
import { keyType, ManualClock, stateSpec } from '../operators/harness.js';

const { localDir, keys, valueBytes } = workerData as { localDir: string; keys: number; valueBytes: number };
const backend = new RocksdbStateBackend({ ...defaultRocksdbSettings, localDir, memoryBytes: 8 << 20 });
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
const text = keyed.value<string>(stateSpec('text', 'value', 'string'));
const list = keyed.list<string>(stateSpec('list', 'list', 'string'));
const map = keyed.map<number, string>(stateSpec('map', 'map', 'string', 'float64'));
const timers = keyed.timers<null>('t', null, { onEventTime: () => fired++, onProcessingTime: () => {} });
let fired = 0;
const filler = (n: number): string => `${n} `.padEnd(valueBytes, 'x');
for (let n = 0; n < keys; n++) {
  keyed.setCurrentKey(n);
  text.update(filler(n));
  timers.registerEventTimeTimer(null, n % 100);
}
// One list and one map that are larger than the heap on their own.
for (let n = 0; n < keys / 2; n++) {
  keyed.setCurrentKey(-1);
  list.add(filler(n));
  map.put(n, filler(n));
}
let wrong = 0;
for (let first = 0; first < keys; first += 1000) {
  const batch = Float64Array.from({ length: 1000 }, (_, i) => first + i);
  keyed.prefetch!(batch, batch.length);
  for (const key of batch) {
    keyed.setCurrentKey(key);
    if (text.value() !== filler(key)) wrong++;
  }
}
keyed.setCurrentKey(-1);
let entries = 0;
for (const [key, value] of map.entries()) {
  if (value !== filler(key)) wrong++;
  entries++;
}
timers.advanceWatermark(1000);
await state.close();
await backend.close();
parentPort!.postMessage({ wrong, entries, fired });
