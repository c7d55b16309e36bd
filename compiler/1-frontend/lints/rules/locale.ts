/** FC3012: results that depend on the locale or time zone of the machine a worker runs on. */
import type { ts } from 'ts-morph';
import { unwrap } from '../../lower/expressions.js';
import { globalName, type Rule, type RuleContext } from '../rule.js';

const localText: ReadonlySet<string> = new Set([
  'toLocaleString',
  'toLocaleDateString',
  'toLocaleTimeString',
]);
const localParts = /^get(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds|TimezoneOffset)$/;

export const locale: Rule = (node, context) => {
  const { ts } = context;
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    const given = node.arguments.length;
    const isLocal =
      (localText.has(name.text) && given === 0) ||
      (name.text === 'localeCompare' && given === 1) ||
      (localParts.test(name.text) && isDate(expression, context));
    if (isLocal) context.report('FC3012', node, { what: `${name.text}()` });
  } else if (ts.isNewExpression(node) && !node.arguments?.length) {
    const what = globalName(node.expression, context);
    if (what !== null && /^Intl\.\w+Format$/.test(what))
      context.report('FC3012', node, { what: `new ${what}()` });
  }
};

/** `new Date(…)`, or a const that was initialised with it. */
function isDate(node: ts.Node, context: RuleContext): boolean {
  const { ts, code } = context;
  const inner = unwrap(ts, node);
  if (ts.isNewExpression(inner)) return globalName(inner.expression, context) === 'Date';
  if (!ts.isIdentifier(inner)) return false;
  const binding = code.aliases.bindingOf(inner);
  const declaration = binding?.kind === 'const' ? binding.declaration : null;
  return (
    declaration !== null &&
    ts.isVariableDeclaration(declaration) &&
    !!declaration.initializer &&
    isDate(declaration.initializer, context)
  );
}
