import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FailoverRegions } from '../../runtime/core/failover.js';
import { assignSlots, slotBundles } from '../../runtime/core/resources/slot-assignment.js';
import { deploySlot, type DeploymentOptions } from '../../runtime/jobmanager/deployment.js';
import { graphOf } from '../../test/core/graphs.js';

export interface Placed {
  /** what graph, regions and slots keep */
  readonly heapBytes: number;
  readonly channelsOfSlot: number;
}

export function place(parallelism: number): Placed {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  const graph = graphOf([{ parallelism }, { parallelism }], [[0, 1, 'hash']]);
  const managers = Array.from({ length: Math.ceil(parallelism / 10) }, (_, i) => ({
    taskManager: `tm-${i}`,
    total: 10,
    free: 10,
  }));
  const slots = assignSlots(slotBundles(graph), managers, { spreadOut: true })!;
  const { regions } = new FailoverRegions(graph, 'region');
  const heapBytes = heap() - before;
  if (regions.length !== 1) throw new Error('all to all is one region');
  const options = {
    base: {},
    bufferTimeoutMs: 100,
    executors: Array.from({ length: parallelism }, (_, slot) => slots.get(slot)!),
    restore: () => null,
  } as unknown as DeploymentOptions;
  let channelsOfSlot = 0;
  // of the large jobs a few: each is for one TaskManager and let go at once
  const deployed = parallelism <= 500 ? parallelism : 10;
  for (let slot = 0; slot < deployed; slot++) {
    const { subtasks } = deploySlot(graph, slot, options);
    channelsOfSlot = subtasks.reduce(
      (sum, { inputs, outputs }) =>
        sum + [...inputs, ...outputs].reduce((n, { channels }) => n + channels.length, 0),
      0,
    );
  }
  return { heapBytes, channelsOfSlot };
}
