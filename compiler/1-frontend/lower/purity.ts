/** Whether an expression may be left out when nobody reads its value. Reading a field counts as harmless. */
import type { ts } from 'ts-morph';
import type { TypeScript } from '../syntax.js';
import type { Aliases } from './aliases.js';
import { dottedName, isAssignment } from './expressions.js';
import { isPureGlobal, readingMethods } from './known-calls.js';

export function isPure(library: TypeScript, aliases: Aliases, node: ts.Node): boolean {
  const ts = library;
  if (!hasNoEffectItself(ts, aliases, node)) return false;
  let pure = true;
  ts.forEachChild(node, child => {
    pure &&= isPure(ts, aliases, child);
  });
  return pure;
}

function hasNoEffectItself(ts: TypeScript, aliases: Aliases, node: ts.Node): boolean {
  if (ts.isAwaitExpression(node) || ts.isYieldExpression(node) || ts.isDeleteExpression(node)) return false;
  if (ts.isTaggedTemplateExpression(node) || ts.isThrowStatement(node)) return false;
  if (ts.isBinaryExpression(node)) return !isAssignment(ts, node.operatorToken.kind);
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    return node.operator !== ts.SyntaxKind.PlusPlusToken && node.operator !== ts.SyntaxKind.MinusMinusToken;
  }
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    const name = dottedName(ts, node.expression);
    if (name && aliases.isGlobal(node.expression)) return isPureGlobal(name) && !readsClock(ts, node);
    const callee = node.expression;
    return ts.isPropertyAccessExpression(callee) && readingMethods.has(callee.name.text);
  }
  return true;
}

/** `new Date()`, and `Date(…)` whatever its arguments. */
function readsClock(ts: TypeScript, node: ts.CallExpression | ts.NewExpression): boolean {
  if (!ts.isIdentifier(node.expression) || node.expression.text !== 'Date') return false;
  return ts.isCallExpression(node) || !node.arguments?.length;
}
