/** Watermarks and idleness of channels and inputs (datastream-semantics §2.2, §2.3). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { StatusWatermarkValve } from '../../runtime/operators/watermarks/valve.js';
import { TaskInputWatermarks } from '../../runtime/operators/watermarks/task-input-watermarks.js';
import { RecordedTarget } from './recorded-target.js';

function valve(channels: number): { readonly valve: StatusWatermarkValve; readonly target: RecordedTarget } {
  const target = new RecordedTarget();
  return { valve: new StatusWatermarkValve(channels, target), target };
}

test('§2.2.1 a channel ignores watermarks that do not rise', () => {
  const { valve: v, target } = valve(1);
  for (const watermark of [5, 5, 3, 6]) v.inputWatermark(0, watermark);
  assert.equal(target.take(), [5, 6]);
});

test('§2.2.2 the output is the minimum over the channels, forwarded only when it rises', () => {
  const { valve: v, target } = valve(3);
  v.inputWatermark(0, 10);
  v.inputWatermark(1, 20);
  assert.equal(target.take(), [], 'the third channel has none yet');
  v.inputWatermark(2, 15);
  assert.equal(target.take(), [10]);
  v.inputWatermark(1, 30);
  assert.equal(target.take(), []);
  v.inputWatermark(0, 40);
  assert.equal(target.take(), [15]);
  for (const channel of [0, 1, 2]) v.inputWatermark(channel, MAX_TIMESTAMP);
  assert.equal(target.take(), [MAX_TIMESTAMP]);
});

test('§2.3.1 §2.3.2 an idle channel leaves the minimum, which may rise at once', () => {
  const { valve: v, target } = valve(2);
  v.inputWatermark(0, 3);
  v.inputWatermark(1, 9);
  assert.equal(target.take(), [3]);
  v.inputIdle(0, true);
  assert.equal(target.take(), [9]);
  v.inputWatermark(0, 50);
  assert.equal(target.take(), [], 'an idle channel is not heard');
});

test('§2.3.3 when the last active channel falls idle the maximum goes out before IDLE', () => {
  const { valve: v, target } = valve(2);
  v.inputWatermark(0, 3);
  v.inputWatermark(1, 9);
  v.inputIdle(1, true);
  assert.equal(target.take(), [3]);
  v.inputIdle(0, true);
  assert.equal(target.take(), [9, 'idle']);
});

test('§2.3.3 no flush when the channel that fell idle last did not hold the minimum', () => {
  const { valve: v, target } = valve(3);
  v.inputWatermark(0, 3);
  v.inputWatermark(1, 9);
  v.inputWatermark(2, 5);
  v.inputIdle(0, true); // 5
  v.inputIdle(2, true); // 9
  v.inputIdle(1, true);
  assert.equal(target.take(), [3, 5, 9, 'idle']);
  // A channel that comes back behind the output is not aligned: it never held the minimum.
  v.inputIdle(0, false);
  v.inputWatermark(0, 4);
  assert.equal(target.take(), ['active']);
  v.inputIdle(0, true);
  assert.equal(target.take(), ['idle'], 'nothing to flush');
});

test('§2.3.4 a channel that becomes active again counts once it has caught up with the output', () => {
  const { valve: v, target } = valve(2);
  v.inputWatermark(0, 5);
  v.inputWatermark(1, 5);
  v.inputIdle(0, true);
  v.inputWatermark(1, 20);
  assert.equal(target.take(), [5, 20]);
  v.inputIdle(0, false);
  v.inputWatermark(0, 10);
  v.inputWatermark(1, 30);
  assert.equal(target.take(), [30], 'channel 0 is active but behind');
  v.inputWatermark(0, 30);
  v.inputWatermark(1, 40);
  assert.equal(target.take(), [], 'now it holds the minimum');
  v.inputWatermark(0, 35);
  assert.equal(target.take(), [35]);
});

test('§2.3.5 ACTIVE is sent as soon as any channel becomes active', () => {
  const { valve: v, target } = valve(2);
  v.inputIdle(0, true);
  v.inputIdle(1, true);
  assert.equal(target.take(), ['idle']);
  v.inputIdle(1, false);
  v.inputIdle(0, false);
  assert.equal(target.take(), ['active']);
});

test('§2.2.3 several inputs: the minimum over the inputs', () => {
  const target = new RecordedTarget();
  const inputs = new TaskInputWatermarks([2, 1], target);
  inputs.onWatermark(0, 0, 10);
  inputs.onWatermark(1, 0, 7);
  assert.equal(target.take(), []);
  inputs.onWatermark(0, 1, 12);
  assert.equal(target.take(), [7]);
  inputs.onWatermark(1, 0, 100);
  assert.equal(target.take(), [10]);
  assert.is(inputs.watermarkOf(1), 100);
});

test('§2.3.6 an idle input does not hold back the others; the task is idle when all its inputs are', () => {
  const target = new RecordedTarget();
  const inputs = new TaskInputWatermarks([1, 1], target);
  inputs.onWatermark(0, 0, 10);
  inputs.onIdle(1, 0, true);
  assert.equal(target.take(), [10]);
  inputs.onIdle(0, 0, true);
  assert.equal(target.take(), ['idle']);
  inputs.onIdle(1, 0, false);
  assert.equal(target.take(), ['active']);
  inputs.onWatermark(1, 0, 5);
  assert.equal(target.take(), [], 'never back');
  inputs.onWatermark(1, 0, 15);
  assert.equal(target.take(), [15]);
});

test('§2.2 §2.3 the output never falls, and equals the minimum while all channels stay active', () => {
  const event = fc.record({
    channel: fc.nat(2),
    watermark: fc.nat(50),
    idle: fc.option(fc.boolean(), { freq: 3 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), events => {
      const { valve: v, target } = valve(3);
      const highest = [MIN_TIMESTAMP, MIN_TIMESTAMP, MIN_TIMESTAMP];
      let everIdle = false;
      let output = MIN_TIMESTAMP;
      let idle = false;
      for (const { channel, watermark, idle: change } of events) {
        if (change === null) {
          v.inputWatermark(channel, watermark);
          highest[channel] = Math.max(highest[channel]!, watermark);
        } else {
          everIdle ||= change;
          v.inputIdle(channel, change);
        }
        for (const emitted of target.take()) {
          if (typeof emitted === 'number') {
            assert.ok(emitted > output, 'rises');
            assert.not(idle, 'no watermark while idle');
            output = emitted;
          } else {
            assert.not.equal(emitted === 'idle', idle, 'idleness alternates');
            idle = emitted === 'idle';
          }
        }
        if (!everIdle) assert.is(output, Math.min(...highest));
      }
    }),
  );
});

test.run();
