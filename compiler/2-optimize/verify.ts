/** Invariants that every pass must keep. What fails here is a bug of the compiler, so it throws. */
import type { Plan } from '../ir/index.js';
import type { Draft } from './draft.js';

export function verifyDraft(draft: Draft, after: string): void {
  const fail = (what: string): never => {
    throw new Error(`compiler bug after pass ${after}: ${what}`);
  };
  const position = new Map(draft.ops.map((o, i) => [o.op.id, i]));
  if (position.size !== draft.ops.length) fail('two operators have the same id');
  for (const edge of draft.edges) {
    const [from, to] = [position.get(edge.from), position.get(edge.to)];
    if (from === undefined || to === undefined) fail(`edge ${edge.from} -> ${edge.to} has no such end`);
    else if (from >= to) fail(`operator ${edge.to} comes before its input ${edge.from}`);
    if (edge.cut === null && edge.partition.kind !== 'forward')
      fail(`edge ${edge.from} -> ${edge.to} is fused but ${edge.partition.kind}`);
    if (edge.cut === null && draft.edges.filter(e => e.to === edge.to).length !== 1)
      fail(`operator ${edge.to} is fused but has several inputs`);
    if (edge.keyColumn !== null && edge.layout?.columns[edge.keyColumn] === undefined)
      fail(`edge ${edge.from} -> ${edge.to} has no key column`);
  }
}

export function verifyPlan(plan: Plan): void {
  const fail = (what: string): never => {
    throw new Error(`compiler bug in the plan: ${what}`);
  };
  plan.tasks.forEach((task, index) => {
    if (task.id !== index) fail(`task ${task.id} is at position ${index}`);
    if (task.ops.length === 0) fail(`task ${task.id} is empty`);
    for (const op of task.ops.slice(1)) {
      const parents = op.op.inputs.filter(e => task.ops.some(o => o.op.id === e.from));
      if (op.op.inputs.length !== 1 || parents.length !== 1)
        fail(`operator ${op.op.id} is not fed by its own task alone`);
    }
    for (const id of task.outputs)
      if (plan.exchanges[id]?.from !== task.id) fail(`exchange ${id} does not leave task ${task.id}`);
    task.inputs.forEach((input, at) => {
      for (const id of input.exchanges) {
        const exchange = plan.exchanges[id];
        if (exchange?.to !== task.id || exchange.input !== at)
          fail(`exchange ${id} does not reach input ${at} of task ${task.id}`);
        if (exchange && JSON.stringify(exchange.layout) !== JSON.stringify(input.layout))
          fail(`exchanges of input ${at} of task ${task.id} have different layouts`);
      }
    });
  });
}
