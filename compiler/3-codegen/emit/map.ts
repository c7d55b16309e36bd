import type { OpOf } from '../../ir/index.js';
import { openRich } from '../rich.js';
import { applyFunction } from '../lambda.js';
import type { OperatorSite } from '../task-writer.js';

export function emitMap(site: OperatorSite<OpOf<'map'>>): void {
  const { writer, op, planOp, block } = site;
  openRich(site, op.fn, 'map');
  const application = {
    writer,
    block,
    fn: op.fn,
    method: 'map',
    hint: planOp.op.name ?? 'mapped',
    args: [site.record],
  };
  writer.emit(
    site.index,
    applyFunction(application, planOp.types.output!, planOp.demand),
    site.timestamp,
    block,
  );
}
