import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { phaseTransitions } from '../../runtime/core/checkpoints/pending-checkpoint.js';
import { CheckpointStatistics, endToEndDuration } from '../../runtime/core/checkpoints/statistics.js';
import { all, CoordinatorRun, savepoint, sourceAndSink, stopWith } from './coordinator-run.js';

test('§9.1 sequence: coordinators, barriers at the sources, acknowledgements, metadata, notification', () => {
  const run = new CoordinatorRun({}, { random: () => 0.5 }).run();
  assert.equal(run.pass(49), []);
  run.pass(1);
  assert.equal(
    run.of('prepare').map(({ checkpointId }) => checkpointId),
    [1],
  );
  run.prepared(1);
  assert.equal(run.of('triggerSubtasks')[0]!.subtasks, [
    { task: 1, subtask: 0 },
    { task: 1, subtask: 1 },
  ]);
  for (const id of all.slice(0, 3)) assert.equal(run.ack(1, id), []);
  run.ack(1, all[3]!);
  const { content } = run.of('finalize')[0]!;
  assert.is(content.coordinators, 'enumerators-1');
  assert.equal(
    content.subtasks,
    all.map(id => ({ ...id, handle: `state-1-${id.task}/${id.subtask}` })),
  );
  assert.ok(run.coordinator.finalizing);
  assert.is(run.coordinator.completed.latest, null);
  run.finalized(1);
  assert.equal(run.types(), ['notifyComplete']);
  assert.is(run.coordinator.completed.latest!.location, 'chk-1');
});

test('§9.1 periodic trigger: the first after a random time from the pause to the interval, then every interval', () => {
  const first = (random: number): number => {
    const run = new CoordinatorRun({ intervalMs: 100, minPauseMs: 40 }, { random: () => random }).run();
    return run.coordinator.wakeUpAt! - run.now;
  };
  assert.is(first(0), 40);
  assert.is(first(0.999_999), 100);
  const run = new CoordinatorRun().run();
  run.complete(run.of('prepare')[0]!.checkpointId);
  assert.equal(run.pass(99), []);
  run.pass(1);
  assert.is(run.of('prepare')[0]!.checkpointId, 2);
});

test('§9.1 minPause: not before it has passed since the last one completed or was aborted', () => {
  const run = new CoordinatorRun({ intervalMs: 100, minPauseMs: 60 }).run();
  run.pass(60);
  run.prepared(1);
  run.now += 90;
  run.complete(1);
  assert.equal(run.pass(10), []);
  assert.equal(run.pass(49), []);
  run.pass(1);
  assert.is(run.of('prepare')[0]!.checkpointId, 2);
  run.on({ type: 'prepareFailed', checkpointId: 2, message: 'disk full' });
  assert.equal(run.pass(59), []);
});

test('§9.1 maxConcurrent: so many are in flight at most, savepoints come on top', () => {
  const run = new CoordinatorRun({ maxConcurrent: 2 }).run();
  run.prepared(1);
  run.pass(100);
  run.prepared(2);
  assert.equal(run.pass(100), []);
  run.trigger('mine', savepoint);
  assert.is(run.of('prepare')[0]!.checkpointId, 3);
  run.prepared(3);
  for (const id of all) run.ack(3, id);
  run.finalized(3);
  assert.equal(run.of('prepare'), []);
  for (const id of all) run.ack(1, id);
  run.finalized(1);
  assert.is(run.of('prepare')[0]!.checkpointId, 4);
});

test('a pause allows one checkpoint at a time, and unaligned checkpoints hold savepoints up', () => {
  const paused = new CoordinatorRun({ maxConcurrent: 3, minPauseMs: 1 }).run();
  paused.pass(1);
  paused.prepared(1);
  assert.equal(paused.pass(100), []);
  const unaligned = new CoordinatorRun({ unaligned: true }).run();
  unaligned.prepared(1);
  assert.equal(unaligned.trigger('mine', savepoint), []);
  for (const id of all) unaligned.ack(1, id);
  unaligned.finalized(1);
  assert.equal(unaligned.of('prepare')[0]!.checkpoint, savepoint);
});

