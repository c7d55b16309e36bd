import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AsyncRetryStrategy, ResultFuture } from '../../plugins/api/functions.js';
import { AsyncWaitOperator, type AsyncWaitSpec } from '../../runtime/operators/index.js';
import {
  Collected,
  ManualClock,
  stateSpec,
  TestOperatorContext,
  type TestContextOptions,
} from './harness.js';

/** A service whose answers the test gives. */
class Service {
  readonly requests: { readonly input: string; readonly future: ResultFuture<string> }[] = [];
  readonly asyncInvoke = (input: string, future: ResultFuture<string>): void => {
    this.requests.push({ input, future });
  };
  /** Answers the oldest open request for the input. */
  answer(input: string, ...results: string[]): void {
    this.#take(input).complete(results.length > 0 ? results : [input.toUpperCase()]);
  }
  fail(input: string, error: unknown): void {
    this.#take(input).completeExceptionally(error);
  }
  get waiting(): string[] {
    return this.requests.map(request => request.input);
  }
  #take(input: string): ResultFuture<string> {
    const at = this.requests.findIndex(request => request.input === input);
    assert.ok(at >= 0, `no open request for ${input}`);
    return this.requests.splice(at, 1)[0]!.future;
  }
}

function open(spec: Partial<AsyncWaitSpec<string, string>> = {}, options: TestContextOptions = {}) {
  const context = new TestOperatorContext(options);
  const out = new Collected();
  const service = new Service();
  const operator = new AsyncWaitOperator<string, string>(
    context,
    {
      fn: service,
      ordered: true,
      timeout: 0,
      capacity: 10,
      retry: null,
      inFlight: stateSpec('_async_wait_operator_state_', 'operatorList', 'string'),
      states: {},
      target: out.target,
      ...spec,
    },
    out.emit,
    out.side,
  );
  operator.open();
  const send = (...inputs: string[]): void => inputs.forEach((input, i) => operator.processElement(input, i));
  return { context, out, service, operator, send, clock: context.processingTime };
}
function retrying(parts: Partial<AsyncRetryStrategy<string>>): AsyncRetryStrategy<string> {
  return {
    canRetry: attempts => attempts <= 2,
    backoffTimeMillis: attempts => attempts * 100,
    resultPredicate: null,
    exceptionPredicate: null,
    ...parts,
  };
}

test('§6 orderedWait: results leave in input order, with the input’s timestamp', () => {
  const { context, out, service, send } = open();
  send('a', 'b', 'c');
  service.answer('c');
  service.answer('b', 'B1', 'B2');
  context.runMailbox();
  assert.equal(out.take(), []);
  service.answer('a');
  context.runMailbox();
  assert.equal(out.take(), ['A@0', 'B1@1', 'B2@1', 'C@2']);
});

test('§6 unorderedWait: results leave as they come, in no case across a watermark', () => {
  const { context, out, service, operator, send } = open({ ordered: false });
  send('a', 'b');
  operator.advanceWatermark(5);
  operator.processElement('c', 6);
  operator.advanceWatermark(9);
  service.answer('c');
  service.answer('b');
  context.runMailbox();
  assert.equal(out.take(), ['B@1'], 'c waits for the watermark, which waits for a');
  service.answer('a');
  context.runMailbox();
  assert.equal(out.take(), ['A@0', 'wm 5', 'C@6', 'wm 9']);
});

test('§6 orderedWait: a watermark stays behind the results before it', () => {
  const { context, out, service, operator, send } = open();
  operator.advanceWatermark(1);
  assert.equal(out.take(), ['wm 1'], 'with nothing in flight at once');
  send('a');
  operator.advanceWatermark(5);
  operator.onIdle(true);
  assert.equal(out.take(), []);
  service.answer('a');
  context.runMailbox();
  assert.equal(out.take(), ['A@0', 'wm 5', 'idle']);
});

test('§6 a result may be empty, and only the first completion counts', () => {
  const { context, out, service, operator, send } = open();
  send('a', 'b');
  const future = service.requests[0]!.future;
  future.complete([]);
  future.complete(['late']);
  future.completeExceptionally(new Error('late'));
  service.answer('b');
  context.runMailbox();
  assert.equal(out.take(), ['B@1']);
  assert.is(operator.pending, 0);
});

