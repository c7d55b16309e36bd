/** Gives every edge that leaves the choice to the compiler its partitioning. */
import type { Draft, DraftOp, Pass } from './draft.js';
import { opById, replaceEdges } from './draft.js';

export const chooseExchanges: Pass = {
  name: 'choose-exchanges',
  run: draft =>
    replaceEdges(draft, edge => {
      if (edge.partition.kind !== 'auto') return edge;
      const from = opById(draft, edge.from);
      const to = opById(draft, edge.to);
      return { ...edge, partition: { kind: automatic(draft, from, to) } };
    }),
};

function automatic(draft: Draft, from: DraftOp, to: DraftOp): 'forward' | 'rebalance' | 'global' {
  if (parallelismOf(draft, from) === parallelismOf(draft, to)) return 'forward';
  // Everything on one instance: there is nothing to balance.
  return parallelismOf(draft, to) === 1 ? 'global' : 'rebalance';
}

/** null: the default, known only when the job is deployed. */
export function parallelismOf(draft: Draft, op: DraftOp): number | null {
  if (op.op.kind === 'window' && op.op.all) return 1;
  return op.op.parallelism ?? draft.graph.settings.parallelism;
}
