import type { CodeLike } from '../code.js';
import {
  callOperator,
  code,
  freshValue,
  functionValue,
  keyTypeOf,
  libraryOperator,
  ownState,
  spec,
  stateSpecs,
} from '../library-operator.js';
import { columnarWindows, emitColumnarWindow } from './columnar-window.js';
import { CONTENTS, reduction, windowFunction, type WindowSite } from './window-parts.js';

export function emitWindow(site: WindowSite): void {
  // Everything on one key: the key has one value.
  const keyed = site.op.all ? { ...site, key: '0' } : site;
  const { writer, op } = keyed;
  const windows = columnarWindows(op, writer.module.program);
  if (windows) return emitColumnarWindow(keyed, windows);
  const name = libraryOperator(
    keyed,
    'WindowOperator',
    () =>
      spec(
        ['key', keyTypeOf(keyed)],
        ['assigner', freshValue(writer, op.window.assigner, 'assigner')],
        ['trigger', freshValue(writer, op.window.trigger, 'trigger')],
        ['evictor', freshValue(writer, op.window.evictor, 'evictor')],
        ['allowedLateness', String(op.window.allowedLateness)],
        ['lateTag', JSON.stringify(op.window.lateTag)],
        ['contents', contents(keyed)],
        ['function', windowFunction(keyed)],
        ['states', stateSpecs(keyed, [CONTENTS])],
        ['element', elementSpec(keyed)],
      ),
    { keyEnd: true },
  );
  callOperator(keyed, name);
}

function contents(site: WindowSite): CodeLike {
  const fn = site.op.function;
  const state = ownState(site, CONTENTS);
  switch (fn.kind) {
    case 'reduce':
    case 'field':
      return code(`{ kind: 'reduce', state: ${state}, reduce: `, reduction(site, fn), ' }');
    case 'aggregate':
      return code(
        `{ kind: 'aggregate', state: ${state}, aggregate: `,
        functionValue(site.writer, fn.aggregate, 'aggregate'),
        ' }',
      );
    case 'process':
    case 'apply':
      return `{ kind: 'elements', state: ${state} }`;
  }
}

/** A record as it arrives; triggers may keep one. */
function elementSpec(site: WindowSite): string {
  const fn = site.op.function;
  if (fn.kind !== 'aggregate' || site.op.window.evictor !== null) return ownState(site, CONTENTS);
  const schema = site.writer.task.inputs[0]?.schema ?? site.planOp.types.inputs[0]!;
  const name = 'trigger-element';
  return `{ name: '${name}', kind: 'windowState', layout: 'object', value: ${site.writer.codecs.use(schema, name)}, schema: ${site.writer.module.schema(schema)} }`;
}
