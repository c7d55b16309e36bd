/** The sliced aggregate as generated code and the engine use it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { ValueStateDescriptor } from '../../compiler/lang/index.js';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { TimeWindow } from '../../plugins/api/windowing.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';
import type { OperatorSnapshot } from '../../runtime/contract/state.js';
import {
  singleColumn,
  SlicedWindowAggregate,
  structColumns,
  type SlicedWindowSpec,
  type WindowFunctionSpec,
} from '../../runtime/operators/index.js';
import {
  intKey,
  jsonState,
  numberState,
  OperatorHarness,
  stringKey,
  type HarnessOptions,
} from './operator-harness.js';

const count = {
  createAccumulator: () => 0,
  add: (_: unknown, n: number) => n + 1,
  getResult: (n: number) => n,
  merge: (a: number, b: number) => a + b,
};
type Spec = SlicedWindowSpec<string, number, number, string>;

class Counts {
  readonly harness: OperatorHarness;
  readonly op: SlicedWindowAggregate<string, number, number, string>;
  readonly #out: string[] = [];

  constructor(spec: Partial<Spec> = {}, options: HarnessOptions = {}) {
    this.harness = new OperatorHarness(options);
    this.op = new SlicedWindowAggregate<string, number, number, string>(
      this.harness.ctx,
      {
        key: intKey,
        time: 'event',
        size: 10,
        slide: 10,
        offset: 0,
        allowedLateness: 0,
        lateTag: null,
        aggregation: { kind: 'aggregate', aggregate: count },
        columns: singleColumn<number>('int32'),
        state: numberState('count'),
        function: null,
        states: {},
        ...spec,
      },
      (value, timestamp) => this.#out.push(`${value}@${timestamp}`),
      (tag, value, timestamp) => this.#out.push(`${tag}:${String(value)}@${timestamp}`),
    );
    this.op.open();
  }
  /** What generated code does with a record. */
  record(key: number, timestamp: number, value = 'x'): readonly string[] {
    const { op } = this;
    const slot = op.slot(key, timestamp);
    if (slot < 0) op.skip(value, timestamp);
    else {
      (op.columns[0] as Int32Array)[slot]!++;
      if (op.refires) op.refire(key);
    }
    return this.take();
  }
  watermark(watermark: number): readonly string[] {
    this.op.advanceWatermark(watermark);
    return this.take();
  }
  take(): readonly string[] {
    return this.#out.splice(0);
  }
}

test('slots: dense, in order of arrival, inserted says which are new', () => {
  const { op } = new Counts();
  const seen = [5, 3, 5, 9].map(key => `${op.slot(key, 1)} ${op.inserted}`);
  assert.equal(seen, ['0 true', '1 true', '0 false', '2 true']);
  assert.is(op.slot(5, 11), 0, 'another slice');
  assert.ok(op.inserted);
});

test('slots: thousands of keys, numeric extremes included', () => {
  const counts = new Counts({ columns: singleColumn<number>('float64') });
  const keys = [...Array(5000).keys(), NaN, Infinity, -0, 0.5, 2 ** 40, -1];
  for (let round = 0; round < 2; round++)
    for (const key of keys) {
      const slot = counts.op.slot(key, 1);
      (counts.op.columns[0] as Float64Array)[slot]!++;
    }
  const results = counts.watermark(9);
  assert.is(results.length, keys.length - 1, '-0 is 0');
  assert.is(results.filter(r => r === '2@9').length, keys.length - 2);
  assert.is(results.filter(r => r === '4@9').length, 1);
});

test('§4.3 windows fire by ascending end, keys in order of arrival', () => {
  const counts = new Counts();
  counts.record(2, 15);
  counts.record(7, 3);
  counts.record(1, 3);
  counts.record(7, 4);
  assert.equal(counts.watermark(MAX_TIMESTAMP), ['2@9', '1@9', '1@19']);
});

test('§4.2.3 late records: counted, or to the side output', () => {
  const dropped = new Counts();
  dropped.watermark(9);
  assert.equal(dropped.record(1, 9), []);
  assert.is(dropped.harness.count('numLateRecordsDropped'), 1);
  const tagged = new Counts({ lateTag: 'late' });
  tagged.watermark(9);
  assert.equal(tagged.record(1, 9, 'v'), ['late:v@9']);
  assert.is(tagged.harness.count('numLateRecordsDropped'), 0);
});

