import type { ts } from 'ts-morph';
import { isErased, isTypeNode } from './erased-syntax.js';
import { assignedTarget } from './lower/expressions.js';
import { lookup, type Reference, type Scope } from './scope.js';
import type { ScopeDeclarations } from './scope-declarations.js';
import type { TypeScript } from './syntax.js';

/** Second pass: what every identifier in value position means, and what each frame takes from outside. */
export class ScopeReferences {
  readonly #ts: TypeScript;
  readonly #declared: ScopeDeclarations;
  readonly #references = new Map<ts.Identifier, Reference>();

  constructor(library: TypeScript, declared: ScopeDeclarations) {
    this.#ts = library;
    this.#declared = declared;
  }

  resolve(file: ts.SourceFile): ReadonlyMap<ts.Identifier, Reference> {
    this.#children(file, this.#declared.module);
    return this.#references;
  }

  #children(node: ts.Node, scope: Scope): void {
    this.#ts.forEachChild(node, child => this.#visit(child, scope));
  }

  #visit(node: ts.Node, outer: Scope): void {
    const ts = this.#ts;
    if (isTypeNode(ts, node) || isErased(ts, node)) return;
    const scope = this.#declared.scopes.get(node) ?? outer;
    switch (node.kind) {
      case ts.SyntaxKind.ImportDeclaration:
      case ts.SyntaxKind.ImportEqualsDeclaration:
      case ts.SyntaxKind.TypeParameter:
      case ts.SyntaxKind.NamespaceExportDeclaration:
        return;
      case ts.SyntaxKind.Identifier:
        this.#note(node as ts.Identifier, scope, false, false);
        return;
      case ts.SyntaxKind.ThisKeyword:
      case ts.SyntaxKind.SuperKeyword:
        this.#noteThis(node, scope);
        return;
      case ts.SyntaxKind.MetaProperty:
        this.#noteMeta(node as ts.MetaProperty, scope);
        return;
      case ts.SyntaxKind.PropertyAccessExpression:
        this.#visit((node as ts.PropertyAccessExpression).expression, scope);
        return;
      case ts.SyntaxKind.ShorthandPropertyAssignment:
        this.#note((node as ts.ShorthandPropertyAssignment).name, scope, false, true);
        return;
      case ts.SyntaxKind.LabeledStatement:
        this.#visit((node as ts.LabeledStatement).statement, scope);
        return;
      case ts.SyntaxKind.BreakStatement:
      case ts.SyntaxKind.ContinueStatement:
        return;
      case ts.SyntaxKind.ExportDeclaration:
        this.#visitExport(node as ts.ExportDeclaration, scope);
        return;
      case ts.SyntaxKind.HeritageClause:
        if ((node as ts.HeritageClause).token === ts.SyntaxKind.ExtendsKeyword) {
          for (const type of (node as ts.HeritageClause).types) this.#visit(type.expression, scope);
        }
        return;
      default:
        this.#visitOther(node, scope);
    }
  }

  #visitOther(node: ts.Node, scope: Scope): void {
    const ts = this.#ts;
    const target = assignedTarget(ts, node);
    if (target) {
      this.#visitTarget(target, scope);
      if (ts.isBinaryExpression(node)) this.#visit(node.right, scope);
      return;
    }
    if (
      (ts.isForOfStatement(node) || ts.isForInStatement(node)) &&
      !ts.isVariableDeclarationList(node.initializer)
    ) {
      this.#visitTarget(node.initializer, scope);
      this.#visit(node.expression, scope);
      this.#visit(node.statement, scope);
      return;
    }
    const declaredName = this.#declaredName(node);
    ts.forEachChild(node, child => {
      if (child !== declaredName && child !== (node as { propertyName?: ts.Node }).propertyName)
        this.#visit(child, scope);
      else if (ts.isComputedPropertyName(child)) this.#visit(child.expression, scope);
      else if (ts.isObjectBindingPattern(child) || ts.isArrayBindingPattern(child))
        this.#children(child, scope);
    });
  }

  /** The name child of a declaration or member: not a use of that name. */
  #declaredName(node: ts.Node): ts.Node | undefined {
    const ts = this.#ts;
    if (
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionLike(node) ||
      ts.isClassLike(node) ||
      ts.isPropertyDeclaration(node) ||
      ts.isPropertyAssignment(node) ||
      ts.isEnumDeclaration(node) ||
      ts.isEnumMember(node) ||
      ts.isModuleDeclaration(node)
    ) {
      return node.name;
    }
    return undefined;
  }

  #visitExport(node: ts.ExportDeclaration, scope: Scope): void {
    const ts = this.#ts;
    if (
      node.moduleSpecifier ||
      node.isTypeOnly ||
      !node.exportClause ||
      !ts.isNamedExports(node.exportClause)
    )
      return;
    for (const element of node.exportClause.elements) {
      const local = element.propertyName ?? element.name;
      // `export { T }` of a type has no binding and must not become a global reference
      if (!element.isTypeOnly && ts.isIdentifier(local) && lookup(scope, local.text))
        this.#note(local, scope, false, false);
    }
  }

  #visitTarget(node: ts.Node, scope: Scope): void {
    const ts = this.#ts;
    if (ts.isIdentifier(node)) {
      this.#note(node, scope, true, false);
    } else if (
      ts.isParenthesizedExpression(node) ||
      ts.isAsExpression(node) ||
      ts.isNonNullExpression(node) ||
      ts.isSatisfiesExpression(node)
    ) {
      this.#visitTarget(node.expression, scope);
    } else if (ts.isArrayLiteralExpression(node)) {
      for (const element of node.elements)
        this.#visitTarget(ts.isSpreadElement(element) ? element.expression : element, scope);
    } else if (ts.isObjectLiteralExpression(node)) {
      for (const property of node.properties) this.#visitPropertyTarget(property, scope);
    } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      this.#visitTarget(node.left, scope); // default in a pattern
      this.#visit(node.right, scope);
    } else {
      this.#visit(node, scope);
    }
  }

  #visitPropertyTarget(property: ts.ObjectLiteralElementLike, scope: Scope): void {
    const ts = this.#ts;
    if (ts.isShorthandPropertyAssignment(property)) {
      this.#note(property.name, scope, true, true);
      if (property.objectAssignmentInitializer) this.#visit(property.objectAssignmentInitializer, scope);
    } else if (ts.isPropertyAssignment(property)) {
      if (ts.isComputedPropertyName(property.name)) this.#visit(property.name.expression, scope);
      this.#visitTarget(property.initializer, scope);
    } else if (ts.isSpreadAssignment(property)) {
      this.#visitTarget(property.expression, scope);
    }
  }

  #note(node: ts.Identifier, scope: Scope, isWrite: boolean, isShorthand: boolean): void {
    if (node.text === 'arguments' && !lookup(scope, 'arguments')) {
      for (let f = scope.frame; f; f = f.parent) {
        f.usesArguments = true;
        if (f.kind !== 'arrow') break;
      }
      return;
    }
    if (node.text === 'undefined') return;
    const binding = lookup(scope, node.text);
    const reference: Reference = { node, binding, isWrite, isShorthand, frame: scope.frame };
    this.#references.set(node, reference);
    binding?.references.push(reference);
    if (isWrite) binding?.writes.push(reference);
    const home = binding?.scope.frame ?? null;
    for (let f = scope.frame; f && f !== home; f = f.parent) {
      let free = f.free.get(node.text);
      if (!free) f.free.set(node.text, (free = { name: node.text, binding, references: [] }));
      free.references.push(reference);
    }
  }

  #noteThis(node: ts.Node, scope: Scope): void {
    for (let f = scope.frame; f; f = f.parent) {
      f.usesThis = true;
      f.thisNode ??= node;
      if (f.kind !== 'arrow') break;
    }
  }

  #noteMeta(node: ts.MetaProperty, scope: Scope): void {
    if (node.keywordToken === this.#ts.SyntaxKind.NewKeyword) {
      this.#noteThis(node, scope);
      return;
    }
    for (let f = scope.frame; f; f = f.parent) f.usesImportMeta = true;
  }
}
