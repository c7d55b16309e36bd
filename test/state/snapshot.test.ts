import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keyGroupOf, keyGroupRangeOf } from '../../runtime/core/key-groups.js';
import { redistribute, redistributeOperatorState, splitElements } from '../../runtime/core/redistribute.js';
import { hashString } from '../../runtime/contract/key-hash.js';
import { keyedSchema, operatorSchema } from '../../runtime/contract/section-schema.js';
import type { OperatorSection, SnapshotRows } from '../../runtime/contract/state.js';
import { keyType, stateSpec, TestOperatorContext, type TestContextOptions } from '../operators/harness.js';

const windows = {
  schema: { kind: 'timestamp' as const },
  id: (start: number): number => start,
  write: (out: { f64(value: number): void }, start: number): void => out.f64(start),
  read: (from: { f64(): number }): number => from.f64(),
};

function open(options: TestContextOptions = {}) {
  const context = new TestOperatorContext(options);
  const keyed = context.keyedState<string>(keyType('string'));
  const windowed = keyed.windowed(windows);
  const custom = new Map<string, number>();
  keyed.registerCustom('slices', {
    kind: 'value',
    schema: keyedSchema(keyType('string'), stateSpec('slices', 'value')),
    snapshot() {
      const entries = [...custom];
      const write: SnapshotRows['write'] = (row, entry) => {
        const [key, value] = entries[row]!;
        const out = entry(keyGroupOf(hashString(key), 128));
        out.string(key);
        out.f64(value);
      };
      return [{ table: { copyOnWrite: null }, count: entries.length, write }];
    },
    restore(_keyGroup, from) {
      custom.set(from.string(), from.f64());
    },
  });
  return {
    context,
    keyed,
    windowed,
    custom,
    value: keyed.value<number>(stateSpec('v', 'value')),
    list: keyed.list<string>(stateSpec('l', 'list', 'string')),
    map: keyed.map<unknown, number>(stateSpec('m', 'map', 'int32', 'json')),
    sum: keyed.reducing<number>(stateSpec('r', 'reducing'), (a, b) => a + b),
    window: windowed.value<number>(stateSpec('w', 'window')),
  };
}
type Opened = ReturnType<typeof open>;

function fill(state: Opened, keys: readonly string[]): void {
  keys.forEach((key, i) => {
    state.keyed.setCurrentKey(key);
    state.value.update(i);
    state.list.addAll([`${key}-1`, `${key}-2`]);
    state.map.put({ id: i }, i);
    state.sum.add(i);
    state.custom.set(key, i);
    for (const start of [0, 10]) {
      state.windowed.setNamespace(start);
      state.window.update(i + start);
    }
  });
}
function read(state: Opened, key: string): unknown {
  state.keyed.setCurrentKey(key);
  const inWindow = [0, 10].map(start => {
    state.windowed.setNamespace(start);
    return state.window.value();
  });
  return [state.value.value(), [...state.list.get()], [...state.map.entries()], state.sum.get(), inWindow];
}
const keys = Array.from({ length: 60 }, (_, i) => `user-${i}`);

test('§8.4 a snapshot restores every kind of keyed state', () => {
  const before = open();
  fill(before, keys);
  const after = open({ restore: [before.context.snapshot()] });
  assert.is(after.keyed.size, keys.length);
  for (const key of keys) assert.equal(read(after, key), read(before, key), key);
  assert.equal(Object.fromEntries(after.custom), Object.fromEntries(before.custom));
});

test('§9.2 a snapshot is a copy: what happens afterwards does not show', () => {
  const before = open();
  fill(before, keys);
  const snapshot = before.context.snapshot();
  const expected = read(before, 'user-3');
  before.keyed.setCurrentKey('user-3');
  before.value.update(999);
  before.list.add('later');
  before.map.put({ id: 3 }, 999);
  assert.equal(read(open({ restore: [snapshot] }), 'user-3'), expected);
});

for (const [from, to] of [
  [1, 3],
  [3, 1],
  [2, 5],
  [5, 2],
] as const) {
  test(`§8.4 keyed state goes by key-group range from ${from} to ${to} subtasks`, () => {
    const reference = open();
    fill(reference, keys);
    const owner = (key: string, parallelism: number): number => {
      const group = keyGroupOf(hashString(key), 128);
      for (let i = 0; ; i++) if (group <= keyGroupRangeOf(i, 128, parallelism).end) return i;
    };
    const old = Array.from({ length: from }, (_, subtask) => {
      const part = open({ subtask, parallelism: from, restore: [reference.context.snapshot()] });
      return part.context.snapshot();
    });
    const redistributed = redistribute(old, to);
    for (let subtask = 0; subtask < to; subtask++) {
      // By the pure function, and by the backend that filters all old snapshots itself.
      for (const restore of [[redistributed[subtask]!], old]) {
        const part = open({ subtask, parallelism: to, restore });
        const own = keys.filter(key => owner(key, to) === subtask);
        assert.is(part.keyed.size, own.length);
        for (const key of own) assert.equal(read(part, key), read(reference, key), key);
        if (restore.length === 1) assert.equal([...part.custom.keys()].sort(), [...own].sort());
      }
    }
  });
}

test('state that is not registered after a restore is carried into the next snapshot', () => {
  const before = open();
  fill(before, keys);
  const idle = new TestOperatorContext({ restore: [before.context.snapshot()] });
  const keyed = idle.keyedState<string>(keyType('string'));
  keyed.setCurrentKey('other');
  keyed.value<number>(stateSpec('own', 'value')).update(1);
  const after = open({ restore: [idle.snapshot()] });
  for (const key of keys) assert.equal(read(after, key), read(before, key), key);
});

