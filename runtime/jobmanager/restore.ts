/** Cuts a checkpoint into what each new subtask starts from. Parts are found by operator, not by task. */
import type { ExecutionGraph, ExecutionVertex } from '../core/execution-graph.js';
import { splitElements } from '../core/redistribute.js';
import { RuntimeFault } from '../contract/fault.js';
import { keyGroupRangeOf } from '../contract/key-groups.js';
import type { OperatorStateHandle } from '../contract/snapshot.js';
import {
  uidIn,
  type CheckpointMetadata,
  type SinkState,
  type SubtaskMetadata,
} from '../state/storage/metadata.js';
import type { SubtaskRestore } from '../taskmanager/messages.js';
import { restoreChannels } from './restore-channels.js';

/** A complete checkpoint or savepoint to start from. */
export interface RestorePoint {
  readonly metadata: CheckpointMetadata;
  /** what paths of files start from; null: everything is inline */
  readonly base: string | null;
}

export function restoreFor(
  point: RestorePoint | null,
  graph: ExecutionGraph,
): (vertex: ExecutionVertex, subtask: number) => SubtaskRestore | null {
  if (!point) return () => null;
  const { metadata, base } = point;
  const channelsOf = restoreChannels(metadata, graph);
  const old = [...metadata.subtasks].sort((a, b) => a.subtask - b.subtask);
  const parallelism = new Map(
    metadata.tasks.flatMap(task => task.operators.map(uidHash => [uidHash, task.parallelism])),
  );
  return (vertex, subtask) => {
    const uidHashes = vertex.task.operators.map(operator => operator.uidHash);
    const rescaled = (uidHash: string): boolean => parallelism.get(uidHash) !== vertex.parallelism;
    return {
      checkpointId: metadata.checkpointId,
      base,
      operators: uidHashes.flatMap(uidHash => restoreOperator(old, uidHash, vertex, subtask)),
      splits: uidHashes.flatMap(uidHash => {
        const parts = old.flatMap(({ source, subtask }) =>
          source?.uidHash === uidHash ? [{ subtask, elements: source.splits }] : [],
        );
        return share(parts, subtask, vertex.parallelism, rescaled(uidHash));
      }),
      sinks: uidHashes.flatMap(uidHash =>
        restoreSink(old, uidHash, subtask, vertex.parallelism, rescaled(uidHash)),
      ),
      channels: channelsOf(vertex, subtask),
    };
  };
}

/** State that no operator of the job would take is an error: it would be lost without a word (§8.5). */
export function checkClaimed({ metadata }: RestorePoint, vertices: readonly ExecutionVertex[]): void {
  const claimed = new Set(vertices.flatMap(({ task }) => task.operators.map(({ uidHash }) => uidHash)));
  const unclaimed = [...operatorsWithState(metadata)].filter(([uidHash]) => !claimed.has(uidHash));
  if (unclaimed.length === 0) return;
  const names = unclaimed.map(([, name]) => `'${name}'`).join(', ');
  throw new RuntimeFault('FC5113', {
    message: `the snapshot has state of ${names}, which the job does not have`,
    domain: 'config',
    fix: 'give the operator the uid it had, or drop its state with execution.state-recovery.ignore-unclaimed-state: true (flinkc run -n)',
    facts: { operators: unclaimed.map(([uidHash]) => uidHash).join(' ') },
  });
}

/** By uidHash: how many key groups the keyed state of an operator was cut into. */
export function keyGroupsOf({ metadata }: RestorePoint): ReadonlyMap<string, number> {
  return new Map(
    metadata.subtasks.flatMap(({ operators }) =>
      operators.flatMap(({ uidHash, keyed, maxParallelism }) =>
        keyed ? [[uidHash, maxParallelism] as const] : [],
      ),
    ),
  );
}

/** Key groups cannot be cut anew. */
export function checkKeyGroups(point: RestorePoint, vertices: readonly ExecutionVertex[]): void {
  const restored = keyGroupsOf(point);
  for (const { task, maxParallelism } of vertices)
    for (const { uid, uidHash } of task.operators) {
      const other = restored.get(uidHash) ?? maxParallelism;
      if (other === maxParallelism) continue;
      throw new RuntimeFault('FC5012', {
        message: `'${uid}' was snapshotted with max parallelism ${other} and cannot be restored with ${maxParallelism}`,
        domain: 'config',
        fix: `set pipeline.max-parallelism: ${other}, or leave it out`,
      });
    }
}

