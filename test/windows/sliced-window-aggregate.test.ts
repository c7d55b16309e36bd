/** The fast path gives the results of the general operator, on random streams and across snapshots. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { SlidingEventTimeWindows, TumblingEventTimeWindows } from '../../compiler/lang/index.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { TimeWindow, WindowAssigner } from '../../plugins/api/windowing.js';
import type { OperatorSnapshot, KeyType } from '../../runtime/contract/state.js';
import { singleColumn, structColumns } from '../../runtime/operators/windows/accumulator-columns.js';
import {
  SlicedWindowAggregate,
  type SlicedAggregation,
} from '../../runtime/operators/windows/sliced-window-aggregate.js';
import { WindowOperator } from '../../runtime/operators/windows/window-operator.js';
import { intKey, jsonState, numberKey, OperatorHarness, pairKey, stringKey } from './operator-harness.js';

type Step =
  | { readonly kind: 'record'; readonly key: number; readonly timestamp: number; readonly value: number }
  | { readonly kind: 'watermark'; readonly watermark: number }
  | { readonly kind: 'restore' };

interface Shape {
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
  readonly lateness: number;
  readonly late: boolean;
}

interface Accumulator {
  sum: number;
  seen: number[];
}
/** merge changes and returns its second argument: allowed, and fatal for a slice that is merged twice. */
const aggregate = {
  createAccumulator: (): Accumulator => ({ sum: 0, seen: [] }),
  add: (value: number, acc: Accumulator): Accumulator => {
    acc.sum += value;
    acc.seen.push(value);
    return acc;
  },
  getResult: (acc: Accumulator) => `${acc.sum}/${acc.seen.toSorted((a, b) => a - b).join('')}`,
  merge: (a: Accumulator, b: Accumulator): Accumulator => {
    b.sum += a.sum;
    b.seen.push(...a.seen);
    a.seen.length = 0;
    return b;
  },
};

interface Operator {
  processElement(value: number, timestamp: number, key: unknown): void;
  advanceWatermark(watermark: number): void;
}
type Make = (harness: OperatorHarness, out: string[]) => Operator;

const asKey: Readonly<Record<string, { readonly type: KeyType; readonly of: (n: number) => unknown }>> = {
  int: { type: intKey, of: n => n },
  number: { type: numberKey, of: n => (n === 0 ? NaN : n === 1 ? -0 : n / 3) },
  string: { type: stringKey, of: n => `k${n}` },
  struct: { type: pairKey, of: n => ({ a: n % 2, b: `k${n}` }) },
};

function general(shape: Shape, key: KeyType, kind: 'reduce' | 'aggregate'): Make {
  const assigner: WindowAssigner<unknown, TimeWindow> =
    shape.size === shape.slide
      ? new TumblingEventTimeWindows(shape.size, shape.offset)
      : new SlidingEventTimeWindows(shape.size, shape.slide, shape.offset);
  return (harness, out) =>
    new WindowOperator<number, unknown, TimeWindow, unknown>(
      harness.ctx,
      {
        key,
        assigner,
        trigger: null,
        evictor: null,
        allowedLateness: shape.lateness,
        lateTag: shape.late ? 'late' : null,
        contents:
          kind === 'reduce'
            ? { kind, state: jsonState('contents'), reduce: (a, b) => a + b }
            : { kind, state: jsonState('contents'), aggregate: aggregate as never },
        function: null,
        states: {},
      },
      (value, timestamp) => out.push(`${String(value)}@${timestamp}`),
      (tag, value, timestamp) => out.push(`${tag}:${String(value)}@${timestamp}`),
    );
}

function sliced(shape: Shape, key: KeyType, kind: 'reduce' | 'aggregate'): Make {
  return (harness, out) => {
    const common = {
      key,
      size: shape.size,
      slide: shape.slide,
      offset: shape.offset,
      allowedLateness: shape.lateness,
      lateTag: shape.late ? 'late' : null,
      state: jsonState('contents'),
      function: null,
      states: {},
    };
    const emit = (value: unknown, timestamp: number): unknown => out.push(`${String(value)}@${timestamp}`);
    const side = (tag: string, value: unknown, timestamp: number): unknown =>
      out.push(`${tag}:${String(value)}@${timestamp}`);
    if (kind === 'reduce') {
      const aggregation: SlicedAggregation<number, number> = { kind, reduce: (a, b) => a + b };
      return new SlicedWindowAggregate(
        harness.ctx,
        { ...common, aggregation, columns: singleColumn<number>('float64') },
        emit,
        side,
      );
    }
    const columns = structColumns<Accumulator>([
      { name: 'sum', kind: 'float64' },
      { name: 'seen', kind: 'object' },
    ]);
    const aggregation = { kind, aggregate } as SlicedAggregation<number, Accumulator>;
    return new SlicedWindowAggregate(harness.ctx, { ...common, aggregation, columns }, emit, side);
  };
}