test('§4.2.4 a late record within the lateness fires its window again, for its key', () => {
  const counts = new Counts({ allowedLateness: 5 });
  counts.record(1, 1);
  counts.record(2, 1);
  assert.equal(counts.watermark(9), ['1@9', '1@9']);
  assert.equal(counts.record(2, 2), ['2@9']);
  assert.equal(counts.record(2, 12), []);
  counts.watermark(14);
  assert.equal(counts.record(2, 2), [], 'cleaned up');
});

test('§4.1 a record in the gap between windows is no late record', () => {
  const counts = new Counts({ size: 4, slide: 10, lateTag: 'late' });
  assert.equal(counts.record(1, 5), []);
  counts.record(1, 13);
  counts.watermark(7);
  assert.equal(counts.record(1, 6, 'v'), ['late:v@6']);
  assert.equal(counts.watermark(MAX_TIMESTAMP), ['1@13']);
});

test('§4.1 a record without a timestamp is an error', () => {
  assert.throws(
    () => new Counts().record(1, MIN_TIMESTAMP),
    (e: unknown) => e instanceof RuntimeFault && e.code === 'FC5253',
  );
});

test('§4.3 a window function gets key, window and result; its states are cleared with the window', () => {
  const seen = new ValueStateDescriptor<number>('seen');
  const fn: WindowFunctionSpec<number, TimeWindow, never, string> = {
    kind: 'process',
    function: {
      process(key, ctx, elements, out) {
        const state = ctx.windowState().getState(seen);
        state.update((state.value() ?? 0) + 1);
        out.collect(
          `${key} ${[...(elements as Iterable<number>)].join()} [${ctx.window.start},${ctx.window.end}) ${state.value()} ${ctx.currentWatermark()}`,
        );
      },
      clear(ctx) {
        ctx.windowState().getState(seen).clear();
      },
    },
  };
  const counts = new Counts({
    slide: 5,
    allowedLateness: 3,
    function: fn,
    states: { seen: numberState('seen', 'value') },
  });
  counts.record(4, 6);
  assert.equal(counts.watermark(9), ['4 1 [0,10) 1 9@9']);
  assert.equal(counts.record(4, 7), ['4 2 [0,10) 2 9@9']);
  const windowsWithState = (): number => counts.harness.snapshot().keyed.get('seen')!.keyGroups.size;
  assert.is(windowsWithState(), 1);
  counts.watermark(12);
  assert.is(windowsWithState(), 0);
  assert.equal(counts.watermark(MAX_TIMESTAMP), [`4 2 [5,15) 1 ${MAX_TIMESTAMP}@14`]);
  assert.is(windowsWithState(), 0);
});

test('§3.12 BATCH: everything of a key fires at its end; then the watermark is MIN again', () => {
  const counts = new Counts({ slide: 5 }, { batchMode: true });
  counts.record(1, 22);
  counts.record(1, 3);
  counts.op.onKeyEnd();
  assert.equal(counts.take(), ['1@4', '1@9', '1@24', '1@29']);
  counts.record(2, 1);
  counts.op.onKeyEnd();
  assert.equal(counts.take(), ['1@4', '1@9']);
});

test('§9 a slice holds struct accumulators with flags and objects across a snapshot', () => {
  interface Acc {
    readonly any: boolean;
    readonly names: readonly string[];
  }
  const make = (harness: OperatorHarness, out: unknown[]) =>
    new SlicedWindowAggregate<string, number, Acc, unknown>(
      harness.ctx,
      {
        key: intKey,
        time: 'event',
        size: 10,
        slide: 10,
        offset: 0,
        allowedLateness: 0,
        lateTag: null,
        aggregation: {
          kind: 'aggregate',
          aggregate: {
            createAccumulator: () => ({ any: false, names: [] }),
            add: (value, acc) => ({ any: acc.any || value === 'yes', names: [...acc.names, value] }),
            getResult: acc => acc,
            merge: (a, b) => ({ any: a.any || b.any, names: [...a.names, ...b.names] }),
          },
        },
        columns: structColumns<Acc>([
          { name: 'any', kind: 'bool' },
          { name: 'names', kind: 'object' },
        ]),
        state: jsonState('acc'),
        function: null,
        states: {},
      },
      value => out.push(value),
      () => {},
    );
  const before = new OperatorHarness();
  const op = make(before, []);
  op.processElement('no', 1, 1);
  op.processElement('yes', 1, 1);
  op.processElement('no', 1, 2);
  const out: unknown[] = [];
  const restored = make(new OperatorHarness({ restored: before.snapshot() }), out);
  restored.processElement('late', 1, 2);
  restored.advanceWatermark(9);
  assert.equal(out, [
    { any: true, names: ['no', 'yes'] },
    { any: false, names: ['no', 'late'] },
  ]);
});