test('it never asks to be woken up in the past', () => {
  const run = new CoordinatorRun({ maxConcurrent: 2 }).run();
  for (let i = 0; i < 5; i++) {
    run.pass(100);
    assert.ok(run.coordinator.wakeUpAt! > run.now);
  }
});

test('barriers go in the order of the ids: one is prepared at a time', () => {
  const run = new CoordinatorRun({ maxConcurrent: 2 }).run();
  run.trigger('a', savepoint);
  assert.equal(run.types(), []);
  run.prepared(1);
  assert.equal(run.types(), ['triggerSubtasks', 'prepare']);
});

test('§9.1 ids: one up for every attempt to take one, failed ones too, and on from what was given before', () => {
  const run = new CoordinatorRun({ tolerableFailures: 9 }, { nextCheckpointId: 7 }).run();
  run.prepared(7);
  run.decline(7, 'CHECKPOINT_DECLINED');
  run.pass(100);
  assert.is(run.of('prepare')[0]!.checkpointId, 8);
});

test('§9.1 timeout: the checkpoint is aborted, what was handed in is deleted, what comes later too', () => {
  const run = new CoordinatorRun({ timeoutMs: 50, tolerableFailures: 1 }).run();
  run.prepared(1);
  run.ack(1, all[0]!);
  assert.is(run.coordinator.wakeUpAt, run.now + 50);
  run.pass(50);
  assert.equal(run.types(), ['notifyAborted', 'discardAborted']);
  assert.is(run.of('notifyAborted')[0]!.reason, 'CHECKPOINT_EXPIRED');
  assert.equal(run.of('discardAborted')[0]!.subtasks, [{ ...all[0], handle: 'state-1-1/0' }]);
  run.ack(1, all[1]!);
  assert.equal(run.of('discardAborted')[0]!.subtasks, [{ ...all[1], handle: 'state-1-1/1' }]);
});

test('§9.1 subsumed: a completed one ends older checkpoints, not older savepoints', () => {
  const run = new CoordinatorRun({ maxConcurrent: 3 }).run();
  run.prepared(1);
  run.trigger('mine', savepoint);
  run.prepared(2);
  run.pass(100);
  run.complete(3);
  assert.equal(
    run.of('notifyAborted').map(({ checkpointId, reason }) => [checkpointId, reason]),
    [[1, 'CHECKPOINT_SUBSUMED']],
  );
  for (const id of all) run.ack(2, id);
  run.finalized(2);
  assert.is(run.of('requestCompleted')[0]!.checkpoint.checkpointId, 2);
});

test('checkpoints are finalized one at a time, in order', () => {
  const run = new CoordinatorRun({ maxConcurrent: 2 }).run();
  run.prepared(1);
  run.pass(100);
  run.prepared(2);
  for (const id of all) run.ack(1, id);
  for (const id of all) run.ack(2, id);
  assert.equal(run.types(), []);
  run.finalized(1);
  assert.equal(run.types(), ['notifyComplete', 'finalize']);
  run.finalized(2);
  assert.is(run.coordinator.completed.latest!.checkpointId, 2);
});

test('§9.1 retained: so many are kept; the files of older ones and what only they used are deleted', () => {
  const run = new CoordinatorRun({ numRetained: 2 }).run();
  run.complete(1, ['a', 'b']);
  run.pass(100);
  run.complete(2, ['b', 'c']);
  assert.equal(run.of('discardCompleted'), []);
  run.pass(100);
  run.complete(3, ['c']);
  assert.equal(
    run.of('discardCompleted').map(({ checkpoint }) => checkpoint.checkpointId),
    [1],
  );
  assert.equal(run.of('discardShared')[0]!.files, ['a']);
  assert.equal(
    run.coordinator.completed.all.map(({ checkpointId }) => checkpointId),
    [2, 3],
  );
});

