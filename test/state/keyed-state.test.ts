import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Schema } from '../../plugins/api/schema.js';
import type { KeyedStateBackend, StateSpec } from '../../runtime/contract/state.js';
import {
  codecs,
  keyType,
  stateSpec,
  TestOperatorContext,
  type TestContextOptions,
} from '../operators/harness.js';
import { onHeap } from '../operators/state-for-test.js';

function backend<K>(
  type: Parameters<typeof keyType>[0] = 'string',
  options?: TestContextOptions,
): KeyedStateBackend<K> {
  return new TestOperatorContext(options).keyedState<K>(keyType(type));
}
function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'no error';
}

test('§7.1 value state is null before the first update and belongs to its key', () => {
  const keyed = backend<string>();
  const state = keyed.value<number>(stateSpec('v', 'value'));
  keyed.setCurrentKey('a');
  assert.is(state.value(), null);
  state.update(1);
  keyed.setCurrentKey('b');
  assert.is(state.value(), null);
  state.update(2);
  keyed.setCurrentKey('a');
  assert.is(state.value(), 1);
  assert.is(keyed.currentKey, 'a');
});

test('§7.1 value state gives its default value before the first update and after clear', () => {
  const keyed = backend<string>();
  const state = keyed.value<number>(stateSpec('v', 'value'), { defaultValue: 7 });
  keyed.setCurrentKey('a');
  assert.is(state.value(), 7);
  assert.is(keyed.size, 0, 'reading stores nothing');
  state.update(0);
  assert.is(state.value(), 0);
  state.clear();
  assert.is(state.value(), 7);
});

test('§7.1 a default value that is an object is not shared between readers', () => {
  const keyed = backend<string>();
  const state = keyed.value<{ n: number }>(stateSpec('v', 'value', 'json'), { defaultValue: { n: 0 } });
  keyed.setCurrentKey('a');
  state.value()!.n = 9;
  assert.equal(state.value(), { n: 0 });
});

test('§7.1 update(null) on value state is clear', () => {
  const keyed = backend<string>();
  const state = keyed.value<number>(stateSpec('v', 'value'));
  keyed.setCurrentKey('a');
  state.update(5);
  state.update(null);
  assert.is(state.value(), null);
  assert.is(keyed.size, 0);
});

test('§7.1 values keep every bit in their layouts', () => {
  const keyed = backend<string>();
  const double = keyed.value<number>(stateSpec('d', 'value', 'float64'));
  const int = keyed.value<number>(stateSpec('i', 'value', 'int32'));
  const bool = keyed.value<boolean>(stateSpec('b', 'value', 'bool'));
  const text = keyed.value<string>(stateSpec('t', 'value', 'string'));
  keyed.setCurrentKey('a');
  for (const value of [NaN, -0, Infinity, 5e-324, 2 ** 53]) {
    double.update(value);
    assert.ok(Object.is(double.value(), value), String(value));
  }
  int.update(-0x80000000);
  assert.is(int.value(), -0x80000000);
  bool.update(false);
  assert.is(bool.value(), false);
  text.update('');
  assert.is(text.value(), '');
});

test('§7.1 a value that is no 32-bit integer is refused by Int32 state', () => {
  const keyed = backend<string>();
  const state = keyed.value<number>(stateSpec('i', 'value', 'int32'));
  keyed.setCurrentKey('a');
  assert.is(
    code(() => state.update(1.5)),
    'FC5104',
  );
  assert.is(
    code(() => state.update(2 ** 31)),
    'FC5104',
  );
});

test('§7.1 list state: add, addAll, update, get; get is never null', () => {
  const keyed = backend<string>();
  const state = keyed.list<number>(stateSpec('l', 'list'));
  keyed.setCurrentKey('a');
  assert.equal([...state.get()], []);
  state.add(1);
  state.addAll([2, 3]);
  assert.equal([...state.get()], [1, 2, 3]);
  state.update([9]);
  assert.equal([...state.get()], [9]);
  state.update([]);
  assert.equal([...state.get()], []);
  assert.is(keyed.size, 0);
});

