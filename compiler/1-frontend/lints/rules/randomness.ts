/** FC3002: random values differ when records are processed again after a failure. */
import { globalName, importedName, type Rule } from '../rule.js';

const globals: ReadonlySet<string> = new Set([
  'Math.random',
  'crypto.randomUUID',
  'crypto.getRandomValues',
  'globalThis.crypto.randomUUID',
]);
const imported: ReadonlySet<string> = new Set([
  'randomUUID',
  'randomBytes',
  'randomInt',
  'getRandomValues',
  'randomFillSync',
]);

export const randomness: Rule = (node, context) => {
  if (!context.ts.isCallExpression(node)) return;
  const name = globalName(node.expression, context);
  if (name !== null && globals.has(name)) {
    context.report('FC3002', node, { what: `${name}()` });
    return;
  }
  const from = importedName(node.expression, context);
  if (
    (from?.from === 'crypto' && imported.has(from.name)) ||
    from?.from === 'uuid' ||
    from?.from === 'nanoid'
  ) {
    context.report('FC3002', node, { what: `${node.expression.getText()}()` });
  }
};
