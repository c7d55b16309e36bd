import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MailboxProcessingTime } from '../../runtime/taskmanager/processing-time.js';

function service(): { time: MailboxProcessingTime; at: (now: number) => number[]; fired: number[] } {
  let now = 0;
  const fired: number[] = [];
  const time = new MailboxProcessingTime(() => now);
  const at = (to: number): number[] => {
    now = to;
    while (time.runDue());
    return fired;
  };
  return { time, at, fired };
}

test('§3.5 a callback runs once the clock has passed its timestamp', () => {
  const { time, at, fired } = service();
  time.schedule(10, timestamp => void fired.push(timestamp));
  assert.is(time.nextDue, 11);
  assert.equal(at(10), []);
  assert.equal(at(11), [10]);
  assert.is(time.nextDue, Infinity);
});

test('callbacks run in the order of their timestamps, those of one timestamp in the order of scheduling', () => {
  const { time, at, fired } = service();
  for (const [i, timestamp] of [50, 10, 30, 10, 40, 20].entries())
    time.schedule(timestamp, () => void fired.push(timestamp * 10 + i));
  assert.equal(at(100), [101, 103, 205, 302, 404, 500]);
});

test('a cancelled callback does not run and does not wake the slot', () => {
  const { time, at, fired } = service();
  const first = time.schedule(10, () => void fired.push(1));
  time.schedule(20, () => void fired.push(2));
  time.cancel(first);
  time.cancel(first);
  assert.is(time.nextDue, 21);
  assert.equal(at(100), [2]);
});

test('§13.2 after quiesce nothing fires, not even what is scheduled later', () => {
  const { time, at, fired } = service();
  time.schedule(10, () => void fired.push(1));
  time.quiesce();
  time.schedule(11, () => void fired.push(2));
  assert.equal(at(100), []);
});

test('a callback may schedule the next one', () => {
  const { time, at, fired } = service();
  const repeat = (timestamp: number): void => {
    fired.push(timestamp);
    if (timestamp < 30) time.schedule(timestamp + 10, repeat);
  };
  time.schedule(10, repeat);
  assert.equal(at(100), [10, 20, 30]);
});

test.run();
