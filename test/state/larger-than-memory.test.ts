import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadRocksdb } from '../../runtime/state/rocksdb/package.js';
import { temporaryFolder } from './snapshot-storage.js';

test('rocksdb: state that is many times larger than the heap', async () => {
  loadRocksdb();
  const keys = 60_000;
  const valueBytes = 2000;
  const heapMb = 40;
  const loader = import.meta.resolve('tsx/esm/api');
  const entry = new URL('./small-heap-worker.ts', import.meta.url).href;
  const worker = new Worker(
    `import('${loader}').then(tsx => { tsx.register(); return import('${entry}'); })`,
    {
      eval: true,
      workerData: { localDir: temporaryFolder(), keys, valueBytes },
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    },
  );
  const result = await new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
    worker.on('exit', code => reject(new Error(`the thread ended with ${code}`)));
  });
  assert.equal(result, { wrong: 0, entries: keys / 2, fired: keys });
  assert.ok((keys * valueBytes) / 2 ** 20 > 2.5 * heapMb);
});

test.run();
