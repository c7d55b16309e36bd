/** Where in the program a call stands, in names: what derived uids start with. */
import type { ts } from 'ts-morph';
import type { Span } from '../ir/span.js';
import type { UserModules } from './modules.js';
import { nodeAt } from './node-at.js';
import type { Frame } from './scope.js';
import { symbolPath } from './sites.js';
import type { TypeScript } from './syntax.js';

/**
 * `main/sessions.` for a call inside `const sessions = …` of function main, or in a chain `sessions.…`; `pipelines/enrich:enrich.` in another
 * module than the entry. Positions take no part, so code may move within its function.
 */
export function symbolPathAt(modules: UserModules, at: Span, entry: string): string {
  const module = modules.known(at.file);
  const prefix = at.file === entry ? '' : `${at.file.replace(/\.[mc]?ts$/, '')}:`;
  if (!module) return prefix;
  const { ts: library } = modules.syntax;
  const call = nodeAt(library, module.source, at);
  let frame: Frame | undefined;
  let variable: string | null = null;
  for (let node: ts.Node | undefined = call; node && !frame; node = node.parent) {
    frame = module.scopes.frames.get(node);
    if (!frame && library.isVariableDeclaration(node) && library.isIdentifier(node.name))
      variable ??= node.name.text;
  }
  const frames = symbolPath(library, frame ?? null);
  const parts = [frames, variable ?? chainRoot(library, call) ?? ''].filter(part => part !== '').join('/');
  return parts === '' ? prefix : `${prefix}${parts}.`;
}

/** `totals` in `totals.map(…).print()` */
function chainRoot(library: TypeScript, call: ts.Node): string | null {
  let root = call;
  while (
    library.isCallExpression(root) ||
    library.isPropertyAccessExpression(root) ||
    library.isElementAccessExpression(root)
  )
    root = root.expression;
  return library.isIdentifier(root) ? root.text : null;
}
