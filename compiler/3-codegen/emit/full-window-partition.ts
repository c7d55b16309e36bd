import type { OpOf } from '../../ir/index.js';
import {
  callOperator,
  code,
  functionValue,
  isKeyed,
  keyTypeOf,
  libraryOperator,
  ownState,
  spec,
  stateSpecs,
} from '../library-operator.js';
import type { OperatorSite } from '../task-writer.js';

const RECORDS = 'partition-records';

export function emitFullWindowPartition(site: OperatorSite<OpOf<'fullWindowPartition'>>): void {
  const { writer, op } = site;
  const order = op.order === null ? '' : `, order: '${op.order}'`;
  const name = libraryOperator(
    site,
    'FullWindowPartitionOperator',
    () =>
      spec(
        ['key', isKeyed(site) ? keyTypeOf(site) : 'null'],
        [
          'operation',
          code(
            `{ kind: '${op.operation}', fn: `,
            functionValue(writer, op.fn, op.name ?? op.operation),
            `${order} }`,
          ),
        ],
        ['records', ownState(site, RECORDS)],
        ['states', stateSpecs(site, [RECORDS])],
      ),
    { keyEnd: true },
  );
  callOperator(site, name);
}
