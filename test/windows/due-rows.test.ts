import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { DueRows } from '../../runtime/operators/windows/due-rows.js';

const test = suite('rows that are due');

const entry = fc.record({
  add: fc.oneof(fc.integer({ min: -500, max: 500 }), fc.double({ min: -500, max: 500, noNaN: true })),
});
const advance = fc.record({ advance: fc.integer({ min: 0, max: 40 }) });
const clear = fc.constant({ clear: true as const });
const actions = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: entry },
    { weight: 5, arbitrary: advance },
    { weight: 1, arbitrary: clear },
  ),
  { maxLength: 200 },
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
          for (const { time, row: each } of taken)
            assert.is(passed.find(known => known.row === each)!.time, time);
        }
      }
      assert.is(
        due.nextTime,
        expected.length === 0 ? Infinity : Math.min(...expected.map(({ time }) => time)),
      );
    }),
  );
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