test('§7.1 restoring state of another type or kind is an error', () => {
  const before = open();
  fill(before, keys);
  const restore = [before.context.snapshot()];
  const reopen = (): ReturnType<TestOperatorContext['keyedState']> =>
    new TestOperatorContext({ restore }).keyedState(keyType('string'));
  const incompatible = (error: { code?: string }): boolean => error.code === 'FC5103';
  assert.throws(() => reopen().value(stateSpec('v', 'value', 'string')), incompatible);
  assert.throws(() => reopen().list(stateSpec('v', 'list')), incompatible);
  const otherKey = new TestOperatorContext({ restore }).keyedState(keyType('float64'));
  assert.throws(() => otherKey.value(stateSpec('v', 'value')), incompatible);
});

test('§7.1 operator list, union and broadcast state', () => {
  const before = new TestOperatorContext();
  const operator = before.operatorState;
  assert.not(operator.isRestored);
  const list = operator.list<number>(stateSpec('list', 'operatorList'));
  const union = operator.unionList<string>(stateSpec('union', 'unionList', 'string'));
  const rules = operator.broadcast<unknown, number>(stateSpec('rules', 'broadcast', 'float64', 'json'));
  list.addAll([1, 2, 3]);
  list.add(4);
  union.update(['x', 'y']);
  rules.putAll([
    [{ id: 1 }, 10],
    [{ id: 2 }, 20],
  ]);
  rules.put({ id: 1 }, 11);
  const after = new TestOperatorContext({ restore: [before.snapshot()] }).operatorState;
  assert.ok(after.isRestored);
  assert.equal([...after.list<number>(stateSpec('list', 'operatorList')).get()], [1, 2, 3, 4]);
  assert.equal([...after.unionList<string>(stateSpec('union', 'unionList', 'string')).get()], ['x', 'y']);
  const restored = after.broadcast<unknown, number>(stateSpec('rules', 'broadcast', 'float64', 'json'));
  assert.equal(
    [...restored.entries()],
    [
      [{ id: 1 }, 11],
      [{ id: 2 }, 20],
    ],
  );
  assert.ok(restored.contains({ id: 2 }));
  restored.remove({ id: 2 });
  assert.is(restored.get({ id: 2 }), undefined);
  restored.clear();
  assert.equal([...restored.entries()], []);
  assert.throws(
    () => operator.unionList(stateSpec('list', 'unionList')),
    (e: { code?: string }) => e.code === 'FC5102',
  );
});

function section(mode: OperatorSection['mode'], ...bytes: number[]): OperatorSection {
  return {
    mode,
    schema: operatorSchema(stateSpec('l', 'operatorList')),
    elements: bytes.map(byte => Uint8Array.of(byte)),
  };
}
const bytesOf = (part: ReadonlyMap<string, OperatorSection>, name: string): number[] =>
  (part.get(name)?.elements ?? []).map(element => element[0]!);

test('§8.4 operator list state is kept per subtask at the same parallelism', () => {
  const old = [new Map([['l', section('split', 1, 2, 3)]]), new Map([['l', section('split')]])];
  assert.equal(
    redistributeOperatorState(old, 2).map(part => bytesOf(part, 'l')),
    [[1, 2, 3], []],
  );
});

test('§8.4 operator list state is cut into blocks at a changed parallelism, the first n mod p get one more', () => {
  const old = [new Map([['l', section('split', 1, 2, 3)]]), new Map([['l', section('split', 4, 5)]])];
  assert.equal(
    redistributeOperatorState(old, 3).map(part => bytesOf(part, 'l')),
    [[1, 2], [3, 4], [5]],
  );
  assert.equal(
    redistributeOperatorState(old, 1).map(part => bytesOf(part, 'l')),
    [[1, 2, 3, 4, 5]],
  );
});

test('§8.4 the rotation carries over from one named state to the next', () => {
  const old = [
    new Map([
      ['a', section('split', 1)],
      ['b', section('split', 2)],
      ['c', section('split', 3, 4)],
    ]),
    new Map<string, OperatorSection>(),
  ];
  const parts = redistributeOperatorState(old, 3);
  const table = parts.map(part => ['a', 'b', 'c'].map(name => bytesOf(part, name)));
  assert.equal(table, [
    [[1], [], [4]],
    [[], [2], []],
    [[], [], [3]],
  ]);
  assert.equal(splitElements([1, 2, 3], 3, 2), { blocks: [[2], [3], [1]], nextRotation: 2 });
});

test('§8.4 union list state: every subtask gets all elements', () => {
  const old = [new Map([['u', section('union', 1)]]), new Map([['u', section('union', 2)]])];
  for (const p of [1, 2, 3]) {
    for (const part of redistributeOperatorState(old, p)) assert.equal(bytesOf(part, 'u'), [1, 2]);
  }
});

test('§8.4 broadcast state: new subtask i gets the copy of old i mod oldParallelism', () => {
  const old = [new Map([['b', section('broadcast', 1)]]), new Map([['b', section('broadcast', 2)]])];
  assert.equal(
    redistributeOperatorState(old, 5).map(part => bytesOf(part, 'b')),
    [[1], [2], [1], [2], [1]],
  );
  const finished = [new Map<string, OperatorSection>(), old[1]!];
  assert.equal(
    redistributeOperatorState(finished, 2).map(part => bytesOf(part, 'b')),
    [[2], [2]],
  );
});

test.run();
