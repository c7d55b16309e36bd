import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { StateTtlConfig } from '../../plugins/api/state.js';
import {
  keyType,
  ManualClock,
  stateSpec,
  TestOperatorContext,
  type TestContextOptions,
} from '../operators/harness.js';
import { inWholeSnapshots, onHeap } from '../operators/state-for-test.js';

const base: StateTtlConfig = {
  ttl: 100,
  updateType: 'OnCreateAndWrite',
  visibility: 'NeverReturnExpired',
  cleanupFullSnapshot: false,
  incrementalCleanupSize: 0,
  cleanupForEveryRecord: false,
};

function open(config: Partial<StateTtlConfig> | null, options: TestContextOptions = {}) {
  const ttl = config && { ...base, ...config };
  const clock = options.clock ?? new ManualClock(1000);
  const context = new TestOperatorContext({ ...options, clock });
  const keyed = context.keyedState<string>(keyType('string'));
  const stateOptions = ttl ? { ttl } : {};
  return {
    clock,
    context,
    keyed,
    value: keyed.value<number>(stateSpec('v', 'value'), stateOptions),
    list: keyed.list<number>(stateSpec('l', 'list'), stateOptions),
    map: keyed.map<string, number>(stateSpec('m', 'map', 'float64', 'string'), stateOptions),
    sum: keyed.reducing<number>(stateSpec('r', 'reducing'), (a, b) => a + b, stateOptions),
  };
}

test('§7.2 an entry expires when lastAccess + ttl ≤ now, exactly', () => {
  const { clock, keyed, value } = open({});
  keyed.setCurrentKey('a');
  value.update(1);
  clock.advanceTo(1099);
  assert.is(value.value(), 1);
  clock.advanceTo(1100);
  assert.is(value.value(), null);
  assert.is(keyed.size, 0, 'what a reader found expired is removed');
});

test('§7.2 the expiry time does not overflow', () => {
  const { clock, keyed, value } = open({ ttl: Number.MAX_VALUE });
  keyed.setCurrentKey('a');
  value.update(1);
  clock.advanceTo(2 ** 53);
  assert.is(value.value(), 1);
});

test('§7.2 update type Disabled: nothing expires', () => {
  const { clock, keyed, value } = open({ updateType: 'Disabled' });
  keyed.setCurrentKey('a');
  value.update(1);
  clock.advanceTo(1_000_000);
  assert.is(value.value(), 1);
});

test('§7.2 OnCreateAndWrite: writing prolongs, reading does not', () => {
  const { clock, keyed, value } = open({});
  keyed.setCurrentKey('a');
  value.update(1);
  clock.advanceTo(1050);
  value.update(2);
  clock.advanceTo(1149);
  assert.is(value.value(), 2);
  clock.advanceTo(1150);
  assert.is(value.value(), null);
});

test('§7.2 OnReadAndWrite: reading prolongs too, for every kind', () => {
  const { clock, keyed, value, list, map, sum } = open({ updateType: 'OnReadAndWrite' });
  keyed.setCurrentKey('a');
  value.update(1);
  list.add(1);
  map.put('x', 1);
  sum.add(1);
  const read = () => [value.value(), [...list.get()], map.get('x'), sum.get()];
  clock.advanceTo(1060);
  assert.equal(read(), [1, [1], 1, 1]);
  clock.advanceTo(1159);
  assert.equal(read(), [1, [1], 1, 1]);
  clock.advanceTo(1300);
  assert.equal(read(), [null, [], undefined, null]);
});

test('§7.2 ReturnExpiredIfNotCleanedUp: an expired value is returned once, then it is cleaned up', () => {
  const { clock, keyed, value, list, map, sum } = open({ visibility: 'ReturnExpiredIfNotCleanedUp' });
  keyed.setCurrentKey('a');
  value.update(1);
  list.add(1);
  map.put('x', 1);
  sum.add(1);
  clock.advanceTo(2000);
  const read = () => [value.value(), [...list.get()], map.get('x'), sum.get()];
  assert.equal(read(), [1, [1], 1, 1]);
  assert.equal(read(), [null, [], undefined, null]);
  assert.is(keyed.size, 0);
});

test('§7.2 list elements expire one by one', () => {
  const { clock, keyed, list } = open({});
  keyed.setCurrentKey('a');
  list.add(1);
  clock.advanceTo(1060);
  list.addAll([2, 3]);
  clock.advanceTo(1100);
  assert.equal([...list.get()], [2, 3]);
  clock.advanceTo(1160);
  assert.equal([...list.get()], []);
  assert.is(keyed.size, 0);
});

test('§7.2 map entries expire one by one', () => {
  const { clock, keyed, map } = open({});
  keyed.setCurrentKey('a');
  map.put('x', 1);
  clock.advanceTo(1060);
  map.put('y', 2);
  clock.advanceTo(1100);
  assert.equal([...map.entries()], [['y', 2]]);
  assert.not(map.contains('x'));
  assert.not(map.isEmpty());
  clock.advanceTo(1160);
  assert.ok(map.isEmpty());
  assert.is(keyed.size, 0);
});

