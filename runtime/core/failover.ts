/**
 * What restarts together (datastream-semantics §14): subtasks that records flow between form a region, and because a
 * slot is one thread, so do the subtasks of a slot. Pure.
 */
import type { SubtaskId } from './checkpoints/subtask-set.js';
import type { ExecutionGraph } from './execution-graph.js';
import type { FailoverStrategy } from './resources/settings.js';

export interface FailoverRegion {
  readonly subtasks: readonly SubtaskId[];
  /** slots of the job that the region fills: ascending, and no other region is in them */
  readonly slots: readonly number[];
}

export class FailoverRegions {
  readonly regions: readonly FailoverRegion[];
  readonly #regionOfSlot: ReadonlyMap<number, FailoverRegion>;

  constructor(graph: ExecutionGraph, strategy: FailoverStrategy) {
    const groups = strategy === 'full' ? new SlotGroups(graph.slots, 1) : connectedSlots(graph);
    const regions = new Map<number, { subtasks: SubtaskId[]; slots: number[] }>();
    for (let slot = 0; slot < graph.slots; slot++) {
      const region = regions.get(groups.of(slot));
      if (region) region.slots.push(slot);
      else regions.set(groups.of(slot), { subtasks: [], slots: [slot] });
    }
    for (const { task, parallelism, firstSlot } of graph.vertices)
      for (let subtask = 0; subtask < parallelism; subtask++)
        regions.get(groups.of(firstSlot + subtask))!.subtasks.push({ task: task.id, subtask });
    this.regions = [...regions.values()];
    this.#regionOfSlot = new Map(this.regions.flatMap(region => region.slots.map(slot => [slot, region])));
  }

  /** What has to restart when something failed in these slots, each region once. */
  restartSet(slots: Iterable<number>): readonly FailoverRegion[] {
    return [...new Set([...slots].map(slot => this.#regionOfSlot.get(slot)!))];
  }
}

/** Slots with a channel between them. One all-to-all exchange joins all that its tasks run in. */
function connectedSlots(graph: ExecutionGraph): SlotGroups {
  const groups = new SlotGroups(graph.slots);
  for (const { from, to, connections } of graph.exchanges) {
    for (let subtask = 0; subtask < to.parallelism; subtask++) {
      const { first, last } = connections.upstreamOf(subtask);
      groups.join(to.firstSlot + subtask, from.firstSlot + first);
      // All downstream subtasks have the same ones.
      if (connections.allToAll && subtask > 0) continue;
      for (let i = first; i <= last; i++) groups.join(to.firstSlot + subtask, from.firstSlot + i);
    }
  }
  return groups;
}

/** Union-find; `count` 1: all are one group. */
class SlotGroups {
  readonly #parents: Int32Array;

  constructor(slots: number, count = slots) {
    this.#parents = Int32Array.from({ length: slots }, (_, slot) => (count === 1 ? 0 : slot));
  }

  of(slot: number): number {
    const parents = this.#parents;
    let root = slot;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!;
      root = parents[root]!;
    }
    return root;
  }

  join(a: number, b: number): void {
    const [low, high] = [this.of(a), this.of(b)].sort((x, y) => x - y) as [number, number];
    this.#parents[high] = low;
  }
}
