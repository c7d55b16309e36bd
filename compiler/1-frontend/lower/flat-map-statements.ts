/** A flatMap function as statements around the rest of the chain: no collector, no call and no array per record. */
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
  if (!library.isBlock(node.body) || !isPlainFunction(library, callable, frame)) return null;
  if (analysis.mutatedHere !== 0 || analysis.readLater !== 0 || analysis.aliases.complex.length > 0)
    return null;
  const own = ownStatements(library, node.body);
  const emits = own.filter(statement => collected(library, callable, statement) !== null);
  if (emits.length === 0 || !own.every(statement => isAllowed(library, statement))) return null;
  const helpers = new HelperCalls(callable, analysis, callables);
  const fragments = new InlineFragments(library, module, analysis.aliases, frame, helpers);
  const results = new ResultDecomposition(library, module, analysis, fragments);
  const statements = fragments.statementsOf(node.body, {
    of(statement) {
      const at = statement.getStart(module.source);
      const value = collected(library, callable, statement);
      if (value) return { kind: 'emit', value: results.of(value, false), at };
      return own.includes(statement) && library.isReturnStatement(statement) ? { kind: 'leave', at } : null;
    },
  });
  return fragments.unsupported || fragments.restsUsed.size > 0 ? null : statements;
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
function collected(ts: TypeScript, { node, module }: Callable, statement: ts.Node): ts.Expression | null {
  if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return null;
  const { expression: callee, arguments: args } = statement.expression;
  if (!ts.isPropertyAccessExpression(callee) || !ts.isIdentifier(callee.expression)) return null;
  const out = node.parameters.at(-1)!;
  const binding = module.scopes.references.get(callee.expression)?.binding;
  return binding?.declaration === out && args.length === 1 ? args[0]! : null;
}
