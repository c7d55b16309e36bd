import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { connect } from '../../runtime/core/connections.js';
import { FailoverRegions } from '../../runtime/core/failover.js';
import { assignSlots, slotBundles } from '../../runtime/core/resources/slot-assignment.js';
import { deploySlot } from '../../runtime/jobmanager/deployment.js';
import type { DeploymentOptions } from '../../runtime/jobmanager/deployment.js';
import { graphOf } from './graphs.js';

test('§6 rescale: both sides see the same channels, as Flink’s formulae, whatever the parallelisms', () => {
  for (let from = 1; from <= 13; from++)
    for (let to = 1; to <= 13; to++) {
      const { downstreamOf, upstreamOf, indexOf, count } = connect(
        'rescale',
        { name: 'a', parallelism: from },
        { name: 'b', parallelism: to },
      );
      const ids = new Set<number>();
      for (let i = 0; i < from; i++)
        for (let j = 0; j < to; j++) {
          const connected =
            from <= to
              ? Math.floor((j * from) / to) === i
              : i >= Math.floor((j * from) / to) && i < Math.floor(((j + 1) * from) / to);
          const down = downstreamOf(i);
          const up = upstreamOf(j);
          assert.is(j >= down.first && j <= down.last, connected, `${from}→${to}: ${i}→${j}`);
          assert.is(i >= up.first && i <= up.last, connected, `${from}→${to}: ${i}←${j}`);
          if (connected) ids.add(indexOf(i, j));
        }
      assert.is(ids.size, count);
      assert.ok([...ids].every(id => id >= 0 && id < count));
    }
});

/** What others take of the processor does not count. */
function cpuSecondsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

test('10,000 × 10,000 all to all: planned, placed and deployed slot by slot in linear memory', () => {
  const parallelism = 10_000;
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const started = process.cpuUsage();
  const graph = graphOf([{ parallelism }, { parallelism }], [[0, 1, 'hash']]);
  const managers = Array.from({ length: 1_000 }, (_, i) => ({ taskManager: `tm-${i}`, total: 10, free: 10 }));
  const slots = assignSlots(slotBundles(graph), managers, { spreadOut: true })!;
  assert.is(new FailoverRegions(graph, 'region').regions.length, 1);
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 64 * 2 ** 20, `${Math.round(grown / 2 ** 20)} MiB`);
  assert.ok(cpuSecondsSince(started) < 20);
  const options = {
    base: {},
    bufferTimeoutMs: 100,
    executors: Array.from({ length: parallelism }, (_, slot) => slots.get(slot)!),
    restore: () => null,
  } as unknown as DeploymentOptions;
  const deployed = deploySlot(graph, 7, options);
  const [source, sink] = deployed.subtasks;
  assert.is(source!.outputs[0]!.channels.length, parallelism);
  const there = source!.outputs[0]!.channels[9_999]!;
  const same = deploySlot(graph, 9_999, options).subtasks[1]!.inputs[0]!.channels[7]!;
  assert.is(there.id, same.id);
  assert.equal([there.peer.slot, same.peer.slot], [9_999, 7]);
  assert.is(sink!.inputs[0]!.channels.length, parallelism);
});

test('1,000 subtasks are placed and their deployments made in seconds', () => {
  const started = process.cpuUsage();
  const graph = graphOf([{ parallelism: 500 }, { parallelism: 500 }], [[0, 1, 'hash']]);
  const managers = Array.from({ length: 50 }, (_, i) => ({ taskManager: `tm-${i}`, total: 10, free: 10 }));
  const slots = assignSlots(slotBundles(graph), managers, { spreadOut: false })!;
  const options = {
    base: {},
    bufferTimeoutMs: 100,
    executors: Array.from({ length: graph.slots }, (_, slot) => slots.get(slot)!),
    restore: () => null,
  } as unknown as DeploymentOptions;
  let channels = 0;
  for (let slot = 0; slot < graph.slots; slot++)
    for (const subtask of deploySlot(graph, slot, options).subtasks)
      channels += subtask.outputs[0]?.channels.length ?? 0;
  assert.is(channels, 250_000);
  assert.ok(cpuSecondsSince(started) < 5, `${cpuSecondsSince(started)} s of CPU time`);
});

test.run();
