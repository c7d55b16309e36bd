/** The fast path gives the results of the general operator, on random streams and across snapshots. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import {
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../compiler/lang/index.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { TimeWindow, WindowAssigner } from '../../plugins/api/windowing.js';
import type { KeyType } from '../../runtime/contract/state.js';
import {
  singleColumn,
  structColumns,
  type AccumulatorColumns,
} from '../../runtime/operators/windows/accumulator-columns.js';
import type { FireRows } from '../../runtime/operators/windows/fired-rows.js';
import { SlicedWindowAggregate } from '../../runtime/operators/windows/sliced-window-aggregate.js';
import type { WindowAggregation } from '../../runtime/operators/windows/window-results.js';
import { WindowOperator } from '../../runtime/operators/windows/window-operator.js';
import {
  aggregate,
  asKey,
  monotonous,
  places,
  record,
  restore,
  run,
  wait,
  watermark,
  type Accumulator,
  type Make,
  type Operator,
  type Step,
} from './differential.js';
import { intKey, jsonState } from './operator-harness.js';

interface Shape {
  readonly time: 'event' | 'processing';
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
  readonly lateness: number;
  readonly late: boolean;
  /** rows are fired by a loop, as generated code does */
  readonly loop: boolean;
}

function general(shape: Shape, key: KeyType, kind: 'reduce' | 'aggregate'): Make {
  const { size, slide, offset } = shape;
  const assigners: Record<Shape['time'], () => WindowAssigner<unknown, TimeWindow>> = {
    event: () =>
      size === slide
        ? new TumblingEventTimeWindows(size, offset)
        : new SlidingEventTimeWindows(size, slide, offset),
    processing: () =>
      size === slide
        ? new TumblingProcessingTimeWindows(size, offset)
        : new SlidingProcessingTimeWindows(size, slide, offset),
  };
  const assigner = assigners[shape.time]();
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

function loop<ACC>(
  columns: AccumulatorColumns<ACC>,
  getResult: (accumulator: ACC) => unknown,
  emit: (value: unknown, timestamp: number) => void,
): FireRows<unknown> {
  return (rows, _, end) => {
    for (let row = 0; row < rows.keys.size; row++)
      if (rows.due === null || rows.due[row] === 1) emit(getResult(columns.load(rows.columns, row)), end - 1);
  };
}

function sliced(shape: Shape, key: KeyType, kind: 'reduce' | 'aggregate'): Make {
  return (harness, out) => {
    const common = {
      key,
      time: shape.time,
      size: shape.size,
      slide: shape.slide,
      offset: shape.offset,
      allowedLateness: shape.lateness,
      lateTag: shape.late ? 'late' : null,
      state: jsonState('contents'),
      function: null,
      states: {},
    };
    /** Generated code hands over the time of the operator's windows. */
    const timed = <ACC>(op: SlicedWindowAggregate<number, unknown, ACC, unknown>): Operator => ({
      open: () => op.open(),
      processElement: (value, timestamp, of) =>
        op.processElement(value, shape.time === 'event' ? timestamp : op.now(), of),
      advanceWatermark: at => op.advanceWatermark(at),
    });
    const emit = (value: unknown, timestamp: number): unknown => out.push(`${String(value)}@${timestamp}`);
    const side = (tag: string, value: unknown, timestamp: number): unknown =>
      out.push(`${tag}:${String(value)}@${timestamp}`);
    if (kind === 'reduce') {
      const aggregation: WindowAggregation<number, number> = { kind, reduce: (a, b) => a + b };
      return timed(
        new SlicedWindowAggregate(
          harness.ctx,
          {
            ...common,
            aggregation,
            columns: singleColumn<number>('float64'),
            ...(shape.loop && { fire: loop(singleColumn<number>('float64'), sum => sum, emit) }),
          },
          emit,
          side,
        ),
      );
    }
    const columns = structColumns<Accumulator>([
      { name: 'sum', kind: 'float64' },
      { name: 'seen', kind: 'object' },
    ]);
    const aggregation = { kind, aggregate } as WindowAggregation<number, Accumulator>;
    const fire = shape.loop && { fire: loop(columns, aggregate.getResult, emit) };
    return timed(
      new SlicedWindowAggregate(harness.ctx, { ...common, aggregation, columns, ...fire }, emit, side),
    );
  };
}

const shape = fc
  .record({
    size: fc.integer({ min: 1, max: 24 }),
    slide: fc.integer({ min: 1, max: 24 }),
    time: fc.constant('event' as const),
    offset: fc.integer({ min: -23, max: 23 }),
    lateness: fc.constantFrom(0, 0, 5, 40),
    late: fc.boolean(),
    loop: fc.boolean(),
    tumbling: fc.boolean(),
  })
  .map(({ tumbling, ...s }): Shape => {
    const slide = tumbling ? s.size : s.slide;
    return { ...s, slide, offset: s.offset % slide };
  });

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
            const expected = run(general(s, key.type, kind), ordered, key);
            for (const backends of places)
              assert.equal(run(sliced(s, key.type, kind), ordered, key, backends), expected);
          },
        ),
        { numRuns: 150 },
      );
    });
  }

  test(`§4 sliced ${kind} equals the window operator when both are restored and rescaled in the middle`, () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(fc.oneof({ weight: 5, arbitrary: record }, { weight: 2, arbitrary: watermark }, restore), {
          maxLength: 40,
        }),
        (s, steps) => {
          const ordered = withoutRevivals(monotonous(steps), s.lateness);
          const expected = run(general(s, intKey, kind), ordered, asKey['int']!);
          for (const backends of places)
            assert.equal(run(sliced(s, intKey, kind), ordered, asKey['int']!, backends), expected);
        },
      ),
      { numRuns: 400 },
    );
  });

  test(`§4.1 sliced ${kind} equals the window operator in processing time, restored and rescaled in the middle`, () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(
          fc.oneof(
            { weight: 5, arbitrary: record },
            { weight: 3, arbitrary: wait },
            { weight: 1, arbitrary: watermark },
            restore,
          ),
          { maxLength: 40 },
        ),
        (s, steps) => {
          const inProcessingTime: Shape = { ...s, time: 'processing', lateness: 0 };
          const ordered = monotonous(steps);
          const expected = run(general(inProcessingTime, intKey, kind), ordered, asKey['int']!);
          for (const backends of places)
            assert.equal(
              run(sliced(inProcessingTime, intKey, kind), ordered, asKey['int']!, backends),
              expected,
            );
        },
      ),
      { numRuns: 400 },
    );
  });
}

test.run();
