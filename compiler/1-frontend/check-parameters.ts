/**
 * Deploy-time parameters that decide the shape of the graph in ways a stand-in cannot notice when it is staged:
 * an object is true, and equal to nothing.
 */
import type { ts } from 'ts-morph';
import { diagnose } from '../diagnostics/diagnose.js';
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import type { Graph } from '../ir/graph.js';
import type { SiteId } from '../ir/value.js';
import { functionSites } from './function-sites.js';
import { nodeAt } from './node-at.js';
import type { UserModule, UserModules } from './modules.js';
import { spanOf, type TypeScript } from './syntax.js';

export function checkParameters(graph: Graph, modules: UserModules, log: DiagnosticLog): void {
  const inOperators = functionSites(graph);
  const { ts: library } = modules.syntax;
  for (const { name, kind, at } of graph.parameters) {
    const module = at === null ? undefined : modules.known(at.file);
    if (!module || !at || kind === 'buildParam') continue;
    const call = nodeAt(library, module.source, at);
    for (const use of [call, ...usesOf(library, module, call)]) {
      if (runsInOperator(module, use, inOperators)) continue;
      const decision = decisionOn(library, use);
      if (decision) log.add(diagnose('FC1201', { name }, spanOf(module.source, decision)));
    }
  }
}

/** Uses of the variable that the call initialises. */
function usesOf(library: TypeScript, module: UserModule, call: ts.Node): readonly ts.Node[] {
  const declaration = call.parent;
  if (!library.isVariableDeclaration(declaration) || !library.isIdentifier(declaration.name)) return [];
  for (const scope of module.scopes.scopes.values()) {
    const binding = scope.names.get(declaration.name.text);
    if (binding?.declaration === declaration) return binding.references.map(r => r.node);
  }
  return [];
}

function runsInOperator(module: UserModule, node: ts.Node, operatorSites: ReadonlySet<SiteId>): boolean {
  for (let n: ts.Node | undefined = node; n; n = n.parent) {
    const frame = module.scopes.frames.get(n);
    const site = frame && module.sites.get(frame);
    if (site && operatorSites.has(site.id)) return true;
  }
  return false;
}

/** The expression that decides by the value of `use`; null when it is only handed on. */
function decisionOn(ts: TypeScript, use: ts.Node): ts.Node | null {
  let node = use;
  while (
    ts.isParenthesizedExpression(node.parent) ||
    ts.isAsExpression(node.parent) ||
    ts.isNonNullExpression(node.parent)
  ) {
    node = node.parent;
  }
  const { parent } = node;
  if (ts.isBinaryExpression(parent))
    return decidingOperators(ts).has(parent.operatorToken.kind) ? parent : null;
  if (ts.isPrefixUnaryExpression(parent))
    return parent.operator === ts.SyntaxKind.ExclamationToken ? parent : null;
  if (ts.isConditionalExpression(parent)) return parent.condition === node ? node : null;
  const isCondition =
    ((ts.isIfStatement(parent) ||
      ts.isWhileStatement(parent) ||
      ts.isDoStatement(parent) ||
      ts.isSwitchStatement(parent)) &&
      parent.expression === node) ||
    (ts.isForStatement(parent) && parent.condition === node);
  return isCondition ? node : null;
}

function decidingOperators(ts: TypeScript): ReadonlySet<ts.SyntaxKind> {
  return new Set([
    ts.SyntaxKind.EqualsEqualsToken,
    ts.SyntaxKind.EqualsEqualsEqualsToken,
    ts.SyntaxKind.ExclamationEqualsToken,
    ts.SyntaxKind.ExclamationEqualsEqualsToken,
    ts.SyntaxKind.AmpersandAmpersandToken,
    ts.SyntaxKind.BarBarToken,
  ]);
}