test('shared files stay while a checkpoint under way may still refer to them', () => {
  const run = new CoordinatorRun({ maxConcurrent: 2 }).run();
  run.complete(1, ['a']);
  run.pass(100);
  run.prepared(2);
  run.pass(100);
  run.prepared(3);
  assert.is(run.of('triggerSubtasks')[0]!.options.reuseFrom, 1);
  for (const id of all) run.ack(2, id, { sharedFiles: ['b'] });
  run.finalized(2);
  // Subtasks that heard of checkpoint 1 alone take its files for checkpoint 3.
  assert.equal(run.of('discardShared'), []);
  for (const id of all) run.ack(3, id, { sharedFiles: ['a', 'c'] });
  run.finalized(3);
  assert.equal(run.of('discardShared')[0]!.files, ['b']);
});

test('a shared file of a checkpoint that never completed is deleted once newer ones are kept alone', () => {
  const run = new CoordinatorRun({ tolerableFailures: 9 }).run();
  run.prepared(1);
  run.ack(1, all[0]!, { sharedFiles: ['orphan'] });
  run.decline(1, 'CHECKPOINT_DECLINED');
  run.pass(100);
  run.complete(2, ['used']);
  assert.equal(run.of('discardShared')[0]!.files, ['orphan']);
});

test('§9.1 failure budget: consecutive failures that count, each checkpoint once, set back by a success', () => {
  const run = new CoordinatorRun({ tolerableFailures: 1, maxConcurrent: 1 }).run();
  run.prepared(1);
  run.decline(1, 'CHECKPOINT_DECLINED');
  run.decline(1, 'CHECKPOINT_DECLINED');
  assert.equal(run.of('failJob'), []);
  run.pass(100);
  run.complete(2);
  run.pass(100);
  run.on({ type: 'prepareFailed', checkpointId: 3, message: 'disk full' });
  assert.equal(run.of('failJob'), []);
  run.pass(100);
  run.prepared(4);
  run.decline(4, 'CHECKPOINT_DECLINED_TASK_NOT_READY');
  assert.equal(run.of('failJob'), []);
  run.pass(100);
  run.prepared(5);
  for (const id of all) run.ack(5, id);
  run.on({ type: 'finalizeFailed', checkpointId: 5, message: 'disk full', possiblyStored: false });
  assert.match(run.of('failJob')[0]!.message, '2 checkpoints in a row failed, the last one was 5: disk full');
});

test('§9.1 savepoints: failures count only when a task declined, of stopping ones never', () => {
  const run = new CoordinatorRun({ intervalMs: null }).run();
  const failed = (
    request: string,
    type = savepoint,
    how: 'timeout' | 'CHECKPOINT_DECLINED' | 'IO_EXCEPTION' = 'CHECKPOINT_DECLINED',
  ): boolean => {
    run.trigger(request, type);
    const { checkpointId } = run.of('prepare')[0]!;
    run.prepared(checkpointId);
    if (how === 'timeout') run.pass(600_000);
    else run.decline(checkpointId, how);
    assert.is(run.of('requestFailed')[0]!.request, request);
    return run.of('failJob').length > 0;
  };
  assert.not(failed('expired', savepoint, 'timeout'));
  // The user's choice of a place is no fault of the job.
  assert.not(failed('unwritable', savepoint, 'IO_EXCEPTION'));
  assert.not(failed('stopping', stopWith(false)));
  assert.ok(failed('declined'));
});

test('§10.3 plain savepoint: no notification, no restore from it; older checkpoints stay', () => {
  const run = new CoordinatorRun().run();
  run.complete(1);
  run.trigger('mine', savepoint);
  run.prepared(2);
  for (const id of all) run.ack(2, id);
  run.finalized(2);
  assert.equal(run.types(), ['requestCompleted']);
  assert.is(run.coordinator.completed.latest!.checkpointId, 1);
});

