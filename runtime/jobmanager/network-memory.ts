/**
 * How big the entries of channels between threads and processes are. Both ends of a channel need the same size, so the
 * JobManager says it: what fits on the TaskManager with the most channels.
 */
import type { ChannelDeployment, SlotDeployment } from '../taskmanager/messages.js';
import { ringSlots } from '../taskmanager/slot-memory.js';

/** A smaller entry would cost more to pass on than to fill; wide rows travel in pieces. */
const smallestEntryBytes = 8 * 2 ** 10;

/**
 * `memoryBytes`: what the channels of a job may take on one TaskManager before their entries get smaller. Untouched
 * memory costs nothing.
 */
export function fitNetworkMemory(
  slots: readonly SlotDeployment[],
  executors: readonly string[],
  memoryBytes: number,
): readonly SlotDeployment[] {
  const channels = new Map<string, Set<number>>();
  for (const { slot, subtasks } of slots) {
    const executor = executors[slot]!;
    const own = channels.get(executor) ?? new Set<number>();
    channels.set(executor, own);
    for (const { inputs, outputs } of subtasks)
      for (const { id, peer } of [...inputs, ...outputs].flatMap(
        (gate): readonly ChannelDeployment[] => gate.channels,
      ))
        if (peer.executor !== executor || peer.slot !== slot) own.add(id);
  }
  const most = Math.max(1, ...[...channels.values()].map(({ size }) => size));
  const fair = Math.floor(memoryBytes / (most * ringSlots));
  return slots.map(deployment => ({
    ...deployment,
    settings: {
      ...deployment.settings,
      segmentBytes: Math.max(smallestEntryBytes, Math.min(deployment.settings.segmentBytes, fair)),
    },
  }));
}
