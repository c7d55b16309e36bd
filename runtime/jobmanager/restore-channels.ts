/** Deals what barriers had overtaken (§9.3) to the subtasks that receive it now. Senders get nothing back. */
import { RuntimeFault } from '../contract/fault.js';
import { keyGroupRangeOf } from '../contract/key-groups.js';
import type { ExchangeManifest } from '../contract/manifest.js';
import type { ChannelStatePart } from '../contract/snapshot.js';
import type { ExecutionExchange, ExecutionGraph, ExecutionVertex } from '../core/execution-graph.js';
import type { CheckpointMetadata, TaskMetadata } from '../state/storage/metadata.js';
import type { RecoveredChannel, RecoveredPart } from '../taskmanager/messages.js';

/** A channel of the job that took the checkpoint. */
interface OldChannel extends Pick<ChannelStatePart, 'receiver' | 'input' | 'exchange' | 'from' | 'to'> {
  /** what was queued at the receiver comes before what was still at the sender */
  readonly parts: readonly RecoveredPart[];
}

export function restoreChannels(
  metadata: CheckpointMetadata,
  graph: ExecutionGraph,
): (vertex: ExecutionVertex, subtask: number) => readonly RecoveredChannel[] {
  const channels = oldChannels(metadata);
  if (channels.length === 0) return () => [];
  const tasks = new Map(metadata.tasks.map(task => [task.operators[0], task]));
  return (vertex, subtask) => {
    const { uidHash } = vertex.task.operators[0]!;
    const old = tasks.get(uidHash);
    if (!old) return [];
    return channels
      .filter(({ receiver }) => receiver === uidHash)
      .flatMap(channel => {
        const exchange = exchangeOf(graph, vertex, channel);
        const share = exchange && shareOf(channel, exchange.exchange, old, vertex, subtask);
        if (!exchange || !share) return [];
        const { input, parts } = channel;
        const same =
          old.parallelism === vertex.parallelism &&
          tasks.get(exchange.from.task.operators[0]!.uidHash)?.parallelism === exchange.from.parallelism;
        return [{ input, parts, ...share, channel: same ? indexIn(graph, vertex, channel) : null }];
      });
  };
}

/** Records that no exchange of the job leads to would be lost without a word. */
export function checkChannels(metadata: CheckpointMetadata, graph: ExecutionGraph): void {
  for (const { receiver, input, exchange } of oldChannels(metadata)) {
    const vertex = graph.vertices.find(({ task }) => task.operators[0]!.uidHash === receiver);
    if (vertex && exchangeOf(graph, vertex, { input, exchange })) continue;
    const name = vertex ? `input ${input} of '${vertex.task.name}'` : `the operator ${receiver}`;
    throw new RuntimeFault('FC5515', {
      message: `the checkpoint has records on their way to ${name}, which the job cannot take: it has no such exchange`,
      domain: 'config',
      fix: 'restore the checkpoint with the program that wrote it, take a savepoint, and restore from that',
      facts: { receiver },
    });
  }
}

function oldChannels({ subtasks }: CheckpointMetadata): readonly OldChannel[] {
  const channels = new Map<string, OldChannel & { readonly parts: RecoveredPart[] }>();
  for (const { channels: state } of subtasks)
    for (const part of state?.channels ?? []) {
      const { receiver, input, exchange, from, to, side, layout, start, end, crc32 } = part;
      const name = [receiver, input, exchange, from, to].join(' ');
      const channel = channels.get(name) ?? { receiver, input, exchange, from, to, parts: [] };
      channels.set(name, channel);
      const { file, byteOrder } = state!;
      const recovered = { file, byteOrder, layout, start, end, crc32 };
      if (side === 'input') channel.parts.unshift(recovered);
      else channel.parts.push(recovered);
    }
  return [...channels.values()];
}

function exchangeOf(
  { exchanges }: ExecutionGraph,
  { task }: ExecutionVertex,
  { input, exchange }: Pick<OldChannel, 'input' | 'exchange'>,
): ExecutionExchange | undefined {
  const id = task.inputs[input]?.exchanges[exchange];
  return exchanges.find(connected => connected.exchange.id === id);
}

/** Null: the rows of the channel are for other subtasks. */
function shareOf(
  { to }: OldChannel,
  { partition }: ExchangeManifest,
  old: TaskMetadata,
  { parallelism, maxParallelism }: ExecutionVertex,
  subtask: number,
): Pick<RecoveredChannel, 'filtered'> | null {
  const all = { filtered: false };
  if (old.parallelism === parallelism) return to === subtask ? all : null;
  switch (partition) {
    case 'hash': {
      const theirs = keyGroupRangeOf(to, old.maxParallelism, old.parallelism);
      const own = keyGroupRangeOf(subtask, maxParallelism, parallelism);
      return theirs.start <= own.end && own.start <= theirs.end ? { filtered: true } : null;
    }
    case 'global':
      return subtask === 0 ? all : null;
    // Whoever takes a record of these takes it rightly.
    case 'rebalance':
    case 'shuffle':
    case 'forward':
    case 'rescale':
    case 'broadcast':
    case 'custom':
      return to % parallelism === subtask ? all : null;
  }
}

/** Index of the channel among those of its input, of a job with the same parallelism. */
function indexIn(
  graph: ExecutionGraph,
  vertex: ExecutionVertex,
  { input, exchange, from, to }: OldChannel,
): number {
  let index = 0;
  for (let i = 0; i < exchange; i++) {
    const { connections } = exchangeOf(graph, vertex, { input, exchange: i })!;
    const { first, last } = connections.upstreamOf(to);
    index += last - first + 1;
  }
  return index + from - exchangeOf(graph, vertex, { input, exchange })!.connections.upstreamOf(to).first;
}
