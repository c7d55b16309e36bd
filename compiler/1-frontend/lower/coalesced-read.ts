/** `(e.bid ?? e.auction).time`: a field of the first part that is there. Only that field is read, not the parts. */
import type { ts } from 'ts-morph';
import type { TypeScript } from '../syntax.js';
import type { AccessPath, Aliases } from './aliases.js';
import { isChained, unwrap } from './expressions.js';

export interface CoalescedRead {
  readonly parts: readonly AccessPath[];
  /** what is read of the part */
  readonly names: readonly string[];
}

export function coalescedRead(library: TypeScript, aliases: Aliases, node: ts.Node): CoalescedRead | null {
  const names: string[] = [];
  let inner = unwrap(library, node);
  while (
    library.isPropertyAccessExpression(inner) &&
    library.isIdentifier(inner.name) &&
    !isChained(library, inner)
  ) {
    names.unshift(inner.name.text);
    inner = unwrap(library, inner.expression);
  }
  if (names.length === 0) return null;
  const parts = operandsOf(library, inner).map(operand => aliases.pathOf(operand));
  const isPlain = parts.length > 1 && parts.every(part => part !== null && part.guards.length === 0);
  return isPlain ? { parts: parts as readonly AccessPath[], names } : null;
}

function operandsOf(library: TypeScript, node: ts.Node): readonly ts.Node[] {
  const inner = unwrap(library, node);
  return library.isBinaryExpression(inner) &&
    inner.operatorToken.kind === library.SyntaxKind.QuestionQuestionToken
    ? [...operandsOf(library, inner.left), ...operandsOf(library, inner.right)]
    : [inner];
}
