/** A snapshot between any two elements, restored, goes on as if nothing had happened (datastream-semantics §9, §3.9). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import {
  ContinuousEventTimeTrigger,
  CountEvictor,
  CountTrigger,
  DeltaTrigger,
  EventTimeSessionWindows,
  GlobalWindows,
  ProcessingTimeoutTrigger,
  PurgingTrigger,
  SlidingEventTimeWindows,
  TimeEvictor,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../compiler/lang/index.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import type { Window, WindowAssigner } from '../../plugins/api/windowing.js';
import { numberState } from './operator-harness.js';
import { WindowFixture, type WindowOptions } from './window-fixture.js';

interface Case {
  readonly assigner: WindowAssigner<never, Window>;
  readonly options?: WindowOptions<Window>;
}
const sum = { kind: 'reduce', state: numberState('sum'), reduce: (a: number, b: number) => a + b } as const;
const of = <W extends Window>(assigner: WindowAssigner<never, W>, options?: WindowOptions<W>): Case =>
  ({ assigner, options }) as unknown as Case;

const cases: Readonly<Record<string, Case>> = {
  'tumbling windows with lateness': of(TumblingEventTimeWindows.of(10), { lateness: 12, lateTag: 'late' }),
  'sliding windows': of(SlidingEventTimeWindows.of(12, 5), { contents: sum }),
  'sessions with lateness': of(EventTimeSessionWindows.withGap(6), { lateness: 9 }),
  'sessions with a continuous trigger': of(EventTimeSessionWindows.withGap(6), {
    trigger: ContinuousEventTimeTrigger.of(4),
    contents: sum,
  }),
  'sliding count windows': of(GlobalWindows.create(), {
    evictor: CountEvictor.of(4),
    trigger: CountTrigger.of(2),
  }),
  'a time evictor': of(TumblingEventTimeWindows.of(10), { evictor: TimeEvictor.of(4) }),
  'a delta trigger': of(GlobalWindows.create(), {
    trigger: DeltaTrigger.of(3, (a: number, b: number) => b - a),
  }),
  'processing-time windows': of(TumblingProcessingTimeWindows.of(10)),
  'a processing-time timeout': of(GlobalWindows.create(), {
    trigger: ProcessingTimeoutTrigger.of(PurgingTrigger.of(CountTrigger.of(3)), 7),
  }),
};

type Step =
  | {
      readonly kind: 'record';
      readonly value: number;
      readonly timestamp: number;
      readonly key: string;
      readonly cut: boolean;
    }
  | { readonly kind: 'time'; readonly by: number; readonly cut: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      value: fc.nat(9),
      timestamp: fc.nat(60),
      key: fc.constantFrom('a', 'b'),
      cut: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant('time' as const), by: fc.integer({ min: 1, max: 12 }), cut: fc.boolean() }),
);

function run({ assigner, options }: Case, steps: readonly Step[], cuts: boolean): readonly string[] {
  const w = new WindowFixture(assigner, options);
  const lines: string[] = [];
  let time = 0;
  // Equal times of different keys have no order.
  const collect = (output: readonly string[]): unknown => lines.push(...output.toSorted());
  for (const each of steps) {
    if (each.cut) {
      if (cuts) w.restart();
      else w.repeatWatermark();
      collect(w.take());
    }
    if (each.kind === 'record') collect(w.record(each.value, each.timestamp, each.key));
    else {
      time += each.by;
      collect(w.clock(time));
      collect(w.watermark(time));
    }
  }
  collect(w.watermark(MAX_TIMESTAMP));
  return [...lines, `dropped ${w.dropped}`, ...w.stateEntries.toSorted()];
}

for (const [name, each] of Object.entries(cases)) {
  test(`§3.9 §9 ${name}: restored between any two elements equals undisturbed`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        assert.equal(run(each, steps, true), run(each, steps, false));
      }),
      { numRuns: 60 },
    );
  });
}

test.run();
