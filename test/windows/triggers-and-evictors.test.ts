/** Every built-in trigger and evictor at work in the operator (datastream-semantics §4.4, §4.5). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
  CountEvictor,
  CountTrigger,
  DeltaEvictor,
  DeltaTrigger,
  GlobalWindows,
  NeverTrigger,
  ProcessingTimeoutTrigger,
  PurgingTrigger,
  TimeEvictor,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../compiler/lang/index.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { numberState } from './operator-harness.js';
import { WindowFixture } from './window-fixture.js';

const tumbling = TumblingEventTimeWindows.of(10);

test('§4.4 Count fires every n records and counts from 0 again', () => {
  const w = new WindowFixture(tumbling, { trigger: CountTrigger.of(2) });
  assert.equal(
    [1, 2, 3, 4].map(v => w.record(v, 0).length),
    [0, 1, 0, 1],
  );
});

test('§4.4 ContinuousEventTime fires at multiples of the interval and at the end', () => {
  const w = new WindowFixture(tumbling, { trigger: ContinuousEventTimeTrigger.of(4) });
  w.record(1, 1);
  assert.equal(w.watermark(3), []);
  assert.equal(w.watermark(4), ['k: 1 [0, 10) @9']);
  assert.equal(w.watermark(7), []);
  assert.equal(w.watermark(8), ['k: 1 [0, 10) @9']);
  assert.equal(w.watermark(9), ['k: 1 [0, 10) @9']);
  assert.equal(w.stateEntries, []);
});

test('§4.4 ContinuousProcessingTime fires at multiples of the interval of the clock', () => {
  const w = new WindowFixture(TumblingProcessingTimeWindows.of(10), {
    trigger: ContinuousProcessingTimeTrigger.of(4),
  });
  w.clock(1);
  w.record(1, 0);
  assert.equal(w.clock(5), ['k: 1 [0, 10) @9']);
  assert.equal(w.clock(9), ['k: 1 [0, 10) @9']);
  assert.equal(w.clock(10), ['k: 1 [0, 10) @9']);
  assert.equal(w.stateEntries, []);
});

test('§4.4 Delta compares with the record that fired last', () => {
  const w = new WindowFixture(GlobalWindows.create(), {
    trigger: DeltaTrigger.of(2, (last: number, now: number) => now - last),
  });
  assert.equal(
    [1, 3, 4, 5, 6, 7].map(v => w.record(v, 0).length),
    [0, 0, 1, 0, 0, 1],
  );
});

test('§4.4 Purging turns FIRE into FIRE_AND_PURGE', () => {
  const w = new WindowFixture(GlobalWindows.create(), { trigger: PurgingTrigger.of(CountTrigger.of(2)) });
  w.record(1, 0);
  assert.equal(w.record(2, 0), ['k: 1 2 global @MAX']);
  w.record(3, 0);
  assert.equal(w.record(4, 0), ['k: 3 4 global @MAX']);
});

test('§4.4 ProcessingTimeout fires when the nested trigger has not in time', () => {
  const w = new WindowFixture(GlobalWindows.create(), {
    trigger: ProcessingTimeoutTrigger.of(PurgingTrigger.of(CountTrigger.of(3)), 10),
  });
  w.record(1, 0);
  w.clock(6);
  w.record(2, 0);
  assert.equal(w.clock(10), []);
  assert.equal(w.clock(11), ['k: 1 2 global @MAX']);
});

test('§4.4 Never never fires', () => {
  const w = new WindowFixture(tumbling, { trigger: new NeverTrigger() });
  w.record(1, 0);
  assert.equal(w.watermark(MAX_TIMESTAMP), []);
});

test('§4.5 Count evictor: the last n', () => {
  const w = new WindowFixture(tumbling, { evictor: CountEvictor.of(2) });
  for (const v of [1, 2, 3]) w.record(v, 0);
  assert.equal(w.watermark(9), ['k: 2 3 [0, 10) @9']);
});

test('§4.5 Count evictor after the function: it sees all, the next firing what is left', () => {
  const w = new WindowFixture(tumbling, { evictor: CountEvictor.of(1, true), trigger: CountTrigger.of(2) });
  w.record(1, 0);
  assert.equal(w.record(2, 0), ['k: 1 2 [0, 10) @9']);
  w.record(3, 0);
  assert.equal(w.record(4, 0), ['k: 2 3 4 [0, 10) @9']);
});

test('§4.5 Time evictor: records older than d before the newest go', () => {
  const w = new WindowFixture(tumbling, { evictor: TimeEvictor.of(3) });
  for (const [v, ts] of [
    [1, 5],
    [2, 9],
    [3, 6],
    [4, 7],
  ] as const)
    w.record(v, ts);
  assert.equal(w.watermark(9), ['k: 2 4 [0, 10) @9']);
});

test('§4.5 Time evictor leaves records without timestamps alone', () => {
  const w = new WindowFixture(GlobalWindows.create(), {
    evictor: TimeEvictor.of(3),
    trigger: CountTrigger.of(2),
  });
  w.record(1, MIN_TIMESTAMP);
  assert.equal(w.record(2, MIN_TIMESTAMP), ['k: 1 2 global @MAX']);
});

test('§4.5 Delta evictor: records too far from the last one go', () => {
  const w = new WindowFixture(tumbling, {
    evictor: DeltaEvictor.of(3, (a: number, last: number) => Math.abs(a - last)),
  });
  for (const v of [1, 5, 2, 4]) w.record(v, 0);
  assert.equal(w.watermark(9), ['k: 5 2 4 [0, 10) @9']);
});

test('§4.5 an aggregation with an evictor is computed from what is left', () => {
  const contents = {
    kind: 'reduce',
    state: numberState('contents'),
    reduce: (a: number, b: number) => a + b,
  } as const;
  const w = new WindowFixture(tumbling, { evictor: CountEvictor.of(2), contents, function: null });
  for (const v of [1, 2, 3]) w.record(v, 0);
  assert.equal(w.watermark(9), ['5 @9']);
  const aggregate = {
    kind: 'aggregate',
    state: numberState('contents'),
    aggregate: {
      createAccumulator: () => 0,
      add: (_: number, n: number) => n + 1,
      getResult: (n: number) => n,
      merge: (a: number, b: number) => a + b,
    } as never,
  } as const;
  const counted = new WindowFixture(tumbling, {
    evictor: CountEvictor.of(2),
    contents: aggregate,
    function: null,
  });
  for (const v of [1, 2, 3]) counted.record(v, 0);
  assert.equal(counted.watermark(9), ['2 @9']);
});

test('§4.5 what was evicted before the function is gone', () => {
  const w = new WindowFixture(GlobalWindows.create(), {
    evictor: CountEvictor.of(1),
    trigger: CountTrigger.of(1),
  });
  w.record(1, 0);
  w.record(2, 0);
  const [section] = [...w.harness.snapshot().keyed.get('contents')!.keyGroups.values()];
  assert.ok(section!.length > 0);
  assert.equal(w.record(3, 0), ['k: 3 global @MAX']);
});

test('§4.5 countWindow(n): global windows, Purging(Count(n))', () => {
  const w = new WindowFixture(GlobalWindows.create(), { trigger: PurgingTrigger.of(CountTrigger.of(3)) });
  assert.equal(
    [1, 2, 3, 4, 5, 6].flatMap(v => w.record(v, 0)),
    ['k: 1 2 3 global @MAX', 'k: 4 5 6 global @MAX'],
  );
});

test('§4.5 countWindow(n, slide): the first results have fewer than n records', () => {
  const w = new WindowFixture(GlobalWindows.create(), {
    evictor: CountEvictor.of(4),
    trigger: CountTrigger.of(2),
  });
  assert.equal(
    [1, 2, 3, 4, 5, 6].flatMap(v => w.record(v, 0)),
    ['k: 1 2 global @MAX', 'k: 1 2 3 4 global @MAX', 'k: 3 4 5 6 global @MAX'],
  );
});

test.run();