for (const ordered of [true, false]) {
  test(`§6 capacity limits the requests in flight (${ordered ? 'ordered' : 'unordered'})`, () => {
    const { context, out, service, operator, send } = open({ ordered, capacity: 2 });
    assert.ok(operator.canAccept);
    send('a', 'b', 'c', 'd');
    operator.advanceWatermark(9);
    assert.not(operator.canAccept);
    assert.is(operator.pending, 4);
    assert.equal(service.waiting, ['a', 'b']);
    service.answer('a');
    context.runMailbox();
    assert.equal(service.waiting, ['b', 'c']);
    service.answer('b');
    service.answer('c');
    context.runMailbox();
    assert.ok(operator.canAccept);
    assert.equal(service.waiting, ['d']);
    service.answer('d');
    context.runMailbox();
    assert.equal(out.take(), ['A@0', 'B@1', 'C@2', 'D@3', 'wm 9']);
    assert.is(operator.pending, 0);
  });
}

test('§6 a request that takes too long fails the job', () => {
  const { context, clock, send } = open({ timeout: 100 });
  send('a');
  clock.advanceTo(100);
  context.runMailbox();
  clock.advanceTo(101);
  assert.throws(() => context.runMailbox(), 'Async function call has timed out after 100 ms.');
});

test('§6 timeout() of the function may answer instead', () => {
  const service = new Service();
  const { context, out, clock, send } = open({
    timeout: 100,
    fn: {
      asyncInvoke: service.asyncInvoke,
      timeout: (input, future) => future.complete([`${input} gave up`]),
    },
  });
  send('a');
  clock.advanceTo(101);
  service.answer('a');
  context.runMailbox();
  assert.equal(out.take(), ['a gave up@0'], 'the late answer is ignored');
});

test('§6 a request that was answered does not time out', () => {
  const { context, out, service, clock, send } = open({ timeout: 100 });
  send('a');
  service.answer('a');
  context.runMailbox();
  assert.is(clock.pending, 0);
  clock.advanceTo(1000);
  context.runMailbox();
  assert.equal(out.take(), ['A@0']);
});

test('§6 completing exceptionally, throwing and rejecting fail the job', async () => {
  const byFuture = open();
  byFuture.send('a');
  byFuture.service.fail('a', new Error('broken'));
  assert.throws(() => byFuture.context.runMailbox(), 'an asynchronous request failed: broken');
  const byThrow = open({
    fn: () => {
      throw new Error('broken');
    },
  });
  byThrow.send('a');
  assert.throws(() => byThrow.context.runMailbox(), 'an asynchronous request failed: broken');
  const byRejection = open({ fn: () => Promise.reject(new Error('broken')) });
  byRejection.send('a');
  await Promise.resolve();
  await Promise.resolve();
  assert.throws(() => byRejection.context.runMailbox(), 'an asynchronous request failed: broken');
});

test('§6 retry on an exception, after the back-off of the attempt, until attempts are used up', () => {
  const { context, service, clock, send } = open({ retry: retrying({ exceptionPredicate: () => true }) });
  send('a');
  service.fail('a', new Error('1'));
  context.runMailbox();
  assert.equal(service.waiting, []);
  clock.advanceTo(101);
  assert.equal(service.waiting, ['a']);
  service.fail('a', new Error('2'));
  context.runMailbox();
  clock.advanceTo(300);
  assert.equal(service.waiting, []);
  clock.advanceTo(302);
  service.fail('a', new Error('3'));
  assert.throws(
    () => context.runMailbox(),
    'an asynchronous request failed in attempt 3, which was the last: 3',
  );
});

test('§6 retry on a result; the predicate decides what is tried again', () => {
  const { context, out, service, clock, send } = open({
    retry: retrying({ resultPredicate: results => results.length === 0, exceptionPredicate: () => false }),
  });
  send('a', 'b');
  service.requests.shift()!.future.complete([]);
  service.answer('b');
  context.runMailbox();
  assert.equal(out.take(), [], 'b waits for a');
  clock.advanceTo(101);
  service.answer('a');
  context.runMailbox();
  assert.equal(out.take(), ['A@0', 'B@1']);
  send('c');
  service.fail('c', new Error('not retried'));
  assert.throws(() => context.runMailbox(), 'an asynchronous request failed: not retried');
});

