/** FC3004, FC3005, FC3007, FC1404: promises and generators where operators need an answer at once. */
import type { ts } from 'ts-morph';
import { unwrap } from '../../lower/expressions.js';
import { globalName, hasAsync, importedName, type Rule, type RuleContext } from '../rule.js';

/** The function that an operator calls, as a whole. */
export const asyncFunction: Rule = (node, context) => {
  const { ts, code } = context;
  if (node !== code.callable.node || !code.isEntry || code.role === 'async') return;
  const method = code.method ?? code.role;
  const fn = code.callable.node;
  if (fn.asteriskToken && code.role !== 'flatMap') {
    context.report('FC1404', fn.name ?? fn, { method });
  } else if (hasAsync(ts, fn)) {
    if (code.method !== null && /^(?:process|onTimer)/.test(code.method)) {
      context.report('FC3007', fn.name ?? fn, { method });
    } else context.report('FC3004', fn, { method, effect: effectOf(method) });
  }
};

/** `map(o => lookUp(o))` where lookUp is async. */
export const promiseResult: Rule = (node, context) => {
  const { ts, code } = context;
  if (!code.isEntry || code.role === 'async' || code.role === 'process') return;
  const fn = code.callable.node;
  if (hasAsync(ts, fn) || fn.asteriskToken) return;
  const result =
    node === fn.body && !ts.isBlock(node)
      ? node
      : ts.isReturnStatement(node) && ownerOf(context, node) === fn
        ? node.expression
        : undefined;
  if (!result || !isPromise(result, context)) return;
  const method = code.method ?? code.role;
  context.report('FC3004', result, { method, effect: effectOf(method) });
};

export const floatingPromise: Rule = (node, context) => {
  const { ts } = context;
  if (!ts.isExpressionStatement(node)) return;
  const inner = unwrap(ts, node.expression);
  const dropped = ts.isVoidExpression(inner) ? unwrap(ts, inner.expression) : inner;
  if (isPromise(dropped, context) || isChainOnPromise(dropped, context)) context.report('FC3005', node, {});
};

function effectOf(method: string): string {
  if (method.startsWith('filter')) return 'a Promise is always true, so nothing would be filtered';
  if (method === 'key' || method === 'getKey') return 'every record would get its own Promise as key';
  return 'the stream would carry Promises';
}

function ownerOf({ ts }: RuleContext, node: ts.Node): ts.Node | undefined {
  let owner: ts.Node | undefined = node.parent;
  while (owner && !ts.isFunctionLike(owner)) owner = owner.parent;
  return owner;
}

/** Certain from the text: calls of async functions of the program, of fetch, of Promise and of fs/promises. */
function isPromise(node: ts.Node, context: RuleContext): boolean {
  const { ts, code, callables } = context;
  const inner = unwrap(ts, node);
  if (!ts.isCallExpression(inner)) return false;
  const callee = callables.calleeOf(code.callable, inner.expression);
  if (callee) return hasAsync(ts, callee.node) && !callee.node.asteriskToken;
  const name = globalName(inner.expression, context);
  if (name !== null)
    return name === 'fetch' || /^Promise\.(?:all|allSettled|any|race|resolve|reject)$/.test(name);
  const from = importedName(inner.expression, context);
  return from?.from === 'fs/promises' || from?.from === 'timers/promises';
}

function isChainOnPromise(node: ts.Node, context: RuleContext): boolean {
  const { ts } = context;
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { name, expression } = node.expression;
  if (name.text !== 'then' && name.text !== 'catch' && name.text !== 'finally') return false;
  return isPromise(expression, context) || isChainOnPromise(expression, context);
}
