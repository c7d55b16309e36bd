/** The operators that keep their state in columns, over keys that are integers. */
import {
  KeyedColumnsOperator,
  SessionWindowAggregate,
  singleColumn,
  SlicedWindowAggregate,
  structColumns,
  TumblingCoGroup,
  type WindowAggregation,
} from '../../runtime/operators/index.js';
import type { Accumulator, Make } from './differential.js';
import { intKey, jsonState, numberState } from './operator-harness.js';

const accumulators = structColumns<Accumulator>([
  { name: 'sum', kind: 'float64' },
  { name: 'seen', kind: 'object' },
]);
const windows = { key: intKey, lateTag: null, state: jsonState('contents'), function: null, states: {} };

type Out = (value: unknown, timestamp: number) => void;
const into =
  (out: string[]): Out =>
  (value, timestamp) =>
    out.push(`${JSON.stringify(value)}@${timestamp}`);

export const columnarOperators = (
  aggregation: WindowAggregation<number, Accumulator>,
  gap: number,
): Readonly<Record<string, Make>> => ({
  'slices of sliding windows': (harness, out) =>
    new SlicedWindowAggregate<number, unknown, Accumulator, unknown>(
      harness.ctx,
      {
        ...windows,
        time: 'event',
        size: 60,
        slide: 20,
        offset: 0,
        allowedLateness: 30,
        aggregation,
        columns: accumulators,
      },
      into(out),
      () => {},
    ),
  'slices of tumbling windows': (harness, out) =>
    new SlicedWindowAggregate<number, unknown, Accumulator, unknown>(
      harness.ctx,
      {
        ...windows,
        time: 'event',
        size: 50,
        slide: 50,
        offset: 0,
        allowedLateness: 0,
        aggregation,
        columns: accumulators,
      },
      into(out),
      () => {},
    ),
  'slices of numbers': (harness, out) =>
    new SlicedWindowAggregate<number, unknown, number, unknown>(
      harness.ctx,
      {
        ...windows,
        time: 'event',
        size: 50,
        slide: 50,
        offset: 0,
        allowedLateness: 0,
        aggregation: { kind: 'reduce', reduce: (a, b) => a + b },
        columns: singleColumn<number>('float64'),
        state: numberState('contents'),
      },
      into(out),
      () => {},
    ),
  sessions: (harness, out) =>
    new SessionWindowAggregate<number, unknown, Accumulator, unknown>(
      harness.ctx,
      { ...windows, gap, allowedLateness: 5, aggregation, columns: accumulators },
      into(out),
      () => {},
    ),
  'a tumbling coGroup': (harness, out) => {
    const op = new TumblingCoGroup<unknown, { n: number }, number, string>(
      harness.ctx,
      {
        key: intKey,
        size: 50,
        offset: 0,
        first: jsonState('first'),
        second: jsonState('second'),
        firstColumns: singleColumn<{ n: number }>('object'),
        secondColumns: singleColumn<number>('float64'),
        function: {
          kind: 'coGroup',
          function(first, second, emit) {
            emit.collect(JSON.stringify([[...first], [...second]]));
            for (const record of first) record.n = -1;
          },
        },
        states: {},
      },
      into(out),
      () => {},
    );
    return {
      open: () => op.open(),
      advanceWatermark: watermark => op.advanceWatermark(watermark),
      processElement(value, timestamp, key) {
        if (value % 2 === 0) op.processElement1({ n: value }, timestamp, key);
        else op.processElement2(value, timestamp, key);
      },
    };
  },
  'a tumbling coGroup of numbers': (harness, out) => {
    const op = new TumblingCoGroup<unknown, number, number, string>(
      harness.ctx,
      {
        key: intKey,
        size: 50,
        offset: 0,
        first: numberState('first'),
        second: numberState('second'),
        firstColumns: singleColumn<number>('float64'),
        secondColumns: singleColumn<number>('float64'),
        function: {
          kind: 'coGroup',
          function: (first, second, emit) => emit.collect(JSON.stringify([[...first], [...second]])),
        },
        states: {},
      },
      into(out),
      () => {},
    );
    return {
      open: () => op.open(),
      advanceWatermark: watermark => op.advanceWatermark(watermark),
      processElement(value, timestamp, key) {
        if (value % 2 === 0) op.processElement1(value, timestamp, key);
        else op.processElement2(value, timestamp, key);
      },
    };
  },
  'a reduction in columns': (harness, out) =>
    new KeyedColumnsOperator<unknown, number>(
      harness.ctx,
      {
        key: intKey,
        fn: (a, b) => a + b,
        state: numberState('sum', 'value'),
        columns: singleColumn<number>('float64'),
        states: {},
      },
      into(out),
      () => {},
    ),
});
