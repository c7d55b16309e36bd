/** BATCH mode, key after key, gives the final results of STREAMING mode (datastream-semantics §3.12). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import {
  CountEvictor,
  EventTimeSessionWindows,
  GlobalWindows,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
} from '../../compiler/lang/index.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import type { Window, WindowAssigner } from '../../plugins/api/windowing.js';
import { singleColumn, SlicedWindowAggregate } from '../../runtime/operators/index.js';
import { numberState, OperatorHarness, stringKey } from './operator-harness.js';
import { WindowFixture, type WindowOptions } from './window-fixture.js';

const record = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  timestamp: fc.integer({ min: -50, max: 50 }),
  value: fc.nat(9),
});
type Row = { readonly key: string; readonly timestamp: number; readonly value: number };

function byKey(rows: readonly Row[]): readonly (readonly Row[])[] {
  const keys = [...new Set(rows.map(row => row.key))];
  return keys.map(key => rows.filter(row => row.key === key));
}

const assigners = {
  'tumbling windows': TumblingEventTimeWindows.of(10, 3),
  'sliding windows': SlidingEventTimeWindows.of(10, 4),
  sessions: EventTimeSessionWindows.withGap(5),
  'global windows at the end of input': GlobalWindows.createWithEndOfStreamTrigger(),
} as unknown as Readonly<Record<string, WindowAssigner<never, Window>>>;
const variants: Readonly<Record<string, WindowOptions<Window>>> = {
  'all records': {},
  'an evictor': { evictor: CountEvictor.of(2) },
  'a reduction': {
    contents: { kind: 'reduce', state: numberState('sum'), reduce: (a, b) => a + b },
    function: null,
  },
};

for (const [name, assigner] of Object.entries(assigners)) {
  for (const [variant, options] of Object.entries(variants)) {
    test(`§3.12 ${name} with ${variant}: BATCH equals STREAMING`, () => {
      fc.assert(
        fc.property(fc.array(record, { maxLength: 25 }), rows => {
          const streaming = new WindowFixture(assigner, options);
          for (const row of rows) streaming.record(row.value, row.timestamp, row.key);
          const expected = streaming.watermark(MAX_TIMESTAMP);
          const batch = new WindowFixture(assigner, options, { batchMode: true });
          const actual: string[] = [];
          for (const group of byKey(rows)) {
            for (const row of group) assert.equal(batch.record(row.value, row.timestamp, row.key), []);
            batch.operator.onKeyEnd();
            actual.push(...batch.take());
          }
          assert.equal(actual.toSorted(), expected.toSorted());
          assert.is(batch.dropped, 0);
        }),
        { numRuns: 40 },
      );
    });
  }
}

test('§3.12 sliced windows: BATCH equals STREAMING', () => {
  const run = (groups: readonly (readonly Row[])[], batchMode: boolean): readonly string[] => {
    const out: string[] = [];
    const operator = new SlicedWindowAggregate<number, string, number, number>(
      new OperatorHarness({ batchMode }).ctx,
      {
        key: stringKey,
        time: 'event',
        size: 10,
        slide: 4,
        offset: 1,
        allowedLateness: 0,
        lateTag: null,
        aggregation: { kind: 'reduce', reduce: (a, b) => a + b },
        columns: singleColumn<number>('float64'),
        state: numberState('sum'),
        function: null,
        states: {},
      },
      (value, timestamp) => out.push(`${value}@${timestamp}`),
      () => {},
    );
    for (const group of groups) {
      for (const row of group) operator.processElement(row.value, row.timestamp, row.key);
      if (batchMode) operator.onKeyEnd();
    }
    operator.advanceWatermark(MAX_TIMESTAMP);
    return out.toSorted();
  };
  fc.assert(
    fc.property(fc.array(record, { maxLength: 25 }), rows => {
      assert.equal(run(byKey(rows), true), run([rows], false));
    }),
    { numRuns: 100 },
  );
});

test.run();
