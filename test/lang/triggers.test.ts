import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
  CountTrigger,
  DeltaTrigger,
  EndOfStreamTrigger,
  EventTimeTrigger,
  GlobalWindow,
  MAX_TIMESTAMP,
  NeverTrigger,
  ProcessingTimeoutTrigger,
  ProcessingTimeTrigger,
  PurgingTrigger,
  TimeWindow,
  Trigger,
  type TriggerResult,
  type Window,
} from '../../compiler/lang/index.js';
import { ship } from '../../plugins/api/shipping.js';
import { FakeTriggerContext } from './fake-window-context.js';

const window = new TimeWindow(0, 100);

test('§4.4 EventTime: registers the end of the window and fires there', () => {
  const context = new FakeTriggerContext();
  const trigger = EventTimeTrigger.create();
  context.watermark = 98;
  assert.is(trigger.onElement('a', 5, window, context), 'CONTINUE');
  assert.equal([...context.eventTimers], [99]);
  assert.is(trigger.onEventTime(98, window, context), 'CONTINUE');
  assert.is(trigger.onEventTime(99, window, context), 'FIRE');
  assert.is(trigger.onProcessingTime(99, window, context), 'CONTINUE');
});

test('§4.4 EventTime: maxTimestamp ≤ wm fires at once', () => {
  const context = new FakeTriggerContext();
  context.watermark = 99;
  assert.is(new EventTimeTrigger().onElement('late', 5, window, context), 'FIRE');
  assert.is(context.eventTimers.size, 0);
});

test('§4.4 EventTime: clear deletes the timer', () => {
  const context = new FakeTriggerContext();
  const trigger = new EventTimeTrigger();
  trigger.onElement('a', 5, window, context);
  trigger.clear(window, context);
  assert.is(context.eventTimers.size, 0);
});

test('§4.6 EventTime: onMerge registers the new end only beyond the watermark', () => {
  const context = new FakeTriggerContext();
  const trigger = new EventTimeTrigger();
  context.watermark = 99;
  trigger.onMerge(window, context);
  assert.is(context.eventTimers.size, 0);
  context.watermark = 98;
  trigger.onMerge(window, context);
  assert.equal([...context.eventTimers], [99]);
});

test('§4.4 ProcessingTime: registers the end of the window and fires there', () => {
  const context = new FakeTriggerContext();
  const trigger = ProcessingTimeTrigger.create();
  assert.is(trigger.onElement('a', 5, window, context), 'CONTINUE');
  assert.equal([...context.processingTimers], [99]);
  assert.is(trigger.onEventTime(99, window, context), 'CONTINUE');
  assert.is(trigger.onProcessingTime(99, window, context), 'FIRE');
  trigger.clear(window, context);
  assert.is(context.processingTimers.size, 0);
});

test('§4.6 ProcessingTime: onMerge registers the new end only in the future', () => {
  const context = new FakeTriggerContext();
  const trigger = new ProcessingTimeTrigger();
  context.now = 99;
  trigger.onMerge(window, context);
  assert.is(context.processingTimers.size, 0);
  context.now = 98;
  trigger.onMerge(window, context);
  assert.equal([...context.processingTimers], [99]);
});

test('§4.4 Count: fires at n and starts again', () => {
  const context = new FakeTriggerContext();
  const trigger = CountTrigger.of(3);
  const results = Array.from({ length: 7 }, () => trigger.onElement('a', 0, window, context));
  assert.equal(results, ['CONTINUE', 'CONTINUE', 'FIRE', 'CONTINUE', 'CONTINUE', 'FIRE', 'CONTINUE']);
  trigger.clear(window, context);
  assert.is(context.state.size, 0);
});

test('§4.6 Count: merged windows add their counts', () => {
  const context = new FakeTriggerContext();
  const other = new FakeTriggerContext();
  const trigger = CountTrigger.of(3);
  trigger.onElement('a', 0, window, context);
  trigger.onElement('b', 0, window, other);
  context.merged = [other];
  trigger.onMerge(window, context);
  assert.is(trigger.onElement('c', 0, window, context), 'FIRE');
});

test('§4.4 ContinuousEventTime: next = ts − ts mod i + i, registered once', () => {
  const context = new FakeTriggerContext();
  const trigger = ContinuousEventTimeTrigger.of(10);
  assert.is(trigger.onElement('a', 25, window, context), 'CONTINUE');
  assert.equal([...context.eventTimers], [99, 30]);
  trigger.onElement('b', 47, window, context);
  assert.equal([...context.eventTimers], [99, 30], 'one is pending already');
});

