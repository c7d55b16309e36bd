/** FC3006, FC3008, FC3009, FC3014: what operators should not do to the outside world, record by record. */
import { globalName, importedName, type Rule } from '../rule.js';

const packages: ReadonlySet<string> = new Set([
  'fs',
  'fs/promises',
  'net',
  'http',
  'https',
  'http2',
  'child_process',
  'dns',
  'dns/promises',
  'tls',
  'worker_threads',
  'cluster',
]);

/** FC3006 */
export const io: Rule = (node, context) => {
  if (!context.ts.isCallExpression(node) || context.code.role === 'async') return;
  const from = importedName(node.expression, context);
  if ((from && packages.has(from.from)) || globalName(node.expression, context) === 'fetch') {
    context.report('FC3006', node, { what: `${node.expression.getText()}()` });
  }
};

const timerFunctions: ReadonlySet<string> = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'process.nextTick',
]);

/** FC3008 */
export const timers: Rule = (node, context) => {
  if (!context.ts.isCallExpression(node) || context.code.role === 'async') return;
  const name = globalName(node.expression, context);
  if (name !== null && timerFunctions.has(name)) context.report('FC3008', node, { what: `${name}()` });
};

/** FC3009 */
export const consoleOutput: Rule = (node, context) => {
  if (!context.ts.isCallExpression(node)) return;
  const name = globalName(node.expression, context);
  if (name?.startsWith('console.')) context.report('FC3009', node, { what: `${name}()` });
};

/** FC3014 */
export const environment: Rule = (node, context) => {
  const { ts } = context;
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return;
  if (globalName(node.expression, context) !== 'process.env') return;
  const argument = ts.isPropertyAccessExpression(node) ? node.name : node.argumentExpression;
  const name = ts.isStringLiteralLike(argument) ? argument.text : argument.getText();
  context.report('FC3014', node, { name });
};