test('§10.3 stop-with-savepoint: sinks commit, nothing else is taken, a failing end goes on from it', () => {
  const run = new CoordinatorRun().run();
  run.complete(1);
  run.trigger('stop', stopWith(false));
  run.trigger('late', savepoint);
  assert.is(run.of('requestFailed')[0]!.request, 'late');
  run.prepared(2);
  assert.equal(run.pass(1_000), []);
  for (const id of all) run.ack(2, id);
  run.finalized(2);
  assert.equal(run.types(), ['discardCompleted', 'notifyComplete', 'requestCompleted']);
  run.on({ type: 'attemptEnded', reason: 'TASK_FAILURE' });
  assert.is(run.coordinator.completed.latest!.checkpointId, 2);
  assert.not(run.coordinator.completed.latest!.owned);
});

test('§10.3 a stop request whose savepoint fails leaves the job taking checkpoints', () => {
  const run = new CoordinatorRun().run();
  run.complete(1);
  run.trigger('stop', stopWith(false));
  run.prepared(2);
  run.decline(2, 'CHECKPOINT_DECLINED');
  assert.equal(run.of('failJob'), []);
  assert.is(run.of('prepare')[0]!.checkpointId, 3);
});

test('what an older attempt says is not heard', () => {
  const run = new CoordinatorRun().run();
  run.complete(1);
  run.pass(100);
  run.on({ type: 'attemptEnded', reason: 'TASK_FAILURE' });
  run.attempt = 2;
  run.run();
  const { checkpointId } = run.of('prepare')[0]!;
  run.prepared(checkpointId);
  run.attempt = 1;
  for (const id of all) assert.equal(run.ack(checkpointId, id), []);
  assert.equal(run.decline(checkpointId, 'CHECKPOINT_DECLINED'), []);
  // A delayed repetition of what checkpoint 1 consists of must not be taken for waste.
  assert.equal(run.ack(1, all[0]!), []);
  run.attempt = 2;
  for (const id of all) run.ack(checkpointId, id);
  assert.is(run.of('finalize').length, 1);
});

test('after the restart of a region the others are heard with the attempt they have', () => {
  const run = new CoordinatorRun().run();
  run.complete(1);
  run.on({ type: 'attemptEnded', reason: 'JOB_FAILOVER_REGION' });
  run.now += 100;
  run.on({
    type: 'attemptRunning',
    attempt: 2,
    attemptOf: ({ subtask }) => (subtask === 0 ? 2 : 1),
    tasks: sourceAndSink,
    finished: [],
  });
  run.prepared(2);
  for (const id of all) run.ack(2, id);
  assert.equal(run.of('finalize'), []);
  run.attempt = 2;
  run.ack(2, all[0]!);
  run.ack(2, all[2]!);
  assert.is(run.of('finalize').length, 1);
});

test('a repeated acknowledgement neither counts twice nor deletes what it repeats', () => {
  const run = new CoordinatorRun().run();
  run.prepared(1);
  for (let i = 0; i < 4; i++) assert.equal(run.ack(1, all[0]!), []);
  for (const id of all) run.ack(1, id);
  run.finalized(1);
  assert.equal(run.ack(1, all[2]!), []);
  assert.equal(run.finalized(1), []);
});

test('an attempt that ends aborts what is under way, but what is being finalized is waited for', () => {
  const run = new CoordinatorRun({ maxConcurrent: 2 }).run();
  run.prepared(1);
  for (const id of all) run.ack(1, id);
  run.pass(100);
  run.prepared(2);
  run.on({ type: 'attemptEnded', reason: 'TASK_FAILURE' });
  assert.equal(
    run.of('notifyAborted').map(({ checkpointId }) => checkpointId),
    [2],
  );
  assert.ok(run.coordinator.finalizing);
  assert.equal(run.finalized(1), []);
  assert.not(run.coordinator.finalizing);
  assert.is(run.coordinator.completed.latest!.checkpointId, 1);
});

