/** Window join and coGroup in columns: the results of the general operator, on random streams and across snapshots. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { TumblingEventTimeWindows } from '../../compiler/lang/index.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import {
  CoGroupOperator,
  singleColumn,
  structColumns,
  TumblingCoGroup,
  type CoGroupFunctionSpec,
} from '../../runtime/operators/index.js';
import {
  asKey,
  monotonous,
  places,
  record,
  restore,
  run,
  watermark,
  type Make,
  type Operator,
} from '../windows/differential.js';
import { intKey, jsonState, OperatorHarness } from '../windows/operator-harness.js';

interface Offer {
  readonly price: number;
  readonly seller: string;
}
type Two = CoGroupFunctionSpec<Offer, number, string>;

const functions: Readonly<Record<string, Two>> = {
  coGroup: {
    kind: 'coGroup',
    function: (offers, bids, out) => {
      out.collect(`${JSON.stringify(offers)} | ${JSON.stringify(bids)}`);
    },
  },
  // As compiled: see firstTaken below.
  'coGroup that asks for one record': {
    kind: 'coGroup',
    function: ([offer], bids, out) => {
      out.collect(`${JSON.stringify(offer)} | ${JSON.stringify(bids)}`);
    },
  },
  join: { kind: 'join', function: ({ price, seller }, bid) => `${seller} ${price} for ${bid}` },
};

/** Odd values are offers, even ones bids. */
const bySide = (op: {
  open(): void;
  processElement1(value: Offer, timestamp: number, key: unknown): void;
  processElement2(value: number, timestamp: number, key: unknown): void;
  advanceWatermark(at: number): void;
}): Operator => ({
  open: () => op.open(),
  advanceWatermark: at => op.advanceWatermark(at),
  processElement(value, timestamp, key) {
    if (value % 2 === 1) op.processElement1({ price: value, seller: `s${timestamp}` }, timestamp, key);
    else op.processElement2(value, timestamp, key);
  },
});

interface Shape {
  readonly size: number;
  readonly offset: number;
}
const makers = (
  { size, offset }: Shape,
  key: (typeof asKey)[string],
  fn: Two,
): { general: Make; columnar: Make } => {
  const common = {
    key: key.type,
    first: jsonState('first'),
    second: jsonState('second'),
    function: fn,
    states: {},
  };
  return {
    general: (harness, out) =>
      bySide(
        new CoGroupOperator(
          harness.ctx,
          {
            ...common,
            assigner: new TumblingEventTimeWindows(size, offset),
            trigger: null,
            evictor: null,
            allowedLateness: 0,
          },
          (value, timestamp) => out.push(`${value}@${timestamp}`),
          () => undefined,
        ),
      ),
    columnar: (harness, out) =>
      bySide(
        new TumblingCoGroup(
          harness.ctx,
          {
            ...common,
            size,
            offset,
            firstColumns: structColumns<Offer>([
              { name: 'price', kind: 'float64' },
              { name: 'seller', kind: 'string' },
            ]),
            secondColumns: singleColumn<number>('float64'),
            ...(fn === functions['coGroup that asks for one record'] && { firstTaken: 1 }),
          },
          (value, timestamp) => out.push(`${value}@${timestamp}`),
          () => undefined,
        ),
      ),
  };
};

const shape = fc
  .record({ size: fc.integer({ min: 1, max: 40 }), offset: fc.integer({ min: -39, max: 39 }) })
  .map(({ size, offset }): Shape => ({ size, offset: offset % size }));

for (const [name, fn] of Object.entries(functions)) {
  for (const [keyName, key] of Object.entries(asKey)) {
    test(`§5 ${name} in columns by ${keyName} equals the general operator, restored and rescaled in the middle`, () => {
      fc.assert(
        fc.property(
          shape,
          fc.array(fc.oneof({ weight: 8, arbitrary: record }, { weight: 2, arbitrary: watermark }, restore), {
            maxLength: 80,
          }),
          (s, steps) => {
            const ordered = monotonous(steps);
            const { general, columnar } = makers(s, key, fn);
            const expected = run(general, ordered, key);
            for (const backends of places) assert.equal(run(columnar, ordered, key, backends), expected);
          },
        ),
        { numRuns: 150 },
      );
    });
  }
}

function sums(): {
  readonly op: TumblingCoGroup<number, number, number, string>;
  readonly out: string[];
} {
  const out: string[] = [];
  const op = new TumblingCoGroup<number, number, number, string>(
    new OperatorHarness().ctx,
    {
      key: intKey,
      size: 10,
      offset: 0,
      first: jsonState('first'),
      second: jsonState('second'),
      firstColumns: singleColumn<number>('float64'),
      secondColumns: singleColumn<number>('int32'),
      function: {
        kind: 'coGroup',
        function: (first, second, collector) =>
          collector.collect(`${[...first].length}/${[...second].reduce((a, b) => a + b, 0)}`),
      },
      states: {},
    },
    (value, timestamp) => out.push(`${value}@${timestamp}`),
    () => undefined,
  );
  return { op, out };
}

test('§5 rows grow with the records of a window, and the next window starts empty', () => {
  const { op, out } = sums();
  for (const start of [0, 10, 20]) {
    for (let n = 0; n < 3000; n++) {
      const key = n % 1000;
      const first = op.row1(key, start);
      op.columns[0]![first] = n as never;
      const second = op.row2(key, start + 9);
      op.columns[0]![second] = 1 as never;
    }
    op.advanceWatermark(start + 9);
    assert.equal(
      out.splice(0),
      Array.from({ length: 1000 }, () => `3/3@${start + 9}`),
    );
  }
});

test('§5 a late record gets no row and is counted', () => {
  const harness = new OperatorHarness();
  const { columnar } = makers({ size: 10, offset: 0 }, asKey['int']!, functions['join']!);
  const out: string[] = [];
  const op = columnar(harness, out);
  op.advanceWatermark(9);
  op.processElement(1, 9, 1);
  op.processElement(2, 9, 1);
  op.processElement(2, 10, 1);
  assert.is(harness.count('numLateRecordsDropped'), 2);
});

test('§4.1 a record without a timestamp is an error in joins, too', () => {
  const missing = (e: unknown): boolean => e instanceof RuntimeFault && e.code === 'FC5253';
  assert.throws(() => sums().op.row1(1, MIN_TIMESTAMP), missing);
});

test.run();
