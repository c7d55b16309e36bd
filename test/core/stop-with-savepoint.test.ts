import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StopWithSavepoint } from '../../runtime/core/checkpoints/stop-with-savepoint.js';

test('§10.3 stop-with-savepoint: the answer comes when the job has finished', () => {
  const stop = new StopWithSavepoint(true);
  assert.equal(stop.on({ type: 'jobFinished' }), []);
  assert.equal(stop.on({ type: 'savepointCompleted' }), []);
  assert.equal(stop.on({ type: 'jobFinished' }), ['answer']);
  assert.equal(stop.on({ type: 'jobFailed' }), []);
});

test('§10.3 a savepoint that fails: the job runs on; one that was drained starts again', () => {
  const failed = (drain: boolean, begun: boolean): readonly string[] =>
    new StopWithSavepoint(drain).on({ type: 'savepointFailed', begun });
  assert.equal(failed(false, true), ['refuse']);
  assert.equal(failed(true, false), ['refuse']);
  assert.equal(failed(true, true), ['refuse', 'restart']);
});

test('§10.3 a job that fails while it stops starts again as a whole, once', () => {
  // Regions that have finished already, or will when the savepoint completes, are not at the end of their input.
  const before = new StopWithSavepoint(false);
  assert.equal(before.on({ type: 'jobFailed' }), ['refuse', 'restart']);
  assert.equal(before.on({ type: 'savepointCompleted' }), []);
  assert.equal(before.on({ type: 'jobFinished' }), []);
  const after = new StopWithSavepoint(false);
  after.on({ type: 'savepointCompleted' });
  assert.equal(after.on({ type: 'jobFailed' }), ['refuse', 'restart']);
  assert.equal(after.on({ type: 'jobFailed' }), []);
});

test.run();
