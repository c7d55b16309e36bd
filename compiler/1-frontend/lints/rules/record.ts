/** FC3011: input records that are changed; other consumers of the stream see the same objects. */
import type { ts } from 'ts-morph';
import { changedTarget, rootOf, unwrap } from '../../lower/expressions.js';
import type { Rule, RuleContext } from '../rule.js';

const changing =
  /^(?:push|pop|shift|unshift|splice|sort|reverse|copyWithin|set(?:UTC)?(?:FullYear|Month|Date|Hours|Minutes|Seconds|Milliseconds|Time))$/;

export const recordModified: Rule = (node, context) => {
  const { ts } = context;
  const target = changedTarget(ts, node);
  if (target) checkTarget(node, target, context);
  else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { expression: receiver, name } = node.expression;
    const path = context.code.aliases.pathOf(receiver);
    if (path && path.path.length > 0 && changing.test(name.text)) report(node, receiver, path.param, context);
  }
};

function checkTarget(node: ts.Node, target: ts.Node, context: RuleContext): void {
  const { ts, code } = context;
  const inner = unwrap(ts, target);
  if (!ts.isPropertyAccessExpression(inner) && !ts.isElementAccessExpression(inner)) return;
  const owner = code.aliases.pathOf(inner.expression);
  if (owner) report(node, inner.expression, owner.param, context);
}

function report(node: ts.Node, owner: ts.Node, param: number, context: RuleContext): void {
  if (context.code.records.has(param)) {
    context.report('FC3011', node, { name: owner.getText(), record: rootOf(context.ts, owner).getText() });
  }
}
