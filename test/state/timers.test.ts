import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { InternalTimerService, KeyedStateBackend } from '../../runtime/contract/state.js';
import {
  keyType,
  ManualClock,
  stateSpec,
  TestOperatorContext,
  type TestContextOptions,
} from '../operators/harness.js';

interface Fixture {
  readonly clock: ManualClock;
  readonly context: TestOperatorContext;
  readonly keyed: KeyedStateBackend<string>;
  readonly timers: InternalTimerService<null>;
  readonly fired: string[];
  onFire: (domain: string, timestamp: number, key: string) => void;
}
function open(options: TestContextOptions = {}): Fixture {
  const clock = options.clock ?? new ManualClock(1000);
  const context = new TestOperatorContext({ ...options, clock });
  const keyed = context.keyedState<string>(keyType('string'));
  const fired: string[] = [];
  const fire = (domain: string, timestamp: number, key: string): void => {
    assert.is(keyed.currentKey, key);
    fired.push(`${domain} ${key} ${timestamp}`);
    fixture.onFire(domain, timestamp, key);
  };
  const timers = keyed.timers<null>('t', null, {
    onEventTime: (timestamp, key) => fire('event', timestamp, key),
    onProcessingTime: (timestamp, key) => fire('processing', timestamp, key),
  });
  const fixture: Fixture = { clock, context, keyed, timers, fired, onFire: () => {} };
  return fixture;
}

test('§3.2 same timer twice fires once', () => {
  const { keyed, timers, fired, clock } = open();
  keyed.setCurrentKey('a');
  timers.registerEventTimeTimer(null, 5);
  timers.registerEventTimeTimer(null, 5);
  timers.registerProcessingTimeTimer(null, 2000);
  timers.registerProcessingTimeTimer(null, 2000);
  timers.advanceWatermark(10);
  clock.advanceTo(3000);
  assert.equal(fired, ['event a 5', 'processing a 2000']);
});

test('§3.2 identity is key, namespace, timestamp and domain', () => {
  const { context, keyed } = open();
  const fired: string[] = [];
  const timers = keyed.timers<{ start: number }>(
    'windows',
    {
      schema: { kind: 'timestamp' },
      id: window => window.start,
      write: (out, window) => out.f64(window.start),
      read: from => ({ start: from.f64() }),
    },
    {
      onEventTime: (timestamp, key, window) => fired.push(`event ${key} ${timestamp} ${window.start}`),
      onProcessingTime: (timestamp, key, window) =>
        fired.push(`processing ${key} ${timestamp} ${window.start}`),
    },
  );
  for (const key of ['a', 'b']) {
    keyed.setCurrentKey(key);
    for (const start of [0, 10, 10]) {
      timers.registerEventTimeTimer({ start }, 5);
      timers.registerProcessingTimeTimer({ start }, 5);
    }
  }
  timers.advanceWatermark(5);
  assert.equal(fired.splice(0), ['event a 5 0', 'event a 5 10', 'event b 5 0', 'event b 5 10']);
  context.processingTime.advanceTo(1001);
  assert.is(fired.length, 4);
});

test('§3.3 event-time timers fire at wm ≥ timestamp, in ascending order', () => {
  const { keyed, timers, fired } = open();
  for (const [key, timestamp] of [
    ['a', 30],
    ['b', 10],
    ['a', 20],
    ['c', 40],
  ] as const) {
    keyed.setCurrentKey(key);
    timers.registerEventTimeTimer(null, timestamp);
  }
  timers.advanceWatermark(9);
  assert.equal(fired, []);
  timers.advanceWatermark(30);
  assert.equal(fired, ['event b 10', 'event a 20', 'event a 30']);
});