test('files of a checkpoint whose record may exist are not deleted', () => {
  const run = new CoordinatorRun({ tolerableFailures: 1 }).run();
  run.prepared(1);
  for (const id of all) run.ack(1, id);
  run.on({ type: 'finalizeFailed', checkpointId: 1, message: 'no answer', possiblyStored: true });
  assert.equal(run.types(), ['notifyAborted']);
  assert.equal(run.ack(1, all[0]!), []);
});

test('§13.4 finished: barriers start where all input has ended, finished subtasks are recorded', () => {
  const run = new CoordinatorRun().run([
    { task: 1, subtask: 0 },
    { task: 1, subtask: 1 },
    { task: 2, subtask: 1 },
  ]);
  run.prepared(1);
  assert.equal(run.of('triggerSubtasks')[0]!.subtasks, [{ task: 2, subtask: 0 }]);
  run.ack(1, { task: 2, subtask: 0 });
  const { content } = run.of('finalize')[0]!;
  assert.equal(content.finished, [
    { task: 1, subtask: 0 },
    { task: 1, subtask: 1 },
    { task: 2, subtask: 1 },
  ]);
});

test('§13.4 finished: a neighbour of a pointwise exchange whose input has ended gets the barrier directly', () => {
  const pointwise = [
    sourceAndSink[0]!,
    {
      task: 2,
      parallelism: 2,
      inputs: [{ from: 1, upstreamOf: (i: number) => ({ first: i, last: i }) }],
    },
  ];
  const run = new CoordinatorRun().run([{ task: 1, subtask: 1 }], pointwise);
  run.prepared(1);
  assert.equal(run.of('triggerSubtasks')[0]!.subtasks, [
    { task: 1, subtask: 0 },
    { task: 2, subtask: 1 },
  ]);
});

test('§13.4 union list state: all or none of the subtasks are finished, else the checkpoint fails', () => {
  const run = new CoordinatorRun().run([{ task: 1, subtask: 1 }]);
  run.prepared(1);
  run.ack(1, { task: 2, subtask: 0 });
  run.ack(1, { task: 2, subtask: 1 });
  run.ack(1, { task: 1, subtask: 0 }, { unionState: true });
  assert.is(run.of('notifyAborted')[0]!.reason, 'CHECKPOINT_DECLINED_TASK_CLOSING');
});

test('a subtask that finishes before it has acknowledged ends the checkpoint; the next one goes without it', () => {
  const run = new CoordinatorRun().run();
  run.prepared(1);
  run.on({ type: 'finished', attempt: 1, task: 1, subtask: 0 });
  assert.is(run.of('notifyAborted')[0]!.reason, 'CHECKPOINT_DECLINED_TASK_CLOSING');
  run.pass(100);
  run.complete(2, [], all.slice(1));
  assert.equal(run.coordinator.completed.latest!.finished, [{ task: 1, subtask: 0 }]);
});

test('§13.3 final checkpoint: begins as soon as all have reached the end of their input', () => {
  const run = new CoordinatorRun({ intervalMs: 1_000, minPauseMs: 900 }).run();
  for (const id of all.slice(0, 3)) assert.equal(run.on({ type: 'endOfData', attempt: 1, ...id }), []);
  run.on({ type: 'endOfData', attempt: 1, ...all[3]! });
  assert.is(run.of('prepare').length, 1);
});

test('without checkpoints-after-tasks-finish there is none once a subtask has finished', () => {
  const run = new CoordinatorRun({ afterTasksFinish: false }).run([{ task: 1, subtask: 0 }]);
  assert.equal(run.pass(1_000), []);
  run.trigger('mine', savepoint);
  assert.is(run.of('requestFailed')[0]!.reason, 'NOT_ALL_REQUIRED_TASKS_RUNNING');
});

