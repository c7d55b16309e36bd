/** Small questions about expressions, answered from syntax alone. */
import type { ts } from 'ts-morph';
import type { TypeScript } from '../syntax.js';

export type FunctionNode = (
  ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration | ts.MethodDeclaration
) & { readonly body: ts.ConciseBody };

export function isFunctionNode(ts: TypeScript, node: ts.Node): node is FunctionNode {
  return (
    (ts.isArrowFunction(node) ||
      ts.isFunctionExpression(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isMethodDeclaration(node)) &&
    node.body !== undefined
  );
}

/** Parentheses and type-level wrappers have no meaning at run time. */
export function unwrap(ts: TypeScript, node: ts.Node): ts.Node {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isTypeAssertionExpression(inner)
  ) {
    inner = inner.expression;
  }
  return inner;
}

export function isTypeNode(ts: TypeScript, node: ts.Node): boolean {
  return (
    (node.kind >= ts.SyntaxKind.FirstTypeNode &&
      node.kind <= ts.SyntaxKind.LastTypeNode &&
      node.kind !== ts.SyntaxKind.ExpressionWithTypeArguments) ||
    ts.isTypeParameterDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  );
}

export function isAssignment(ts: TypeScript, operator: ts.SyntaxKind): boolean {
  return operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;
}

/** What an assignment, `++` or `--` gives a value. */
export function assignedTarget(ts: TypeScript, node: ts.Node): ts.Expression | null {
  if (ts.isBinaryExpression(node)) return isAssignment(ts, node.operatorToken.kind) ? node.left : null;
  if (!ts.isPrefixUnaryExpression(node) && !ts.isPostfixUnaryExpression(node)) return null;
  const steps =
    node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
  return steps ? node.operand : null;
}

/** The same, and what `delete` takes away. */
export function changedTarget(ts: TypeScript, node: ts.Node): ts.Expression | null {
  return ts.isDeleteExpression(node) ? node.expression : assignedTarget(ts, node);
}

export function isChained(ts: TypeScript, node: ts.Node): boolean {
  return (node.flags & ts.NodeFlags.OptionalChain) !== 0;
}

/** `null` or `undefined` as written, which of the two a test compares with. */
function absentLiteral(ts: TypeScript, node: ts.Node): 'null' | 'undefined' | null {
  const inner = unwrap(ts, node);
  if (inner.kind === ts.SyntaxKind.NullKeyword) return 'null';
  if (ts.isIdentifier(inner) && inner.text === 'undefined') return 'undefined';
  return ts.isVoidExpression(inner) && ts.isNumericLiteral(inner.expression) ? 'undefined' : null;
}

export interface PresenceTest {
  readonly operand: ts.Expression;
  readonly absent: 'null' | 'undefined' | 'nullish';
  /** `=== null` instead of `!== null` */
  readonly negated: boolean;
}

/** `x !== null`, `undefined == x`, … */
export function presenceTest(ts: TypeScript, node: ts.Node): PresenceTest | null {
  if (!ts.isBinaryExpression(node)) return null;
  const operator = node.operatorToken.kind;
  const strict =
    operator === ts.SyntaxKind.EqualsEqualsEqualsToken ||
    operator === ts.SyntaxKind.ExclamationEqualsEqualsToken;
  const loose =
    operator === ts.SyntaxKind.EqualsEqualsToken || operator === ts.SyntaxKind.ExclamationEqualsToken;
  if (!strict && !loose) return null;
  const right = absentLiteral(ts, node.right);
  const left = right === null ? absentLiteral(ts, node.left) : null;
  const literal = right ?? left;
  if (literal === null) return null;
  return {
    operand: right === null ? node.right : node.left,
    absent: loose ? 'nullish' : literal,
    negated:
      operator === ts.SyntaxKind.EqualsEqualsEqualsToken || operator === ts.SyntaxKind.EqualsEqualsToken,
  };
}

/** `a.b.c` as names, or null when the expression is anything else. */
export function dottedName(ts: TypeScript, node: ts.Node): readonly string[] | null {
  const inner = unwrap(ts, node);
  if (ts.isIdentifier(inner)) return [inner.text];
  if (!ts.isPropertyAccessExpression(inner)) return null;
  const base = dottedName(ts, inner.expression);
  return base && [...base, inner.name.text];
}

/** The leftmost expression of a chain of property reads and calls on them. */
export function rootOf(ts: TypeScript, node: ts.Node): ts.Node {
  let inner = unwrap(ts, node);
  while (ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner)) {
    inner = unwrap(ts, inner.expression);
  }
  return inner;
}

/** Property name that is known from the text. */
export function literalName(ts: TypeScript, name: ts.PropertyName | undefined): string | null {
  if (!name) return null;
  return ts.isIdentifier(name) || ts.isStringLiteral(name) || ts.isNoSubstitutionTemplateLiteral(name)
    ? name.text
    : null;
}