test('§3.3 order holds for many timers, deletions in between', () => {
  const { keyed, timers, fired } = open();
  const expected: [number, string][] = [];
  let seed = 3;
  for (let i = 0; i < 3000; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    const key = `k${seed % 17}`;
    const timestamp = (seed >> 8) % 10_000;
    keyed.setCurrentKey(key);
    const known = expected.findIndex(([t, k]) => t === timestamp && k === key);
    if (seed % 5 === 0 && expected.length > 0) {
      const [t, k] = expected.splice(seed % expected.length, 1)[0]!;
      keyed.setCurrentKey(k);
      timers.deleteEventTimeTimer(null, t);
    } else {
      timers.registerEventTimeTimer(null, timestamp);
      if (known < 0) expected.push([timestamp, key]);
    }
  }
  timers.advanceWatermark(MAX_TIMESTAMP);
  const times = fired.map(line => Number(line.split(' ')[2]));
  assert.equal(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.equal([...fired].sort(), expected.map(([t, k]) => `event ${k} ${t}`).sort());
  assert.is(keyed.size, 0, 'fired timers keep no key');
});

test('§3.4 a timer at or below the watermark fires at the next advance, not at once', () => {
  const { keyed, timers, fired } = open();
  timers.advanceWatermark(100);
  keyed.setCurrentKey('a');
  timers.registerEventTimeTimer(null, 50);
  assert.equal(fired, []);
  timers.advanceWatermark(101);
  assert.equal(fired, ['event a 50']);
});

test('§3.4 a timer registered in onTimer at or below the watermark fires within the same advance', () => {
  const fixture = open();
  const { keyed, timers, fired } = fixture;
  fixture.onFire = (_domain, timestamp) => {
    if (timestamp < 40) timers.registerEventTimeTimer(null, timestamp + 10);
  };
  keyed.setCurrentKey('a');
  timers.registerEventTimeTimer(null, 10);
  timers.advanceWatermark(30);
  assert.equal(fired, ['event a 10', 'event a 20', 'event a 30']);
  timers.advanceWatermark(100);
  assert.is(fired.at(-1), 'event a 40');
});

test('§3.5 a processing-time timer fires once the clock has passed its timestamp', () => {
  const { keyed, timers, fired, clock } = open();
  keyed.setCurrentKey('a');
  timers.registerProcessingTimeTimer(null, 1010);
  clock.advanceTo(1010);
  assert.equal(fired, []);
  clock.advanceTo(1011);
  assert.equal(fired, ['processing a 1010']);
});

test('§3.5 an overdue processing-time timer fires at once', () => {
  const { keyed, timers, fired, clock } = open();
  keyed.setCurrentKey('a');
  timers.registerProcessingTimeTimer(null, 10);
  assert.equal(fired, [], 'in its own turn, not inside processElement');
  clock.advanceTo(1000);
  assert.equal(fired, ['processing a 10']);
});

test('§3.5 an earlier processing-time timer is not kept waiting by a later one', () => {
  const { keyed, timers, fired, clock } = open();
  keyed.setCurrentKey('a');
  timers.registerProcessingTimeTimer(null, 3000);
  timers.registerProcessingTimeTimer(null, 2000);
  assert.is(clock.pending, 1, 'one call of the clock for all timers');
  clock.advanceTo(2001);
  assert.equal(fired, ['processing a 2000']);
  clock.advanceTo(3001);
  assert.equal(fired, ['processing a 2000', 'processing a 3000']);
});

test('§3.5 after a restore overdue timers fire at once', () => {
  const { keyed, timers, context } = open();
  keyed.setCurrentKey('a');
  timers.registerProcessingTimeTimer(null, 1500);
  const restored = open({ clock: new ManualClock(9000), restore: [context.snapshot()] });
  restored.clock.advanceTo(9000);
  assert.equal(restored.fired, ['processing a 1500']);
});

test('§3.6 deleting a timer that does not exist is a no-op; a deleted one does not fire', () => {
  const { keyed, timers, fired, clock } = open();
  keyed.setCurrentKey('a');
  timers.deleteEventTimeTimer(null, 5);
  timers.deleteProcessingTimeTimer(null, 5);
  assert.is(keyed.size, 0);
  timers.registerEventTimeTimer(null, 5);
  timers.registerProcessingTimeTimer(null, 2000);
  keyed.setCurrentKey('b');
  timers.deleteEventTimeTimer(null, 5);
  keyed.setCurrentKey('a');
  timers.deleteProcessingTimeTimer(null, 2000);
  timers.advanceWatermark(10);
  clock.advanceTo(5000);
  assert.equal(fired, ['event a 5']);
});

test('§3.7 in onTimer the state of the timer’s key is there', () => {
  const fixture = open();
  const { keyed, timers } = fixture;
  const state = keyed.value<number>(stateSpec('v', 'value'));
  const seen: unknown[] = [];
  fixture.onFire = (_domain, _timestamp, key) => {
    seen.push([key, state.value()]);
    state.update((state.value() ?? 0) + 1);
  };
  keyed.setCurrentKey('a');
  state.update(7);
  timers.registerEventTimeTimer(null, 1);
  timers.registerEventTimeTimer(null, 2);
  keyed.setCurrentKey('b');
  timers.registerEventTimeTimer(null, 3);
  timers.advanceWatermark(10);
  assert.equal(seen, [
    ['a', 7],
    ['a', 8],
    ['b', null],
  ]);
});

test('§3.9 timers are snapshotted and rescaled by key group', () => {
  const { keyed, timers, context } = open();
  const keys = Array.from({ length: 40 }, (_, i) => `key-${i}`);
  keys.forEach((key, i) => {
    keyed.setCurrentKey(key);
    timers.registerEventTimeTimer(null, i);
    timers.registerProcessingTimeTimer(null, 2000 + i);
  });
  const snapshot = context.snapshot();
  const all = [0, 1, 2].flatMap(subtask => {
    const part = open({ restore: [snapshot], subtask, parallelism: 3 });
    part.timers.advanceWatermark(100);
    part.clock.advanceTo(5000);
    assert.ok(part.fired.length > 0 && part.fired.length < 80, 'each subtask gets a part');
    return part.fired;
  });
  timers.advanceWatermark(100);
  context.processingTime.advanceTo(5000);
  const { fired } = open({ restore: [snapshot] });
  assert.equal(fired, [], 'nothing fires before the watermark');
  const expected = keys.flatMap((key, i) => [`event ${key} ${i}`, `processing ${key} ${2000 + i}`]);
  assert.equal(all.sort(), expected.sort());
});

test('§3.10 currentWatermark is MIN at start, then the last advanced value, in onTimer already the new one', () => {
  const fixture = open();
  const { keyed, timers } = fixture;
  assert.is(timers.currentWatermark, MIN_TIMESTAMP);
  let inside = 0;
  fixture.onFire = () => {
    inside = timers.currentWatermark;
  };
  keyed.setCurrentKey('a');
  timers.registerEventTimeTimer(null, 1);
  timers.advanceWatermark(10);
  assert.is(inside, 10);
  assert.is(timers.currentWatermark, 10);
});

test('§3.11 all event timers up to MAX fire on the final watermark', () => {
  const { keyed, timers, fired } = open();
  keyed.setCurrentKey('a');
  timers.registerEventTimeTimer(null, MAX_TIMESTAMP);
  timers.registerEventTimeTimer(null, 2 ** 60);
  timers.advanceWatermark(MAX_TIMESTAMP);
  assert.equal(fired, [`event a ${2 ** 60}`, `event a ${MAX_TIMESTAMP}`]);
});

test('§3.12 BATCH: at the end of a key event timers, then processing timers, with wm MAX; then wm is MIN', () => {
  const fixture = open({ batchMode: true });
  const { keyed, timers, fired, clock } = fixture;
  const watermarks = new Set<number>();
  fixture.onFire = () => watermarks.add(timers.currentWatermark);
  for (const key of ['a', 'b']) {
    keyed.setCurrentKey(key);
    assert.is(timers.currentWatermark, MIN_TIMESTAMP);
    timers.registerProcessingTimeTimer(null, 20);
    timers.registerProcessingTimeTimer(null, 10);
    timers.registerEventTimeTimer(null, 40);
    timers.registerEventTimeTimer(null, 30);
    assert.equal(fired, []);
    timers.fireAllForKeyEnd();
    assert.equal(fired.splice(0), [
      `event ${key} 30`,
      `event ${key} 40`,
      `processing ${key} 10`,
      `processing ${key} 20`,
    ]);
  }
  assert.equal([...watermarks], [MAX_TIMESTAMP]);
  assert.is(timers.currentWatermark, MIN_TIMESTAMP);
  assert.is(clock.pending, 0, 'the clock fires nothing in BATCH mode');
});

test('§3.12 BATCH: event timers registered by a timer fire too, processing-time ones do not', () => {
  const fixture = open({ batchMode: true });
  const { keyed, timers, fired } = fixture;
  fixture.onFire = (domain, timestamp) => {
    if (domain === 'event' && timestamp < 3) timers.registerEventTimeTimer(null, timestamp + 1);
    timers.registerProcessingTimeTimer(null, 100 + fired.length);
  };
  keyed.setCurrentKey('a');
  timers.registerEventTimeTimer(null, 1);
  timers.registerProcessingTimeTimer(null, 1);
  timers.fireAllForKeyEnd();
  assert.equal(fired, ['event a 1', 'event a 2', 'event a 3', 'processing a 1']);
});

test('a timer for NaN is refused', () => {
  const { keyed, timers } = open();
  keyed.setCurrentKey('a');
  assert.throws(
    () => timers.registerEventTimeTimer(null, NaN),
    (error: { code?: string }) => error.code === 'FC5205',
  );
});

test('a timer keeps its key alive, and nothing more', () => {
  const { keyed, timers } = open();
  const state = keyed.value<number>(stateSpec('v', 'value'));
  keyed.setCurrentKey('a');
  state.update(1);
  timers.registerEventTimeTimer(null, 1);
  state.clear();
  assert.is(keyed.size, 1);
  timers.deleteEventTimeTimer(null, 1);
  assert.is(keyed.size, 0);
});

test.run();