test('§7.1 list state can be added to while it is read', () => {
  const keyed = backend<string>();
  const state = keyed.list<number>(stateSpec('l', 'list'));
  keyed.setCurrentKey('a');
  state.addAll([1, 2]);
  for (const value of state.get()) state.add(value * 10);
  assert.equal([...state.get()], [1, 2, 10, 20]);
});

test('§7.1 map state, with primitive and composite user keys', () => {
  const keyed = backend<string>();
  for (const [name, key1, key2, equalTo1] of [
    ['strings', 'x', 'y', 'x'],
    ['objects', { id: 1 }, { id: 2 }, { id: 1 }],
  ] as const) {
    const state = keyed.map<unknown, number>(
      stateSpec(name, 'map', 'float64', name === 'strings' ? 'string' : 'json'),
    );
    keyed.setCurrentKey('a');
    assert.ok(state.isEmpty());
    state.put(key1, 1);
    state.putAll([[key2, 2]]);
    state.put(equalTo1, 3);
    assert.is(state.get(key1), 3);
    assert.ok(state.contains(key2));
    assert.equal(
      [...state.entries()],
      [
        [key1, 3],
        [key2, 2],
      ],
    );
    assert.equal([...state.keys()], [key1, key2]);
    assert.equal([...state.values()], [3, 2]);
    state.remove(key1);
    assert.is(state.get(key1), undefined);
    state.remove(key2);
    assert.ok(state.isEmpty());
  }
  assert.is(keyed.size, 0);
});

test('§7.1 map entries can be removed while they are walked', () => {
  const keyed = backend<string>();
  const state = keyed.map<string, number>(stateSpec('m', 'map', 'float64', 'string'));
  keyed.setCurrentKey('a');
  state.putAll([
    ['x', 1],
    ['y', 2],
    ['z', 3],
  ]);
  const seen: string[] = [];
  for (const [key] of state.entries()) {
    seen.push(key);
    state.remove(key);
  }
  assert.equal(seen, ['x', 'y', 'z']);
  assert.ok(state.isEmpty());
});

test('§7.1 reducing and aggregating state', () => {
  const keyed = backend<string>();
  const sum = keyed.reducing<number>(stateSpec('sum', 'reducing'), (a, b) => a + b);
  const mean = keyed.aggregating<number, { n: number; s: number }, number>(
    stateSpec('mean', 'aggregating', 'json'),
    {
      createAccumulator: () => ({ n: 0, s: 0 }),
      add: (value, { n, s }) => ({ n: n + 1, s: s + value }),
      getResult: ({ n, s }) => s / n,
      merge: (a, b) => ({ n: a.n + b.n, s: a.s + b.s }),
    },
  );
  keyed.setCurrentKey('a');
  assert.is(sum.get(), null);
  assert.is(mean.get(), null);
  for (const value of [1, 2, 6]) {
    sum.add(value);
    mean.add(value);
  }
  assert.is(sum.get(), 9);
  assert.is(mean.get(), 3);
  sum.clear();
  mean.clear();
  assert.is(sum.get(), null);
  assert.is(keyed.size, 0);
});

test('§7.1 access without a current key is an error, for every kind', () => {
  const keyed = backend<string>();
  const states = [
    keyed.value<number>(stateSpec('v', 'value')),
    keyed.list<number>(stateSpec('l', 'list')),
    keyed.map<string, number>(stateSpec('m', 'map', 'float64', 'string')),
    keyed.reducing<number>(stateSpec('r', 'reducing'), (a, b) => a + b),
  ] as const;
  const accesses = [
    () => states[0].value(),
    () => states[0].update(1),
    () => states[1].get(),
    () => states[1].add(1),
    () => states[2].get('x'),
    () => states[2].put('x', 1),
    () => states[3].get(),
    () => states[3].add(1),
    () => states[0].clear(),
    () => keyed.currentKey,
  ];
  for (const access of accesses) assert.is(code(access), 'FC5101');
  keyed.setCurrentKey('a');
  for (const access of accesses) assert.is(code(access), 'no error');
  keyed.clearCurrentKey();
  for (const access of accesses) assert.is(code(access), 'FC5101');
});