test('options: aligned, unaligned after the timeout, at least once; savepoints are aligned and exact', () => {
  const optionsOf = (settings: object, type?: typeof savepoint) => {
    const run = new CoordinatorRun({ intervalMs: null, ...settings }).run();
    run.trigger('x', type ?? { kind: 'checkpoint' });
    run.prepared(1);
    const { mode, unalignedAfterMs } = run.of('triggerSubtasks')[0]!.options;
    return [mode, unalignedAfterMs];
  };
  assert.equal(optionsOf({}), ['EXACTLY_ONCE', null]);
  assert.equal(optionsOf({ unaligned: true }), ['EXACTLY_ONCE', 0]);
  assert.equal(optionsOf({ unaligned: true, alignedTimeoutMs: 5 }), ['EXACTLY_ONCE', 5]);
  assert.equal(optionsOf({ unaligned: true }, savepoint), ['EXACTLY_ONCE', null]);
  assert.equal(optionsOf({ mode: 'AT_LEAST_ONCE', unaligned: true }), ['AT_LEAST_ONCE', null]);
  assert.equal(optionsOf({ mode: 'AT_LEAST_ONCE' }, savepoint), ['EXACTLY_ONCE', null]);
});

test('§10.2 no claim: the first checkpoint is full, what it started from is never deleted', () => {
  const foreign = new CoordinatorRun({}, { nextCheckpointId: 5 }).run();
  foreign.complete(5);
  const restored = { ...foreign.coordinator.completed.latest!, owned: false };
  const run = new CoordinatorRun({}, { completed: [restored], nextCheckpointId: 6 }).run();
  run.prepared(6);
  assert.is(run.of('triggerSubtasks')[0]!.options.reuseFrom, null);
  for (const id of all) run.ack(6, id);
  run.finalized(6);
  assert.equal(run.types(), ['notifyComplete']);
  run.pass(100);
  run.prepared(7);
  assert.is(run.of('triggerSubtasks')[0]!.options.reuseFrom, 6);
});

test('§10.2 claim: what it started from is deleted once it is subsumed', () => {
  const first = new CoordinatorRun().run();
  first.complete(1, ['a']);
  const run = new CoordinatorRun(
    {},
    { completed: first.coordinator.completed.all, nextCheckpointId: 2 },
  ).run();
  run.complete(2, ['b']);
  assert.equal(
    run.of('discardCompleted').map(({ checkpoint }) => checkpoint.checkpointId),
    [1],
  );
  assert.equal(run.of('discardShared')[0]!.files, ['a']);
});

test('§9.4 retention: which end of the job keeps the checkpoints', () => {
  const keeps = (
    retention: 'NO_EXTERNALIZED_CHECKPOINTS' | 'DELETE_ON_CANCELLATION' | 'RETAIN_ON_CANCELLATION',
  ) =>
    (['FINISHED', 'CANCELED', 'FAILED', 'SUSPENDED'] as const).filter(state => {
      const run = new CoordinatorRun({ retention }).run();
      run.complete(1);
      run.on({ type: 'shutdown', state });
      assert.is(run.of('closed').length, 1);
      return run.of('discardCompleted').length === 0;
    });
  assert.equal(keeps('NO_EXTERNALIZED_CHECKPOINTS'), ['SUSPENDED']);
  assert.equal(keeps('DELETE_ON_CANCELLATION'), ['FAILED', 'SUSPENDED']);
  assert.equal(keeps('RETAIN_ON_CANCELLATION'), ['CANCELED', 'FAILED', 'SUSPENDED']);
});

test('the end of the job waits for what is being finalized', () => {
  const run = new CoordinatorRun().run();
  run.prepared(1);
  for (const id of all) run.ack(1, id);
  run.on({ type: 'shutdown', state: 'FINISHED' });
  assert.equal(run.of('closed'), []);
  run.finalized(1);
  assert.equal(run.types(), ['discardCompleted', 'closed']);
});

test('a request is refused when the job does not run, and when its attempt ends before its turn', () => {
  const run = new CoordinatorRun();
  run.trigger('early', savepoint);
  assert.is(run.of('requestFailed')[0]!.reason, 'NOT_ALL_REQUIRED_TASKS_RUNNING');
  run.run();
  run.trigger('waiting', savepoint);
  run.on({ type: 'attemptEnded', reason: 'TASK_FAILURE' });
  assert.equal(
    run.of('requestFailed').map(({ request, reason }) => [request, reason]),
    [['waiting', 'TASK_FAILURE']],
  );
});