const element = fc.record({ key: fc.nat(9), timestamp: fc.nat(60), cut: fc.boolean() });

test('§9 sliced windows: restored between any two elements equals undisturbed', () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 40 }), fc.constantFrom(0, 7), (elements, allowedLateness) => {
      const run = (cuts: boolean): readonly string[] => {
        const spec = { slide: 5, allowedLateness, lateTag: 'late' };
        let counts = new Counts(spec);
        let watermark = MIN_TIMESTAMP;
        const out: string[] = [];
        for (const [i, { key, timestamp, cut }] of elements.entries()) {
          if (cut && cuts) {
            counts = new Counts(spec, { restored: counts.harness.snapshot() });
            assert.equal(counts.watermark(watermark), [], 'windows that fired do not fire again');
          }
          if (i % 4 === 3) {
            watermark = i;
            out.push(...counts.watermark(watermark).toSorted());
          }
          out.push(...counts.record(key, timestamp));
        }
        return [...out, ...counts.watermark(MAX_TIMESTAMP).toSorted()];
      };
      assert.equal(run(true), run(false));
    }),
    { numRuns: 150 },
  );
});

test('§9.3 after a restore, a record ahead of the first watermark makes its fired windows due again', () => {
  const spec = { size: 10, slide: 5, allowedLateness: 50 };
  const before = new Counts(spec);
  before.record(1, 7);
  before.record(2, 7);
  assert.equal(before.watermark(9), ['1@9', '1@9']);
  const after = new Counts(spec, { restored: before.harness.snapshot() });
  after.record(1, 8);
  assert.equal(after.watermark(9), ['2@9'], 'key 1 only: as the window operator, which registers a timer');
  assert.equal(after.watermark(14).toSorted(), ['1@14', '2@14'], 'had not fired yet');
});

test('§8.5 slices of another width, offset or type are refused', () => {
  const before = new Counts();
  before.record(1, 1);
  const restored = before.harness.snapshot();
  for (const spec of [
    { size: 5, slide: 5 },
    { offset: 3 },
    { state: jsonState('count') },
    { key: stringKey as never },
  ]) {
    assert.throws(
      () => new Counts(spec, { restored }),
      (e: unknown) => e instanceof RuntimeFault && e.code === 'FC5103',
    );
  }
  assert.equal(
    new Counts({ size: 20 }, { restored }).watermark(MAX_TIMESTAMP),
    ['1@9', '1@19'],
    'larger windows of the same slices',
  );
});

test('§8.4 sliced windows: slices move with their key groups when the parallelism changes', () => {
  const whole = new Counts({ allowedLateness: 20 });
  for (let key = 0; key < 50; key++) for (let n = 0; n <= key % 3; n++) whole.record(key, 5 + (key % 2) * 10);
  whole.watermark(9);
  const snapshot = whole.harness.snapshot();
  const snapshots: OperatorSnapshot[] = [];
  const parts = [0, 1, 2].map(
    subtask => new Counts({ allowedLateness: 20 }, { restored: snapshot, subtask, parallelism: 3 }),
  );
  for (const part of parts) snapshots.push(part.harness.snapshot());
  const expected = whole.watermark(MAX_TIMESTAMP);
  const split = parts.map(part => part.watermark(MAX_TIMESTAMP));
  assert.ok(split.every(part => part.length > 0));
  assert.equal(split.flat().toSorted(), expected.toSorted());
  const again = new Counts({ allowedLateness: 20 }, { restored: snapshots });
  assert.equal(again.watermark(MAX_TIMESTAMP).toSorted(), expected.toSorted());
});

test.run();