test('§6 the timeout bounds all attempts together', () => {
  const { context, service, clock, send } = open({
    timeout: 150,
    retry: retrying({ canRetry: () => true, exceptionPredicate: () => true }),
  });
  send('a');
  service.fail('a', new Error('1'));
  context.runMailbox();
  clock.advanceTo(102);
  assert.equal(service.waiting, ['a']);
  clock.advanceTo(151);
  assert.throws(() => context.runMailbox(), 'Async function call has timed out after 150 ms.');
  assert.is(clock.pending, 0, 'no retry after the timeout');
});

test('§6 at the end of input delayed retries are made at once, and are the last', () => {
  const { context, out, service, operator, send } = open({
    retry: retrying({ canRetry: () => true, resultPredicate: results => results[0] === 'busy' }),
  });
  send('a', 'b');
  service.answer('a', 'busy');
  context.runMailbox();
  assert.equal(service.waiting, ['b']);
  operator.endInput();
  assert.equal(service.waiting, ['b', 'a']);
  service.answer('a', 'busy');
  service.answer('b', 'busy');
  context.runMailbox();
  assert.equal(out.take(), ['busy@0', 'busy@1', 'end'], 'what follows sees the end behind the results');
  assert.is(operator.pending, 0);
});

for (const ordered of [true, false])
  test(`§6 §13.2 records that wait for capacity keep their retries at the end of input (${ordered ? 'ordered' : 'unordered'})`, () => {
    const { context, out, service, operator, clock, send } = open({
      ordered,
      capacity: 1,
      retry: retrying({ exceptionPredicate: () => true }),
    });
    send('a', 'b');
    operator.endInput();
    service.fail('a', new Error('1'));
    context.runMailbox();
    assert.equal(service.waiting, [], 'a waits before its next attempt');
    clock.advanceTo(101);
    service.answer('a');
    context.runMailbox();
    assert.equal(out.take(), ['A@0'], 'the input has not ended for what follows');
    service.fail('b', new Error('2'));
    assert.throws(
      () => context.runMailbox(),
      'an asynchronous request failed in attempt 1, the last one because the input has ended: 2',
    );
  });

for (const ordered of [true, false]) {
  test(`§6 inputs in flight are checkpointed and asked again after a restore (${ordered ? 'ordered' : 'unordered'})`, () => {
    const inputs = ['a', 'b', 'c', 'd', 'e'];
    for (let at = 0; at <= inputs.length; at++) {
      const first = open({ ordered, capacity: 3 });
      inputs.slice(0, at).forEach((input, i) => first.operator.processElement(input, i));
      if (at > 1) first.service.answer('a');
      first.context.runMailbox();
      first.operator.prepareSnapshot(1);
      const restore = [first.context.snapshot()];
      const second = open({ ordered, capacity: 3 }, { restore, clock: new ManualClock() });
      for (let i = at; i < inputs.length; i++) second.operator.processElement(inputs[i]!, i);
      assert.ok(second.service.waiting.length <= 3);
      while (second.service.waiting.length > 0) {
        second.service.answer(second.service.waiting[0]!);
        second.context.runMailbox();
      }
      const lines = [...first.out.take(), ...second.out.take()];
      assert.equal(lines, ['A@0', 'B@1', 'C@2', 'D@3', 'E@4'], `snapshot after ${at}`);
      second.operator.prepareSnapshot(2);
      const third = open({ ordered }, { restore: [second.context.snapshot()] });
      assert.equal(third.service.waiting, [], 'what was answered is not asked again');
    }
  });
}

test('§6 what is answered but held back for order is asked again after a restore', () => {
  const first = open();
  first.send('a', 'b');
  first.service.answer('b');
  first.context.runMailbox();
  first.operator.prepareSnapshot(1);
  const second = open({}, { restore: [first.context.snapshot()] });
  assert.equal(second.service.waiting, ['a', 'b']);
});

test('§6 close gives up what is in flight', () => {
  const { context, out, service, operator, clock, send } = open({ timeout: 100 });
  send('a');
  operator.close();
  service.answer('a');
  context.runMailbox();
  clock.advanceTo(1000);
  context.runMailbox();
  assert.equal(out.take(), []);
});

test.run();