test('statistics: every attempt that begins with a checkpoint has restored it', () => {
  const before = {
    attempt: 0,
    coordinators: null,
    subtasks: [],
    finished: [],
    sharedFiles: [],
    completedAt: 5,
  };
  const savepoint = { kind: 'savepoint', target: null, format: 'canonical', stop: null } as const;
  const run = new CoordinatorRun(
    {},
    {
      nextCheckpointId: 4,
      completed: [
        {
          ...before,
          checkpointId: 3,
          type: savepoint,
          timestamp: 1,
          location: '/there',
          stateSize: 7,
          owned: false,
        },
      ],
    },
  ).run();
  const { statistics } = run.coordinator;
  assert.is(statistics.counts.restored, 1);
  assert.equal(statistics.latestRestored, {
    checkpointId: 3,
    restoreTimestamp: run.now,
    isSavepoint: true,
    externalPath: '/there',
  });
  assert.is(new CoordinatorRun().run().coordinator.statistics.latestRestored, null);
});

test('statistics: counts, sizes, durations, history', () => {
  const run = new CoordinatorRun({ tolerableFailures: 9 }, { statistics: new CheckpointStatistics(2) }).run();
  run.prepared(1);
  run.now += 30;
  for (const id of all) run.ack(1, id);
  run.now += 5;
  run.finalized(1);
  run.pass(100);
  run.prepared(2);
  run.decline(2, 'CHECKPOINT_DECLINED');
  run.pass(100);
  const { statistics } = run.coordinator;
  assert.equal(statistics.counts, { inProgress: 1, completed: 1, failed: 1, restored: 0, total: 3 });
  assert.equal(
    statistics.history.map(({ checkpointId, status }) => [checkpointId, status]),
    [
      [3, 'IN_PROGRESS'],
      [2, 'FAILED'],
    ],
  );
  const completed = statistics.find(1)!;
  assert.is(completed.stateSize, 40);
  assert.is(completed.checkpointedSize, 16);
  assert.is(completed.endTimestamp - completed.triggerTimestamp, 35);
  // As in Flink, until the last acknowledgement.
  assert.is(endToEndDuration(completed), 30);
  assert.is(statistics.summary.endToEndDuration!.p99, 30);
  assert.is(endToEndDuration(statistics.find(3)!), -1);
  const failed = statistics.find(2)!;
  assert.is(endToEndDuration(failed), failed.endTimestamp - failed.triggerTimestamp);
  assert.match(statistics.latestFailed!.failureMessage!, 'a subtask declined the checkpoint: no');
});

test('10,000 subtasks: a checkpoint costs time in proportion', () => {
  const parallelism = 5_000;
  const tasks = sourceAndSink.map(task => ({ ...task, parallelism }));
  const run = new CoordinatorRun().run([], tasks);
  const started = process.cpuUsage();
  run.prepared(1);
  for (const task of [1, 2])
    for (let subtask = 0; subtask < parallelism; subtask++) run.ack(1, { task, subtask });
  run.finalized(1);
  assert.is(run.coordinator.completed.latest!.subtasks.length, 10_000);
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 5e6, `${(user + system) / 1e6} s of CPU time`);
});

test('every phase is in the table, and the last ones lead nowhere', () => {
  assert.equal(
    Object.entries(phaseTransitions)
      .filter(([, next]) => next.length === 0)
      .map(([phase]) => phase),
    ['completed', 'aborted'],
  );
});

test('§14 region: what completes while a region restarts is told to the others', () => {
  const run = new CoordinatorRun().run();
  run.prepared(1);
  for (const id of all) run.ack(1, id);
  run.on({ type: 'attemptEnded', reason: 'JOB_FAILOVER_REGION' });
  assert.ok(run.coordinator.finalizing);
  run.finalized(1);
  assert.equal(run.types(), ['notifyComplete']);
});

test.run();
