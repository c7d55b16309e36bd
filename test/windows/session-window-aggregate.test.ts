/** Sessions in columns: the results of the general operator on random streams, and what generated code sees of them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { EventTimeSessionWindows } from '../../compiler/lang/index.js';
import type { ProcessWindowContext, TimeWindow } from '../../plugins/api/windowing.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import type { KeyType } from '../../runtime/contract/state.js';
import { singleColumn, structColumns } from '../../runtime/operators/windows/accumulator-columns.js';
import { SessionWindowAggregate } from '../../runtime/operators/windows/session-window-aggregate.js';
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
  watermark,
  type Accumulator,
  type Make,
} from './differential.js';
import { intKey, jsonState, numberState, OperatorHarness } from './operator-harness.js';

interface Shape {
  readonly gap: number;
  readonly lateness: number;
  readonly late: boolean;
}
type Kind = 'reduce' | 'aggregate';

/** Tells in which order records were added and sessions merged. */
const reduce = (a: number, b: number): number => (a * 31 + b) % 1_000_003;
const inOrder = { ...aggregate, getResult: (acc: Accumulator) => `${acc.sum}/${acc.seen.join('')}` };

function lines(out: string[], clears: boolean) {
  return {
    function: {
      kind: 'process' as const,
      function: {
        process(
          key: unknown,
          { window }: ProcessWindowContext<TimeWindow>,
          [result]: Iterable<unknown>,
          collector: { collect(line: string): void },
        ): void {
          collector.collect(`${JSON.stringify(key)}: ${String(result)} in ${window.start}..${window.end}`);
        },
        ...(clears
          ? {
              clear({ window }: ProcessWindowContext<TimeWindow>): void {
                out.push(`clear ${window.start}..${window.end}`);
              },
            }
          : {}),
      } as never,
    },
    emit: (value: unknown, timestamp: number): unknown => out.push(`${String(value)}@${timestamp}`),
    side: (tag: string, value: unknown, timestamp: number): unknown =>
      out.push(`${tag}:${String(value)}@${timestamp}`),
  };
}

function general(shape: Shape, key: KeyType, kind: Kind): Make {
  return (harness, out) => {
    const { function: fn, emit, side } = lines(out, shape.late);
    return new WindowOperator<number, unknown, TimeWindow, unknown>(
      harness.ctx,
      {
        key,
        assigner: new EventTimeSessionWindows(shape.gap),
        trigger: null,
        evictor: null,
        allowedLateness: shape.lateness,
        lateTag: shape.late ? 'late' : null,
        contents:
          kind === 'reduce'
            ? { kind, state: jsonState('contents'), reduce }
            : { kind, state: jsonState('contents'), aggregate: inOrder as never },
        function: fn,
        states: {},
      },
      emit,
      side,
    );
  };
}

function columnar(shape: Shape, key: KeyType, kind: Kind): Make {
  return (harness, out) => {
    const { function: fn, emit, side } = lines(out, shape.late);
    const common = {
      key,
      gap: shape.gap,
      allowedLateness: shape.lateness,
      lateTag: shape.late ? 'late' : null,
      state: jsonState('contents'),
      function: fn,
      states: {},
    };
    if (kind === 'reduce') {
      const aggregation: WindowAggregation<number, number> = { kind, reduce };
      const columns = singleColumn<number>('float64');
      return new SessionWindowAggregate(harness.ctx, { ...common, aggregation, columns }, emit, side);
    }
    const columns = structColumns<Accumulator>([
      { name: 'sum', kind: 'float64' },
      { name: 'seen', kind: 'object' },
    ]);
    const aggregation = { kind, aggregate: inOrder } as WindowAggregation<number, Accumulator>;
    return new SessionWindowAggregate(harness.ctx, { ...common, aggregation, columns }, emit, side);
  };
}

