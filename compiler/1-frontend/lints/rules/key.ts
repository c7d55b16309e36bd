/** FC3010: keys that split or merge groups by accident. */
import { isChained, unwrap } from '../../lower/expressions.js';
import type { Rule } from '../rule.js';

export const unstableKey: Rule = (node, context) => {
  const { ts, code } = context;
  if (code.role !== 'key' || !code.isEntry) return;
  const fn = code.callable.node;
  const result =
    node === fn.body && !ts.isBlock(node) ? node : ts.isReturnStatement(node) ? node.expression : undefined;
  if (!result) return;
  const bare = ts.isParenthesizedExpression(result) ? result.expression : result;
  if (ts.isNonNullExpression(bare)) {
    context.report('FC3010', result, {
      why: "it may be absent at run time, which '!' hides: such records share one key",
    });
    return;
  }
  const inner = unwrap(ts, result);
  if (ts.isBinaryExpression(inner) && inner.operatorToken.kind === ts.SyntaxKind.SlashToken) {
    context.report('FC3010', result, { why: 'it is a fractional number: rounding differences split groups' });
  } else if (isChained(ts, inner)) {
    context.report('FC3010', result, {
      why: 'it is undefined when a part of the path is absent: such records share one key',
    });
  }
};
