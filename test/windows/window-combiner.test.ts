/** Records that are added up before they are sent give the windows that they give one by one, on random streams. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { KeyType, StateSpec } from '../../runtime/contract/state.js';
import type { HeldRows, OutputGate } from '../../runtime/contract/task.js';
import { singleColumn } from '../../runtime/operators/windows/accumulator-columns.js';
import { homeOf } from '../../runtime/operators/windows/combined-rows.js';
import { SessionCombiner } from '../../runtime/operators/windows/session-combiner.js';
import { SessionWindowAggregate } from '../../runtime/operators/windows/session-window-aggregate.js';
import { SlicedWindowAggregate } from '../../runtime/operators/windows/sliced-window-aggregate.js';
import { WindowCombiner } from '../../runtime/operators/windows/window-combiner.js';
import { asKey, monotonous, record, run, watermark, type Make, type Step } from './differential.js';

interface Shape {
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
}
const numbers: StateSpec = {
  name: 'contents',
  kind: 'window',
  layout: 'float64',
  schema: { kind: 'float64' },
  value: { fingerprint: '', write: (to, value) => to.f64(value as number), read: from => from.f64() },
};
type Reduce = (a: number, b: number) => number;
const reductions: Readonly<Record<string, Reduce>> = { sum: (a, b) => a + b, max: Math.max };

class Gate implements OutputGate {
  readonly channels = 1;
  readonly maxParallelism = 128;
  readonly open: Batch[];
  held: HeldRows | null = null;
  rows = 0;
  readonly #deliver: (batch: Batch) => void;

  constructor(key: KeyType, deliver: (batch: Batch) => void) {
    const column = { path: [], kind: 'float64' as const, schema: { kind: 'float64' as const } };
    const layout: BatchLayout = {
      columns: [column, { path: ['key'], kind: 'object', schema: key.schema }, { ...column, path: ['last'] }],
    };
    this.open = [new Batch(layout, 3)];
    this.#deliver = deliver;
  }
  hold(rows: HeldRows): void {
    this.held = rows;
  }
  flush(): void {
    const batch = this.open[0]!;
    this.rows += batch.length;
    this.#deliver(batch);
    batch.length = 0;
  }
  send(): void {
    this.held?.release();
    this.flush();
  }
}

function window(shape: Shape, key: KeyType, reduce: Reduce, combine: boolean): Make {
  return (harness, out) => {
    const receiver = new SlicedWindowAggregate<number, unknown, number, unknown>(
      harness.ctx,
      {
        key,
        time: 'event',
        ...shape,
        allowedLateness: 0,
        lateTag: null,
        aggregation: { kind: 'reduce', reduce },
        columns: singleColumn<number>('float64'),
        state: {
          name: 'contents',
          kind: 'window',
          layout: 'float64',
          schema: { kind: 'float64' },
          value: { fingerprint: '', write: (to, value) => to.f64(value as number), read: from => from.f64() },
        },
        function: null,
        states: {},
      },
      (value, timestamp) => out.push(`${String(value)}@${timestamp}`),
      () => undefined,
    );
    const gate = new Gate(key, batch => {
      for (let row = 0; row < batch.length; row++)
        receiver.processElement(
          batch.columns[0]![row] as number,
          batch.timestamps[row]!,
          batch.columns[1]![row],
        );
    });
    const sender = new WindowCombiner<unknown>(gate, {
      key: key.schema,
      kinds: ['float64'],
      time: 'event',
      ...shape,
    });
    let records = 0;
    return {
      open: () => receiver.open(),
      processElement(value, timestamp, of) {
        if (!combine) return receiver.processElement(value, timestamp, of);
        add(sender, reduce, { key: of, value, timestamp });
        // as with a buffer timeout
        if (++records % 7 === 0) gate.send();
      },
      advanceWatermark(at) {
        gate.send();
        sender.onWatermark(at);
        receiver.advanceWatermark(at);
      },
    };
  };
}

function add(
  combiner: WindowCombiner<unknown> | SessionCombiner<unknown>,
  reduce: Reduce,
  { key, value, timestamp }: { readonly key: unknown; readonly value: number; readonly timestamp: number },
): void {
  const slot = combiner.slot(key, timestamp);
  const column = combiner.columns[0] as Float64Array;
  column[slot] = combiner.inserted ? value : reduce(column[slot]!, value);
  combiner.records++;
}

function sessions(gap: number, key: KeyType, combine: boolean): Make {
  return (harness, out) => {
    const receiver = new SessionWindowAggregate<number, unknown, number, unknown>(
      harness.ctx,
      {
        key,
        gap,
        allowedLateness: 0,
        lateTag: null,
        aggregation: { kind: 'reduce', reduce: (a, b) => a + b },
        columns: singleColumn<number>('float64'),
        state: numbers,
        function: null,
        states: {},
      },
      (value, timestamp) => out.push(`${String(value)}@${timestamp}`),
      () => undefined,
    );
    // As generated code does it.
    const receive = (value: number, of: unknown, first: number, last: number): void => {
      const slot = receiver.slot(of, first, last);
      const column = receiver.columns[0] as Float64Array;
      if (slot < 0) receiver.skip(value, first);
      else column[slot] = receiver.inserted ? value : column[slot]! + value;
    };
    const gate = new Gate(key, ({ columns: [sums, keys, lasts], timestamps, length }) => {
      for (let row = 0; row < length; row++)
        receive(sums![row] as number, keys![row], timestamps[row]!, lasts![row] as number);
    });
    const sender = new SessionCombiner<unknown>(gate, { key: key.schema, kinds: ['float64'], gap });
    let records = 0;
    return {
      open: () => receiver.open(),
      processElement(value, timestamp, of) {
        if (!combine) return receive(value, of, timestamp, timestamp);
        add(sender, (a, b) => a + b, { key: of, value, timestamp });
        if (++records % 7 === 0) gate.send();
      },
      advanceWatermark(at) {
        gate.send();
        sender.onWatermark(at);
        receiver.advanceWatermark(at);
      },
    };
  };
}

const shape = fc
  .record({
    size: fc.integer({ min: 1, max: 24 }),
    slide: fc.integer({ min: 1, max: 24 }),
    offset: fc.integer({ min: -23, max: 23 }),
    tumbling: fc.boolean(),
  })
  .map(({ size, slide, offset, tumbling }): Shape => {
    const by = tumbling ? size : slide;
    return { size, slide: by, offset: offset % by };
  });
const steps = fc.array(fc.oneof({ weight: 8, arbitrary: record }, watermark), { maxLength: 80 });

for (const [name, key] of Object.entries(asKey))
  for (const [what, reduce] of Object.entries(reductions))
    test(`§4 ${what} by ${name}: combined before they are sent, records give the same windows, and as many are late`, () => {
      fc.assert(
        fc.property(shape, steps, (s, given: readonly Step[]) => {
          const ordered = monotonous(given);
          const expected = run(window(s, key.type, reduce, false), ordered, key);
          assert.equal(run(window(s, key.type, reduce, true), ordered, key), expected);
        }),
        { numRuns: 150 },
      );
    });

for (const [name, key] of Object.entries(asKey))
  test(`§4 sessions by ${name}: combined before they are sent, records give the same sessions, and as many are late`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), steps, (gap, given: readonly Step[]) => {
        const ordered = monotonous(given);
        const expected = run(sessions(gap, key.type, false), ordered, key);
        assert.equal(run(sessions(gap, key.type, true), ordered, key), expected);
      }),
      { numRuns: 300 },
    );
  });

test('more sessions than there is room for, or keys that come once, are all sent', () => {
  for (const times of [1, 4]) {
    let sum = 0;
    const gate = new Gate(asKey['number']!.type, ({ columns, length }) => {
      for (let row = 0; row < length; row++) sum += columns[0]![row] as number;
    });
    const combiner = new SessionCombiner<unknown>(gate, {
      key: { kind: 'float64' },
      kinds: ['float64'],
      gap: 5,
    });
    for (let i = 0; i < 200_000; i++)
      add(combiner, (a, b) => a + b, { key: Math.floor(i / times) % 30_000, value: 1, timestamp: i >> 4 });
    gate.send();
    assert.is(sum, 200_000);
    // Rows that are not worth looking for are sent one by one.
    assert.is(gate.rows < 100_000, times > 1);
  }
});

function sent(
  keys: readonly unknown[],
  key: KeyType,
  times: readonly number[] = [0],
): ReadonlyMap<unknown, number> {
  const counts = new Map<unknown, number>();
  const gate = new Gate(key, batch => {
    for (let row = 0; row < batch.length; row++) {
      const of = batch.columns[1]![row];
      counts.set(of, (counts.get(of) ?? 0) + (batch.columns[0]![row] as number));
    }
  });
  const spec = { key: key.schema, kinds: ['float64' as const], time: 'event' as const };
  const combiner = new WindowCombiner<unknown>(gate, { ...spec, size: 10, slide: 10, offset: 0 });
  keys.forEach((of, i) =>
    add(combiner, (a, b) => a + b, { key: of, value: 1, timestamp: times[i % times.length]! }),
  );
  gate.send();
  assert.ok(combiner.isEmpty);
  return counts;
}

for (const [what, keyAt] of [
  ['consecutive integers', i => i],
  ['multiples of a power of two', i => i * 65_536],
  ['fractions', i => i / 1e6],
  ['very large numbers', i => i * 2 ** 40],
] as const satisfies readonly (readonly [string, (i: number) => number])[])
  test(`more keys than there is room for: ${what} are all sent, each time they come`, () => {
    const keys = Array.from({ length: 120_000 }, (_, i) => keyAt(i % 40_000));
    const counts = sent(keys, asKey['number']!.type);
    assert.is(counts.size, 40_000);
    assert.ok([...counts.values()].every(count => count === 3));
  });

test('more slices than are filled at a time, NaN as a key, and records without a timestamp', () => {
  const times = [...Array.from({ length: 40 }, (_, i) => i * 10), MIN_TIMESTAMP];
  const counts = sent(
    Array.from({ length: 4100 }, (_, i) => (i % 5 === 0 ? NaN : i % 5)),
    asKey['number']!.type,
    times,
  );
  assert.equal([...counts.values()], Array(5).fill(820));
});

test('the home of consecutive integers is side by side', () => {
  assert.equal(
    Array.from({ length: 8 }, (_, i) => homeOf(80 + i) - homeOf(80)),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
});

test.run();