test('§7.1 a name registered again: same kind gives the same state, another kind or type is an error', () => {
  const keyed = backend<string>();
  const first = keyed.value<number>(stateSpec('s', 'value'));
  const again = keyed.value<number>(stateSpec('s', 'value'));
  keyed.setCurrentKey('a');
  first.update(1);
  assert.is(again.value(), 1);
  assert.is(
    code(() => keyed.list(stateSpec('s', 'list'))),
    'FC5102',
  );
  assert.is(
    code(() => keyed.value(stateSpec('s', 'value', 'string'))),
    'FC5102',
  );
});

onHeap('keys without state are forgotten, and their memory is used again', () => {
  const keyed = backend<number>('float64');
  const value = keyed.value<number>(stateSpec('v', 'value'));
  const list = keyed.list<number>(stateSpec('l', 'list'));
  for (let round = 0; round < 3; round++) {
    for (let key = 0; key < 5000; key++) {
      keyed.setCurrentKey(round * 5000 + key);
      value.update(key);
      list.add(key);
    }
    assert.is(keyed.size, 5000);
    for (let key = 0; key < 5000; key++) {
      keyed.setCurrentKey(round * 5000 + key);
      value.clear();
      assert.equal([...list.get()], [key], 'one state cleared, the other still there');
      list.clear();
      assert.is(value.value(), null);
    }
    assert.is(keyed.size, 0);
  }
});

test('a key cleared and updated within one record keeps its state', () => {
  const keyed = backend<string>();
  const state = keyed.value<number>(stateSpec('v', 'value'));
  keyed.setCurrentKey('a');
  state.update(1);
  state.clear();
  state.update(2);
  keyed.setCurrentKey('b');
  state.update(3);
  keyed.setCurrentKey('a');
  assert.is(state.value(), 2);
});

onHeap('keys of every schema find their state again, against a reference', () => {
  const struct: Schema = {
    kind: 'struct',
    fields: [
      { name: 'a', schema: { kind: 'float64' }, optional: false },
      {
        name: 'b',
        schema: { kind: 'nullable', of: { kind: 'string' }, null: true, undefined: false },
        optional: false,
      },
    ],
  };
  const makers: [Schema, (i: number) => unknown][] = [
    [{ kind: 'float64' }, i => i],
    [{ kind: 'float64' }, i => i / 7 - 300],
    [{ kind: 'float64' }, i => i * 2 ** 33],
    [{ kind: 'int32' }, i => -i],
    [{ kind: 'string' }, i => `k${i}`],
    [{ kind: 'string' }, i => `a longer key, ${i}, with the number in the middle`],
    [{ kind: 'int64' }, i => BigInt(i) << 40n],
    [{ kind: 'date' }, i => new Date(i)],
    [{ kind: 'bytes' }, i => Uint8Array.of(i & 255, i >> 8)],
    [{ kind: 'tuple', items: [{ kind: 'string' }, { kind: 'float64' }] }, i => [`k${i % 100}`, i]],
    [struct, i => ({ a: i % 1000, b: i < 1000 ? null : `k${i}` })],
    [{ kind: 'list', of: { kind: 'float64' } }, i => [i % 10, i]],
    [
      { kind: 'map', key: { kind: 'string' }, value: { kind: 'float64' } },
      i =>
        new Map([
          ['x', i],
          ['y', 1],
        ]),
    ],
  ];
  for (const [schema, make] of makers) {
    const keyed = new TestOperatorContext().keyedState<unknown>({ schema, codec: codecs.json });
    const state = keyed.value<number>(stateSpec('v', 'value'));
    const live = new Map<number, number>();
    let seed = 7;
    for (let step = 0; step < 6000; step++) {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      const id = (seed >> 8) % 2000;
      keyed.setCurrentKey(make(id));
      assert.is(state.value(), live.get(id) ?? null, `${schema.kind} ${id} at ${step}`);
      if (seed % 3 === 0) {
        state.clear();
        live.delete(id);
      } else {
        state.update(step);
        live.set(id, step);
      }
      if (keyed.size !== live.size) assert.is(keyed.size, live.size);
    }
  }
});

