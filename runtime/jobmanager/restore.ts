/** Cuts a job's snapshot into what each new subtask starts from. Parts are found by operator, not by task. */
import type { ExecutionVertex } from '../core/execution-graph.js';
import { redistribute, splitElements } from '../core/redistribute.js';
import { RuntimeFault } from '../contract/fault.js';
import type { OperatorSnapshot } from '../contract/state.js';
import type { SinkSnapshot, SubtaskRestore, SubtaskSnapshot } from '../taskmanager/messages.js';
import type { JobSnapshot } from './job-snapshot.js';

export function restoreFor(
  snapshot: JobSnapshot | null,
): (vertex: ExecutionVertex, subtask: number) => SubtaskRestore | null {
  if (!snapshot) return () => null;
  const old = [...snapshot.subtasks].sort((a, b) => a.subtask - b.subtask);
  return (vertex, subtask) => {
    const uidHashes = vertex.task.operators.map(operator => operator.uidHash);
    return {
      checkpointId: snapshot.checkpointId,
      operators: uidHashes.flatMap(uidHash => restoreOperator(old, uidHash, vertex, subtask)),
      splits: uidHashes.flatMap(uidHash => {
        const parts = old.flatMap(part => (part.source?.uidHash === uidHash ? [part.source.splits] : []));
        return share(parts, subtask, vertex.parallelism);
      }),
      sinks: uidHashes.flatMap(uidHash => restoreSink(old, uidHash, subtask, vertex.parallelism)),
    };
  };
}

/** State that no operator of the job would take is an error: it would be lost without a word (§8.5). */
export function checkClaimed(snapshot: JobSnapshot, vertices: readonly ExecutionVertex[]): void {
  const claimed = new Set(vertices.flatMap(({ task }) => task.operators.map(({ uidHash }) => uidHash)));
  const unclaimed = [...operatorsWithState(snapshot)].filter(([uidHash]) => !claimed.has(uidHash));
  if (unclaimed.length === 0) return;
  const names = unclaimed.map(([, name]) => `'${name}'`).join(', ');
  throw new RuntimeFault('FC5113', {
    message: `the snapshot has state of ${names}, which the job does not have`,
    domain: 'config',
    fix: 'give the operator the uid it had, or drop its state with execution.state-recovery.ignore-unclaimed-state: true',
    facts: { operators: unclaimed.map(([uidHash]) => uidHash).join(' ') },
  });
}

/** uidHash → the name to call the operator by; operators that left nothing behind are not among them. */
function operatorsWithState({ subtasks, enumerators }: JobSnapshot): ReadonlyMap<string, string> {
  const names = new Map([...enumerators.keys()].map(uidHash => [uidHash, uidHash]));
  for (const { operators, source, sinks } of subtasks) {
    if (source && source.splits.length > 0) names.set(source.uidHash, source.uidHash);
    for (const { uidHash, writerStates, committables } of sinks)
      if (writerStates.length + committables.length > 0) names.set(uidHash, uidHash);
    for (const { uid, uidHash, keyed, operator } of operators)
      if (holdsEntries(keyed, operator)) names.set(uidHash, uid);
  }
  return names;
}

function holdsEntries(keyed: OperatorSnapshot['keyed'], operator: OperatorSnapshot['operator']): boolean {
  return (
    [...operator.values()].some(section => section.elements.length > 0) ||
    [...keyed.values()].some(section => [...section.keyGroups.values()].some(entries => entries.length > 0))
  );
}

function restoreOperator(
  old: readonly SubtaskSnapshot[],
  uidHash: string,
  vertex: ExecutionVertex,
  subtask: number,
): SubtaskRestore['operators'] {
  const snapshots = old.flatMap(part => part.operators.filter(operator => operator.uidHash === uidHash));
  const keyed = snapshots.find(part => part.keyed.size > 0 && part.maxParallelism !== vertex.maxParallelism);
  if (keyed)
    throw new RuntimeFault('FC5012', {
      message: `'${keyed.uid}' was snapshotted with max parallelism ${keyed.maxParallelism} and cannot be restored with ${vertex.maxParallelism}`,
      domain: 'config',
      fix: `set pipeline.max-parallelism: ${keyed.maxParallelism}`,
    });
  if (snapshots.length === 0) return [];
  return [redistribute(snapshots, vertex.parallelism)[subtask]!];
}

function restoreSink(
  old: readonly SubtaskSnapshot[],
  uidHash: string,
  subtask: number,
  parallelism: number,
): readonly SinkSnapshot[] {
  const parts = old.flatMap(part => part.sinks.filter(sink => sink.uidHash === uidHash));
  if (parts.length === 0) return [];
  return [
    {
      uidHash,
      writerStates: share(
        parts.map(part => part.writerStates),
        subtask,
        parallelism,
      ),
      committables: share(
        parts.map(part => part.committables),
        subtask,
        parallelism,
      ),
    },
  ];
}

/** Same parallelism: everybody keeps what was his. */
function share<T>(parts: readonly (readonly T[])[], subtask: number, parallelism: number): readonly T[] {
  return parts.length === parallelism
    ? parts[subtask]!
    : splitElements(parts.flat(), parallelism, 0).blocks[subtask]!;
}
