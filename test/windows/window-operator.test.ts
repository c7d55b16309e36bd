/** Records, firing, lateness and clean-up (datastream-semantics §4.1–§4.3, §3.12, §13). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CountTrigger,
  EventTimeTrigger,
  GlobalWindows,
  ListStateDescriptor,
  PurgingTrigger,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  ValueStateDescriptor,
} from '../../compiler/lang/index.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import {
  TimeWindow,
  type ProcessWindowContext,
  type Trigger,
  type WindowAssigner,
} from '../../plugins/api/windowing.js';
import type { Collector } from '../../plugins/api/functions.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { jsonState, numberState } from './operator-harness.js';
import { WindowFixture } from './window-fixture.js';

const tumbling = TumblingEventTimeWindows.of(10);

test('§4.1 negative timestamps and offsets choose the window that contains them', () => {
  const w = new WindowFixture(TumblingEventTimeWindows.of(10, 3));
  w.record(1, -1);
  w.record(2, 2);
  w.record(3, 3);
  assert.equal(w.watermark(MAX_TIMESTAMP), ['k: 1 2 [-7, 3) @2', 'k: 3 [3, 13) @12']);
});

test('§4.1 a record in every sliding window that contains it', () => {
  const w = new WindowFixture(SlidingEventTimeWindows.of(10, 5));
  w.record(1, 7);
  w.record(2, 12);
  assert.equal(w.watermark(MAX_TIMESTAMP), ['k: 1 [0, 10) @9', 'k: 1 2 [5, 15) @14', 'k: 2 [10, 20) @19']);
});

test('§4.1 a record without a timestamp is an error in event-time windows', () => {
  const w = new WindowFixture(tumbling);
  assert.throws(
    () => w.record(1, MIN_TIMESTAMP),
    (e: unknown) => e instanceof RuntimeFault && e.code === 'FC5253',
  );
});

test('§4.1 processing-time windows use the clock, and fire once it has passed their end', () => {
  const w = new WindowFixture(TumblingProcessingTimeWindows.of(10));
  w.clock(12);
  w.record(1, MIN_TIMESTAMP);
  assert.equal(w.clock(19), []);
  assert.equal(w.clock(20), ['k: 1 [10, 20) @19']);
  assert.equal(w.stateEntries, []);
});

test('§4.3 an event-time window fires exactly when the watermark reaches end − 1, with that timestamp', () => {
  const w = new WindowFixture(tumbling);
  w.record(1, 0);
  w.record(2, 9);
  w.record(3, 10);
  assert.equal(w.watermark(8), []);
  assert.equal(w.watermark(9), ['k: 1 2 [0, 10) @9']);
  assert.equal(w.watermark(19), ['k: 3 [10, 20) @19']);
  assert.equal(w.stateEntries, [], 'cleaned up');
});

test('§4.2.1 the state of each key is its own', () => {
  const w = new WindowFixture(tumbling);
  w.record(1, 0, 'a');
  w.record(2, 0, 'b');
  w.record(3, 1, 'a');
  assert.equal(w.watermark(9).toSorted(), ['a: 1 3 [0, 10) @9', 'b: 2 [0, 10) @9']);
});

test('§4.2.2 §4.2.3 a record is late when all its windows are: dropped and counted', () => {
  const w = new WindowFixture(tumbling);
  w.watermark(9);
  assert.equal(w.record(1, 9), []);
  assert.is(w.dropped, 1);
  w.record(2, 10);
  assert.is(w.dropped, 1);
});

test('§4.2.3 late records go to the side output with their timestamp, and are not counted', () => {
  const w = new WindowFixture(tumbling, { lateTag: 'late' });
  w.watermark(9);
  assert.equal(w.record(1, 5), ['late: 1 @5']);
  assert.is(w.dropped, 0);
});

test('§4.2.2 a record can be late for some of its windows only', () => {
  const w = new WindowFixture(SlidingEventTimeWindows.of(10, 5), { lateTag: 'late' });
  w.watermark(9);
  assert.equal(w.record(1, 7), []);
  assert.equal(w.watermark(14), ['k: 1 [5, 15) @14']);
});

test('§4.2.3 a record that is in no window but not late is dropped silently', () => {
  const none: WindowAssigner<unknown, TimeWindow> = {
    spec: { kind: 'custom' },
    windowKind: 'time',
    isEventTime: true,
    isMerging: false,
    assignWindows: () => [],
    getDefaultTrigger: () => new EventTimeTrigger(),
  };
  const w = new WindowFixture(none, { lateTag: 'late' });
  w.watermark(5);
  assert.equal(w.record(1, 6), []);
  assert.equal(w.record(2, 5), ['late: 2 @5']);
  assert.is(w.dropped, 0);
});

test('§4.2.4 within the allowed lateness a record fires its window again at once, with full contents', () => {
  const w = new WindowFixture(tumbling, { lateness: 5 });
  w.record(1, 1);
  assert.equal(w.watermark(9), ['k: 1 [0, 10) @9']);
  assert.equal(w.record(2, 2), ['k: 1 2 [0, 10) @9']);
  assert.equal(w.watermark(13), []);
  assert.equal(w.record(3, 3), ['k: 1 2 3 [0, 10) @9']);
  assert.equal(w.watermark(14), []);
  assert.equal(w.stateEntries, [], 'clean-up at end − 1 + lateness');
  assert.equal(w.record(4, 4), []);
  assert.is(w.dropped, 1);
});

test('§4.2.4 a window that nobody was in opens within the lateness', () => {
  const w = new WindowFixture(tumbling, { lateness: 5 });
  w.watermark(12);
  assert.equal(w.record(1, 5), ['k: 1 [0, 10) @9']);
});

test('§4.2.5 lateness does not apply to processing time', () => {
  const w = new WindowFixture(TumblingProcessingTimeWindows.of(10), { lateness: 100, lateTag: 'late' });
  w.watermark(MAX_TIMESTAMP);
  w.record(1, 0);
  assert.equal(w.clock(10), ['k: 1 [0, 10) @9']);
  assert.equal(w.stateEntries, []);
});

test('§4.3 FIRE keeps the contents, FIRE_AND_PURGE clears them', () => {
  const keep = new WindowFixture(tumbling, { trigger: CountTrigger.of(2) });
  keep.record(1, 0);
  assert.equal(keep.record(2, 0), ['k: 1 2 [0, 10) @9']);
  keep.record(3, 0);
  assert.equal(keep.record(4, 0), ['k: 1 2 3 4 [0, 10) @9']);
  const purge = new WindowFixture(tumbling, { trigger: PurgingTrigger.of(CountTrigger.of(2)) });
  purge.record(1, 0);
  assert.equal(purge.record(2, 0), ['k: 1 2 [0, 10) @9']);
  purge.record(3, 0);
  assert.equal(purge.record(4, 0), ['k: 3 4 [0, 10) @9']);
});

test('§4.3 nothing is emitted for empty contents', () => {
  const w = new WindowFixture(tumbling, {
    trigger: PurgingTrigger.of(new EventTimeTrigger()),
    lateness: 100,
  });
  w.record(1, 1);
  assert.equal(w.watermark(9), ['k: 1 [0, 10) @9']);
  assert.equal(w.record(2, 2), ['k: 2 [0, 10) @9']);
  assert.equal(w.watermark(200), []);
});

test('§4.3 PURGE clears the contents but neither trigger state nor the clean-up timer', () => {
  // Purges on every negative value.
  const trigger: Trigger<number, TimeWindow> = {
    onElement: value => (value < 0 ? 'PURGE' : 'CONTINUE'),
    onEventTime: () => 'FIRE',
    onProcessingTime: () => 'CONTINUE',
    clear: () => {},
    canMerge: () => false,
  };
  const w = new WindowFixture(tumbling, { trigger });
  w.record(1, 1);
  w.record(-1, 1);
  w.record(2, 1);
  assert.equal(w.watermark(9), ['k: 2 [0, 10) @9'], 'the clean-up timer fired the trigger');
  assert.equal(w.stateEntries, []);
});

test('§4.3 clean-up clears the state of the trigger', () => {
  const w = new WindowFixture(tumbling, { trigger: CountTrigger.of(3) });
  w.record(1, 1);
  w.record(2, 1);
  assert.ok(w.stateEntries.includes('count'));
  assert.equal(w.watermark(9), []);
  assert.equal(w.stateEntries, []);
});

test('§4.3 global windows have no clean-up timer', () => {
  const w = new WindowFixture(GlobalWindows.create(), { trigger: PurgingTrigger.of(CountTrigger.of(2)) });
  w.record(1, 1);
  assert.equal(w.stateEntries.toSorted(), ['contents', 'count']);
  assert.equal(w.record(2, MIN_TIMESTAMP), ['k: 1 2 global @MAX']);
});

test('§4.4 EndOfStream: global windows fire at the end of time', () => {
  const w = new WindowFixture(GlobalWindows.createWithEndOfStreamTrigger());
  w.record(1, MIN_TIMESTAMP);
  w.record(2, 7);
  assert.equal(w.watermark(1e15), []);
  assert.equal(w.watermark(MAX_TIMESTAMP), ['k: 1 2 global @MAX']);
});

test('§4.3 reduce keeps one record, aggregate one accumulator; both work without and with a window function', () => {
  const reduce = {
    kind: 'reduce',
    state: numberState('sum'),
    reduce: (a: number, b: number) => a + b,
  } as const;
  const sum = new WindowFixture(tumbling, { contents: reduce, function: null });
  const mean = {
    kind: 'aggregate',
    state: jsonState('mean'),
    aggregate: {
      createAccumulator: () => ({ sum: 0, count: 0 }),
      add: (v: number, a: { sum: number; count: number }) => ({ sum: a.sum + v, count: a.count + 1 }),
      getResult: (a: { sum: number; count: number }) => a.sum / a.count,
      merge: (a: { sum: number; count: number }, b: { sum: number; count: number }) => ({
        sum: a.sum + b.sum,
        count: a.count + b.count,
      }),
    } as never,
  } as const;
  const average = new WindowFixture(tumbling, { contents: mean });
  for (const value of [1, 2, 6]) {
    sum.record(value, value);
    average.record(value, value);
  }
  assert.equal(sum.watermark(9), ['9 @9']);
  assert.equal(average.watermark(9), ['k: 3 [0, 10) @9']);
});

test('§4.3 context of a ProcessWindowFunction: clocks, per-window and per-key state, side output, clear', () => {
  const seen = new ValueStateDescriptor<number>('seen');
  const total = new ValueStateDescriptor<number>('total');
  const cleared: string[] = [];
  const fn = {
    process(
      key: string,
      ctx: ProcessWindowContext<TimeWindow>,
      elements: Iterable<number>,
      out: Collector<string>,
    ) {
      const firings = (ctx.windowState().getState(seen).value() ?? 0) + 1;
      ctx.windowState().getState(seen).update(firings);
      const all = (ctx.globalState().getState(total).value() ?? 0) + 1;
      ctx.globalState().getState(total).update(all);
      ctx.output({ id: 'side' }, ctx.currentWatermark());
      out.collect(`${key} ${[...elements].length} ${firings} ${all} ${ctx.currentProcessingTime()}`);
    },
    clear(ctx: ProcessWindowContext<TimeWindow>) {
      cleared.push(`${ctx.window.start}`);
      ctx.windowState().getState(seen).clear();
    },
  };
  const w = new WindowFixture(tumbling, {
    lateness: 5,
    function: { kind: 'process', function: fn },
    states: { seen: numberState('seen', 'value'), total: numberState('total', 'value') },
  });
  w.clock(77);
  w.record(1, 1);
  assert.equal(w.watermark(9), ['side: 9 @9', 'k 1 1 1 77 @9']);
  assert.equal(w.record(2, 2), ['side: 9 @9', 'k 2 2 2 77 @9']);
  w.record(3, 12);
  assert.equal(w.watermark(19), ['side: 19 @19', 'k 1 1 3 77 @19']);
  assert.equal(cleared, ['0']);
  w.watermark(24);
  assert.equal(cleared, ['0', '10']);
  assert.equal(w.stateEntries, ['total']);
});

test('§4 lifecycle: open and close of the window function, with a runtime context', () => {
  const log: string[] = [];
  const fn = {
    setRuntimeContext: () => log.push('context'),
    open: () => log.push('open'),
    close: () => log.push('close'),
    apply: (): void => {},
  };
  const w = new WindowFixture(tumbling, { function: { kind: 'apply', function: fn } });
  w.operator.close();
  assert.equal(log, ['context', 'open', 'close']);
});

test('§4.1 windowAll functions get no key', () => {
  const all = new WindowFixture(tumbling, {
    function: {
      kind: 'processAll',
      function: (ctx, elements, out) =>
        out.collect(`${[...(elements as Iterable<number>)].length} until ${ctx.window.end}`),
    },
  });
  all.record(1, 1, '');
  all.record(1, 2, '');
  assert.equal(all.watermark(9), ['2 until 10 @9']);
  const apply = new WindowFixture(tumbling, {
    function: {
      kind: 'applyAll',
      function: {
        apply: (window, elements, out) =>
          out.collect(`${[...(elements as Iterable<number>)].length} until ${window.end}`),
      },
    },
  });
  apply.record(1, 1, '');
  assert.equal(apply.watermark(9), ['1 until 10 @9']);
});

test('§4.3 a state that no spec describes is an error with the name of the state', () => {
  const unknown = new ListStateDescriptor<number>('surprise');
  const w = new WindowFixture(tumbling, {
    function: { kind: 'process', function: (_, ctx) => ctx.windowState().getListState(unknown).add(1) },
  });
  w.record(1, 1);
  assert.throws(
    () => w.watermark(9),
    (e: unknown) => e instanceof RuntimeFault && e.code === 'FC5250' && e.message.includes('surprise'),
  );
});

test('§3.12 BATCH: all windows of a key fire at its end; then the watermark is MIN again', () => {
  const w = new WindowFixture(tumbling, {}, { batchMode: true });
  w.record(1, 25, 'a');
  w.record(2, 5, 'a');
  w.operator.onKeyEnd();
  assert.equal(w.take(), ['a: 2 [0, 10) @9', 'a: 1 [20, 30) @29']);
  w.record(3, 1, 'b');
  w.operator.onKeyEnd();
  assert.equal(w.take(), ['b: 3 [0, 10) @9']);
  assert.is(w.dropped, 0);
});

test('§3.12 BATCH: processing-time windows fire at the end of the key', () => {
  const w = new WindowFixture(TumblingProcessingTimeWindows.of(10), {}, { batchMode: true });
  w.record(1, 25, 'a');
  w.operator.onKeyEnd();
  assert.equal(w.take(), ['a: 1 [0, 10) @9']);
});

test('§13.1 event-time windows flush at the end of time', () => {
  const w = new WindowFixture(tumbling, { lateness: 1000 });
  w.record(1, 1e12);
  assert.equal(w.watermark(MAX_TIMESTAMP).length, 1);
  assert.equal(w.stateEntries, []);
});

test('§13.2 processing-time windows that are pending at the end of input do not fire', () => {
  const w = new WindowFixture(TumblingProcessingTimeWindows.of(10));
  w.record(1, 1);
  w.watermark(MAX_TIMESTAMP);
  w.operator.endInput();
  w.operator.finish();
  assert.equal(w.take(), []);
});

test.run();
