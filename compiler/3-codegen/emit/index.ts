/** One emitter per kind of operator. */
import type { Op } from '../../ir/index.js';
import { unreachable } from '../../ir/index.js';
import type { OperatorSite } from '../task-writer.js';
import { emitAssignTimestamps } from './assign-timestamps.js';
import { emitAsyncWait } from './async-wait.js';
import { emitBroadcastProcess, emitConnected } from './connect.js';
import { emitFilter } from './filter.js';
import { emitFlatMap } from './flat-map.js';
import { emitFullWindowPartition } from './full-window-partition.js';
import { emitCoGroup, emitIntervalJoin } from './join.js';
import { emitMap } from './map.js';
import { emitProcess } from './process.js';
import { emitProject } from './project.js';
import { emitReduce, emitRollingAggregate } from './reduce.js';
import { emitSink } from './sink.js';
import { emitWindow } from './window.js';

export function emitOperator(site: OperatorSite): void {
  const { op, block, index } = site;
  const previous = block.lines.origin;
  block.lines.origin = op.origin;
  site.writer.module.writeFor(op.origin);
  block.line(`// ${op.origin.file}:${op.origin.line} ${op.kind} ${JSON.stringify(site.planOp.displayName)}`);
  if (index > 0) block.line(`op = ${index};`);
  dispatch(site, op);
  block.lines.origin = previous;
  if (previous) site.writer.module.writeFor(previous);
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
      return emitAssignTimestamps({ ...site, op });
    case 'process':
      return emitProcess({ ...site, op });
    case 'reduce':
      return emitReduce({ ...site, op });
    case 'rollingAggregate':
      return emitRollingAggregate({ ...site, op });
    case 'coMap':
    case 'coFlatMap':
    case 'coProcess':
      return emitConnected({ ...site, op });
    case 'broadcastProcess':
      return emitBroadcastProcess({ ...site, op });
    case 'window':
      return emitWindow({ ...site, op });
    case 'coGroup':
    case 'windowJoin':
      return emitCoGroup({ ...site, op });
    case 'intervalJoin':
      return emitIntervalJoin({ ...site, op });
    case 'asyncWait':
      return emitAsyncWait({ ...site, op });
    case 'fullWindowPartition':
      return emitFullWindowPartition({ ...site, op });
    default:
      return unreachable(op);
  }
}
