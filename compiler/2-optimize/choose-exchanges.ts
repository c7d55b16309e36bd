/** Gives every edge that leaves the choice to the compiler its partitioning. */
import { diagnose } from '../diagnostics/diagnose.js';
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import type { Draft, DraftEdge, DraftOp, Pass } from './draft.js';
import { opById, replaceEdges } from './draft.js';

export const chooseExchanges: Pass = {
  name: 'choose-exchanges',
  run: (draft, { log }) =>
    replaceEdges(draft, edge => {
      if (edge.partition.kind === 'forward') checkForward(draft, edge, log);
      if (edge.partition.kind !== 'auto') return edge;
      const from = opById(draft, edge.from);
      const to = opById(draft, edge.to);
      return { ...edge, partition: { kind: automatic(from, to) } };
    }),
};

function automatic(from: DraftOp, to: DraftOp): 'forward' | 'rebalance' | 'global' {
  if (ownParallelism(from) === ownParallelism(to)) return 'forward';
  // Everything on one instance: there is nothing to balance.
  return ownParallelism(to) === 1 ? 'global' : 'rebalance';
}

/**
 * Recording checks this where the receiver's parallelism is set. The sender's may be set later or be the job's, and
 * through unions it is only known who sends once they are gone.
 */
function checkForward(draft: Draft, edge: DraftEdge, log: DiagnosticLog): void {
  const to = opById(draft, edge.to);
  const [upstream, parallelism] = [parallelismOf(draft, opById(draft, edge.from)), parallelismOf(draft, to)];
  if (upstream === null || parallelism === null || upstream === parallelism) return;
  const args = { upstream: String(upstream), parallelism: String(parallelism) };
  log.add(diagnose('FC2102', args, to.op.origin));
}

/** null: the job's, known only when it is deployed, whatever the program says: `-p` wins over `env.setParallelism`. */
export function ownParallelism({ op }: DraftOp): number | null {
  return op.kind === 'window' && op.all ? 1 : op.parallelism;
}
/** As the program says; null when it leaves it to the deployment. */
export function parallelismOf(draft: Draft, op: DraftOp): number | null {
  return ownParallelism(op) ?? draft.graph.settings.parallelism;
}
