/**
 * Which fields of each operator's output anything downstream reads, backward from the sinks. Generated code computes
 * and carries nothing else: the reading of a field and the field itself vanish together.
 */
import type { LoweredProgram, Op, OpId, Partition, Usage } from '../ir/index.js';
import { expandUsage, joinUsage, keyProperty, sameUsage } from '../ir/index.js';
import type { DraftEdge, Pass } from './draft.js';
import { inputDemand, readsOf, strategyReads } from './input-demand.js';

export const demandFields: Pass = {
  name: 'demand-fields',
  run(draft) {
    const demandOf = new Map<OpId, Usage>();
    const edgeDemand = new Map<DraftEdge, Usage>();
    // Consumers come after producers in topological order.
    for (const { op, types } of [...draft.ops].reverse()) {
      let demand: Usage = 'none';
      for (const edge of draft.edges) {
        if (edge.from !== op.id) continue;
        const receiver = draft.ops.find(o => o.op.id === edge.to)!;
        const demanded = inputDemand(receiver.op, edge.input, demandOf.get(edge.to)!, draft.program);
        const read = expandUsage(
          demanded === 'none' && edge.schema.kind !== 'struct' && keepsRecords(receiver.op)
            ? 'all'
            : demanded,
          edge.schema,
        );
        edgeDemand.set(edge, read);
        if (edge.sideOutput === null)
          demand = joinUsage(demand, joinUsage(read, keyReads(edge.partition, draft.program)));
      }
      if (op.kind === 'source' && op.watermarks !== null)
        demand = joinUsage(demand, strategyReads(op.watermarks, draft.program));
      demandOf.set(op.id, types.output === null ? demand : expandUsage(demand, types.output));
    }
    const ops = draft.ops.map(o => {
      const demand = demandOf.get(o.op.id)!;
      return sameUsage(demand, o.demand) ? o : { ...o, demand };
    });
    return { ...draft, ops, edges: draft.edges.map(e => ({ ...e, demand: edgeDemand.get(e)! })) };
  },
};

/**
 * Records in state and in writers must be values of their type even when nobody looks at them: a struct can lose all its fields, of
 * any other there is no smaller part than the whole.
 */
function keepsRecords(op: Op): boolean {
  switch (op.kind) {
    case 'reduce':
    case 'rollingAggregate':
    case 'windowJoin':
    case 'intervalJoin':
    case 'coGroup':
    case 'asyncWait':
    case 'fullWindowPartition':
    case 'sink':
      return true;
    case 'window':
      return op.function.kind !== 'aggregate' || op.window.evictor !== null;
    default:
      return false;
  }
}

/** The sender computes keys, so they need not travel; what they are made of must be there. */
function keyReads(partition: Partition, program: LoweredProgram): Usage {
  if (partition.kind === 'hash' || partition.kind === 'custom') {
    const property = keyProperty(partition.key);
    if (property !== null) return { fields: { [property]: 'all' } };
    return readsOf(partition.key, 'getKey', 0, 'all', program);
  }
  return 'none';
}
