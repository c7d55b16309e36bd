/** Cuts the finished draft into tasks: every operator without a fused input heads one. */
import type {
  Exchange,
  ExchangeId,
  GraphEdge,
  OpId,
  Plan,
  PlanInput,
  PlanOp,
  PlanTask,
  TaskId,
} from '../ir/index.js';
import { slotSharingGroup } from './chain-operators.js';
import { ownParallelism } from './choose-exchanges.js';
import type { Draft, DraftEdge, DraftOp } from './draft.js';
import { taskName } from './task-name.js';

export function formTasks(draft: Draft): Plan {
  const taskOf = new Map<OpId, TaskId>();
  const members: DraftOp[][] = [];
  for (const op of draft.ops) {
    const fused = draft.edges.find(e => e.to === op.op.id && e.cut === null);
    const task = fused ? taskOf.get(fused.from)! : members.length;
    (members[task] ??= []).push(op);
    taskOf.set(op.op.id, task);
  }
  const exchanges = draft.edges
    .filter(e => e.cut !== null)
    .map((edge, id): Exchange => ({
      id,
      from: taskOf.get(edge.from)!,
      fromOp: edge.from,
      sideOutput: edge.sideOutput,
      to: taskOf.get(edge.to)!,
      input: edge.input,
      partition: edge.partition,
      layout: edge.layout!,
      schema: edge.schema,
      combine: edge.combine,
      reason: edge.cut!,
    }));
  const cutEdges = draft.edges.filter(e => e.cut !== null);
  const exchangeOf = (edge: DraftEdge): ExchangeId => cutEdges.indexOf(edge);
  const tasks = members.map((ops, id): PlanTask => {
    const head = ops[0]!;
    return {
      id,
      name: taskName(ops, draft),
      ops: ops.map(op => planOp(draft, op)),
      parallelism: ownParallelism(head),
      maxParallelism: ops.reduce<number | null>((max, o) => max ?? o.op.maxParallelism, null),
      slotSharingGroup: slotSharingGroup(draft, head),
      inputs: inputsOf(draft, head, exchangeOf),
      outputs: exchanges.filter(e => e.from === id).map(e => e.id),
    };
  });
  return {
    settings: draft.graph.settings,
    parameters: draft.graph.parameters,
    tasks,
    exchanges,
    program: draft.program,
  };
}

function inputsOf(
  draft: Draft,
  head: DraftOp,
  exchangeOf: (edge: DraftEdge) => ExchangeId,
): readonly PlanInput[] {
  const edges = draft.edges.filter(e => e.to === head.op.id);
  const count = Math.max(0, ...edges.map(e => e.input + 1));
  return Array.from({ length: count }, (_, index): PlanInput => {
    const into = edges.filter(e => e.input === index);
    const first = into[0]!;
    return {
      exchanges: into.map(exchangeOf),
      layout: first.layout!,
      schema: first.schema,
      combined: first.combine !== null,
      key:
        first.keyColumn === null
          ? null
          : { column: first.keyColumn, schema: first.layout!.columns[first.keyColumn]!.schema },
    };
  });
}

/** The op with its edges as they are after unions were flattened: generated code follows them. */
function planOp(draft: Draft, draftOp: DraftOp): PlanOp {
  const inputs = draft.edges
    .filter(e => e.to === draftOp.op.id)
    .map((e): GraphEdge => ({ from: e.from, sideOutput: e.sideOutput, partition: e.partition }));
  return {
    op: {
      ...draftOp.op,
      inputs,
      parallelism: ownParallelism(draftOp),
    },
    types: draftOp.types,
    uid: draftOp.uid,
    uidHash: draftOp.uidHash,
    displayName: draftOp.displayName,
    demand: draftOp.demand,
    copyOutput: draftOp.copyOutput,
    states: draftOp.states,
  };
}
