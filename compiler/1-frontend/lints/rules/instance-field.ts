/** FC3018: fields of a function object that change per record but are not state. */
import type { ts } from 'ts-morph';
import { assignedTarget, rootOf, unwrap } from '../../lower/expressions.js';
import type { Rule, RuleContext } from '../rule.js';

export const instanceField: Rule = (node, context) => {
  const { ts, code, callables } = context;
  if (!code.receiver) return;
  const target = assignedTarget(ts, node);
  if (!target || !isOwnField(target, context)) return;
  // a function that takes part in checkpoints copies its fields into state there
  if (callables.methodOf(code.receiver, 'snapshotState')) return;
  context.report('FC3018', node, { field: unwrap(ts, target).getText() });
};

function isOwnField(target: ts.Node, { ts }: RuleContext): boolean {
  const inner = unwrap(ts, target);
  const isAccess = ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner);
  return isAccess && rootOf(ts, inner).kind === ts.SyntaxKind.ThisKeyword;
}