/** Output between two watermarks as a set: equal times of different keys have no order. */
function run(
  make: Make,
  steps: readonly Step[],
  keyOf: (n: number) => unknown,
  restores: boolean,
): readonly string[] {
  const out: string[] = [];
  const groups: string[] = [];
  let harness = new OperatorHarness();
  let operator = make(harness, out);
  let dropped = 0;
  const flush = (label: string): void => {
    groups.push(`${label} ${out.toSorted().join(' ')}`);
    out.length = 0;
  };
  for (const step of steps) {
    switch (step.kind) {
      case 'record':
        operator.processElement(step.value, step.timestamp, keyOf(step.key));
        flush('record');
        break;
      case 'watermark':
        operator.advanceWatermark(step.watermark);
        flush('watermark');
        break;
      case 'restore': {
        if (!restores) break;
        const snapshot: OperatorSnapshot = harness.snapshot();
        dropped += harness.count('numLateRecordsDropped');
        harness = new OperatorHarness({ restored: snapshot });
        operator = make(harness, out);
        break;
      }
    }
  }
  operator.advanceWatermark(MAX_TIMESTAMP);
  flush('end');
  return [...groups, `dropped ${dropped + harness.count('numLateRecordsDropped')}`];
}

const record = fc.record({
  kind: fc.constant('record' as const),
  key: fc.nat(3),
  timestamp: fc.integer({ min: -60, max: 120 }),
  value: fc.integer({ min: 1, max: 9 }),
});
const watermark = fc.record({
  kind: fc.constant('watermark' as const),
  watermark: fc.integer({ min: -70, max: 130 }),
});
const restore = fc.record({ kind: fc.constant('restore' as const) });
const shape = fc
  .record({
    size: fc.integer({ min: 1, max: 24 }),
    slide: fc.integer({ min: 1, max: 24 }),
    offset: fc.integer({ min: -23, max: 23 }),
    lateness: fc.constantFrom(0, 0, 5, 40),
    late: fc.boolean(),
    tumbling: fc.boolean(),
  })
  .map(({ tumbling, ...s }): Shape => {
    const slide = tumbling ? s.size : s.slide;
    return { ...s, slide, offset: s.offset % slide };
  });

/** Watermarks only rise. */
function monotonous(steps: readonly Step[]): readonly Step[] {
  let highest = MIN_TIMESTAMP;
  return steps.filter(step => {
    if (step.kind === 'restore') highest = MIN_TIMESTAMP;
    if (step.kind !== 'watermark') return true;
    const rises = step.watermark > highest;
    highest = Math.max(highest, step.watermark);
    return rises;
  });
}

/**
 * Without records that were late before a restore and are not any more, because the watermark is not restored: they
 * revive windows that had been cleaned up. The window operator counts only them; slices still have what other windows
 * needed.
 */
function withoutRevivals(steps: readonly Step[], lateness: number): readonly Step[] {
  let highest = MIN_TIMESTAMP;
  let beforeRestore = MIN_TIMESTAMP;
  return steps.filter(step => {
    if (step.kind === 'watermark') highest = Math.max(highest, step.watermark);
    if (step.kind === 'restore') beforeRestore = highest;
    return step.kind !== 'record' || step.timestamp + lateness > beforeRestore;
  });
}

for (const kind of ['reduce', 'aggregate'] as const) {
  for (const [name, key] of Object.entries(asKey)) {
    test(`§4 sliced ${kind} by ${name} equals the window operator on random streams, late records included`, () => {
      fc.assert(
        fc.property(
          shape,
          fc.array(fc.oneof({ weight: 4, arbitrary: record }, watermark), { maxLength: 40 }),
          (s, steps) => {
            const ordered = monotonous(steps);
            const expected = run(general(s, key.type, kind), ordered, key.of, false);
            assert.equal(run(sliced(s, key.type, kind), ordered, key.of, false), expected);
          },
        ),
        { numRuns: 150 },
      );
    });
  }

  test(`§4 sliced ${kind} equals the window operator when both are restored in the middle`, () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(fc.oneof({ weight: 5, arbitrary: record }, { weight: 2, arbitrary: watermark }, restore), {
          maxLength: 40,
        }),
        (s, steps) => {
          const ordered = withoutRevivals(monotonous(steps), s.lateness);
          const expected = run(general(s, intKey, kind), ordered, n => n, true);
          assert.equal(
            run(sliced(s, intKey, kind), ordered, n => n, true),
            expected,
          );
        },
      ),
      { numRuns: 400 },
    );
  });
}

test.run();