const shape = fc.record({
  gap: fc.integer({ min: 1, max: 40 }),
  lateness: fc.constantFrom(0, 0, 5, 40),
  late: fc.boolean(),
});

for (const kind of ['reduce', 'aggregate'] as const) {
  for (const [name, key] of Object.entries(asKey)) {
    test(`§4.6 sessions in columns: ${kind} by ${name} equals the window operator, late records included`, () => {
      fc.assert(
        fc.property(
          shape,
          fc.array(fc.oneof({ weight: 4, arbitrary: record }, watermark), { maxLength: 60 }),
          (s, steps) => {
            const ordered = monotonous(steps);
            const expected = run(general(s, key.type, kind), ordered, key);
            for (const backends of places)
              assert.equal(run(columnar(s, key.type, kind), ordered, key, backends), expected);
          },
        ),
        { numRuns: 100 },
      );
    });
  }

  test(`§4.6 sessions in columns: ${kind} equals the window operator, restored and rescaled in the middle`, () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(fc.oneof({ weight: 5, arbitrary: record }, { weight: 2, arbitrary: watermark }, restore), {
          maxLength: 60,
        }),
        (s, steps) => {
          const ordered = monotonous(steps);
          const expected = run(general(s, intKey, kind), ordered, asKey['int']!);
          for (const backends of places)
            assert.equal(run(columnar(s, intKey, kind), ordered, asKey['int']!, backends), expected);
        },
      ),
      { numRuns: 300 },
    );
  });
}

function counting(out: string[], lateness = 0): SessionWindowAggregate<unknown, number, number, string> {
  return new SessionWindowAggregate<unknown, number, number, string>(
    new OperatorHarness().ctx,
    {
      key: intKey,
      gap: 10,
      allowedLateness: lateness,
      lateTag: null,
      aggregation: {
        kind: 'aggregate',
        aggregate: {
          createAccumulator: () => 0,
          add: (_, n) => n + 1,
          getResult: n => n,
          merge: (a, b) => a + b,
        },
      },
      columns: singleColumn<number>('float64'),
      state: numberState('count'),
      function: null,
      states: {},
    },
    (value, timestamp) => out.push(`${value}@${timestamp}`),
    () => undefined,
  );
}

test('§4.6 rows and keys of sessions that have ended are used again', () => {
  const out: string[] = [];
  const op = counting(out);
  // Far more keys than there are sessions at one time.
  for (let time = 0; time < 50_000; time++) {
    const slot = op.slot(time, time);
    assert.ok(slot >= 0 && slot < 200, `row ${slot}`);
    (op.columns[0] as Float64Array)[slot]!++;
    if (time % 50 === 0) op.advanceWatermark(time);
  }
  op.advanceWatermark(MAX_TIMESTAMP);
  assert.equal(
    out,
    Array.from({ length: 50_000 }, (_, time) => `1@${time + 9}`),
  );
});

test('§4.2.4 a row that is kept for late records says that it fires again', () => {
  const out: string[] = [];
  const op = counting(out, 20);
  op.columns[0]![op.slot(1, 0)] = 1 as never;
  assert.is(op.inserted, true);
  op.advanceWatermark(9);
  assert.equal(out.splice(0), ['1@9']);
  const slot = op.slot(1, 0);
  op.columns[0]![slot] = 2 as never;
  assert.equal([op.inserted, op.refires], [false, true]);
  op.refire(1);
  assert.equal(out, ['2@9']);
  op.slot(1, 5);
  assert.is(op.refires, false, 'the session ends later now');
  op.advanceWatermark(MAX_TIMESTAMP);
  assert.equal(out, ['2@9', '2@14']);
});

test('§4.1 a record without a timestamp is an error', () => {
  const op = counting([]);
  const missing = (e: unknown): boolean => e instanceof RuntimeFault && e.code === 'FC5253';
  assert.throws(() => op.slot(1, MIN_TIMESTAMP), missing);
});

test.run();