test('§7.2 reducing state starts anew after its value has expired', () => {
  const { clock, keyed, sum } = open({});
  keyed.setCurrentKey('a');
  sum.add(5);
  clock.advanceTo(1100);
  sum.add(1);
  assert.is(sum.get(), 1);
});

test('§7.2 expired entries stay stored until someone looks: no clean-up is configured', () => {
  const { clock, keyed, value } = open({});
  keyed.setCurrentKey('a');
  value.update(1);
  clock.advanceTo(5000);
  keyed.setCurrentKey('b');
  value.update(2);
  assert.is(keyed.size, 2);
});

onHeap('§7.2 incremental clean-up: every access looks at n more entries', () => {
  const { clock, keyed, value } = open({ incrementalCleanupSize: 3 });
  for (let i = 0; i < 30; i++) {
    keyed.setCurrentKey(`k${i}`);
    value.update(i);
  }
  clock.advanceTo(5000);
  keyed.setCurrentKey('other');
  let before = keyed.size;
  assert.is(before, 30);
  for (let access = 0; access < 40 && keyed.size > 0; access++) {
    value.value();
    assert.ok(before - keyed.size <= 3, 'no more than n per access');
    before = keyed.size;
  }
  assert.is(keyed.size, 0);
});

onHeap('§7.2 incremental clean-up for every record needs no state access, and reaches lists and maps', () => {
  const { clock, keyed, list, map } = open({ incrementalCleanupSize: 5, cleanupForEveryRecord: true });
  for (let i = 0; i < 20; i++) {
    keyed.setCurrentKey(`k${i}`);
    list.add(i);
    map.put('x', i);
  }
  clock.advanceTo(5000);
  for (let i = 0; i < 30; i++) keyed.setCurrentKey('other');
  assert.is(keyed.size, 0);
});

inWholeSnapshots('§7.2 clean-up in full snapshots omits expired entries and elements', () => {
  for (const cleanupFullSnapshot of [true, false]) {
    const { clock, context, keyed, value, list, map } = open({ cleanupFullSnapshot });
    keyed.setCurrentKey('a');
    value.update(1);
    list.add(1);
    map.put('x', 1);
    clock.advanceTo(1060);
    list.add(2);
    map.put('y', 2);
    keyed.setCurrentKey('b');
    value.update(2);
    clock.advanceTo(1100);
    // The clock of the restored job stands before the expiry, so that only what was left out is missing.
    const restored = open({}, { clock: new ManualClock(1000), restore: [context.snapshot()] });
    restored.keyed.setCurrentKey('a');
    assert.is(restored.value.value(), cleanupFullSnapshot ? null : 1);
    assert.equal([...restored.list.get()], cleanupFullSnapshot ? [2] : [1, 2]);
    assert.equal([...restored.map.keys()], cleanupFullSnapshot ? ['y'] : ['x', 'y']);
    restored.keyed.setCurrentKey('b');
    assert.is(restored.value.value(), 2);
  }
});

test('§7.2 the time of last access is part of the snapshot', () => {
  const { clock, context, keyed, value, list, map } = open({});
  keyed.setCurrentKey('a');
  value.update(1);
  clock.advanceTo(1060);
  list.add(2);
  map.put('y', 2);
  const snapshot = context.snapshot();
  const restored = open({}, { clock: new ManualClock(1099), restore: [snapshot] });
  restored.keyed.setCurrentKey('a');
  assert.is(restored.value.value(), 1);
  restored.clock.advanceTo(1100);
  assert.is(restored.value.value(), null);
  assert.equal([...restored.list.get()], [2]);
  restored.clock.advanceTo(1160);
  assert.equal([...restored.list.get()], []);
  assert.is(restored.map.get('y'), undefined);
});

test('§7.2 TTL switched on at a restore: entries start to age then', () => {
  const { context, keyed, value, list, map } = open(null);
  keyed.setCurrentKey('a');
  value.update(1);
  list.add(2);
  map.put('x', 3);
  const restored = open({}, { clock: new ManualClock(9000), restore: [context.snapshot()] });
  restored.keyed.setCurrentKey('a');
  restored.clock.advanceTo(9099);
  assert.equal([restored.value.value(), [...restored.list.get()], restored.map.get('x')], [1, [2], 3]);
  restored.clock.advanceTo(9100);
  assert.equal(
    [restored.value.value(), [...restored.list.get()], restored.map.get('x')],
    [null, [], undefined],
  );
});

test('§7.2 TTL switched off at a restore: entries stay for ever', () => {
  const { context, keyed, value, list, map } = open({});
  keyed.setCurrentKey('a');
  value.update(1);
  list.add(2);
  map.put('x', 3);
  const restored = open(null, { clock: new ManualClock(1_000_000), restore: [context.snapshot()] });
  restored.keyed.setCurrentKey('a');
  assert.equal([restored.value.value(), [...restored.list.get()], restored.map.get('x')], [1, [2], 3]);
});

test.run();
