/** Whether a function's text may stand outside it: nothing in it depends on how it was called. */
import type { Frame } from '../scope.js';
import type { TypeScript } from '../syntax.js';
import type { Callable } from './callable.js';
import { hasModifier } from './module-graph.js';

export function isPlainFunction(ts: TypeScript, { node, module }: Callable, frame: Frame): boolean {
  if (
    (frame.usesThis && frame.kind !== 'arrow') ||
    frame.usesArguments ||
    frame.usesImportMeta ||
    frame.free.has('eval')
  )
    return false;
  if (node.asteriskToken || hasModifier(ts, node, ts.SyntaxKind.AsyncKeyword)) return false;
  if (node.parameters.some(p => p.initializer || p.dotDotDotToken)) return false;
  const ownName = node.name && ts.isIdentifier(node.name) ? node.name.text : null;
  const self = ownName === null ? undefined : module.scopes.scopes.get(node)?.names.get(ownName);
  return !(self?.kind === 'self' && self.references.length > 0);
}