/** Tasks all of whose subtasks had reached their end: they stay finished (§13.4). Their ids in the job. */
export function finishedTasks(
  point: RestorePoint | null,
  vertices: readonly ExecutionVertex[],
): ReadonlySet<number> {
  const finished = new Set(
    point?.metadata.tasks
      .filter(task => task.parallelism > 0 && task.finished.length === task.parallelism)
      .flatMap(task => task.operators),
  );
  return new Set(
    vertices
      .filter(({ task }) => task.operators.every(({ uidHash }) => finished.has(uidHash)))
      .map(({ task }) => task.id),
  );
}

/** uidHash → what to call the operator; operators that left nothing behind are not among them. */
function operatorsWithState(metadata: CheckpointMetadata): ReadonlyMap<string, string> {
  const { subtasks, enumerators } = metadata;
  const found = new Set(Object.keys(enumerators));
  for (const { operators, source, sinks } of subtasks) {
    if (source && source.splits.length > 0) found.add(source.uidHash);
    for (const { uidHash, writerStates, committables } of sinks)
      if (writerStates.length + committables.length > 0) found.add(uidHash);
    for (const { uidHash, keyed, operator } of operators) if (keyed || operator) found.add(uidHash);
  }
  return new Map(
    [...found].map(uidHash => [uidHash, uidIn(metadata, uidHash) ?? nameIn(metadata.tasks, uidHash)]),
  );
}

/** Without its uid: a task is called after the operators of its chain. */
function nameIn(tasks: CheckpointMetadata['tasks'], uidHash: string): string {
  const task = tasks.find(({ operators }) => operators.includes(uidHash));
  if (!task) return uidHash;
  const names = task.name.split(' -> ');
  return names.length === task.operators.length ? names[task.operators.indexOf(uidHash)]! : task.name;
}

function restoreOperator(
  old: readonly SubtaskMetadata[],
  uidHash: string,
  { maxParallelism, parallelism }: ExecutionVertex,
  subtask: number,
): readonly OperatorStateHandle[] {
  const handles = old.flatMap(part => part.operators.filter(operator => operator.uidHash === uidHash));
  const own = keyGroupRangeOf(subtask, maxParallelism, parallelism);
  return handles.flatMap(handle => {
    const theirs = keyGroupRangeOf(handle.subtask, handle.maxParallelism, handle.parallelism);
    const overlaps = theirs.start <= own.end && own.start <= theirs.end;
    if (!overlaps && !handle.operator) return [];
    return [overlaps ? handle : { ...handle, keyed: null }];
  });
}

function restoreSink(
  old: readonly SubtaskMetadata[],
  uidHash: string,
  subtask: number,
  parallelism: number,
  rescaled: boolean,
): readonly SinkState[] {
  const parts = old.flatMap(part =>
    part.sinks.filter(sink => sink.uidHash === uidHash).map(sink => ({ subtask: part.subtask, sink })),
  );
  if (parts.length === 0) return [];
  const own = (elementsOf: (sink: SinkState) => readonly unknown[]): readonly unknown[] =>
    share(
      parts.map(part => ({ subtask: part.subtask, elements: elementsOf(part.sink) })),
      subtask,
      parallelism,
      rescaled,
    );
  return [
    {
      uidHash,
      writerStates: own(({ writerStates }) => writerStates),
      committables: own(({ committables }) => committables),
    },
  ];
}

/**
 * Same parallelism: everybody keeps what was his, also when others had finished and left nothing: they may be going on
 * in regions that do not restart.
 */
function share<T>(
  parts: readonly { readonly subtask: number; readonly elements: readonly T[] }[],
  subtask: number,
  parallelism: number,
  rescaled: boolean,
): readonly T[] {
  if (!rescaled) return parts.find(part => part.subtask === subtask)?.elements ?? [];
  const all = parts.flatMap(({ elements }) => elements);
  return splitElements(all, parallelism, 0).blocks[subtask]!;
}
