/** Slots of a job and of its regions, on TaskManagers that come and go. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClusterSlots, type SlotOwner } from '../../runtime/jobmanager/cluster/cluster-slots.js';
import type { TaskExecutorGateway } from '../../runtime/jobmanager/task-executor-gateway.js';
import { graphOf } from '../core/graphs.js';

const settings = {
  spreadOut: false,
  heartbeatIntervalMs: 60_000,
  heartbeatTimeoutMs: 60_000,
  heartbeatFailureThreshold: -1,
};
const graph = graphOf([{ parallelism: 4 }, { parallelism: 4 }], [[0, 1, 'forward']]);
const forEver = { timeoutMs: 60_000, signal: new AbortController().signal };

function owner(id: string, slots = 2): SlotOwner {
  return {
    id,
    slots,
    dataAddress: id,
    lastHeartbeat: 0,
    status: null,
    ping: () => {},
    close: () => {},
    deploy: () => {},
    send: () => {},
    release: () => Promise.resolve(),
  };
}
const names = (granted: ReadonlyMap<number, TaskExecutorGateway>) =>
  [...granted].sort(([a], [b]) => a - b).map(([slot, { id }]) => `${slot} ${id}`);

function slotsOn(...owners: readonly SlotOwner[]): ClusterSlots {
  const slots = new ClusterSlots(settings, () => {});
  for (const each of owners) slots.add(each);
  return slots;
}

test('a region keeps the slots that are left, and gets others for those that are lost', async () => {
  const [a, b, c] = [owner('a'), owner('b'), owner('c', 1)];
  const slots = slotsOn(a, b, c);
  const first = await slots.allocate('job', graph, [0, 1, 2, 3], forEver);
  assert.equal(names(first), ['0 a', '1 a', '2 b', '3 b']);
  slots.remove(b, 'killed');
  assert.equal(names(await slots.allocate('job', graph, [1, 2], forEver)), ['1 a', '2 c']);
  assert.is(slots.available('job'), 3, 'slot 3 has none');
  const waiting = slots.allocate('job', graph, [3], forEver);
  slots.add(owner('d', 1));
  assert.equal(names(await waiting), ['3 d']);
  slots.free('job');
  slots.close();
});

test('two regions wait side by side; what is annulled waits no more, and gives nothing away', async () => {
  const [a, b] = [owner('a'), owner('b')];
  const slots = slotsOn(a, b);
  await slots.allocate('job', graph, [0, 1, 2, 3], forEver);
  slots.remove(a, 'killed');
  slots.remove(b, 'killed');
  const annulled = new AbortController();
  const outcome = slots.allocate('job', graph, [0], { ...forEver, signal: annulled.signal }).then(
    () => 'granted',
    () => 'given up',
  );
  const other = slots.allocate('job', graph, [2], forEver);
  annulled.abort();
  slots.add(owner('c', 1));
  assert.is(await outcome, 'given up');
  assert.equal(names(await other), ['2 c']);
  const refused = slots.allocate('job', graph, [1], forEver).then(
    () => null,
    (error: Error) => error.message,
  );
  slots.free('job');
  assert.match((await refused)!, 'the job ended before it had slots');
  slots.close();
});

test.run();
