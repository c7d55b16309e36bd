import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  FullWindowPartitionOperator,
  ReduceOperator,
  RollingAggregateOperator,
  type PartitionOperation,
  type RollingAggregation,
} from '../../runtime/operators/index.js';
import { Collected, keyType, stateSpec, TestOperatorContext, type TestContextOptions } from './harness.js';
import { backendUnderTest } from './state-for-test.js';
import { assertRestorable } from './restorable.js';

function reducer(fn: ((a: number, b: number) => number) | { reduce(a: number, b: number): number }) {
  return (context: TestOperatorContext, out: Collected) =>
    new ReduceOperator<string, number>(
      context,
      { key: keyType('string'), fn, state: stateSpec('_op_state', 'value'), states: {} },
      out.emit,
      out.side,
    );
}

test('§2.6 reduce emits every update with the timestamp of the current input', () => {
  const object = {
    factor: 1,
    reduce(a: number, b: number): number {
      return a + b * this.factor;
    },
  };
  for (const fn of [(a: number, b: number) => a + b, object]) {
    const out = new Collected();
    const operator = reducer(fn)(new TestOperatorContext(), out);
    operator.open();
    operator.processElement(1, 10, 'a');
    operator.processElement(5, 20, 'b');
    operator.processElement(2, 5, 'a');
    assert.equal(out.take(), ['1@10', '5@20', '3@5']);
  }
});

test('reduce: snapshot between any two records', () => {
  type Reduce = ReduceOperator<string, number>;
  assertRestorable<Reduce>({
    create: reducer((a, b) => a + b),
    steps: [1, 2, 3, 4, 5].map(
      n => (operator: Reduce) => operator.processElement(n, n, n % 2 ? 'odd' : 'even'),
    ),
  });
});

interface Sale {
  readonly id: number;
  readonly item: { readonly price: number; readonly name: string };
}
const sale = (id: number, price: number): Sale => ({ id, item: { price, name: `n${id}` } });

function rolling(aggregation: RollingAggregation, options?: TestContextOptions) {
  const out = new Collected();
  const operator = new RollingAggregateOperator<string, unknown>(
    new TestOperatorContext(options),
    { key: keyType('string'), aggregation, state: stateSpec('_op_state', 'value', 'json') },
    out.emit,
    out.side,
  );
  return { out, operator };
}
const price = ['item', 'price'];

test('§1 sum, min and max keep the other fields of the first record', () => {
  const expected = {
    sum: [sale(1, 5), { id: 1, item: { price: 8, name: 'n1' } }, { id: 1, item: { price: 17, name: 'n1' } }],
    min: [sale(1, 5), { id: 1, item: { price: 3, name: 'n1' } }, { id: 1, item: { price: 3, name: 'n1' } }],
    max: [sale(1, 5), sale(1, 5), { id: 1, item: { price: 9, name: 'n1' } }],
  } as const;
  for (const name of ['sum', 'min', 'max'] as const) {
    const { out, operator } = rolling({ function: name, field: price, first: true });
    const input = [sale(1, 5), sale(2, 3), sale(3, 9)];
    for (const record of input) operator.processElement(record, 1, 'k');
    assert.equal(out.values, expected[name], name);
    assert.equal(input, [sale(1, 5), sale(2, 3), sale(3, 9)], 'inputs are not changed');
  }
});

test('§1 minBy and maxBy give the whole record with the extreme value', () => {
  for (const [name, ids] of [
    ['minBy', [1, 2, 2]],
    ['maxBy', [1, 1, 3]],
  ] as const) {
    const { out, operator } = rolling({ function: name, field: price, first: true });
    for (const record of [sale(1, 5), sale(2, 3), sale(3, 9)]) operator.processElement(record, 1, 'k');
    assert.equal(
      out.values.map(record => (record as Sale).id),
      ids,
    );
  }
});

test('§1 of equals minBy and maxBy keep the first one by default, else the last', () => {
  for (const name of ['minBy', 'maxBy'] as const) {
    for (const first of [true, false]) {
      const { out, operator } = rolling({ function: name, field: price, first });
      for (const id of [1, 2, 3]) operator.processElement(sale(id, 7), 1, 'k');
      assert.equal(
        out.values.map(record => (record as Sale).id),
        first ? [1, 1, 1] : [1, 2, 3],
      );
    }
  }
});

test('§1 aggregations of the record itself, and of bigints', () => {
  const { out, operator } = rolling({ function: 'sum', field: [], first: true });
  for (const value of [1.5, 2, 3]) operator.processElement(value, 1, 'k');
  assert.equal(out.values, [1.5, 3.5, 6.5]);
  const big = rolling({ function: 'sum', field: ['v'], first: true });
  for (const v of [10n ** 20n, 1n]) big.operator.processElement({ v }, 1, 'k');
  assert.is((big.out.values[1] as { v: bigint }).v, 10n ** 20n + 1n);
});

