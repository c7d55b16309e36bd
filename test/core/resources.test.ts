import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ResourceManager,
  type ResourceAction,
  type ResourceEvent,
} from '../../runtime/core/resources/resource-manager.js';
import type { ResourceSettings } from '../../runtime/core/resources/settings.js';
import { assignSlots, slotBundles } from '../../runtime/core/resources/slot-assignment.js';
import { graphOf } from './graphs.js';

const settings: ResourceSettings = {
  spreadOut: false,
  heartbeatIntervalMs: 100,
  heartbeatTimeoutMs: 500,
  heartbeatFailureThreshold: 2,
};
const single = (count: number, from = 0): number[][] => Array.from({ length: count }, (_, i) => [from + i]);
const places = (slots: ReadonlyMap<number, string> | null): (string | undefined)[] | null =>
  slots && Array.from({ length: slots.size }, (_, slot) => slots.get(slot));
const free = (...counts: number[]) =>
  counts.map((count, i) => ({ taskManager: 'abc'[i]!, total: 4, free: count }));

class Run {
  readonly manager: ResourceManager;
  now = 0;
  constructor(more: Partial<ResourceSettings> = {}) {
    this.manager = new ResourceManager({ ...settings, ...more });
  }
  on(event: ResourceEvent): readonly ResourceAction[] {
    return this.manager.on(event, this.now);
  }
  register(taskManager: string, slots: number): readonly ResourceAction[] {
    return this.on({ type: 'registered', taskManager, slots });
  }
  request(id: string, count: number, timeoutMs = 1_000): readonly ResourceAction[] {
    return this.on({ type: 'request', request: { id, job: id, bundles: single(count), timeoutMs } });
  }
  pass(ms: number): readonly ResourceAction[] {
    this.now += ms;
    return this.on({ type: 'time' });
  }
}

test('packed, one TaskManager is filled after the other; spread out, the emptiest comes first', () => {
  assert.equal(places(assignSlots(single(3), free(4, 2, 4), { spreadOut: false })), ['b', 'b', 'a']);
  assert.equal(places(assignSlots(single(3), free(4, 2, 4), { spreadOut: true })), ['a', 'c', 'a']);
});

test('slots are assigned all or none', () => {
  assert.is(assignSlots(single(3), free(1, 1), { spreadOut: true }), null);
});

test('what forwards to each other goes to one TaskManager, as far as there is room', () => {
  const graph = graphOf([{ parallelism: 2 }, { parallelism: 2, group: 'other' }], [[0, 1, 'forward']]);
  const bundles = slotBundles(graph);
  assert.equal(bundles, [
    [0, 2],
    [1, 3],
  ]);
  const spread = places(assignSlots(bundles, free(4, 4), { spreadOut: true }))!;
  assert.equal(spread, ['a', 'b', 'a', 'b']);
  assert.equal(places(assignSlots(bundles, free(1, 2, 1), { spreadOut: false })), ['b', 'a', 'b', 'c']);
  const shuffled = graphOf([{ parallelism: 2 }, { parallelism: 2, group: 'other' }], [[0, 1, 'hash']]);
  assert.is(slotBundles(shuffled).length, 4);
});

test('a slot returns to where it was, when there is room', () => {
  const previous = new Map([
    [0, 'b'],
    [1, 'gone'],
  ]);
  assert.equal(places(assignSlots(single(2), free(4, 4), { spreadOut: true, previous })), ['b', 'a']);
});

test('a job gets its slots when there are enough, not some of them before', () => {
  const run = new Run();
  assert.equal(run.request('job', 3), []);
  assert.equal(run.register('a', 2), []);
  const [allocated] = run.register('b', 2);
  assert.ok(allocated?.type === 'allocated' && allocated.slots.size === 3);
  assert.is(
    run.manager.taskManagers.reduce((sum, each) => sum + each.free, 0),
    1,
  );
});