onHeap('integer keys move between table and dense pages as they come and go', () => {
  const keyed = backend<number>('float64');
  const state = keyed.value<number>(stateSpec('v', 'value'));
  const check = (from: number, to: number, live: (key: number) => boolean): void => {
    for (let key = from; key < to; key++) {
      keyed.setCurrentKey(key);
      assert.is(state.value(), live(key) ? key : null, String(key));
    }
  };
  for (let key = -3000; key < 9000; key++) {
    keyed.setCurrentKey(key);
    state.update(key);
  }
  check(-3100, 9100, key => key >= -3000 && key < 9000);
  for (let key = -3000; key < 9000; key++) {
    if (key % 100 === 0) continue;
    keyed.setCurrentKey(key);
    state.clear();
  }
  check(-3100, 9100, key => key >= -3000 && key < 9000 && key % 100 === 0);
  assert.is(keyed.size, 120);
  for (let key = 0; key < 9000; key++) {
    keyed.setCurrentKey(key);
    state.update(key);
  }
  check(0, 9100, key => key < 9000);
  assert.is(keyed.size, 9030);
});

test('§8.1 NaN is one key, and so are both zeros', () => {
  const keyed = backend<number>('float64');
  const state = keyed.value<number>(stateSpec('v', 'value'));
  keyed.setCurrentKey(NaN);
  state.update(1);
  keyed.setCurrentKey(-0);
  state.update(2);
  keyed.setCurrentKey(0);
  assert.is(state.value(), 2);
  assert.ok(Object.is(keyed.currentKey, 0));
  keyed.setCurrentKey(NaN);
  assert.is(state.value(), 1);
  assert.is(keyed.size, 2);
  state.clear();
  assert.is(state.value(), null);
  assert.is(keyed.size, 1);
});

onHeap('200,000 keys: the table splits its segments and loses none', () => {
  const keyed = backend<number>('float64');
  const state = keyed.value<number>(stateSpec('v', 'value'));
  const keys = 200_000;
  for (let key = 0; key < keys; key++) {
    keyed.setCurrentKey(key * 3.5);
    state.update(key);
  }
  let sum = 0;
  for (let key = 0; key < keys; key++) {
    keyed.setCurrentKey(key * 3.5);
    sum += state.value()!;
  }
  assert.is(sum, (keys * (keys - 1)) / 2);
  assert.is(keyed.size, keys);
});

test('forEachKey visits every key with a value in the state, and no key is current afterwards', () => {
  const keyed = backend<string>();
  const visited = keyed.value<number>(stateSpec('v', 'value'));
  const other = keyed.value<number>(stateSpec('o', 'value'));
  for (const key of ['a', 'b', 'c']) {
    keyed.setCurrentKey(key);
    if (key === 'b') other.update(1);
    else visited.update(key.charCodeAt(0));
  }
  const seen: Record<string, number | null> = {};
  keyed.forEachKey('v', key => {
    seen[key] = visited.value();
    visited.clear();
  });
  assert.equal(seen, { a: 97, c: 99 });
  assert.is(keyed.size, 1);
  assert.is(
    code(() => other.value()),
    'FC5101',
  );
});

test('§3.12 BATCH: the state of a key is dropped when the next key begins', () => {
  const keyed = backend<string>('string', { batchMode: true });
  const state = keyed.value<number>(stateSpec('v', 'value'));
  keyed.setCurrentKey('a');
  state.update(1);
  keyed.setCurrentKey('a');
  assert.is(state.value(), 1);
  keyed.setCurrentKey('b');
  assert.is(state.value(), null);
  assert.is(keyed.size, 0);
});

