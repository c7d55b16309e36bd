import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommitRequest, Sink, SinkWriter } from '../../plugins/api/sink.js';
import { MetricScope } from '../../runtime/telemetry/metrics.js';
import { SinkDriver } from '../../runtime/taskmanager/sink-driver.js';
import { parametersOf } from '../../runtime/taskmanager/parameters.js';

/** A two-phase sink; `answer` is what its committer says to each request. */
function twoPhase(answer: (request: CommitRequest<unknown>) => void = () => {}, retries = 3) {
  const committed: unknown[] = [];
  const logs: string[] = [];
  let written: unknown[] = [];
  const sink: Sink<unknown> = {
    describe: () => 'two-phase sink',
    createWriter: () => ({
      write: value => void written.push(value),
      flush: async () => {},
      async prepareCommit() {
        const prepared = written;
        written = [];
        return prepared;
      },
      close: async () => {},
    }),
    createCommitter: () => ({
      async commit(requests) {
        for (const request of requests) {
          committed.push(request.committable);
          answer(request);
        }
      },
      close: async () => {},
    }),
  };
  const writer = sink.createWriter(undefined as never);
  const context = { params: parametersOf({}), metricGroup: new MetricScope() };
  const driver = new SinkDriver(
    'uid',
    0,
    sink,
    writer,
    context,
    retries,
    (_, message) => void logs.push(message),
  );
  const write = (value: unknown): void => writer.write(value, { timestamp: null, currentWatermark: 0 });
  return { driver, write, committed, logs };
}

test('§11.1 before the barrier the writer is flushed, then asked for what it prepared', async () => {
  const calls: string[] = [];
  const writer: SinkWriter<unknown> = {
    write: () => {},
    flush: async endOfInput => void calls.push(`flush ${endOfInput}`),
    prepareCommit: async () => {
      calls.push('prepareCommit');
      return ['committable'];
    },
    snapshotState: checkpointId => {
      calls.push(`snapshotState ${checkpointId}`);
      return ['state'];
    },
    close: async () => {},
  };
  const sink: Sink<unknown> = { describe: () => 'sink', createWriter: () => writer };
  const context = { params: parametersOf({}), metricGroup: new MetricScope() };
  const driver = new SinkDriver('uid', 0, sink, writer, context, 0, () => {});
  await driver.prepare(7, false);
  assert.equal(driver.snapshot(7), {
    uidHash: 'uid',
    writerStates: ['state'],
    committables: ['committable'],
  });
  assert.equal(calls, ['flush false', 'prepareCommit', 'snapshotState 7']);
});

test('§11.4 a completed checkpoint commits everything prepared up to it, in ascending order', async () => {
  const { driver, write, committed } = twoPhase();
  for (const checkpoint of [1, 2, 3]) {
    write(`of ${checkpoint}`);
    await driver.prepare(checkpoint, false);
  }
  await driver.commitUpTo(2);
  assert.equal(committed, ['of 1', 'of 2']);
  await driver.commitUpTo(2);
  assert.equal(committed, ['of 1', 'of 2']);
});

test('§11.2 §11.3 a snapshot holds what is prepared and not committed', async () => {
  const { driver, write } = twoPhase();
  write('a');
  await driver.prepare(1, false);
  await driver.commitUpTo(1);
  write('b');
  await driver.prepare(2, false);
  assert.equal(driver.snapshot(2), { uidHash: 'uid', writerStates: [], committables: ['b'] });
});

test('§11.5 restored committables are committed again', async () => {
  const { driver, committed } = twoPhase();
  await driver.recommit(['x', 'y']);
  assert.equal(committed, ['x', 'y']);
});

test('§11 commit requests: retryLater repeats the request, with its number of retries, until it stops asking', async () => {
  const retries: number[] = [];
  const { driver, committed } = twoPhase(request => {
    retries.push(request.numberOfRetries);
    if (request.numberOfRetries < 2) request.updateAndRetryLater(`try ${request.numberOfRetries + 1}`);
  });
  await driver.recommit(['try 0']);
  assert.equal(committed, ['try 0', 'try 1', 'try 2']);
  assert.equal(retries, [0, 1, 2]);
});

test('§11 commit requests: more retries than allowed fail the job', async () => {
  const { driver } = twoPhase(request => request.retryLater(), 2);
  await driver.recommit(['x']).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /two-phase sink did not commit after 2 retries/),
  );
});

test('§11 commit requests: a known reason drops the committable and is logged, an unknown one fails the job', async () => {
  const known = twoPhase(request => request.signalFailedWithKnownReason(new Error('gone')));
  await known.driver.recommit(['x']);
  assert.equal(known.logs, ['commit dropped: gone']);
  const unknown = twoPhase(request => request.signalFailedWithUnknownReason(new Error('what?')));
  await unknown.driver.recommit(['x']).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'what?'),
  );
});

test('§11.4 checkpoints that complete while an earlier one is being committed: everything once, in order', async () => {
  const { driver, write, committed } = twoPhase();
  for (const checkpoint of [1, 2, 3]) {
    write(`of ${checkpoint}`);
    await driver.prepare(checkpoint, false);
  }
  await Promise.all([1, 2, 3].map(checkpoint => driver.commitUpTo(checkpoint)));
  assert.equal(committed, ['of 1', 'of 2', 'of 3']);
});

test('§11.6 what the end of input prepared is committed with the first checkpoint after it', async () => {
  const { driver, write, committed } = twoPhase();
  write('last');
  await driver.prepare(Number.MAX_SAFE_INTEGER, true);
  await driver.commitUpTo(4);
  assert.equal(committed, []);
  assert.equal(driver.snapshot(5).committables, ['last']);
  await driver.commitUpTo(5);
  assert.equal(committed, ['last']);
});

test.run();
