/**
 * A flatMap or window function as statements around the rest of the chain: no collector, no call and no array per record.
 */
import type { ts } from 'ts-morph';
import type { Statement } from '../../ir/lambda.js';
import type { BodyAnalysis } from './body-analysis.js';
import type { Callable, KnownCallables } from './callable.js';
import { InlineFragments } from './fragments.js';
import { HelperCalls } from './helper-calls.js';
import { isPlainFunction } from './plain-function.js';
import { ResultDecomposition } from './result.js';
import type { TypeScript } from '../syntax.js';

/** For functions whose collector is simple. Null when the body has something that cannot stand inside the loop. */
export function flatMapStatements(
  callables: KnownCallables,
  callable: Callable,
  analysis: BodyAnalysis,
): readonly Statement[] | null {
  const library = callables.modules.ts;
  const { node, module } = callable;
  const frame = module.scopes.frames.get(node)!;
  if (!isPlainFunction(library, callable, frame)) return null;
  if (analysis.mutatedHere !== 0 || analysis.readLater !== 0) return null;
  if (analysis.aliases.complex.length > 0) return null;
  const helpers = new HelperCalls(callable, analysis, callables);
  const fragments = new InlineFragments(library, module, analysis.aliases, frame, helpers);
  const results = new ResultDecomposition(library, module, analysis, fragments);
  const statements = library.isBlock(node.body)
    ? blockStatements(library, callable, node.body, fragments, results)
    : expressionStatement(library, callable, node.body, results);
  if (statements === null || fragments.unsupported || fragments.restsUsed.size > 0) return null;
  return statements;
}

function blockStatements(
  library: TypeScript,
  callable: Callable,
  body: ts.Block,
  fragments: InlineFragments,
  results: ResultDecomposition,
): readonly Statement[] | null {
  const own = ownStatements(library, body);
  const emits = own.filter(statement => collected(library, callable, statement) !== null);
  if (emits.length === 0 || !own.every(statement => isAllowed(library, statement))) return null;
  return fragments.statementsOf(body, {
    of(statement) {
      const at = statement.getStart(callable.module.source);
      const value = collected(library, callable, statement);
      if (value) return { kind: 'emit', value: results.of(value, false), at };
      return own.includes(statement) && library.isReturnStatement(statement) ? { kind: 'leave', at } : null;
    },
  });
}

/** `(key, context, [count], out) => out.collect({ key, count })` */
function expressionStatement(
  library: TypeScript,
  callable: Callable,
  body: ts.Expression,
  results: ResultDecomposition,
): readonly Statement[] | null {
  const value = valueCollected(library, callable, body);
  if (!value) return null;
  return [{ kind: 'emit', value: results.of(value, false), at: body.getStart(callable.module.source) }];
}

/** The parameter of a window function that the elements come in, when it is `[count]` and the like. */
export function elementsPattern(library: TypeScript, { node }: Callable): number | null {
  const at = node.parameters.length - 2;
  return at > 0 && library.isArrayBindingPattern(node.parameters[at]!.name) ? at : null;
}

/** Everything in the body except what belongs to functions inside it. */
function ownStatements(library: TypeScript, body: ts.Block): readonly ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node);
    if (!library.isFunctionLike(node)) library.forEachChild(node, visit);
  };
  library.forEachChild(body, visit);
  return found;
}

function isAllowed(ts: TypeScript, node: ts.Node): boolean {
  if (ts.isReturnStatement(node)) return !node.expression;
  // `var` would keep its value from record to record; labels could be those of the generated code
  if (ts.isVariableDeclarationList(node)) return (node.flags & ts.NodeFlags.BlockScoped) !== 0;
  return !ts.isLabeledStatement(node) && !ts.isFunctionDeclaration(node) && !ts.isClassDeclaration(node);
}

/** `value` of `out.collect(value);` */
function collected(ts: TypeScript, callable: Callable, statement: ts.Node): ts.Expression | null {
  return ts.isExpressionStatement(statement) ? valueCollected(ts, callable, statement.expression) : null;
}

function valueCollected(ts: TypeScript, { node, module }: Callable, call: ts.Node): ts.Expression | null {
  if (!ts.isCallExpression(call)) return null;
  const { expression: callee, arguments: args } = call;
  if (!ts.isPropertyAccessExpression(callee) || !ts.isIdentifier(callee.expression)) return null;
  const out = node.parameters.at(-1)!;
  const binding = module.scopes.references.get(callee.expression)?.binding;
  return binding?.declaration === out && args.length === 1 ? args[0]! : null;
}
