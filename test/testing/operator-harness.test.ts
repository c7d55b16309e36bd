import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  KeyedProcessFunction,
  OutputTag,
  ProcessFunction,
  ValueStateDescriptor,
} from '../../compiler/lang/index.js';
import type { Collector, KeyedProcessContext, OnTimerContext, ValueState } from '../../plugins/api/index.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import { keyedCoProcessHarness, keyedProcessHarness, processHarness } from '../../runtime/testing/index.js';

interface Click {
  readonly user: string;
}
interface Clicks {
  readonly user: string;
  readonly clicks: number;
}
const clicks = new ValueStateDescriptor<number>('clicks');
const lonely = new OutputTag<string>('lonely');

/** Counts a user's clicks; a minute after the first one reports them. */
class CountClicks extends KeyedProcessFunction<string, Click, Clicks> {
  #clicks!: ValueState<number>;
  override open(): void {
    this.#clicks = this.getRuntimeContext().getState(clicks);
  }
  processElement(_: Click, ctx: KeyedProcessContext<string>): void {
    const before = this.#clicks.value() ?? 0;
    this.#clicks.update(before + 1);
    if (before === 0) ctx.timerService.registerEventTimeTimer(ctx.timestamp()! + 60_000);
  }
  override onTimer(_: number, ctx: OnTimerContext<string>, out: Collector<Clicks>): void {
    const count = this.#clicks.value()!;
    if (count === 1) ctx.output(lonely, ctx.currentKey);
    out.collect({ user: ctx.currentKey, clicks: count });
    this.#clicks.clear();
  }
}
const key = (click: Click): string => click.user;

test('§3.3 §3.7 event-time timers fire at the watermark, with key and timestamp', () => {
  const harness = keyedProcessHarness(new CountClicks(), { key });
  harness.processElements([{ user: 'ann' }, 1000], [{ user: 'bob' }, 2000], [{ user: 'ann' }, 3000]);
  harness.processWatermark(60_999);
  assert.equal(harness.output, []);
  harness.processWatermark(61_000);
  assert.equal(harness.output, [{ value: { user: 'ann', clicks: 2 }, timestamp: 61_000 }]);
  harness.processWatermark(MAX_TIMESTAMP);
  assert.equal(harness.values, [
    { user: 'ann', clicks: 2 },
    { user: 'bob', clicks: 1 },
  ]);
  assert.equal(harness.sideOutput(lonely), [{ value: 'bob', timestamp: 62_000 }]);
});

test('state of a key can be looked at', () => {
  const harness = keyedProcessHarness(new CountClicks(), { key });
  harness.processElements([{ user: 'ann' }, 1], [{ user: 'ann' }, 2], [{ user: 'bob' }, 3]);
  assert.is(harness.stateOf('ann').getState(clicks).value(), 2);
  assert.is(harness.stateOf('nobody').getState(clicks).value(), null);
});

test('§3.9 a snapshot carries state and timers into another harness', () => {
  const first = keyedProcessHarness(new CountClicks(), { key });
  first.processElements([{ user: 'ann' }, 1000], [{ user: 'ann' }, 1001]);
  const second = keyedProcessHarness(new CountClicks(), { key, restore: first.snapshot() });
  second.processElement({ user: 'ann' }, 1002);
  second.processWatermark(61_000);
  assert.equal(second.values, [{ user: 'ann', clicks: 3 }]);
});

test('§3.5 processing-time timers fire one millisecond after their timestamp, each at its own time', () => {
  const times: number[] = [];
  const harness = keyedProcessHarness<string, Click, string>(
    {
      processElement(_, ctx) {
        ctx.timerService.registerProcessingTimeTimer(50);
        ctx.timerService.registerProcessingTimeTimer(20);
      },
      onTimer(timestamp, ctx) {
        times.push(timestamp, ctx.timerService.currentProcessingTime());
      },
    },
    { key, processingTime: 10 },
  );
  harness.processElement({ user: 'ann' });
  harness.setProcessingTime(20);
  assert.equal(times, []);
  harness.setProcessingTime(100);
  assert.equal(times, [20, 21, 50, 51]);
});

test('§3.11 §13.2 pending processing-time timers do not fire at the end of input', () => {
  let fired = 0;
  const harness = keyedProcessHarness<string, Click, string>(
    {
      processElement: (_, ctx) => ctx.timerService.registerProcessingTimeTimer(5),
      onTimer: () => void fired++,
    },
    { key },
  );
  harness.processElement({ user: 'ann' });
  harness.endInput();
  harness.setProcessingTime(100);
  assert.is(fired, 0);
});

test('§2.6 a process function keeps the timestamp of its record', () => {
  const harness = processHarness<number, number>((value, _, out) => out.collect(value * 2));
  harness.processElement(4, 7);
  harness.processElement(5);
  assert.equal(harness.output, [
    { value: 8, timestamp: 7 },
    { value: 10, timestamp: null },
  ]);
});

test('§5 two keyed inputs share the state of a key', () => {
  const seen = new ValueStateDescriptor<number>('seen');
  let state: ValueState<number>;
  const harness = keyedCoProcessHarness<string, string, string, string>(
    {
      setRuntimeContext(context: { getState(d: typeof seen): ValueState<number> }) {
        state = context.getState(seen);
      },
      processElement1: () => state.update((state.value() ?? 0) + 1),
      processElement2: (value: string, _: unknown, out: Collector<string>) =>
        out.collect(`${value} ${state.value()}`),
    } as never,
    { key1: value => value, key2: value => value },
  );
  harness.processElement1('a');
  harness.processElement1('a');
  harness.processElement2('a');
  harness.processElement2('b');
  assert.equal(harness.values, ['a 2', 'b null']);
});

test('§9.2 a function that listens is told of completed checkpoints', () => {
  const completed: number[] = [];
  class Listening extends ProcessFunction<string, string> {
    processElement(): void {}
    notifyCheckpointComplete(checkpointId: number): void {
      completed.push(checkpointId);
    }
  }
  const harness = processHarness(new Listening());
  harness.snapshot();
  assert.equal(completed, []);
  harness.notifyOfCompletedCheckpoint(1);
  assert.equal(completed, [1]);
});

test.run();
