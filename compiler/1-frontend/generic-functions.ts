/** Functions with type parameters, and how staged code inside them says in which of their calls it runs. */
import type { ts } from 'ts-morph';
import type { Frame } from './scope.js';
import type { TypeScript } from './syntax.js';

export type Helper = Extract<Frame['node'], ts.FunctionLikeDeclaration> & { readonly body: ts.ConciseBody };

/** A function with type parameters of its own, in which its call can be noted. */
export function isHelper(library: TypeScript, node: ts.Node): node is Helper {
  if (!library.isFunctionLike(node) || !node.typeParameters?.length) return false;
  const { body, parameters } = node as Helper;
  // only plain parameters may stand above 'use strict'; an arrow has nowhere else to note its call
  return (
    body !== undefined &&
    (library.isBlock(body) ? !startsStrict(library, body) : !parameters.at(-1)?.dotDotDotToken)
  );
}

/** Name under which a helper holds the call it runs in. */
export function entryName(library: TypeScript, helper: ts.Node): string {
  let depth = 0;
  for (let at = helper.parent; at; at = at.parent) if (isHelper(library, at)) depth++;
  return `__flinkc_call${depth}`;
}

/**
 * Expression for the call of the innermost generic function around a node, or for the making of its generic class's
 * object; null outside of both.
 */
export function helperAround(library: TypeScript, node: ts.Node): string | null {
  let hasThis = true;
  for (let at = node; at.parent; at = at.parent) {
    const around = at.parent;
    // defaults of parameters run before the helper knows
    if (isHelper(library, around) && around.body === at) return entryName(library, around);
    if (hasThis && library.isClassLike(around))
      return isInstanceMethod(library, at) ? '__flinkc.instance(this)' : null;
    if (library.isFunctionLike(around) && !library.isArrowFunction(around))
      hasThis = library.isClassLike(around.parent);
  }
  return null;
}

/** Of a class that says by its type parameters, or by those of its bases, what it works on. */
function isInstanceMethod(library: TypeScript, member: ts.Node): boolean {
  const { MethodDeclaration, GetAccessor, SetAccessor, StaticKeyword } = library.SyntaxKind;
  if (![MethodDeclaration, GetAccessor, SetAccessor].includes(member.kind)) return false;
  const { modifiers, parent } = member as ts.MethodDeclaration | ts.AccessorDeclaration;
  const { typeParameters, heritageClauses } = parent as ts.ClassLikeDeclaration;
  const isStatic = modifiers?.some(m => m.kind === StaticKeyword) === true;
  return !isStatic && (typeParameters !== undefined || heritageClauses !== undefined);
}

function startsStrict(library: TypeScript, { statements: [first] }: ts.Block): boolean {
  return (
    first !== undefined && library.isExpressionStatement(first) && library.isStringLiteral(first.expression)
  );
}
