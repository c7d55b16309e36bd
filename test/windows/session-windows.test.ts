/** Merging windows (datastream-semantics §4.6). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import {
  ContinuousEventTimeTrigger,
  CountEvictor,
  CountTrigger,
  DeltaTrigger,
  EventTimeSessionWindows,
  EventTimeTrigger,
  ProcessingTimeSessionWindows,
  ValueStateDescriptor,
} from '../../compiler/lang/index.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import { TimeWindow, type Trigger, type WindowAssigner } from '../../plugins/api/windowing.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import { jsonState, numberState } from './operator-harness.js';
import { WindowFixture } from './window-fixture.js';

const sessions = EventTimeSessionWindows.withGap(10);
const faultWith = (code: string) => (e: unknown) => e instanceof RuntimeFault && e.code === code;

test('§4.6.1 sessions that touch merge, sessions apart do not', () => {
  const w = new WindowFixture(sessions);
  w.record(1, 0);
  w.record(2, 10);
  w.record(3, 21);
  assert.equal(w.watermark(MAX_TIMESTAMP), ['k: 1 2 [0, 20) @19', 'k: 3 [21, 31) @30']);
  assert.equal(w.stateEntries, []);
});

test('§4.6.2 one record joins two sessions; contents, triggers and timers become one', () => {
  const w = new WindowFixture(sessions);
  w.record(1, 0);
  w.record(2, 15);
  w.record(3, 8);
  assert.equal(w.watermark(9), [], 'the timer of the first session is gone');
  assert.equal(
    w.watermark(24).map(line => line.replace(/(\d) (\d) (\d) \[/, 'all [')),
    ['k: all [0, 25) @24'],
  );
  assert.equal(w.stateEntries, []);
});

test('§4.6.2 timers of the parts are cleared, those of the whole are registered', () => {
  for (const lateness of [0, 5]) {
    const one = new WindowFixture(sessions, { lateness });
    one.record(1, 0);
    const merged = new WindowFixture(sessions, { lateness });
    for (const timestamp of [0, 15, 8, 30, 22]) merged.record(1, timestamp);
    assert.is(merged.timerBytes, one.timerBytes);
  }
});

test('§4.6.2 a session inside another one changes nothing but its contents', () => {
  const w = new WindowFixture(EventTimeSessionWindows.withDynamicGap((value: number) => value));
  w.record(20, 0);
  w.record(3, 5);
  assert.equal(w.watermark(7), []);
  assert.equal(w.watermark(19), ['k: 20 3 [0, 20) @19']);
});

test('§4.6.2 trigger state merges: counts of both sessions add up', () => {
  const w = new WindowFixture(sessions, { trigger: CountTrigger.of(5) });
  w.record(1, 0);
  w.record(1, 0);
  w.record(2, 15);
  w.record(2, 15);
  assert.equal(w.record(3, 8).length, 1, 'the fifth record of the merged session');
});

test('§4.6.2 a continuous trigger goes on after a merge', () => {
  const w = new WindowFixture(sessions, { trigger: ContinuousEventTimeTrigger.of(6) });
  w.record(1, 1);
  w.record(2, 9);
  assert.equal(w.watermark(6), ['k: 1 2 [1, 19) @18']);
  assert.equal(w.watermark(12), ['k: 1 2 [1, 19) @18']);
});

test('§4.6.3 a late record that merges with a live session counts; one that does not is late', () => {
  const w = new WindowFixture(sessions, { lateTag: 'late' });
  w.record(1, 20);
  w.watermark(25);
  assert.equal(w.record(2, 12), [], 'its own session [12, 22) is late');
  assert.equal(w.record(3, 1), ['late: 3 @1']);
  assert.equal(w.watermark(29).length, 1);
});

test('§4.6.3 within the allowed lateness a fired session fires again, merged', () => {
  const w = new WindowFixture(sessions, { lateness: 20 });
  w.record(1, 0);
  assert.equal(w.watermark(9), ['k: 1 [0, 10) @9']);
  assert.equal(w.record(2, 5), [], 'the session now ends at 15');
  assert.equal(w.watermark(14), ['k: 1 2 [0, 15) @14']);
  assert.equal(w.record(3, 1), ['k: 1 2 3 [0, 15) @14']);
});

test('§4.6.3 a merge into an expired window is an error', () => {
  const shrinking: WindowAssigner<unknown, TimeWindow> = {
    spec: { kind: 'custom' },
    windowKind: 'time',
    isEventTime: true,
    isMerging: true,
    assignWindows: (_, timestamp) => [new TimeWindow(timestamp, timestamp + 100)],
    getDefaultTrigger: () => new EventTimeTrigger(),
    mergeWindows: (windows, merge) => {
      if (windows.length > 1) merge(windows, new TimeWindow(0, 10));
    },
  };
  const w = new WindowFixture(shrinking);
  w.record(1, 0);
  w.watermark(50);
  assert.throws(() => w.record(2, 51), faultWith('FC5254'));
});

test('§4.6.4 reduce merges by reducing, aggregates by merge', () => {
  const reduce = {
    kind: 'reduce',
    state: numberState('sum'),
    reduce: (a: number, b: number) => a + b,
  } as const;
  const w = new WindowFixture(sessions, { contents: reduce, function: null });
  const join = {
    kind: 'aggregate',
    state: jsonState('all'),
    aggregate: {
      createAccumulator: () => [] as number[],
      add: (v: number, a: number[]) => [...a, v],
      getResult: (a: number[]) => a.toSorted((x, y) => x - y).join('+'),
      merge: (a: number[], b: number[]) => [...a, ...b],
    } as never,
  } as const;
  const a = new WindowFixture(sessions, { contents: join, function: null });
  for (const [value, timestamp] of [
    [1, 0],
    [2, 15],
    [4, 30],
    [8, 8],
    [16, 22],
  ] as const) {
    w.record(value, timestamp);
    a.record(value, timestamp);
  }
  assert.equal(w.watermark(MAX_TIMESTAMP), ['31 @39']);
  assert.equal(a.watermark(MAX_TIMESTAMP), ['1+2+4+8+16 @39']);
});

test('§4.5 evictors see the records of a merged session with their timestamps', () => {
  const w = new WindowFixture(sessions, { evictor: CountEvictor.of(2) });
  for (const [value, timestamp] of [
    [1, 0],
    [2, 5],
    [3, 9],
  ] as const)
    w.record(value, timestamp);
  assert.equal(w.watermark(MAX_TIMESTAMP), ['k: 2 3 [0, 19) @18']);
});

test('§4.6 processing-time sessions close once the clock has passed the gap', () => {
  const w = new WindowFixture(ProcessingTimeSessionWindows.withGap(10));
  w.record(1, 0);
  w.clock(5);
  w.record(2, 0);
  assert.equal(w.clock(14), []);
  assert.equal(w.clock(15), ['k: 1 2 [0, 15) @14']);
  assert.equal(w.stateEntries, []);
});

test('§4.3 windowState() is an error with merging windows', () => {
  const descriptor = new ValueStateDescriptor<number>('x');
  const w = new WindowFixture(sessions, {
    function: { kind: 'process', function: (_, ctx) => ctx.windowState().getState(descriptor).update(1) },
    states: { x: numberState('x', 'value') },
  });
  w.record(1, 0);
  assert.throws(() => w.watermark(9), faultWith('FC5252'));
});

test('§4.4 a trigger that cannot merge is refused with merging windows', () => {
  const trigger = DeltaTrigger.of(1, (a: number, b: number) => b - a);
  assert.throws(() => new WindowFixture(sessions, { trigger }), faultWith('FC5255'));
});

test('§4.6.5 the sessions of a random stream are its runs without a gap, whatever the order of records', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200), { minLength: 1, maxLength: 25 }), timestamps => {
      const w = new WindowFixture(sessions, {
        contents: { kind: 'reduce', state: numberState('sum'), reduce: (a, b) => a + b },
        function: null,
      });
      for (const timestamp of timestamps) w.record(1, timestamp);
      const expected: string[] = [];
      const sorted = timestamps.toSorted((a, b) => a - b);
      let count = 0;
      for (let i = 0; i < sorted.length; i++) {
        count++;
        const next = sorted[i + 1];
        if (next !== undefined && next - sorted[i]! <= 10) continue;
        expected.push(`${count} @${sorted[i]! + 9}`);
        count = 0;
      }
      assert.equal(w.watermark(MAX_TIMESTAMP), expected);
      assert.equal(w.stateEntries, []);
    }),
    { numRuns: 200 },
  );
});

test('§3.12 BATCH: the same sessions, key by key', () => {
  const w = new WindowFixture(sessions, {}, { batchMode: true });
  w.record(1, 40, 'a');
  w.record(2, 0, 'a');
  w.record(3, 9, 'a');
  w.operator.onKeyEnd();
  assert.equal(w.take(), ['a: 2 3 [0, 19) @18', 'a: 1 [40, 50) @49']);
  w.record(4, 5, 'b');
  w.operator.onKeyEnd();
  assert.equal(w.take(), ['b: 4 [5, 15) @14']);
});

/** The default trigger, not known to be it: every record goes the general way. */
const unknownTrigger: Trigger<unknown, TimeWindow> = {
  onElement: (element, timestamp, window, context) =>
    EventTimeTrigger.create().onElement(element, timestamp, window, context),
  onEventTime: (time, window, context) => EventTimeTrigger.create().onEventTime(time, window, context),
  onProcessingTime: () => 'CONTINUE',
  clear: (window, context) => EventTimeTrigger.create().clear(window, context),
  canMerge: () => true,
  onMerge: (window, context) => EventTimeTrigger.create().onMerge(window, context),
};

test('§4.6 sessions that grow without touching their timer fire when and as all others do', () => {
  const step = fc.record({
    ahead: fc.integer({ min: -12, max: 12 }),
    key: fc.constantFrom('a', 'b'),
    next: fc.constantFrom('go on', 'go on', 'watermark', 'restart'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const growing = new WindowFixture(sessions);
      const general = new WindowFixture(sessions, { trigger: unknownTrigger });
      steps.forEach(({ ahead, key, next }, i) => {
        const timestamp = 20 + 3 * i + ahead;
        for (const w of [growing, general]) w.record(i, timestamp, key);
        if (next === 'restart') for (const w of [growing, general]) w.restart();
        if (next === 'watermark')
          assert.equal(growing.watermark(20 + 3 * i).toSorted(), general.watermark(20 + 3 * i).toSorted());
        assert.is(growing.dropped, general.dropped);
      });
      assert.equal(growing.watermark(MAX_TIMESTAMP).toSorted(), general.watermark(MAX_TIMESTAMP).toSorted());
      assert.equal(growing.stateEntries, []);
    }),
  );
});

test.run();
