import type { OpOf, Value } from '../../ir/index.js';
import { labelFilter } from '../../ir/index.js';
import { flatten, textOf } from '../code.js';
import type { Code } from '../code.js';
import { applyExpression } from '../lambda.js';
import type { Block } from '../block.js';
import { assume, type Sym } from '../record.js';
import { openRich } from '../rich.js';
import type { OperatorSite, TaskWriter } from '../task-writer.js';
import { moduleSite, valueCode } from '../values.js';

export function emitFilter(site: OperatorSite<OpOf<'filter'>>): void {
  const { writer, op, block } = site;
  openRich(site, op.fn, 'filter');
  const split = labelFilter(op.fn);
  const condition = split
    ? flatten(['(', apply(site, split.labelOf), ') === ', valueCode(split.label, moduleSite(writer.module))])
    : apply(site, op.fn);
  const test = /^\((\w+) !== (\d)\)$/.exec(textOf(condition));
  if (test) block.line(`if (${test[1]} === ${test[2]}) ${block.exit};`);
  else block.line('if (!(', condition, `)) ${block.exit};`);
  assumeImplied(writer, op.fn, block, site.record);
  writer.emit(site.index, site.record, site.timestamp, block);
}

/** What follows in the block runs only for records that the filter accepted. */
export function assumeImplied(writer: TaskWriter, fn: Value, block: Block, record: Sym): void {
  for (const fact of writer.module.program.functions.get(fn)?.inline?.implies ?? [])
    assume(block, record, fact);
}

function apply({ writer, op, block, record }: OperatorSite<OpOf<'filter'>>, fn: Value): Code {
  return applyExpression({ writer, block, fn, method: 'filter', hint: op.name ?? 'accepts', args: [record] });
}
