/** From the execution graph to what each slot is told: which subtasks, which channels, which memory between threads. */
import type { ExecutionGraph, ExecutionVertex } from '../core/execution-graph.js';
import { Doorbell } from '../exchange/doorbell.js';
import { allocateRing } from '../exchange/ring.js';
import type { RingMemory } from '../exchange/ring.js';
import type {
  ChannelDeployment,
  SlotDeployment,
  SubtaskDeployment,
  SubtaskRestore,
} from '../taskmanager/messages.js';

/**
 * Slots of a ring are the credits of a channel; a power of two. Enough that a sender goes on for a while when the
 * receiver's thread has lost its core: what waits then costs memory, a sender that sleeps costs a switch of threads.
 */
const ringSlots = 32;
/** What all channels of a job may take together before their slots get smaller. Untouched memory costs nothing. */
const ringBudgetBytes = 256 * 2 ** 20;
const smallestSlotBytes = 8 * 2 ** 10;

export interface DeploymentOptions {
  readonly base: Omit<SlotDeployment, 'slot' | 'doorbells' | 'subtasks'>;
  readonly bufferTimeoutMs: number;
  readonly segmentBytes: number;
  readonly restore: (vertex: ExecutionVertex, subtask: number) => SubtaskRestore | null;
}

export function deploySlots(graph: ExecutionGraph, options: DeploymentOptions): readonly SlotDeployment[] {
  const doorbells = Array.from({ length: graph.slots }, () => Doorbell.allocate());
  const rings = allocateRings(graph, options.segmentBytes);
  const subtasks: SubtaskDeployment[][] = doorbells.map(() => []);
  for (const vertex of graph.vertices)
    for (let subtask = 0; subtask < vertex.parallelism; subtask++)
      subtasks[vertex.firstSlot + subtask]!.push(deploySubtask(graph, vertex, subtask, rings, options));
  return doorbells.map((_, slot) => ({ ...options.base, slot, doorbells, subtasks: subtasks[slot]! }));
}

function allocateRings(graph: ExecutionGraph, segmentBytes: number): ReadonlyMap<number, RingMemory> {
  const crossing = graph.channels.filter(channel => channel.fromSlot !== channel.toSlot);
  const fair = Math.floor(ringBudgetBytes / Math.max(1, crossing.length * ringSlots));
  const slotBytes = Math.max(smallestSlotBytes, Math.min(segmentBytes, fair));
  return new Map(crossing.map(channel => [channel.id, allocateRing(ringSlots, slotBytes)]));
}

function deploySubtask(
  graph: ExecutionGraph,
  vertex: ExecutionVertex,
  subtask: number,
  rings: ReadonlyMap<number, RingMemory>,
  options: DeploymentOptions,
): SubtaskDeployment {
  const { task } = vertex;
  const vertexOf = (id: number): ExecutionVertex => graph.vertices.find(other => other.task.id === id)!;
  const channelsOf = (
    exchange: number,
    end: 'fromSubtask' | 'toSubtask',
    peer: 'fromSlot' | 'toSlot',
  ): readonly ChannelDeployment[] =>
    graph.channels
      .filter(channel => channel.exchange.id === exchange && channel[end] === subtask)
      .map(channel => ({ id: channel.id, peer: channel[peer], ring: rings.get(channel.id) ?? null }));
  return {
    task: task.id,
    name: task.name,
    module: task.module,
    subtask,
    parallelism: vertex.parallelism,
    maxParallelism: vertex.maxParallelism,
    inputs: task.inputs.map(input => ({
      keyed: input.keyed,
      channels: input.exchanges.flatMap(exchange => channelsOf(exchange, 'toSubtask', 'fromSlot')),
    })),
    outputs: task.outputs.map(exchange => ({
      exchange,
      maxParallelism: vertexOf(graph.channels.find(channel => channel.exchange.id === exchange)!.exchange.to)
        .maxParallelism,
      bufferTimeoutMs: options.bufferTimeoutMs,
      channels: channelsOf(exchange, 'fromSubtask', 'toSlot'),
    })),
    restore: options.restore(vertex, subtask),
  };
}
