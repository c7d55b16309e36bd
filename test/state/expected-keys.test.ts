/**
 * The cache of the rocksdb backend under random batches: keys that are processed as they were announced, in another order
 * or not at all, and caches of all sizes. The same operations on the heap say what must be found.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KeyedStateBackend } from '../../runtime/contract/state.js';
import { createHeapStateBackends } from '../../runtime/state/index.js';
import { Random } from '../faults/random.js';
import { keyType, stateSpec, TestOperatorContext } from '../operators/harness.js';
import { openSpillingForTest } from '../operators/state-for-test.js';

const context = new TestOperatorContext();
const options = {
  operator: context.spec,
  subtask: 0,
  parallelism: 1,
  maxParallelism: 128,
  processingTime: context.processingTime,
  batchMode: false,
  restore: null,
};

function statesOf(keyed: KeyedStateBackend<unknown>, mapKey: 'float64' | 'string') {
  const count = keyed.value<number>(stateSpec('count', 'value'));
  const text = keyed.value<string>(stateSpec('text', 'value', 'string'));
  const list = keyed.list<number>(stateSpec('list', 'list'));
  const map = keyed.map<unknown, number>(stateSpec('map', 'map', 'float64', mapKey));
  return {
    /** What the operation finds, and what the key has then. */
    apply(key: unknown, operation: number, n: number): unknown {
      keyed.setCurrentKey(key);
      switch (operation) {
        case 0:
        case 1:
          count.update((count.value() ?? 0) + n);
          break;
        case 2:
          text.update(`${text.value() ?? ''}${n % 10}`.slice(-40));
          break;
        case 3:
          list.add(n);
          break;
        case 4:
          map.put(key, (map.get(key) ?? 0) + n);
          break;
        case 5:
          count.update(n); // without looking
          break;
        case 6:
          list.clear();
          text.clear();
          break;
        case 7:
          count.clear();
          break;
      }
      return [count.value(), text.value(), [...(list.get() ?? [])], map.get(key) ?? null];
    },
    all(): readonly (readonly [unknown, number | null])[] {
      const rows: (readonly [unknown, number | null])[] = [];
      keyed.forEachKey('count', key => rows.push([key, count.value()]));
      return rows.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    },
  };
}

function play(seed: number, kind: 'float64' | 'string', cacheBytes: number): void {
  const random = new Random(seed);
  const below = (n: number): number => random.between(0, n - 1);
  const type = keyType(kind);
  const onDisk = openSpillingForTest(options, cacheBytes).keyed<unknown>(type);
  const stored = statesOf(onDisk, kind);
  const heap = statesOf(createHeapStateBackends(options).keyed<unknown>(type), kind);
  const special = [NaN, 0, -0, -1.5, 1e300];
  const draw = (): unknown => {
    const n = below(below(2) === 0 ? 8 : 300);
    if (kind === 'string') return `${n % 3 === 0 ? 'é' : 'key'}-${n}`;
    return n < special.length ? special[n] : n;
  };
  // Batches come in memory that is used again.
  const batch: unknown[] | Float64Array = kind === 'float64' ? new Float64Array(64) : [];
  for (let round = 0; round < 60; round++) {
    const length = 1 + below(64);
    for (let i = 0; i < length; i++) batch[i] = draw() as never;
    const announced = below(8) > 0;
    if (announced) onDisk.prefetch!(batch, length);
    const order = below(3);
    for (let i = 0; i < length; i++) {
      if (order === 1 && below(4) === 0) continue;
      if (order === 2 && below(4) === 0) batch[i] = draw() as never;
      const operation = below(8);
      const n = below(1_000);
      assert.equal(
        stored.apply(batch[i], operation, n),
        heap.apply(batch[i], operation, n),
        `seed ${seed}, ${cacheBytes} bytes, round ${round}, record ${i}, key ${String(batch[i])}`,
      );
    }
    if (below(10) === 0) (onDisk as unknown as { flush(): void }).flush();
  }
  assert.equal(stored.all(), heap.all(), `seed ${seed}, ${cacheBytes} bytes`);
}

for (const kind of ['float64', 'string'] as const)
  for (const cacheBytes of [0, 3_000, 40_000, 10_000_000])
    test(`keys of ${kind}, ${cacheBytes} bytes for units`, () => {
      for (let seed = 1; seed <= 6; seed++) play(seed, kind, cacheBytes);
    });

test('the current key finds its state again when units have left the cache meanwhile', () => {
  const keyed = openSpillingForTest(options, 0).keyed<unknown>(keyType('string'));
  const count = keyed.value<number>(stateSpec('count', 'value'));
  keyed.setCurrentKey('a');
  count.update(1);
  // One more generation each time.
  for (const other of ['b', 'c', 'd']) keyed.prefetch!([other], 1);
  assert.is(count.value(), 1);
  count.update(2);
  keyed.setCurrentKey('b');
  assert.is(count.value(), null);
  keyed.setCurrentKey('a');
  assert.is(count.value(), 2);
});

test('forEachKey finds every value in one key group of many keys, whatever fits into memory', () => {
  for (const cacheBytes of [0, 10_000_000]) {
    const keyed = openSpillingForTest({ ...options, maxParallelism: 1 }, cacheBytes).keyed<unknown>(
      keyType('float64'),
    );
    const count = keyed.value<number>(stateSpec('count', 'value'));
    const list = keyed.list<number>(stateSpec('list', 'list'));
    const large = Array.from({ length: 2_000 }, (_, i) => i);
    for (let key = 0; key < 1_000; key++) {
      keyed.setCurrentKey(key);
      count.update(3 * key);
      // A list of several rows now and then.
      if (key % 4 === 0) list.addAll(key % 400 === 0 ? large : [key]);
    }
    const seen: number[] = [];
    keyed.forEachKey('count', key => {
      assert.is(count.value(), 3 * (key as number));
      count.clear();
      seen.push(key as number);
    });
    assert.equal(
      seen.sort((a, b) => a - b),
      Array.from({ length: 1_000 }, (_, i) => i),
    );
    let elements = 0;
    keyed.forEachKey('list', () => (elements += [...list.get()!].length));
    assert.is(elements, 247 + 3 * large.length);
    keyed.forEachKey('count', () => assert.unreachable());
  }
});

test.run();
