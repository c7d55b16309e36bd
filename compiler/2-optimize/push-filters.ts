/**
 * Filters right behind a source whose format has a generated decoder: it fills what they read first, asks, and leaves
 * the other columns of refused rows alone. The rows stay, and the filters ask again in the loop: whoever counts or takes
 * the time of records sees all of them. That needs filters that may be asked twice.
 */
import type { LoweredProgram, Plan, PlanOp, PlanTask, PushedFilters, Usage, Value } from '../ir/index.js';
import { fieldUsage, joinUsage } from '../ir/index.js';
import { readsOf, strategyReads } from './input-demand.js';

/** Null when nothing is gained: no such filter, or one that reads what all the others read. */
export function pushedFilters(task: PlanTask, plan: Plan): PushedFilters | null {
  const source = task.ops[0]!;
  if (source.op.kind !== 'source') return null;
  const { program } = plan;
  let first: Usage = source.op.watermarks === null ? 'none' : strategyReads(source.op.watermarks, program);
  const filters: number[] = [];
  for (let at: PlanOp | null = onlyConsumer(source, task, plan); at; at = onlyConsumer(at, task, plan)) {
    const { op } = at;
    if (op.kind === 'assignTimestamps') first = joinUsage(first, strategyReads(op.strategy, program));
    else if (op.kind === 'filter' && isRepeatable(op.fn, program)) {
      first = joinUsage(first, readsOf(op.fn, 'filter', 0, 'all', program));
      filters.push(task.ops.indexOf(at));
    } else break;
  }
  if (filters.length === 0 || typeof source.demand === 'string' || typeof first === 'string') return null;
  const fields = Object.keys(source.demand.fields).filter(name => fieldUsage(first, name) !== 'none');
  const isUseful = fields.length > 0 && fields.length < Object.keys(source.demand.fields).length;
  return isUseful ? { filters, fields: fields.sort() } : null;
}

/** The operator that alone reads what `from` hands on, in the same task. */
function onlyConsumer(from: PlanOp, task: PlanTask, plan: Plan): PlanOp | null {
  const { id } = from.op;
  if (task.outputs.some(e => plan.exchanges[e]!.fromOp === id && plan.exchanges[e]!.sideOutput === null))
    return null;
  const readers = task.ops.filter(({ op }) => op.inputs.some(e => e.from === id && e.sideOutput === null));
  return readers.length === 1 ? readers[0]! : null;
}

function isRepeatable(fn: Value, program: LoweredProgram): boolean {
  return program.functions.get(fn)?.inline?.repeatable === true;
}
