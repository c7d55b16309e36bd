/**
 * Decides which edges are fused (datastream-semantics §6, Chaining) and says for every other edge why not.
 * Only heads have several inputs, so a task is a tree.
 */
import type { Draft, DraftEdge, DraftOp, Pass, PassContext } from './draft.js';
import { ownParallelism } from './choose-exchanges.js';
import { opById, replaceEdges } from './draft.js';

export const chainOperators: Pass = {
  name: 'chain-operators',
  run: (draft, context) => replaceEdges(draft, edge => ({ ...edge, cut: reasonToCut(draft, edge, context) })),
};

function reasonToCut(draft: Draft, edge: DraftEdge, context: PassContext): string | null {
  const from = opById(draft, edge.from);
  const to = opById(draft, edge.to);
  const kind = edge.partition.kind;
  if (kind === 'hash') return `keyBy sends every record to the subtask that owns its key`;
  if (kind !== 'forward') return reasonOfPartition(kind, from, to);
  if (draft.edges.filter(e => e.to === edge.to).length > 1) return `${to.displayName} has several inputs`;
  if (!draft.graph.settings.chaining) return 'chaining is disabled for the job';
  if (from.op.chaining === 'never') return `chaining is disabled on ${from.displayName}`;
  if (to.op.chaining === 'never') return `chaining is disabled on ${to.displayName}`;
  if (to.op.chaining === 'head') return `${to.displayName} starts a new chain`;
  if (slotSharingGroup(draft, from) !== slotSharingGroup(draft, to)) {
    return `slot sharing groups differ: ${slotSharingGroup(draft, from)} and ${slotSharingGroup(draft, to)}`;
  }
  const [p, q] = [ownParallelism(from), ownParallelism(to)];
  if (p !== q) return `parallelism differs: ${p ?? 'default'} and ${q ?? 'default'}`;
  if (
    from.op.maxParallelism !== null &&
    to.op.maxParallelism !== null &&
    from.op.maxParallelism !== to.op.maxParallelism
  ) {
    return `maximum parallelism differs: ${from.op.maxParallelism} and ${to.op.maxParallelism}`;
  }
  if (isKeyed(draft, to)) return `${to.displayName} keeps keyed state, which only the head of a task can`;
  if ((to.op.kind === 'assignTimestamps' || to.op.kind === 'asyncWait') && hasSiblings(draft, edge))
    return `${to.displayName} lets watermarks of this branch leave at other times`;
  if (!context.fuse) return 'fusion is switched off';
  return null;
}

function reasonOfPartition(kind: string, from: DraftOp, to: DraftOp): string {
  const [p, q] = [ownParallelism(from), ownParallelism(to)];
  const parallelism = p === q ? '' : `, parallelism ${p ?? 'default'} to ${q ?? 'default'}`;
  return `${kind} partitioning${parallelism}`;
}

/** Operators on one key for all records (windowAll) use keyed state as well. */
export function isKeyed(draft: Draft, op: DraftOp): boolean {
  return (
    (op.op.kind === 'window' && op.op.all) ||
    draft.edges.some(e => e.to === op.op.id && e.partition.kind === 'hash')
  );
}

/** Watermarks leave a task on all its outputs, so an operator that makes new ones must have the task to itself from there on. */
function hasSiblings(draft: Draft, edge: DraftEdge): boolean {
  for (let at: DraftEdge | undefined = edge; at;) {
    const from: DraftEdge['from'] = at.from;
    if (draft.edges.filter(e => e.from === from).length > 1) return true;
    const inputs: readonly DraftEdge[] = draft.edges.filter(e => e.to === from);
    at = inputs.length === 1 ? inputs[0] : undefined;
  }
  return false;
}

/** An operator without a group of its own joins its inputs' group when they agree, else 'default' (as in Flink). */
export function slotSharingGroup(draft: Draft, op: DraftOp): string {
  if (op.op.slotSharingGroup !== null) return op.op.slotSharingGroup;
  const groups = new Set(
    draft.edges.filter(e => e.to === op.op.id).map(e => slotSharingGroup(draft, opById(draft, e.from))),
  );
  return groups.size === 1 ? [...groups][0]! : 'default';
}
