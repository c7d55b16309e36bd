import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BatchPool } from '../../runtime/exchange/batch-pool.js';

const test = suite('batches of a sender');
const layout = { columns: [] };

test('are small at first, and those are not used again', () => {
  const pool = new BatchPool(layout, 1024, 8);
  const first = [pool.take(), pool.take(), pool.take(), pool.take(), pool.take()];
  assert.equal(
    first.map(({ capacity }) => capacity),
    [16, 64, 256, 1024, 1024],
  );
  for (const batch of first) pool.give(batch);
  assert.is(pool.take(), first[4]);
  assert.is(pool.take(), first[3]);
  assert.is(pool.take().capacity, 1024);
});

test('never hold more rows than was asked for', () => {
  const pool = new BatchPool(layout, 4, 8);
  assert.is(pool.take().capacity, 4);
});

test('come back empty, as many as are worth keeping', () => {
  const pool = new BatchPool(layout, 4, 1);
  const [a, b] = [pool.take(), pool.take()];
  a.length = 3;
  pool.give(a);
  pool.give(b);
  assert.is(pool.take(), a);
  assert.is(a.length, 0);
  assert.is.not(pool.take(), b);
});

test.run();
