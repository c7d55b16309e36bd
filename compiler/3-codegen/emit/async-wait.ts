import type { OpOf } from '../../ir/index.js';
import type { CodeLike } from '../code.js';
import {
  callOperator,
  code,
  freshValue,
  functionValue,
  libraryOperator,
  ownState,
  spec,
  stateSpecs,
} from '../library-operator.js';
import type { OperatorSite } from '../task-writer.js';

const IN_FLIGHT = '_async_wait_operator_state_';

/** Results leave later, and watermarks behind the results they follow: from here on the chain has its own time. */
export function emitAsyncWait(site: OperatorSite<OpOf<'asyncWait'>>): void {
  const { writer, op, index } = site;
  const name = libraryOperator(
    site,
    'AsyncWaitOperator',
    () => {
      const target = writer.module.names.fresh(`time${index}`);
      writer.timeBegins(index, target, true);
      return spec(
        ['fn', asyncFunction(site)],
        ['ordered', String(op.ordered)],
        ['timeout', String(op.timeout)],
        ['capacity', String(op.capacity)],
        ['retry', freshValue(writer, op.retry, 'retry')],
        ['inFlight', ownState(site, IN_FLIGHT)],
        ['states', stateSpecs(site, [IN_FLIGHT])],
        ['target', target],
      );
    },
    { keyEnd: true, asynchronous: true, idle: true },
  );
  callOperator(site, name);
}

/** A lambda answers with a promise of one result; objects complete a future themselves. */
function asyncFunction(site: OperatorSite<OpOf<'asyncWait'>>): CodeLike {
  const { writer, op } = site;
  const fn = functionValue(writer, op.fn, op.name ?? 'request');
  if (op.fn.t === 'new' || op.fn.t === 'object' || op.fn.t === 'api') return fn;
  return code('async (input: any, future: any) => { future.complete([await ', fn, '(input)]); }');
}
