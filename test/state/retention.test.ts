/** Texts in state do not keep alive what they were cut from. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createColumn } from '../../runtime/state/heap/columns.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

test('texts cut from decoded batches are copied into state', () => {
  const column = createColumn<string>('string');
  const before = heapUsed();
  for (let slot = 0; slot < 200; slot++) {
    const batch = Buffer.alloc(256 << 10, 97 + (slot % 26)).toString('latin1');
    column.put(slot, batch.slice(1000, 1100));
  }
  const retained = heapUsed() - before;
  assert.is(column.get(199).length, 100);
  // the batches are 51 MB
  assert.ok(retained < 5e6, `${retained} bytes are retained`);
});

test('texts of every kind come out as they went in', () => {
  const column = createColumn<string>('string');
  for (const text of [
    '',
    'short',
    'long enough to be cut',
    'größer als dreizehn',
    'жжжжжжжжжжжжжжж',
    '😀'.repeat(20),
    `\ud800${'x'.repeat(20)}`,
  ]) {
    column.put(0, text);
    assert.is(column.get(0), text);
  }
});

test.run();
