/** Which TaskManager each slot of a job goes to: all of them or none. Pure. */
import type { ExecutionGraph } from '../execution-graph.js';

export interface FreeSlots {
  readonly taskManager: string;
  readonly total: number;
  readonly free: number;
}

/**
 * Slots of a job that belong on one TaskManager: those with a forward exchange between them. Within a slot sharing
 * group a forward exchange stays in its slot anyway.
 */
export function slotBundles(graph: ExecutionGraph): readonly (readonly number[])[] {
  const bundleOf = Array.from({ length: graph.slots }, (_, slot) => [slot]);
  for (const { exchange, from, to } of graph.exchanges) {
    if (exchange.partition !== 'forward' || from.firstSlot === to.firstSlot) continue;
    for (let subtask = 0; subtask < from.parallelism; subtask++) {
      const a = bundleOf[from.firstSlot + subtask]!;
      const b = bundleOf[to.firstSlot + subtask]!;
      if (a === b) continue;
      for (const slot of b) {
        a.push(slot);
        bundleOf[slot] = a;
      }
    }
  }
  return [...new Set(bundleOf)];
}

export interface AssignmentOptions {
  /** over all TaskManagers, the emptiest first; else one after the other, the fullest first */
  readonly spreadOut: boolean;
  /** by slot: where it was before; its files may still be there */
  readonly previous?: ReadonlyMap<number, string>;
}

/** By slot of the job; null when there are not enough. `bundles`: every slot that is wanted, once. */
export function assignSlots(
  bundles: readonly (readonly number[])[],
  available: readonly FreeSlots[],
  { spreadOut, previous = new Map<number, string>() }: AssignmentOptions,
): ReadonlyMap<number, string> | null {
  const wanted = bundles.reduce((sum, { length }) => sum + length, 0);
  if (available.reduce((sum, { free }) => sum + free, 0) < wanted) return null;
  const places = new Places(available, spreadOut);
  const assigned = new Map<number, string>();
  // Large bundles first, while there is room for them.
  for (const bundle of [...bundles].sort((a, b) => b.length - a.length)) {
    const before = bundle.map(slot => previous.get(slot)).find(id => places.freeOf(id) >= bundle.length);
    const place = before ?? places.choose(bundle.length);
    for (const slot of bundle) {
      const taskManager = place ?? places.choose(1)!;
      places.take(taskManager);
      assigned.set(slot, taskManager);
    }
  }
  return assigned;
}

class Places {
  readonly #free: Map<string, number>;
  readonly #available: readonly FreeSlots[];
  readonly #spreadOut: boolean;

  constructor(available: readonly FreeSlots[], spreadOut: boolean) {
    this.#free = new Map(available.map(({ taskManager, free }) => [taskManager, free]));
    this.#available = available;
    this.#spreadOut = spreadOut;
  }

  freeOf(taskManager: string | undefined): number {
    return taskManager === undefined ? 0 : (this.#free.get(taskManager) ?? 0);
  }

  take(taskManager: string): void {
    this.#free.set(taskManager, this.freeOf(taskManager) - 1);
  }

  /** With room for so many; null when none has. Of equals the first. */
  choose(slots: number): string | null {
    let best: string | null = null;
    let bestUse = 0;
    for (const { taskManager, total } of this.#available) {
      const free = this.freeOf(taskManager);
      if (free < slots) continue;
      const use = (total - free) / total;
      if (best !== null && (this.#spreadOut ? use >= bestUse : use <= bestUse)) continue;
      best = taskManager;
      bestUse = use;
    }
    return best;
  }
}