test('§1 an aggregated record keeps its class', () => {
  class Point {
    constructor(readonly x: number) {}
  }
  const { out, operator } = rolling({ function: 'sum', field: ['x'], first: true });
  operator.processElement(new Point(1), 1, 'k');
  operator.processElement(new Point(2), 1, 'k');
  assert.instance(out.values[1], Point);
  assert.is((out.values[1] as Point).x, 3);
});

test('rolling aggregate: snapshot between any two records', () => {
  type Rolling = RollingAggregateOperator<string, unknown>;
  assertRestorable<Rolling>({
    create: (context, out) =>
      new RollingAggregateOperator(
        context,
        {
          key: keyType('string'),
          aggregation: { function: 'maxBy', field: price, first: true },
          state: stateSpec('_op_state', 'value', 'json'),
        },
        out.emit,
        out.side,
      ),
    steps: [5, 3, 9, 9, 1].map(
      (p, i) => (operator: Rolling) => operator.processElement(sale(i, p), i, `k${i % 2}`),
    ),
  });
});

type Partition = FullWindowPartitionOperator<string, number, unknown>;
function partition(operation: PartitionOperation<number, unknown>, keyed: boolean) {
  return (context: TestOperatorContext, out: Collected): Partition =>
    new FullWindowPartitionOperator<string, number, unknown>(
      context,
      {
        key: keyed ? keyType('string') : null,
        operation,
        records: stateSpec('partition-records', 'list'),
        states: {},
      },
      out.emit,
      out.side,
    );
}
const operations: Record<string, [PartitionOperation<number, unknown>, string[], string[]]> = {
  mapPartition: [
    { kind: 'mapPartition', fn: (values, out) => out.collect([...values].join(' ')) },
    ['5 1 4 2@none'],
    ['5 4@none', '1 2@none'],
  ],
  'sortPartition ascending': [
    { kind: 'sortPartition', fn: value => value, order: 'ASCENDING' },
    ['1@none', '2@none', '4@none', '5@none'],
    ['4@none', '5@none', '1@none', '2@none'],
  ],
  'sortPartition descending': [
    { kind: 'sortPartition', fn: { getKey: value => value }, order: 'DESCENDING' },
    ['5@none', '4@none', '2@none', '1@none'],
    ['5@none', '4@none', '2@none', '1@none'],
  ],
  aggregate: [
    {
      kind: 'aggregate',
      fn: {
        createAccumulator: () => 0,
        add: (value, sum) => (sum as number) + value,
        getResult: sum => `sum ${sum as number}`,
        merge: (a, b) => (a as number) + (b as number),
      },
    },
    ['sum 12@none'],
    ['sum 9@none', 'sum 3@none'],
  ],
  reduce: [{ kind: 'reduce', fn: (a, b) => a * b }, ['40@none'], ['20@none', '2@none']],
};
const input: [number, string][] = [
  [5, 'high'],
  [1, 'low'],
  [4, 'high'],
  [2, 'low'],
];

for (const [name, [operation, whole, byKey]] of Object.entries(operations)) {
  test(`fullWindowPartition ${name}: at the end of input, over everything or per key`, () => {
    for (const keyed of [false, true]) {
      const out = new Collected();
      const operator = partition(operation, keyed)(new TestOperatorContext(), out);
      operator.open();
      for (const [value, key] of input) operator.processElement(value, 7, key);
      assert.equal(out.take(), []);
      operator.endInput();
      const lines = out.take();
      // Keys come in the order of their arrival from memory, and by key group from disk: 'low' first.
      const half = byKey.length / 2;
      const fromDisk = [...byKey.slice(half), ...byKey.slice(0, half)];
      if (keyed) assert.equal(lines, backendUnderTest.startsWith('rocksdb') ? fromDisk : byKey);
      else assert.equal(lines, whole);
    }
  });
}

test('fullWindowPartition in BATCH mode: a key’s partition ends with the key', () => {
  const out = new Collected();
  const operator = partition(operations['reduce']![0], true)(
    new TestOperatorContext({ batchMode: true }),
    out,
  );
  operator.open();
  operator.processElement(5, 1, 'a');
  operator.processElement(4, 1, 'a');
  operator.onKeyEnd();
  assert.equal(out.take(), ['20@none']);
  operator.processElement(3, 1, 'b');
  operator.onKeyEnd();
  operator.endInput();
  assert.equal(out.take(), ['3@none']);
});

test('fullWindowPartition without keys takes no notice of the keys of an operator before it', () => {
  const out = new Collected();
  const operator = partition(operations['reduce']![0], false)(
    new TestOperatorContext({ batchMode: true }),
    out,
  );
  operator.open();
  operator.processElement(5, 1);
  operator.onKeyEnd();
  operator.processElement(4, 1);
  operator.onKeyEnd();
  operator.endInput();
  assert.equal(out.take(), ['20@none']);
});

test('fullWindowPartition: snapshot between any two records', () => {
  for (const keyed of [false, true]) {
    assertRestorable<Partition>({
      create: partition(operations['mapPartition']![0], keyed),
      steps: [
        ...input.map(
          ([value, key]) =>
            (operator: Partition) =>
              operator.processElement(value, 1, key),
        ),
        operator => operator.endInput(),
      ],
    });
  }
});

test.run();
