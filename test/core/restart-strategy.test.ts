import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseConfiguration } from '../../runtime/core/configuration.js';
import { ExceptionHistory } from '../../runtime/core/exception-history.js';
import { createRestartStrategy, type RestartStrategySettings } from '../../runtime/core/restart-strategy.js';

/** Times of failures → delays; null: the job fails. */
function delays(
  settings: RestartStrategySettings,
  times: readonly number[],
  random = 0.5,
): (number | null)[] {
  const strategy = createRestartStrategy(settings, () => random);
  return times.map(now => {
    const decision = strategy.failed(now);
    return decision.restart ? decision.delayMs : null;
  });
}
const exponential: Extract<RestartStrategySettings, { type: 'exponential-delay' }> = {
  type: 'exponential-delay',
  initialMs: 1_000,
  maxMs: 3_000,
  multiplier: 2,
  resetMs: 10_000,
  jitter: 0.1,
  attempts: Infinity,
};

test('§14 fixed-delay: so many failures restart, however far apart; one more fails the job', () => {
  assert.equal(delays({ type: 'fixed-delay', attempts: 2, delayMs: 7 }, [0, 1e6, 1e9]), [7, 7, null]);
});

test('§14 failure-rate: one more than the maximum within the interval fails the job', () => {
  const rate = { type: 'failure-rate', maxFailures: 1, intervalMs: 100, delayMs: 7 } as const;
  assert.equal(delays(rate, [0, 101, 202]), [7, 7, 7]);
  assert.equal(delays(rate, [0, 100]), [7, null]);
  assert.equal(delays({ ...rate, maxFailures: 2 }, [0, 10, 101, 110]), [7, 7, 7, null]);
});

test('§14 exponential-delay: grows to the maximum, a long run sets it back', () => {
  const restartedAt = [0, 2_000, 5_000, 9_000, 30_000];
  assert.equal(delays(exponential, restartedAt), [1_000, 2_000, 3_000, 3_000, 1_000]);
});

test('§14 exponential-delay: failures before the restart count as one with it', () => {
  const strategy = createRestartStrategy(exponential, () => 0.5);
  strategy.failed(0);
  assert.equal(strategy.failed(400), { restart: true, delayMs: 600, isNewAttempt: false });
  assert.equal(strategy.failed(1_500), { restart: true, delayMs: 2_000, isNewAttempt: true });
});

test('§14 exponential-delay: jitter stays between the initial and the longest delay', () => {
  assert.equal(delays(exponential, [0, 2_000, 6_000], 0), [1_000, 1_800, 2_700]);
  assert.equal(delays(exponential, [0, 2_000, 6_000], 0.999_999), [1_100, 2_200, 3_000]);
});

test('§14 exponential-delay: more restarts than allowed without a reset fail the job', () => {
  assert.equal(delays({ ...exponential, attempts: 2 }, [0, 2_000, 6_000]), [1_000, 2_000, null]);
  assert.equal(delays({ ...exponential, attempts: 1 }, [0, 20_000, 40_000]), [1_000, 1_000, 1_000]);
});

test('§14 none: the first failure fails the job', () => {
  assert.equal(delays({ type: 'none' }, [0]), [null]);
});

test('§14 default: none without checkpoints, exponential-delay with them', () => {
  const typeOf = (entries: Record<string, string>): string => {
    const parsed = parseConfiguration(entries);
    assert.ok(parsed.ok);
    return parsed.configuration.restartStrategy.type;
  };
  assert.is(typeOf({}), 'none');
  assert.is(typeOf({ 'execution.checkpointing.interval': '1 s' }), 'exponential-delay');
  assert.is(typeOf({ 'execution.checkpointing.interval': '1 s', 'restart-strategy': 'off' }), 'none');
  assert.is(typeOf({ 'restart-strategy.type': 'fixed-delay' }), 'fixed-delay');
});

test('options of checkpoints and restarts are checked, with each other too', () => {
  const hintOf = (entries: Record<string, string>): string | undefined => {
    const parsed = parseConfiguration(entries);
    return parsed.ok ? undefined : parsed.problems[0]!.hint;
  };
  assert.match(hintOf({ 'execution.checkpointing.interval': '9 ms' })!, 'at least 10 ms');
  assert.is(hintOf({ 'restart-strategy.exponential-delay.jitter-factor': '2' }), 'a number from 0 to 1');
  assert.match(hintOf({ 'restart-strategy.type': 'sometimes' })!, 'fixed-delay');
  assert.is(
    hintOf({
      'execution.checkpointing.unaligned': 'true',
      'execution.checkpointing.max-concurrent-checkpoints': '2',
    }),
    '1: checkpoints are unaligned',
  );
});

test('the exception history keeps the last failures, each with those it drew along', () => {
  const history = new ExceptionHistory<string>(2);
  const entry = (fault: string) => ({ timestamp: 0, fault, region: null });
  history.add(entry('a'), true);
  history.add(entry('b'), true);
  history.add(entry('b2'), false);
  assert.not(history.truncated);
  history.add(entry('c'), true);
  assert.ok(history.truncated);
  assert.equal(
    history.entries.map(({ fault, concurrent }) => [fault, concurrent.map(other => other.fault)]),
    [
      ['c', []],
      ['b', ['b2']],
    ],
  );
});

test.run();
