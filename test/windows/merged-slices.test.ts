/** Where overlapping windows are merged: keys keep their rows, and keys that no window has any more lose them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { singleColumn } from '../../runtime/operators/windows/accumulator-columns.js';
import { keySlots } from '../../runtime/operators/windows/key-slots.js';
import { MergedSlices } from '../../runtime/operators/windows/merged-slices.js';
import { Slice } from '../../runtime/operators/windows/slice.js';

const newKeys = keySlots<number>({ kind: 'float64' });
const columns = singleColumn<number>('float64');

function merging(): MergedSlices<number, number> {
  return new MergedSlices({ newKeys, columns, merge: (a, b) => a + b, own: value => value });
}

function slice(counts: ReadonlyMap<number, number>): Slice<number> {
  const made = new Slice<number>(newKeys(), columns.kinds);
  for (const [key, count] of counts) add(made, key, count);
  return made;
}

function add(to: Slice<number>, key: number, count: number): void {
  const { size } = to.keys;
  const slot = to.keys.slotOf(key);
  to.reserve(slot);
  const known = slot === size ? 0 : columns.load(to.columns, slot);
  columns.store(to.columns, slot, known + count);
}

/** The merged rows of the window by key. */
function rowsOf({ keys, due, columns: cells }: MergedSlices<number, number>): Map<number, number> {
  const rows = new Map<number, number>();
  for (let row = 0; row < keys.size; row++)
    if (due[row] === 1) rows.set(keys.keyAt(row), columns.load(cells, row));
  return rows;
}

function sum(slices: readonly Slice<number>[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const { keys, columns: cells } of slices)
    for (let slot = 0; slot < keys.size; slot++) {
      const key = keys.keyAt(slot);
      sums.set(key, (sums.get(key) ?? 0) + columns.load(cells, slot));
    }
  return sums;
}

const ascending = (rows: ReadonlyMap<number, number>): [number, number][] =>
  [...rows].sort(([a], [b]) => a - b);

test('windows that slide over keys which come and go have exactly the keys of their slices', () => {
  const merged = merging();
  const slices: Slice<number>[] = [];
  for (let n = 0; n < 40; n++) {
    // 100 keys of its own, 20 of the slice before, one that is always there, and at times very few.
    const of = n % 9 === 8 ? 3 : 120;
    slices.push(
      slice(new Map([[-1, n], ...Array.from({ length: of }, (_, i) => [n * 100 + i, i + 1] as const)])),
    );
    if (slices.length > 5) slices.shift();
    assert.equal(ascending(rowsOf(merged.merge(slices))), ascending(sum(slices)));
    assert.ok(merged.keys.size < 1600, `${merged.keys.size} rows are kept for 5 slices`);
  }
});

test('a slice that gets more records after it was merged is merged with them', () => {
  const merged = merging();
  const [a, b] = [
    slice(
      new Map([
        [1, 1],
        [2, 2],
      ]),
    ),
    slice(new Map([[2, 3]])),
  ];
  assert.equal(ascending(rowsOf(merged.merge([a, b]))), [
    [1, 1],
    [2, 5],
  ]);
  add(a, 2, 10);
  add(a, 3, 7);
  for (let key = 100; key < 300; key++) add(b, key, 1);
  assert.equal(ascending(rowsOf(merged.merge([a, b]))), ascending(sum([a, b])));
});

test('slices that are used again for other keys and rows that were forgotten are looked up anew', () => {
  const merged = merging();
  const a = slice(new Map([[1, 1]]));
  const b = slice(new Map([[2, 2]]));
  merged.merge([a, b]);
  a.clear();
  add(a, 9, 9);
  assert.equal(ascending(rowsOf(merged.merge([b, a]))), [
    [2, 2],
    [9, 9],
  ]);
  merged.forget();
  assert.equal(ascending(rowsOf(merged.merge([b, a]))), [
    [2, 2],
    [9, 9],
  ]);
  assert.is(merged.keys.size, 2);
});

test('after a restore rows are due whose parts have not all fired', () => {
  const merged = merging();
  const a = slice(
    new Map([
      [1, 1],
      [2, 1],
      [3, 1],
    ]),
  );
  const b = slice(
    new Map([
      [2, 1],
      [4, 1],
    ]),
  );
  a.setFiredUpTo(0, 50, -Infinity);
  a.setFiredUpTo(1, 50, -Infinity);
  a.setFiredUpTo(2, 40, -Infinity);
  b.setFiredUpTo(1, 50, -Infinity);
  merged.merge([a, b]).markFired([a, b], 49);
  assert.equal(ascending(rowsOf(merged)), [
    [2, 2],
    [3, 1],
  ]);
  merged.merge([a, b]);
  assert.is(rowsOf(merged).size, 4);
});

test.run();
