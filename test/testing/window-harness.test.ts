import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CountEvictor,
  CountTrigger,
  EventTimeSessionWindows,
  GlobalWindows,
  OutputTag,
  ProcessWindowFunction,
  TimeWindow,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  ValueStateDescriptor,
} from '../../compiler/lang/index.js';
import type { Collector, ProcessWindowContext } from '../../plugins/api/index.js';
import { windowHarness } from '../../runtime/testing/index.js';

const key = (n: number): string => (n % 2 === 0 ? 'even' : 'odd');
const fired = new ValueStateDescriptor<number>('fired');

/** Numbers a key's windows. */
class Numbered extends ProcessWindowFunction<number, string, string, TimeWindow> {
  cleared = 0;
  process(
    name: string,
    ctx: ProcessWindowContext<TimeWindow>,
    numbers: Iterable<number>,
    out: Collector<string>,
  ): void {
    const count = ctx.globalState().getState(fired);
    count.update((count.value() ?? 0) + 1);
    out.collect(
      `${name} ${count.value()} [${ctx.window.start}, ${ctx.window.end}) ${[...numbers].join('+')}`,
    );
  }
  override clear(): void {
    this.cleared++;
  }
}

test('§4.3 windowHarness: a ProcessWindowFunction gets the records, and its window is cleared', () => {
  const fn = new Numbered();
  const harness = windowHarness({ key, assigner: TumblingEventTimeWindows.of(10), process: fn });
  for (const n of [1, 2, 3, 12]) harness.processElement(n, n);
  harness.processWatermark(9);
  harness.processWatermark(19);
  assert.equal(harness.output, [
    { value: 'odd 1 [0, 10) 1+3', timestamp: 9 },
    { value: 'even 1 [0, 10) 2', timestamp: 9 },
    { value: 'even 2 [10, 20) 12', timestamp: 19 },
  ]);
  assert.is(fn.cleared, 3);
  assert.is(harness.stateOf('even').getState(fired).value(), 2);
});

test('§4.3 windowHarness: a window function gets what an aggregate made of the records', () => {
  const mean = {
    createAccumulator: () => ({ sum: 0, count: 0 }),
    add: (n: number, acc: { sum: number; count: number }) => ({ sum: acc.sum + n, count: acc.count + 1 }),
    getResult: (acc: { sum: number; count: number }) => acc.sum / acc.count,
    merge: (a: { sum: number; count: number }, b: { sum: number; count: number }) => ({
      sum: a.sum + b.sum,
      count: a.count + b.count,
    }),
  };
  const harness = windowHarness({
    key,
    assigner: EventTimeSessionWindows.withGap(5),
    aggregate: mean,
    apply: (name: string, window: TimeWindow, means: Iterable<number>, out: Collector<string>) =>
      out.collect(`${name} ${[...means].join()} until ${window.end}`),
  });
  for (const n of [1, 3, 9]) harness.processElement(n, n);
  harness.processWatermark(20);
  assert.equal(harness.values, ['odd 2 until 8', 'odd 9 until 14']);
});

test('§4.5 windowHarness: reduce over what an evictor left', () => {
  const harness = windowHarness({
    key,
    assigner: GlobalWindows.create(),
    trigger: CountTrigger.of(2),
    evictor: CountEvictor.of(3),
    reduce: (a: number, b: number) => a + b,
  });
  for (const n of [1, 3, 5, 7]) harness.processElement(n);
  assert.equal(harness.values, [4, 15]);
});

test('§4.2 windowHarness: late records go aside', () => {
  const late = new OutputTag<number>('late');
  const harness = windowHarness({
    key,
    assigner: TumblingEventTimeWindows.of(10),
    allowedLateness: 5,
    lateTag: late,
    reduce: (a: number, b: number) => a + b,
  });
  harness.processElement(1, 1);
  harness.processWatermark(13);
  harness.processElement(3, 3);
  harness.processWatermark(14);
  harness.processElement(5, 5);
  assert.equal(harness.values, [1, 4]);
  assert.equal(harness.sideOutput(late), [{ value: 5, timestamp: 5 }]);
});

test('windowHarness: windows of processing time fire when the clock has passed them', () => {
  const harness = windowHarness({
    key,
    assigner: TumblingProcessingTimeWindows.of(10),
    process: new Numbered(),
  });
  harness.processElement(1);
  harness.setProcessingTime(9);
  assert.equal(harness.values, []);
  harness.setProcessingTime(10);
  assert.equal(harness.values, ['odd 1 [0, 10) 1']);
});

test('windowHarness: what does not go together is refused', () => {
  const assigner = TumblingEventTimeWindows.of(10);
  const message = 'a window takes reduce or aggregate, process or apply, or one of each';
  assert.throws(() => windowHarness({ key, assigner }), message);
  assert.throws(() => windowHarness({ key, assigner, process: new Numbered(), apply: () => {} }), message);
});

test.run();
