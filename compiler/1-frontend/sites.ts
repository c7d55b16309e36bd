/** Names and describes the functions and classes of a module: the sites that captured values refer to. */
import type { ts } from 'ts-morph';
import type { FnSite, FreeVariable, SiteId } from '../ir/value.js';
import type { Frame, FreeName, ScopeAnalysis } from './scope.js';
import { spanOf, type TypeScript } from './syntax.js';

/** Relative specifiers and package-internal ones (`#lib/x`) are part of the program; all others are packages. */
export function isExternalImport(specifier: string): boolean {
  return !/^(?:\.{1,2}(?:\/|$)|[/#])/.test(specifier);
}

/** What a frame is called in site ids and symbol paths: its own name, else the name of what it is given to. */
function frameName(library: TypeScript, frame: Frame): string {
  const { node, kind } = frame;
  if (kind === 'constructor') return 'constructor';
  if (kind === 'staticBlock') return 'static';
  const own = (node as { readonly name?: ts.Node }).name;
  if (own) return nameText(library, own) ?? kind;
  let holder: ts.Node = node.parent;
  while (
    library.isParenthesizedExpression(holder) ||
    library.isAsExpression(holder) ||
    library.isSatisfiesExpression(holder)
  ) {
    holder = holder.parent;
  }
  if (
    library.isVariableDeclaration(holder) ||
    library.isPropertyAssignment(holder) ||
    library.isPropertyDeclaration(holder)
  ) {
    return nameText(library, holder.name) ?? kind;
  }
  if (library.isCallExpression(holder) || library.isNewExpression(holder)) {
    const callee = holder.expression;
    if (library.isPropertyAccessExpression(callee)) return callee.name.text;
    if (library.isIdentifier(callee)) return callee.text;
  }
  if (library.isExportAssignment(holder)) return 'default';
  return (node as ts.FunctionDeclaration).modifiers?.some(m => m.kind === library.SyntaxKind.DefaultKeyword)
    ? 'default'
    : kind;
}

function nameText(library: TypeScript, name: ts.Node): string | null {
  return library.isIdentifier(name) || library.isPrivateIdentifier(name) || library.isStringLiteral(name)
    ? name.text
    : null;
}

/** `Outer.method.map`: the functions and classes around and including a frame; '' for the module. */
export function symbolPath(library: TypeScript, frame: Frame | null): string {
  const names: string[] = [];
  for (let f = frame; f; f = f.parent) names.unshift(frameName(library, f));
  return names.join('.');
}

/**
 * Sites in source order: arrows, functions, classes, methods of object literals, and static methods without `this`.
 * Other methods of classes are part of their class. Ids (`file#outer.name~occurrence`) survive edits elsewhere in the file.
 */
export function describeSites(
  library: TypeScript,
  file: ts.SourceFile,
  scopes: ScopeAnalysis,
): ReadonlyMap<Frame, FnSite> {
  const sites = new Map<Frame, FnSite>();
  const used = new Map<string, number>();
  for (const frame of scopes.frames.values()) {
    const kind = siteKind(library, frame);
    if (kind === null) continue;
    const base = `${file.fileName}#${symbolPath(library, frame)}`;
    const occurrence = used.get(base) ?? 0;
    used.set(base, occurrence + 1);
    const { node } = frame;
    const declaredAs = topLevelName(library, file, node);
    sites.set(frame, {
      id: (occurrence === 0 ? base : `${base}~${occurrence}`) as SiteId,
      span: spanOf(file, node),
      kind,
      name: declaredAs ?? (node as ts.FunctionExpression).name?.text ?? null,
      isAsync:
        (node as ts.FunctionExpression).modifiers?.some(m => m.kind === library.SyntaxKind.AsyncKeyword) ??
        false,
      isGenerator: (node as ts.FunctionExpression).asteriskToken !== undefined,
      usesThis: frame.usesThis,
      topLevel: declaredAs !== null,
      free: [...frame.free.values()]
        .map(free => describeFree(free, scopes))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    });
  }
  return sites;
}

function siteKind(library: TypeScript, frame: Frame): FnSite['kind'] | null {
  switch (frame.kind) {
    case 'arrow':
    case 'function':
    case 'functionDeclaration':
    case 'class':
      return frame.kind;
    case 'method':
      return library.isObjectLiteralExpression(frame.node.parent) || isFreeStatic(library, frame)
        ? 'method'
        : null;
    case 'accessor':
    case 'constructor':
    case 'staticBlock':
      return null;
  }
}

/** Works the same wherever it is called from. */
function isFreeStatic(library: TypeScript, { node, usesThis }: Frame): boolean {
  const { modifiers } = node as ts.MethodDeclaration;
  return !usesThis && modifiers?.some(m => m.kind === library.SyntaxKind.StaticKeyword) === true;
}

/** Name under which a module-level declaration can be referred to: `function f`, `class C`, `const f = () => …`. */
function topLevelName(library: TypeScript, file: ts.SourceFile, node: ts.Node): string | null {
  if (library.isFunctionDeclaration(node) || library.isClassDeclaration(node)) {
    return node.parent === file ? (node.name?.text ?? 'default') : null;
  }
  const declaration = node.parent;
  if (!library.isVariableDeclaration(declaration) || !library.isIdentifier(declaration.name)) return null;
  const list = declaration.parent;
  const isConst = library.isVariableDeclarationList(list) && (list.flags & library.NodeFlags.Const) !== 0;
  return isConst && list.parent.parent === file ? declaration.name.text : null;
}

function describeFree({ name, binding, references }: FreeName, scopes: ScopeAnalysis): FreeVariable {
  const written = references.some(r => r.isWrite);
  if (!binding) return { name, scope: 'global', written };
  if (binding.imported) {
    const { from, name: exported } = binding.imported;
    return {
      name,
      scope: 'import',
      import: { from, name: exported, external: isExternalImport(from) },
      written,
    };
  }
  return { name, scope: binding.scope === scopes.module ? 'module' : 'local', written };
}
