import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CountEvictor,
  DeltaEvictor,
  Evictor,
  MIN_TIMESTAMP,
  TimeEvictor,
  TimeWindow,
  type TimestampedValue,
  type Window,
} from '../../compiler/lang/index.js';
import { ship } from '../../plugins/api/shipping.js';

type AnyEvictor = {
  evictBefore: Evictor<number, Window>['evictBefore'];
  evictAfter: Evictor<number, Window>['evictAfter'];
};
const window = new TimeWindow(0, 100);
const context = { currentProcessingTime: () => 0, currentWatermark: () => 0 };

function elements(...timestamps: readonly number[]): readonly TimestampedValue<number>[] {
  return timestamps.map(timestamp => ({ value: timestamp, timestamp }));
}
function before(evictor: AnyEvictor, input: readonly TimestampedValue<number>[]): readonly number[] {
  return evictor.evictBefore(input, window, context).map(e => e.value);
}
function after(evictor: AnyEvictor, input: readonly TimestampedValue<number>[]): readonly number[] {
  return evictor.evictAfter(input, window, context).map(e => e.value);
}

test('§4.5 Count: keeps the last n', () => {
  const evictor = CountEvictor.of(2);
  assert.equal(before(evictor, elements(1, 2, 3)), [2, 3]);
  assert.equal(before(evictor, elements(1, 2)), [1, 2]);
  assert.equal(before(CountEvictor.of(0), elements(1, 2)), []);
});

test('§4.5 Time: removes records with ts ≤ maxTs − d', () => {
  assert.equal(before(TimeEvictor.of(10), elements(25, 30, 20, 21)), [25, 30, 21]);
});

test('§4.5 Time: removes nothing if records carry no timestamp', () => {
  const input = [1, 2].map(value => ({ value, timestamp: MIN_TIMESTAMP }));
  assert.equal(before(TimeEvictor.of(0), input), [1, 2]);
  assert.equal(before(TimeEvictor.of(10), []), []);
});

test('§4.5 Delta: removes records with fn(record, last) ≥ threshold', () => {
  const evictor = DeltaEvictor.of<number>(5, (record, last) => last - record);
  assert.equal(before(evictor, elements(4, 5, 6, 10)), [6, 10]);
  assert.equal(before(evictor, []), []);
});

test('§4.5 before is the default, after on request', () => {
  const input = elements(1, 2, 3);
  const pairs: readonly (readonly [AnyEvictor, AnyEvictor])[] = [
    [CountEvictor.of(1), CountEvictor.of(1, true)],
    [TimeEvictor.of(1), TimeEvictor.of(1, true)],
    [DeltaEvictor.of<number>(1, (r, l) => l - r), DeltaEvictor.of<number>(1, (r, l) => l - r, true)],
  ];
  for (const [early, late] of pairs) {
    assert.equal(before(early, input), [3]);
    assert.equal(after(early, input), [1, 2, 3]);
    assert.equal(before(late, input), [1, 2, 3]);
    assert.equal(after(late, input), [3]);
  }
});

test('an evictor of the program may define one hook only', () => {
  class DropFirst extends Evictor<number, Window> {
    override evictAfter(all: readonly TimestampedValue<number>[]): readonly TimestampedValue<number>[] {
      return all.slice(1);
    }
  }
  assert.equal(before(new DropFirst(), elements(1, 2)), [1, 2]);
  assert.equal(after(new DropFirst(), elements(1, 2)), [2]);
});

test('evictors ship as their class and arguments', () => {
  assert.equal(TimeEvictor.of(10, true)[ship](), { module: 'flinkc', name: 'TimeEvictor', args: [10, true] });
});

test.run();
