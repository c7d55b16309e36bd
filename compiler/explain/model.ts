/** What `flinkc explain` shows, as plain data: the JSON output, and what the text and the picture are made from. */
import { columnName } from '../ir/batch-layout.js';
import type { Plan, PlanOp, PlanTask, Usage } from '../ir/index.js';

export interface Explanation {
  readonly job: string;
  readonly tasks: readonly ExplainedTask[];
  readonly exchanges: readonly ExplainedExchange[];
}
export interface ExplainedTask {
  readonly id: number;
  readonly name: string;
  /** null: the job's default */
  readonly parallelism: number | null;
  readonly slotSharingGroup: string;
  readonly operators: readonly ExplainedOperator[];
}
export interface ExplainedOperator {
  readonly name: string;
  readonly kind: string;
  readonly uid: string;
  /** file:line:column of the API call */
  readonly origin: string;
  /** fields of this operator's output that something downstream reads; 'all' or 'none' */
  readonly fieldsRead: readonly string[] | 'all' | 'none';
  readonly states: readonly { readonly name: string; readonly kind: string }[];
  readonly copiesOutput: boolean;
  /** sources: how the fields come about; null: all fields that are read are there from the start */
  readonly fieldsComputed: 'where first read' | null;
  /** sources: fields decoded for every record, and the filters that decide about the others; null: nothing waits */
  readonly decodedFirst: { readonly fields: readonly string[]; readonly filters: readonly string[] } | null;
}
export interface ExplainedExchange {
  readonly from: number;
  readonly to: number;
  readonly input: number;
  readonly sideOutput: string | null;
  readonly partition: string;
  /** columns that travel, with their kind */
  readonly columns: readonly string[];
  /** what travels are accumulators, one per key and slice of time, instead of records */
  readonly combined: boolean;
  /** why the two operators are not one task */
  readonly reason: string;
}

export function explain(plan: Plan): Explanation {
  return {
    job: plan.settings.jobName,
    tasks: plan.tasks.map(explainTask),
    exchanges: plan.exchanges.map(exchange => ({
      from: exchange.from,
      to: exchange.to,
      input: exchange.input,
      sideOutput: exchange.sideOutput,
      partition: exchange.partition.kind,
      columns: exchange.layout.columns
        .filter(c => !c.presence)
        .map(c => `${columnName(c.path, exchange.combine === null ? 'record' : 'accumulator')} ${c.kind}`),
      combined: exchange.combine !== null,
      reason: exchange.reason,
    })),
  };
}

function explainTask(task: PlanTask): ExplainedTask {
  const { id, name, parallelism, slotSharingGroup } = task;
  return {
    id,
    name,
    parallelism,
    slotSharingGroup,
    operators: task.ops.map(op => explainOperator(op, task)),
  };
}
function explainOperator(
  { op, uid, displayName, demand, states, copyOutput }: PlanOp,
  task: PlanTask,
): ExplainedOperator {
  return {
    name: displayName,
    kind: op.kind,
    uid,
    origin: `${op.origin.file}:${op.origin.line}:${op.origin.column}`,
    fieldsRead: op.kind === 'sink' ? 'none' : fieldPaths(demand),
    states: states.map(({ name, kind }) => ({ name, kind })),
    copiesOutput: copyOutput,
    fieldsComputed: op.kind === 'source' && task.rows ? 'where first read' : null,
    decodedFirst:
      op.kind === 'source' && task.pushed
        ? {
            fields: task.pushed.fields,
            filters: task.pushed.filters.map(index => task.ops[index]!.displayName),
          }
        : null,
  };
}

/** 'filter  program.ts:61:4': the folders of a long path are in the tooltip. */
export function caption({ kind, origin }: ExplainedOperator): string {
  return `${kind}  ${origin.slice(origin.lastIndexOf('/') + 1)}`;
}

/** Dotted paths, sorted; a field that is only tested for presence ends in '?'. */
export function fieldPaths(usage: Usage): readonly string[] | 'all' | 'none' {
  if (usage === 'all' || usage === 'none') return usage;
  const paths = Object.entries(usage.fields).flatMap(([name, inner]): string[] => {
    const below = fieldPaths(inner);
    if (below === 'none') return [];
    if (below === 'all') return [name];
    return below.length === 0 ? [`${name}?`] : below.map(path => `${name}.${path}`);
  });
  return paths.sort();
}
