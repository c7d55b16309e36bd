/** One emitter per kind of operator. */
import type { Op } from '../../ir/index.js';
import { unreachable } from '../../ir/index.js';
import type { OperatorSite } from '../task-writer.js';
import { emitFilter } from './filter.js';
import { emitFlatMap } from './flat-map.js';
import { emitMap } from './map.js';
import { emitProject } from './project.js';
import { emitSink } from './sink.js';

export function emitOperator(site: OperatorSite): void {
  const { op, block, index } = site;
  const previous = block.lines.origin;
  block.lines.origin = op.origin;
  block.line(`// ${op.origin.file}:${op.origin.line} ${op.kind} ${JSON.stringify(site.planOp.displayName)}`);
  if (index > 0) block.line(`op = ${index};`);
  dispatch(site, op);
  block.lines.origin = previous;
}

function dispatch(site: OperatorSite, op: Op): void {
  switch (op.kind) {
    case 'source':
      return site.writer.emit(site.index, site.record, site.timestamp, site.block);
    case 'map':
      return emitMap({ ...site, op });
    case 'filter':
      return emitFilter({ ...site, op });
    case 'flatMap':
      return emitFlatMap({ ...site, op });
    case 'project':
      return emitProject({ ...site, op });
    case 'sink':
      return emitSink({ ...site, op });
    case 'union':
      throw new Error('compiler bug: unions are flattened before code is generated');
    case 'assignTimestamps':
    case 'process':
    case 'reduce':
    case 'rollingAggregate':
    case 'coMap':
    case 'coFlatMap':
    case 'coProcess':
    case 'broadcastProcess':
    case 'window':
    case 'coGroup':
    case 'windowJoin':
    case 'intervalJoin':
    case 'asyncWait':
    case 'fullWindowPartition':
      throw new Error(`compiler bug: no code for ${op.kind}`);
    default:
      return unreachable(op);
  }
}
