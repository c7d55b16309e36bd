import type { OpOf } from '../../ir/index.js';
import {
  callOperator,
  functionValue,
  keyTypeOf,
  libraryOperator,
  ownState,
  spec,
  stateSpecs,
} from '../library-operator.js';
import { literal } from '../module.js';
import type { OperatorSite } from '../task-writer.js';

const STATE = '_op_state';

export function emitReduce(site: OperatorSite<OpOf<'reduce'>>): void {
  const name = libraryOperator(
    site,
    'ReduceOperator',
    () =>
      spec(
        ['key', keyTypeOf(site)],
        ['fn', functionValue(site.writer, site.op.fn, site.op.name ?? 'reduce')],
        ['state', ownState(site, STATE)],
        ['states', stateSpecs(site, [STATE])],
      ),
    { keyEnd: true },
  );
  callOperator(site, name);
}

export function emitRollingAggregate(site: OperatorSite<OpOf<'rollingAggregate'>>): void {
  const name = libraryOperator(
    site,
    'RollingAggregateOperator',
    () =>
      spec(
        ['key', keyTypeOf(site)],
        ['aggregation', literal(site.op.aggregation)],
        ['state', ownState(site, STATE)],
      ),
    { keyEnd: true },
  );
  callOperator(site, name);
}
