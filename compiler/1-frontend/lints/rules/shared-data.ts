/** FC3003: data outside the operator that an operator changes. Plain assignment to an outer name is FC1101. */
import type { ts } from 'ts-morph';
import { changedTarget, rootOf, unwrap } from '../../lower/expressions.js';
import type { Binding } from '../../scope.js';
import type { TypeScript } from '../../syntax.js';
import { globalName, type Rule, type RuleContext } from '../rule.js';

const changing: Readonly<Record<'Array' | 'Map' | 'Set', ReadonlySet<string>>> = {
  Array: new Set(['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin']),
  Map: new Set(['set', 'delete', 'clear']),
  Set: new Set(['add', 'delete', 'clear']),
};

export const sharedData: Rule = (node, context) => {
  const { ts } = context;
  const target = changedTarget(ts, node);
  if (target) checkTarget(node, target, context);
  else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { expression: receiver, name } = node.expression;
    const inner = unwrap(ts, receiver);
    const binding = outerBinding(inner, context);
    const kind = binding && containerKind(ts, binding);
    if (kind && changing[kind].has(name.text)) context.report('FC3003', node, { name: binding.name });
  }
};

function checkTarget(node: ts.Node, target: ts.Node, context: RuleContext): void {
  const { ts } = context;
  const inner = unwrap(ts, target);
  if (ts.isIdentifier(inner)) return;
  const root = rootOf(ts, inner);
  const binding = outerBinding(root, context);
  if (binding) context.report('FC3003', node, { name: binding.name });
  else if (globalName(root, context) === 'globalThis') context.report('FC3003', node, { name: 'globalThis' });
}

/** Declared outside the function; what the operator's own class holds is not shared. */
function outerBinding(node: ts.Node, { ts, code }: RuleContext): Binding | null {
  if (!ts.isIdentifier(node)) return null;
  const { module, node: fn } = code.callable;
  const free = module.scopes.frames.get(fn)?.free.get(node.text);
  return free?.binding && free.references.some(r => r.node === node) ? free.binding : null;
}

/** Known from the initialiser only, so that a method of a class with the same name is not mistaken. */
function containerKind(ts: TypeScript, { declaration, kind }: Binding): 'Array' | 'Map' | 'Set' | null {
  if (kind === 'parameter' || !ts.isVariableDeclaration(declaration) || !declaration.initializer) return null;
  const value = unwrap(ts, declaration.initializer);
  if (ts.isArrayLiteralExpression(value)) return 'Array';
  if (!ts.isNewExpression(value) || !ts.isIdentifier(value.expression)) return null;
  const name = value.expression.text;
  return name === 'Map' || name === 'Set' || name === 'Array' ? name : null;
}
