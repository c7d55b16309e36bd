/** FC3001: the wall clock gives another answer when records are processed again after a failure. */
import { globalName, type Rule } from '../rule.js';

const clocks: ReadonlySet<string> = new Set([
  'Date.now',
  'performance.now',
  'process.hrtime',
  'process.hrtime.bigint',
  'process.uptime',
]);

export const clock: Rule = (node, context) => {
  const { ts } = context;
  if (ts.isCallExpression(node)) {
    const name = globalName(node.expression, context);
    if (name !== null && clocks.has(name)) context.report('FC3001', node, { what: `${name}()` });
    else if (name === 'Date') context.report('FC3001', node, { what: 'Date()' });
  } else if (ts.isNewExpression(node) && !node.arguments?.length) {
    if (globalName(node.expression, context) === 'Date')
      context.report('FC3001', node, { what: 'new Date()' });
  }
};
