/** Text of drafts and plans: for fixtures, `explain` and traces of passes. */
import type { BatchLayout } from '../../plugins/api/index.js';
import type { Exchange, Plan, PlanOp, PlanTask, Usage } from '../ir/index.js';
import { columnName } from '../ir/batch-layout.js';
import { printUsage } from '../ir/index.js';
import type { Draft } from './draft.js';

export function printDraft(draft: Draft): string {
  const lines = draft.ops.map(
    o =>
      `op ${o.op.id} ${o.op.kind} "${o.displayName}" demand ${printUsage(o.demand)}${o.copyOutput ? ' copied' : ''}`,
  );
  for (const e of draft.edges) {
    const side = e.sideOutput === null ? '' : `[${e.sideOutput}]`;
    lines.push(
      `edge ${e.from}${side} -> ${e.to}.${e.input} ${e.partition.kind} ${e.cut === null ? 'fused' : `cut: ${e.cut}`} reads ${printUsage(e.demand)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

export function printPlan(plan: Plan): string {
  return plan.tasks.map(task => printTask(task, plan)).join('\n');
}

function printTask(task: PlanTask, plan: Plan): string {
  const lines = [
    `task ${task.id} "${task.name}"${task.parallelism === null ? '' : ` parallelism ${task.parallelism}`}${group(task)}`,
  ];
  task.inputs.forEach((input, index) => {
    const from = input.exchanges.map(id => `task ${plan.exchanges[id]!.from}`).join(', ');
    lines.push(`  input ${index} from ${from}: ${printColumns(input.layout, input.key?.column ?? null)}`);
  });
  for (const op of task.ops)
    lines.push(`  ${printOp(op)}`, ...op.states.map(s => `    state ${s.name}: ${s.kind}`));
  if (task.pushed) {
    const filters = task.pushed.filters.map(index => `"${task.ops[index]!.displayName}"`);
    lines.push(`  decodes ${task.pushed.fields.join(', ')} first, then asks ${filters.join(', ')}`);
  }
  for (const id of task.outputs) lines.push(`  ${printExchange(plan.exchanges[id]!)}`);
  return `${lines.join('\n')}\n`;
}

function group(task: PlanTask): string {
  return task.slotSharingGroup === 'default' ? '' : ` slot sharing group ${task.slotSharingGroup}`;
}

function printOp(op: PlanOp): string {
  const { file, line, column } = op.op.origin;
  return `${op.op.kind} "${op.displayName}" at ${file}:${line}:${column} uid ${op.uid} -> ${printDemand(op.demand)}${op.copyOutput ? ' copied' : ''}`;
}

function printDemand(demand: Usage): string {
  return demand === 'all' ? 'everything' : demand === 'none' ? 'nothing' : printUsage(demand);
}

function printExchange(exchange: Exchange): string {
  const side = exchange.sideOutput === null ? '' : ` of side output ${exchange.sideOutput}`;
  return `output${side} to task ${exchange.to}.${exchange.input} ${exchange.partition.kind}${exchange.combine === null ? '' : ' combined'}: ${exchange.reason}`;
}

function printColumns(layout: BatchLayout, key: number | null): string {
  return layout.columns.length === 0
    ? 'no columns'
    : layout.columns
        .map((c, i) => `${i === key ? 'key ' : ''}${columnName(c.path)}${c.presence ? '?' : ''} ${c.kind}`)
        .join(', ');
}
