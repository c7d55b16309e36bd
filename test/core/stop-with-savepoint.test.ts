import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StopWithSavepoint } from '../../runtime/core/checkpoints/stop-with-savepoint.js';

test('§10.3 stop-with-savepoint: the answer comes when the job has finished', () => {
  const stop = new StopWithSavepoint(true);
  assert.equal(stop.on({ type: 'jobFinished' }), []);
  assert.equal(stop.on({ type: 'savepointCompleted', location: 'here' }), []);
  assert.equal(stop.on({ type: 'jobFinished' }), [{ type: 'answer', location: 'here' }]);
  assert.equal(stop.on({ type: 'jobFailed', message: 'late' }), []);
});

test('§10.3 a savepoint that fails: the job runs on; one that was drained starts again', () => {
  const failed = { type: 'savepointFailed', message: 'disk full' } as const;
  const types = (drain: boolean, begun: boolean): readonly string[] =>
    new StopWithSavepoint(drain).on({ ...failed, begun }).map(({ type }) => type);
  assert.equal(types(false, true), ['refuse']);
  assert.equal(types(true, false), ['refuse']);
  assert.equal(types(true, true), ['refuse', 'restart']);
});

test('a job that fails before its end: the answer says whether the savepoint exists', () => {
  const before = new StopWithSavepoint(false);
  assert.equal(before.on({ type: 'jobFailed', message: 'oom' }), [
    { type: 'refuse', message: 'oom', location: null },
  ]);
  const after = new StopWithSavepoint(false);
  after.on({ type: 'savepointCompleted', location: 'here' });
  const [refused, restart] = after.on({ type: 'jobFailed', message: 'oom' });
  assert.ok(refused?.type === 'refuse' && refused.location === 'here');
  // Regions that have finished already are not at the end of their input.
  assert.is(restart?.type, 'restart');
});

test.run();