interface TestWindow {
  readonly start: number;
}
const windows = {
  schema: { kind: 'timestamp' as const },
  id: (window: TestWindow): number => window.start,
  write: (out: { f64(value: number): void }, window: TestWindow): void => out.f64(window.start),
  read: (from: { f64(): number }): TestWindow => ({ start: from.f64() }),
};
const w = (start: number): TestWindow => ({ start });
const spec = (name: string, type?: Parameters<typeof stateSpec>[2]): StateSpec =>
  stateSpec(name, 'window', type);

test('§7.1 window state is scoped to key and namespace', () => {
  const keyed = backend<string>();
  const windowed = keyed.windowed(windows);
  const state = windowed.value<number>(spec('w'));
  const plain = keyed.value<number>(stateSpec('plain', 'value'));
  keyed.setCurrentKey('a');
  plain.update(100);
  windowed.setNamespace(w(0));
  state.update(1);
  windowed.setNamespace(w(10));
  assert.is(state.value(), null);
  state.update(2);
  keyed.setCurrentKey('b');
  assert.is(state.value(), null, 'the namespace stays, the key is another');
  state.update(3);
  keyed.setCurrentKey('a');
  assert.is(state.value(), 2);
  windowed.setNamespace(w(0));
  assert.is(state.value(), 1);
  assert.is(plain.value(), 100);
  state.clear();
  windowed.setNamespace(w(10));
  state.clear();
  plain.clear();
  assert.is(keyed.size, 1, 'a is forgotten, b is not');
});

test('§7.1 window state without a namespace or a key is an error', () => {
  const keyed = backend<string>();
  const windowed = keyed.windowed(windows);
  const state = windowed.value<number>(spec('w'));
  keyed.setCurrentKey('a');
  assert.is(
    code(() => state.value()),
    'FC5106',
  );
  windowed.setNamespace(w(0));
  keyed.clearCurrentKey();
  assert.is(
    code(() => state.value()),
    'FC5101',
  );
  assert.is(
    code(() => state.update(1)),
    'FC5101',
  );
});

test('§4.6 merging windows: accumulators combine, lists are concatenated, sources are empty', () => {
  const keyed = backend<string>();
  const windowed = keyed.windowed(windows);
  const sum = windowed.accumulator<number>(spec('sum'));
  const list = windowed.list<number>(spec('list'));
  keyed.setCurrentKey('a');
  for (const start of [0, 10, 20]) {
    windowed.setNamespace(w(start));
    sum.update(start + 1);
    list.add(start);
  }
  windowed.merge(spec('sum'), w(10), [w(0), w(20)], (a, b) => (a as number) + (b as number));
  windowed.merge(spec('list'), w(10), [w(0), w(20)], null);
  windowed.setNamespace(w(10));
  assert.is(sum.value(), 33);
  assert.equal([...list.get()], [10, 0, 20]);
  for (const start of [0, 20]) {
    windowed.setNamespace(w(start));
    assert.is(sum.value(), null);
    assert.equal([...list.get()], []);
  }
  windowed.merge(spec('sum'), w(30), [w(10)], (a, b) => (a as number) + (b as number));
  windowed.setNamespace(w(30));
  assert.is(sum.value(), 33, 'into a window that had nothing');
});

test('many windows of many keys come and go without a trace', () => {
  const keyed = backend<number>('float64');
  const windowed = keyed.windowed(windows);
  const state = windowed.value<number>(spec('w'));
  for (let step = 0; step < 20_000; step++) {
    keyed.setCurrentKey(step % 50);
    windowed.setNamespace(w(step));
    state.update(step);
    if (step < 1000) continue;
    keyed.setCurrentKey((step - 1000) % 50);
    windowed.setNamespace(w(step - 1000));
    assert.is(state.value(), step - 1000);
    state.clear();
  }
  assert.is(keyed.size, 50);
});

test.run();
