/**
 * Updates per second of window aggregates, one thread: the sliced path as generated code drives it, through its
 * functions, and the general window operator.
 *
 *   node --import tsx bench/micro/sliced-windows.ts [records in millions]
 */
import { TumblingEventTimeWindows } from '../../compiler/lang/index.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import type { KeyType } from '../../runtime/contract/state.js';
import { singleColumn, SlicedWindowAggregate, WindowOperator } from '../../runtime/operators/index.js';
import {
  intKey,
  numberState,
  OperatorHarness,
  pairKey,
  stringKey,
} from '../../test/windows/operator-harness.js';

const records = Number(process.argv[2] ?? 10) * 1e6;
const keys = 10_000;
const size = 1_000;
/** 1,000 records per ms: a window has 1 M of them. */
const recordsPerMs = 1_000;
const watermarkEvery = 100_000;

const count = {
  createAccumulator: () => 0,
  add: (_: unknown, n: number) => n + 1,
  getResult: (n: number) => n,
  merge: (a: number, b: number) => a + b,
};
const spread = Int32Array.from({ length: 1 << 16 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 0) % keys);

interface Result {
  readonly total: number;
  readonly windows: number;
}
function sliced(
  slide: number,
  key: KeyType,
  keyOf: readonly unknown[] | Int32Array,
  inlined: boolean,
): Result {
  let total = 0;
  let windows = 0;
  const op = new SlicedWindowAggregate<unknown, unknown, number, number>(
    new OperatorHarness().ctx,
    {
      key,
      time: 'event',
      size,
      slide,
      offset: 0,
      allowedLateness: 0,
      lateTag: null,
      aggregation: { kind: 'aggregate', aggregate: count },
      columns: singleColumn<number>('float64'),
      state: numberState('count'),
      function: null,
      states: {},
    },
    result => {
      total += result;
      windows++;
    },
    () => {},
  );
  for (let from = 0; from < records; from += watermarkEvery) {
    if (inlined) {
      for (let i = from; i < from + watermarkEvery; i++) {
        const slot = op.slot(keyOf[spread[i & 0xffff]!], Math.floor(i / recordsPerMs));
        if (slot < 0) op.skip(undefined, 0);
        else (op.columns[0] as Float64Array)[slot]!++;
      }
    } else {
      for (let i = from; i < from + watermarkEvery; i++) {
        op.processElement(undefined, Math.floor(i / recordsPerMs), keyOf[spread[i & 0xffff]!]);
      }
    }
    op.advanceWatermark(Math.floor((from + watermarkEvery) / recordsPerMs) - 1);
  }
  op.advanceWatermark(MAX_TIMESTAMP);
  return { total, windows };
}

function general(): Result {
  let total = 0;
  let windows = 0;
  const op = new WindowOperator<unknown, number, never, number>(
    new OperatorHarness().ctx,
    {
      key: intKey,
      assigner: TumblingEventTimeWindows.of(size) as never,
      trigger: null,
      evictor: null,
      allowedLateness: 0,
      lateTag: null,
      contents: { kind: 'aggregate', state: numberState('count'), aggregate: count as never },
      function: null,
      states: {},
    },
    result => {
      total += result;
      windows++;
    },
    () => {},
  );
  for (let from = 0; from < records; from += watermarkEvery) {
    for (let i = from; i < from + watermarkEvery; i++) {
      op.processElement(undefined, Math.floor(i / recordsPerMs), spread[i & 0xffff]!);
    }
    op.advanceWatermark(Math.floor((from + watermarkEvery) / recordsPerMs) - 1);
  }
  op.advanceWatermark(MAX_TIMESTAMP);
  return { total, windows };
}

function measure(name: string, expected: number, run: () => Result): void {
  const before = process.cpuUsage();
  const { total, windows } = run();
  const { user, system } = process.cpuUsage(before);
  if (total !== expected) throw new Error(`${name}: ${total} records counted, ${expected} expected`);
  const rate = records / (user + system);
  console.log(`${name.padEnd(44)} ${rate.toFixed(1).padStart(6)} M records/s   ${windows} results`);
}

const ints = Int32Array.from({ length: keys }, (_, i) => i * 7);
const strings = Array.from({ length: keys }, (_, i) => `user-${i}`);
const pairs = Array.from({ length: keys }, (_, i) => ({ a: i, b: `user-${i % 100}` }));
const cases: readonly (readonly [string, number, () => Result])[] = [
  ['tumbling, int key, add inlined', records, () => sliced(size, intKey, ints, true)],
  ['sliding 4 slices, int key, add inlined', 4 * records, () => sliced(size / 4, intKey, ints, true)],
  ['tumbling, int key, through add()', records, () => sliced(size, intKey, ints, false)],
  ['tumbling, string key, add inlined', records, () => sliced(size, stringKey, strings, true)],
  ['tumbling, struct key, add inlined', records, () => sliced(size, pairKey, pairs, true)],
  ['tumbling, int key, general window operator', records, general],
];
const only = process.argv[3];
for (const [name, expected, run] of cases) {
  if (only !== undefined && !name.includes(only)) continue;
  measure(`${name} (first run)`, expected, run);
  measure(name, expected, run);
}
