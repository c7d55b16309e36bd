import type { ts } from 'ts-morph';
import type { TypeScript } from './syntax.js';

/** Type-level statements and `declare`d names leave nothing behind at run time: uses of the latter are globals. */
export function isErased(ts: TypeScript, node: ts.Node): boolean {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isFunctionDeclaration(node) && !node.body) return true;
  return (
    ts.canHaveModifiers(node) && (node.modifiers?.some(m => m.kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
}

export function isTypeNode(ts: TypeScript, node: ts.Node): boolean {
  return (
    node.kind >= ts.SyntaxKind.FirstTypeNode &&
    node.kind <= ts.SyntaxKind.LastTypeNode &&
    node.kind !== ts.SyntaxKind.ExpressionWithTypeArguments
  );
}