test('missing slots: the job is refused after slot.request.timeout, with what is there', () => {
  const run = new Run();
  run.request('none', 1);
  assert.equal(run.pass(1_000), [
    {
      type: 'refused',
      request: 'none',
      message: '1 slot is needed, but after 1000 ms no TaskManager is registered',
    },
  ]);
  run.register('a', 2);
  run.request('job', 1);
  run.request('large', 4);
  run.on({ type: 'heartbeat', taskManager: 'a' });
  run.now += 999;
  run.on({ type: 'heartbeat', taskManager: 'a' });
  const refused = run.pass(1).find(({ type }) => type === 'refused');
  assert.ok(refused?.type === 'refused');
  assert.is(
    refused.message,
    '4 slots are needed, but after 1000 ms 1 TaskManager offers 2, of which 1 are free',
  );
});

test('each job waits as long as its own slot.request.timeout says', () => {
  const run = new Run();
  run.request('patient', 1, 2_000);
  run.request('hasty', 1, 200);
  const hasty = run.pass(200);
  assert.equal(
    hasty.map(action => action.type === 'refused' && action.message),
    ['1 slot is needed, but after 200 ms no TaskManager is registered'],
  );
  assert.is(run.manager.wakeUpAt, 2_000);
  assert.equal(run.pass(1_799), []);
  assert.is(run.pass(1)[0]?.type, 'refused');
});

test('a request too large for now does not hold up one that fits; freed slots go to who waits', () => {
  const run = new Run();
  run.register('a', 2);
  run.request('first', 2);
  run.request('large', 2);
  assert.equal(run.request('small', 1), []);
  const served = run.on({ type: 'free', job: 'first', slots: [0] });
  assert.equal(
    served.map(action => action.type === 'allocated' && action.request),
    ['small'],
  );
  run.on({ type: 'free', job: 'first' });
  const [last] = run.on({ type: 'free', job: 'small' });
  assert.ok(last?.type === 'allocated' && last.request === 'large');
});

test('a TaskManager without a sign of life is lost, with the slots of each job', () => {
  const run = new Run();
  run.register('a', 2);
  run.request('job', 1);
  assert.is(run.manager.wakeUpAt, 100);
  assert.equal(run.pass(100), [{ type: 'ping', taskManager: 'a' }]);
  run.on({ type: 'heartbeat', taskManager: 'a' });
  assert.equal(
    run.pass(499).map(({ type }) => type),
    ['ping'],
  );
  const [lost] = run.pass(1);
  assert.ok(lost?.type === 'taskManagerLost');
  assert.equal([...lost.jobs], [['job', [0]]]);
  assert.equal(run.manager.taskManagers, []);
});

test('a broken connection is noticed at once, failed calls at the threshold, none when it is off', () => {
  const run = new Run();
  run.register('a', 1);
  assert.is(run.on({ type: 'disconnected', taskManager: 'a', reason: 'reset' })[0]!.type, 'taskManagerLost');
  run.register('b', 1);
  assert.equal(run.on({ type: 'callFailed', taskManager: 'b' }), []);
  run.on({ type: 'heartbeat', taskManager: 'b' });
  assert.equal(run.on({ type: 'callFailed', taskManager: 'b' }), []);
  assert.is(run.on({ type: 'callFailed', taskManager: 'b' })[0]!.type, 'taskManagerLost');
  const off = new Run({ heartbeatFailureThreshold: -1 });
  off.register('a', 1);
  for (let i = 0; i < 9; i++) assert.equal(off.on({ type: 'callFailed', taskManager: 'a' }), []);
});

test('a repeated registration keeps what runs there', () => {
  const run = new Run();
  run.register('a', 2);
  run.request('job', 2);
  assert.equal(run.register('a', 2), []);
  assert.equal(run.manager.taskManagers, [{ taskManager: 'a', total: 2, free: 0 }]);
});

test.run();