test('§4.4 ContinuousEventTime: at the pending time FIRE and schedule time + i, capped', () => {
  const context = new FakeTriggerContext();
  const trigger = ContinuousEventTimeTrigger.of(40);
  trigger.onElement('a', 25, window, context);
  assert.is(trigger.onEventTime(39, window, context), 'CONTINUE');
  assert.is(trigger.onEventTime(40, window, context), 'FIRE');
  assert.is(trigger.onEventTime(80, window, context), 'FIRE');
  assert.is(context.state.get('fire-time'), 99, 'capped at maxTimestamp');
  assert.is(trigger.onEventTime(99, window, context), 'FIRE');
});

test('§4.4 ContinuousEventTime: maxTimestamp ≤ wm fires at once', () => {
  const context = new FakeTriggerContext();
  context.watermark = 120;
  assert.is(ContinuousEventTimeTrigger.of(10).onElement('a', 25, window, context), 'FIRE');
  assert.is(context.eventTimers.size, 0);
});

test('§4.4 ContinuousEventTime: before 1970 the next firing is still the next multiple', () => {
  const context = new FakeTriggerContext();
  ContinuousEventTimeTrigger.of(10).onElement('a', -25, new TimeWindow(-100, 0), context);
  assert.ok(context.eventTimers.has(-20));
});

test('§4.4 ContinuousEventTime: clear deletes the pending firing', () => {
  const context = new FakeTriggerContext();
  const trigger = ContinuousEventTimeTrigger.of(10);
  trigger.onElement('a', 25, window, context);
  trigger.clear(window, context);
  assert.not.ok(context.eventTimers.has(30));
  assert.is(context.state.size, 0);
});

test('§4.6 ContinuousEventTime: of merged windows the sooner firing stays', () => {
  const context = new FakeTriggerContext();
  const other = new FakeTriggerContext();
  const trigger = ContinuousEventTimeTrigger.of(10);
  trigger.onElement('a', 25, window, context);
  trigger.onElement('b', 12, window, other);
  context.eventTimers.clear();
  context.merged = [other];
  trigger.onMerge(window, context);
  assert.equal([...context.eventTimers], [20]);
});

test('§4.4 ContinuousProcessingTime: next = now − now mod i + i, capped at maxTimestamp', () => {
  const context = new FakeTriggerContext();
  const trigger = ContinuousProcessingTimeTrigger.of(10);
  context.now = 25;
  assert.is(trigger.onElement('a', 0, window, context), 'CONTINUE');
  assert.equal([...context.processingTimers], [30]);
  context.now = 28;
  trigger.onElement('b', 0, window, context);
  assert.equal([...context.processingTimers], [30]);
  const late = new FakeTriggerContext();
  late.now = 95;
  trigger.onElement('c', 0, window, late);
  assert.equal([...late.processingTimers], [99]);
});

test('§4.4 ContinuousProcessingTime: FIRE at the pending time and at maxTimestamp', () => {
  const context = new FakeTriggerContext();
  const trigger = ContinuousProcessingTimeTrigger.of(60);
  trigger.onElement('a', 0, window, context);
  assert.is(trigger.onProcessingTime(59, window, context), 'CONTINUE');
  assert.is(trigger.onProcessingTime(60, window, context), 'FIRE');
  assert.ok(context.processingTimers.has(99));
  assert.is(trigger.onProcessingTime(99, window, context), 'FIRE');
  assert.is(trigger.onEventTime(99, window, context), 'CONTINUE');
  trigger.clear(window, context);
  assert.not.ok(context.processingTimers.has(99));
});

test('§4.4 Delta: compares with the record that fired last', () => {
  const context = new FakeTriggerContext();
  const trigger = DeltaTrigger.of<number>(5, (last, current) => current - last);
  const results = [10, 15, 16, 21, 22].map(n => trigger.onElement(n, 0, window, context));
  assert.equal(results, ['CONTINUE', 'CONTINUE', 'FIRE', 'CONTINUE', 'FIRE']);
  trigger.clear(window, context);
  assert.is(context.state.size, 0);
});

test('§4.4 Delta: cannot merge', () => {
  assert.is(DeltaTrigger.of<number>(1, (a, b) => b - a).canMerge(), false);
});

