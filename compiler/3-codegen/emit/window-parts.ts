/** Parts of window operators that the general and the columnar implementation share. */
import type { OpOf, Value, WindowFunctionSpec } from '../../ir/index.js';
import type { CodeLike } from '../code.js';
import { code, functionValue } from '../library-operator.js';
import { literal } from '../module.js';
import type { OperatorSite } from '../task-writer.js';

export type WindowSite = OperatorSite<OpOf<'window'>>;
/** name of the state that holds accumulators or records */
export const CONTENTS = 'window-contents';

/** What reduces or aggregates, as an expression of the library's interface. */
export function reduction(
  site: WindowSite,
  fn: Extract<WindowFunctionSpec, { kind: 'reduce' | 'field' }>,
): CodeLike {
  const { writer } = site;
  if (fn.kind === 'field')
    return `${writer.module.operators('fieldCombiner')}<any>(${literal(fn.aggregation)})`;
  return asFunction(site, fn.reduce, 'reduce');
}

/** Objects are called through their method, so that `this` stays theirs. */
function asFunction(site: WindowSite, fn: Value, method: string): CodeLike {
  const value = functionValue(site.writer, fn, site.op.name ?? method);
  return fn.t === 'new' || fn.t === 'object' || fn.t === 'api'
    ? code('(a: any, b: any) => ', value, `.${method}(a, b)`)
    : value;
}

export function windowFunction(site: WindowSite): CodeLike {
  const fn = site.op.function;
  const value = fn.kind === 'field' ? null : fn.window;
  if (value === null) return 'null';
  const kind = `${fn.kind === 'apply' ? 'apply' : 'process'}${site.op.all ? 'All' : ''}`;
  return code(
    `{ kind: '${kind}', function: `,
    functionValue(site.writer, value, site.op.name ?? 'window'),
    ' }',
  );
}
