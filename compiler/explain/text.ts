import type { ExplainedOperator, Explanation } from './model.js';

/** The plan as text: tasks with their operators, and below each the exchanges that leave it. */
export function explainText(explanation: Explanation): string {
  const lines = [
    `Job "${explanation.job}": ${counted(explanation.tasks.length, 'task')}, ${counted(explanation.exchanges.length, 'exchange')}`,
  ];
  for (const task of explanation.tasks) {
    const parallelism = task.parallelism === null ? '' : `  parallelism ${task.parallelism}`;
    const group = task.slotSharingGroup === 'default' ? '' : `  slot sharing group ${task.slotSharingGroup}`;
    lines.push('', `Task ${task.id}  ${task.name}${parallelism}${group}`);
    const width = Math.max(...task.operators.map(operator => operator.kind.length));
    for (const operator of task.operators) {
      lines.push(
        `  ${operator.kind.padEnd(width)}  ${operator.name}  (${operator.origin})  uid ${operator.uid}`,
      );
      const indent = ' '.repeat(width + 4);
      if (operator.kind !== 'sink') lines.push(`${indent}fields read downstream: ${fields(operator)}`);
      if (operator.fieldsComputed !== null && operator.fieldsRead !== 'none')
        lines.push(
          `${indent}computed ${operator.fieldsComputed}: not for records that a filter drops before`,
        );
      if (operator.decodedFirst !== null) {
        const { fields: first, filters } = operator.decodedFirst;
        lines.push(
          `${indent}decoded first: ${first.join(', ')}; the others only for records that ${filters.join(' and ')} accepts`,
        );
      }
      if (operator.states.length > 0)
        lines.push(`${indent}state: ${operator.states.map(s => `${s.name} (${s.kind})`).join(', ')}`);
      if (operator.copiesOutput) lines.push(`${indent}records are copied for each consumer`);
    }
    for (const exchange of explanation.exchanges.filter(e => e.from === task.id)) {
      const side = exchange.sideOutput === null ? '' : ` (side output ${exchange.sideOutput})`;
      lines.push(
        `  └─ ${exchange.partition} ─▶ task ${exchange.to}${side}: ${exchange.columns.join(', ') || 'no columns'}`,
      );
      if (exchange.combined)
        lines.push('     added up per key before they are sent, and sent with the next watermark');
      lines.push(`     not fused: ${exchange.reason}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

export const counted = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

export function fields(operator: ExplainedOperator): string {
  return typeof operator.fieldsRead === 'string'
    ? operator.fieldsRead
    : operator.fieldsRead.join(', ') || 'none';
}
