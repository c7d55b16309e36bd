import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { DueRows } from '../../runtime/operators/windows/due-rows.js';

const test = suite('rows that are due');

const entry = fc.record({
  add: fc.oneof(fc.integer({ min: -500, max: 500 }), fc.double({ min: -500, max: 500, noNaN: true })),
});
/** As many as are sorted together, or nearly; a step below 1 makes fractions, large ones times far from each other. */
const many = fc.record({
  many: fc.integer({ min: 200, max: 400 }),
  from: fc.integer({ min: -500, max: 500 }),
  step: fc.constantFrom(0, 0.5, 1, 13, 100_003, 30_000_001),
});
const advance = fc.record({
  advance: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 ** 33 })),
});
const clear = fc.constant({ clear: true as const });
const actions = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: entry },
    { weight: 1, arbitrary: many },
    { weight: 5, arbitrary: advance },
    { weight: 1, arbitrary: clear },
  ),
  { maxLength: 100 },
);

test('come in the order of time, as watermarks pass', () => {
  fc.assert(
    fc.property(actions, steps => {
      const due = new DueRows();
      let expected: { readonly time: number; readonly row: number }[] = [];
      let watermark = -500;
      for (const [row, step] of steps.entries()) {
        if ('clear' in step) {
          due.clear();
          expected = [];
        } else if ('add' in step) {
          due.add(step.add, row);
          expected.push({ time: step.add, row });
        } else if ('many' in step) {
          for (let i = 0; i < step.many; i++) {
            const each = { time: step.from + ((i * 7) % 101) * step.step, row: 1000 * (row + 1) + i };
            due.add(each.time, each.row);
            expected.push(each);
          }
        } else {
          watermark += step.advance;
          const taken: { readonly time: number; readonly row: number }[] = [];
          for (let time = due.nextTime; time <= watermark; time = due.nextTime)
            taken.push({ time, row: due.take() });
          const passed = expected.filter(({ time }) => time <= watermark);
          expected = expected.filter(({ time }) => time > watermark);
          assert.equal(
            taken.map(({ time }) => time),
            passed.map(({ time }) => time).sort((a, b) => a - b),
          );
          assert.equal(
            new Set(taken.map(({ row: each }) => each)),
            new Set(passed.map(({ row: each }) => each)),
          );
          const times = new Map(passed.map(({ time, row: each }) => [each, time]));
          for (const { time, row: each } of taken) assert.is(times.get(each), time);
        }
      }
      assert.is(
        due.nextTime,
        expected.reduce((least, { time }) => Math.min(least, time), Infinity),
      );
    }),
  );
});

test('whole times that are sorted together come in the order of time, equal ones as they were added', () => {
  for (const step of [1, 1_000, 10_000_019]) {
    const due = new DueRows();
    const added = Array.from({ length: 1000 }, (_, row) => ({
      row,
      time: ((row * 389) % 400) * step - 7000,
    }));
    for (const { time, row } of added) due.add(time, row);
    const taken: { readonly row: number; readonly time: number }[] = [];
    for (let time = due.nextTime; time < Infinity; time = due.nextTime) taken.push({ row: due.take(), time });
    assert.equal(
      taken,
      added.toSorted((a, b) => a.time - b.time),
    );
  }
});

test('a row that is put back while rows are taken comes again in its turn', () => {
  const due = new DueRows();
  due.add(5, 1);
  due.add(25, 2);
  assert.is(due.nextTime, 5);
  assert.is(due.take(), 1);
  due.add(25.5, 1);
  due.add(7, 3);
  const order: number[] = [];
  while (due.nextTime < Infinity) order.push(due.take());
  assert.equal(order, [3, 2, 1]);
});

test.run();
