import type { OpOf } from '../../ir/index.js';
import { applyExpression } from '../lambda.js';
import { openRich } from '../rich.js';
import type { OperatorSite } from '../task-writer.js';

export function emitFilter(site: OperatorSite<OpOf<'filter'>>): void {
  const { writer, op, block } = site;
  openRich(site, op.fn, 'filter');
  const condition = applyExpression({
    writer,
    block,
    fn: op.fn,
    method: 'filter',
    hint: op.name ?? 'accepts',
    args: [site.record],
  });
  block.line('if (!(', condition, `)) ${block.exit};`);
  writer.emit(site.index, site.record, site.timestamp, block);
}
