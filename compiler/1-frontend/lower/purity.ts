/** Whether an expression may be left out when nobody reads its value. Reading a field counts as harmless. */
import type { ts } from 'ts-morph';
import type { TypeScript } from '../syntax.js';
import type { Aliases } from './aliases.js';
import { dottedName, assignedTarget, isTypeNode } from './expressions.js';
import { isPureGlobal, readingMethods } from './known-calls.js';

/** `isPureCall` is asked about callees that are no built-ins. */
export function isPure(
  library: TypeScript,
  aliases: Aliases,
  node: ts.Node,
  isPureCall: (callee: ts.Node) => boolean,
): boolean {
  if (isTypeNode(library, node)) return true;
  if (!hasNoEffectItself(library, aliases, node, isPureCall)) return false;
  // forEachChild stops at the first true
  return !library.forEachChild(node, child => !isPure(library, aliases, child, isPureCall));
}

function hasNoEffectItself(
  ts: TypeScript,
  aliases: Aliases,
  node: ts.Node,
  isPureCall: (callee: ts.Node) => boolean,
): boolean {
  if (ts.isAwaitExpression(node) || ts.isYieldExpression(node) || ts.isDeleteExpression(node)) return false;
  if (ts.isTaggedTemplateExpression(node) || ts.isThrowStatement(node)) return false;
  if (ts.isBinaryExpression(node) || ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node))
    return assignedTarget(ts, node) === null;
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    const callee = node.expression;
    const name = dottedName(ts, callee);
    if (name && aliases.isGlobal(callee)) return isPureGlobal(name) && !readsClock(ts, node);
    if (ts.isCallExpression(node) && isPureCall(callee)) return true;
    if (!ts.isPropertyAccessExpression(callee) || !readingMethods.has(callee.name.text)) return false;
    const isMatch = callee.name.text === 'test' || callee.name.text === 'exec';
    return !isMatch || isStateless(ts, aliases, callee.expression);
  }
  return true;
}

/** An expression for a pattern that does not note where its last match ended. */
function isStateless(ts: TypeScript, aliases: Aliases, node: ts.Node): boolean {
  if (ts.isRegularExpressionLiteral(node)) return !/[gy][a-z]*$/.test(node.text);
  const declaration = ts.isIdentifier(node) ? aliases.bindingOf(node)?.declaration : undefined;
  if (!declaration || !ts.isVariableDeclaration(declaration) || !declaration.initializer) return false;
  const isConst = (declaration.parent.flags & ts.NodeFlags.Const) !== 0;
  return (
    isConst &&
    ts.isRegularExpressionLiteral(declaration.initializer) &&
    isStateless(ts, aliases, declaration.initializer)
  );
}

/** `new Date()`, and `Date(…)` whatever its arguments. */
function readsClock(ts: TypeScript, node: ts.CallExpression | ts.NewExpression): boolean {
  if (!ts.isIdentifier(node.expression) || node.expression.text !== 'Date') return false;
  return ts.isCallExpression(node) || !node.arguments?.length;
}
