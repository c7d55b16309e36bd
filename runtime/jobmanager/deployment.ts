/** From the execution graph to what each slot is told: which subtasks, and which channels to which slots. */
import type { ExchangeManifest } from '../contract/manifest.js';
import type { SubtaskRange } from '../core/connections.js';
import type { ExecutionExchange, ExecutionGraph, ExecutionVertex } from '../core/execution-graph.js';
import type {
  ChannelDeployment,
  OutputDeployment,
  SlotDeployment,
  SubtaskDeployment,
  SubtaskRestore,
} from '../taskmanager/messages.js';
import { fitNetworkMemory } from './network-memory.js';

export interface DeploymentOptions {
  readonly base: Omit<SlotDeployment, 'slot' | 'subtasks'>;
  readonly bufferTimeoutMs: number;
  /** by slot: the TaskManager that runs it */
  readonly executors: readonly string[];
  /** tasks that had finished before the checkpoint that is restored: they are not deployed (§13.4) */
  readonly finished?: ReadonlySet<number>;
  readonly restore: (vertex: ExecutionVertex, subtask: number) => SubtaskRestore | null;
}

/**
 * What these slots are told, by slot: no other one has channels to them. Their channels get the room that they would have
 * if the whole job were deployed.
 */
export function deployRegions(
  graph: ExecutionGraph,
  slots: readonly number[],
  options: DeploymentOptions & { readonly networkMemoryBytes: number },
): ReadonlyMap<number, SlotDeployment> {
  const { executors, networkMemoryBytes, restore } = options;
  const deployed = new Set(slots);
  const all = deploySlots(graph, {
    ...options,
    restore: (vertex, subtask) =>
      deployed.has(vertex.firstSlot + subtask) ? restore(vertex, subtask) : null,
  });
  const fitted = fitNetworkMemory(all, executors, networkMemoryBytes);
  return new Map(slots.map(slot => [slot, fitted[slot]!]));
}

export function deploySlots(graph: ExecutionGraph, options: DeploymentOptions): readonly SlotDeployment[] {
  return Array.from({ length: graph.slots }, (_, slot) => deploySlot(graph, slot, options));
}

/** One slot at a time: in a large job, what all of them are told together is more than fits into memory. */
export function deploySlot(graph: ExecutionGraph, slot: number, options: DeploymentOptions): SlotDeployment {
  const subtasks = graph.vertices
    .filter(({ firstSlot, parallelism }) => slot >= firstSlot && slot < firstSlot + parallelism)
    .filter(({ task }) => !options.finished?.has(task.id))
    .map(vertex => deploySubtask(graph, vertex, slot - vertex.firstSlot, options));
  return { ...options.base, slot, subtasks };
}

function deploySubtask(
  graph: ExecutionGraph,
  vertex: ExecutionVertex,
  subtask: number,
  options: DeploymentOptions,
): SubtaskDeployment {
  const { task } = vertex;
  const exchanges = new Map(graph.exchanges.map(connected => [connected.exchange.id, connected]));
  return {
    task: task.id,
    name: task.name,
    module: task.module,
    subtask,
    parallelism: vertex.parallelism,
    maxParallelism: vertex.maxParallelism,
    inputs: task.inputs.map(input => ({
      keyed: input.keyed,
      channels: input.exchanges.flatMap(id => inputChannels(exchanges.get(id)!, subtask, options)),
      exchanges: input.exchanges.map(id => {
        const { exchange, connections } = exchanges.get(id)!;
        const { first, last } = connections.upstreamOf(subtask);
        return {
          firstSender: first,
          senders: last - first + 1,
          overtakable: isOvertakable(exchange),
        };
      }),
    })),
    outputs: task.outputs.map(id => ({
      exchange: id,
      maxParallelism: exchanges.get(id)!.to.maxParallelism,
      bufferTimeoutMs: options.bufferTimeoutMs,
      channels: outputChannels(exchanges.get(id)!, subtask, options.executors),
      overtakable: isOvertakable(exchanges.get(id)!.exchange),
      receiver: receiverOf(exchanges.get(id)!, subtask),
    })),
    restore: options.restore(vertex, subtask),
  };
}

/**
 * Where barriers may overtake (§9.3): what is stored must be rows that any receiver can take, or those that own their
 * keys. Channels of a broadcast, of pointwise exchanges and of the user's own partitioners stay aligned.
 */
function isOvertakable({ partition }: ExchangeManifest): boolean {
  switch (partition) {
    case 'hash':
    case 'rebalance':
    case 'shuffle':
    case 'global':
      return true;
    case 'forward':
    case 'rescale':
    case 'broadcast':
    case 'custom':
      return false;
  }
}

function receiverOf(
  { exchange, to, connections }: ExecutionExchange,
  subtask: number,
): OutputDeployment['receiver'] {
  return {
    operator: to.task.operators[0]!.uidHash,
    input: exchange.input,
    exchange: to.task.inputs[exchange.input]!.exchanges.indexOf(exchange.id),
    firstSubtask: connections.downstreamOf(subtask).first,
  };
}

function inputChannels(
  { from, connections, firstChannel }: ExecutionExchange,
  subtask: number,
  { executors, finished }: DeploymentOptions,
): readonly ChannelDeployment[] {
  const incoming = channels(
    connections.upstreamOf(subtask),
    from,
    executors,
    upstream => firstChannel + connections.indexOf(upstream, subtask),
  );
  return finished?.has(from.task.id) ? incoming.map(channel => ({ ...channel, ended: true })) : incoming;
}

function outputChannels(
  { to, connections, firstChannel }: ExecutionExchange,
  subtask: number,
  executors: readonly string[],
): readonly ChannelDeployment[] {
  return channels(
    connections.downstreamOf(subtask),
    to,
    executors,
    downstream => firstChannel + connections.indexOf(subtask, downstream),
  );
}

function channels(
  { first, last }: SubtaskRange,
  peer: ExecutionVertex,
  executors: readonly string[],
  idTo: (subtask: number) => number,
): readonly ChannelDeployment[] {
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const slot = peer.firstSlot + first + i;
    return { id: idTo(first + i), peer: { executor: executors[slot]!, slot } };
  });
}
