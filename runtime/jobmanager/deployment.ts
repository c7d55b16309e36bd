/** From the execution graph to what each slot is told: which subtasks, and which channels to which slots. */
import type { ExecutionGraph, ExecutionVertex } from '../core/execution-graph.js';
import type {
  ChannelDeployment,
  SlotDeployment,
  SubtaskDeployment,
  SubtaskRestore,
} from '../taskmanager/messages.js';

export interface DeploymentOptions {
  readonly base: Omit<SlotDeployment, 'slot' | 'subtasks'>;
  readonly bufferTimeoutMs: number;
  /** by slot: the TaskManager that runs it */
  readonly executors: readonly string[];
  readonly restore: (vertex: ExecutionVertex, subtask: number) => SubtaskRestore | null;
}

export function deploySlots(graph: ExecutionGraph, options: DeploymentOptions): readonly SlotDeployment[] {
  const subtasks = Array.from({ length: graph.slots }, (): SubtaskDeployment[] => []);
  for (const vertex of graph.vertices)
    for (let subtask = 0; subtask < vertex.parallelism; subtask++)
      subtasks[vertex.firstSlot + subtask]!.push(deploySubtask(graph, vertex, subtask, options));
  return subtasks.map((deployed, slot) => ({ ...options.base, slot, subtasks: deployed }));
}

function deploySubtask(
  graph: ExecutionGraph,
  vertex: ExecutionVertex,
  subtask: number,
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
      .map(channel => ({
        id: channel.id,
        peer: { executor: options.executors[channel[peer]]!, slot: channel[peer] },
      }));
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
