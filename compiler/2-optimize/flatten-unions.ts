/** A union computes nothing: its consumers read all its inputs themselves. */
import type { Partition } from '../ir/index.js';
import type { Draft, DraftEdge, Pass } from './draft.js';

export const flattenUnions: Pass = {
  name: 'flatten-unions',
  run(draft) {
    const unions = new Set(draft.ops.filter(o => o.op.kind === 'union').map(o => o.op.id));
    if (unions.size === 0) return draft;
    const into = (edge: DraftEdge): DraftEdge[] =>
      unions.has(edge.from)
        ? draft.edges
            .filter(inner => inner.to === edge.from)
            .flatMap(inner =>
              into({
                ...edge,
                from: inner.from,
                sideOutput: inner.sideOutput,
                partition: outermost(edge.partition, inner.partition),
              }),
            )
        : [edge];
    return {
      ...draft,
      ops: draft.ops.filter(o => !unions.has(o.op.id)),
      edges: draft.edges.filter(e => !unions.has(e.to)).flatMap(into),
    } satisfies Draft;
  },
};

/** As in Flink, the partitioning asked for last decides: `a.rebalance().union(b).keyBy(k)` is a hash partitioning of both. */
function outermost(after: Partition, before: Partition): Partition {
  return after.kind === 'auto' ? before : after;
}
