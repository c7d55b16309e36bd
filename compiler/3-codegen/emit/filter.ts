import type { OpOf, Value } from '../../ir/index.js';
import { labelFilter } from '../../ir/index.js';
import { flatten } from '../code.js';
import type { Code } from '../code.js';
import { applyExpression } from '../lambda.js';
import { openRich } from '../rich.js';
import type { OperatorSite } from '../task-writer.js';
import { moduleSite, valueCode } from '../values.js';

export function emitFilter(site: OperatorSite<OpOf<'filter'>>): void {
  const { writer, op, block } = site;
  openRich(site, op.fn, 'filter');
  const split = labelFilter(op.fn);
  const condition = split
    ? flatten([apply(site, split.labelOf), ' === ', valueCode(split.label, moduleSite(writer.module))])
    : apply(site, op.fn);
  block.line('if (!(', condition, `)) ${block.exit};`);
  writer.emit(site.index, site.record, site.timestamp, block);
}

function apply({ writer, op, block, record }: OperatorSite<OpOf<'filter'>>, fn: Value): Code {
  return applyExpression({ writer, block, fn, method: 'filter', hint: op.name ?? 'accepts', args: [record] });
}