test('§4.4 Purging: FIRE becomes FIRE_AND_PURGE, all else stays', () => {
  const context = new FakeTriggerContext();
  const trigger = PurgingTrigger.of(CountTrigger.of(2));
  assert.is(trigger.onElement('a', 0, window, context), 'CONTINUE');
  assert.is(trigger.onElement('b', 0, window, context), 'FIRE_AND_PURGE');
  const timed = PurgingTrigger.of(EventTimeTrigger.create());
  assert.is(timed.onEventTime(99, window, context), 'FIRE_AND_PURGE');
  assert.is(timed.onProcessingTime(99, window, context), 'CONTINUE');
  assert.is(trigger.canMerge(), true);
  assert.is(PurgingTrigger.of(DeltaTrigger.of<unknown>(1, () => 0)).canMerge(), false);
});

test('§4.4 ProcessingTimeout: arms once, fires at now + d', () => {
  const context = new FakeTriggerContext();
  const trigger = ProcessingTimeoutTrigger.of(CountTrigger.of(3), 50);
  context.now = 10;
  assert.is(trigger.onElement('a', 0, window, context), 'CONTINUE');
  context.now = 20;
  trigger.onElement('b', 0, window, context);
  assert.equal([...context.processingTimers], [60], 'armed by the first record only');
  assert.is(trigger.onProcessingTime(60, window, context), 'FIRE');
  assert.is(context.state.size, 0, 'clears the count of the nested trigger by default');
});

test('§4.4 ProcessingTimeout: re-arms on each record when asked to', () => {
  const context = new FakeTriggerContext();
  const trigger = ProcessingTimeoutTrigger.of(CountTrigger.of(3), 50, true);
  context.now = 10;
  trigger.onElement('a', 0, window, context);
  context.now = 20;
  trigger.onElement('b', 0, window, context);
  assert.equal([...context.processingTimers], [70]);
});

test('§4.4 ProcessingTimeout: a firing of the nested trigger disarms it', () => {
  const context = new FakeTriggerContext();
  const trigger = ProcessingTimeoutTrigger.of(CountTrigger.of(2), 50);
  trigger.onElement('a', 0, window, context);
  assert.is(trigger.onElement('b', 0, window, context), 'FIRE');
  assert.is(context.processingTimers.size, 0);
  assert.is(context.state.size, 0);
});

test('§4.4 ProcessingTimeout: keeps the purge of the nested trigger and its state when asked to', () => {
  const context = new FakeTriggerContext();
  const trigger = ProcessingTimeoutTrigger.of(
    PurgingTrigger.of(ProcessingTimeTrigger.create()),
    50,
    false,
    false,
  );
  trigger.onElement('a', 0, window, context);
  assert.is(trigger.onProcessingTime(50, window, context), 'FIRE_AND_PURGE');
  assert.is(context.state.get('timeout'), 50);
});

test('§4.4 EndOfStream: fires at MAX', () => {
  const context = new FakeTriggerContext();
  const trigger = new EndOfStreamTrigger();
  const global = GlobalWindow.get();
  assert.is(trigger.onElement('a', 0, global, context), 'CONTINUE');
  assert.equal([...context.eventTimers], [MAX_TIMESTAMP]);
  assert.is(trigger.onEventTime(MAX_TIMESTAMP, global, context), 'FIRE');
  assert.is(trigger.onEventTime(99, global, context), 'CONTINUE');
});

test('§4.4 Never: never', () => {
  const context = new FakeTriggerContext();
  const trigger = new NeverTrigger();
  assert.is(trigger.onElement('a', 0, window, context), 'CONTINUE');
  assert.is(trigger.onEventTime(99, window, context), 'CONTINUE');
  assert.is(trigger.onProcessingTime(99, window, context), 'CONTINUE');
});

test('a trigger of the program does not merge unless it says so', () => {
  class Always extends Trigger<unknown, Window> {
    onElement(): TriggerResult {
      return 'FIRE';
    }
    onProcessingTime(): TriggerResult {
      return 'CONTINUE';
    }
    onEventTime(): TriggerResult {
      return 'CONTINUE';
    }
    clear(): void {}
  }
  assert.is(new Always().canMerge(), false);
  assert.throws(() => new Always().onMerge(window, new FakeTriggerContext()), /does not support merging/);
});

test('triggers ship with the arguments that make them again', () => {
  const nested = CountTrigger.of(3);
  assert.equal(ProcessingTimeoutTrigger.of(nested, 5)[ship](), {
    module: 'flinkc',
    name: 'ProcessingTimeoutTrigger',
    args: [nested, 5, false, true],
  });
  assert.equal(ContinuousEventTimeTrigger.of(7)[ship]().args, [7]);
});

test.run();
