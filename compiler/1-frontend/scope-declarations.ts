import type { ts } from 'ts-morph';
import { isErased, isTypeNode } from './erased-syntax.js';
import type { Binding, BindingKind, Frame, FrameKind, FrameNode, ImportedName, Scope } from './scope.js';
import type { TypeScript } from './syntax.js';

/** First pass: which scopes there are and what they declare. Needed whole before any use can be resolved (hoisting). */
export class ScopeDeclarations {
  readonly module: Scope;
  readonly scopes = new Map<ts.Node, Scope>();
  readonly frames = new Map<ts.Node, Frame>();
  readonly imports: Binding[] = [];
  readonly identifiers = new Set<string>();
  readonly #ts: TypeScript;
  readonly #pathOf: (specifier: string) => string;

  constructor(library: TypeScript, file: ts.SourceFile, pathOf: (specifier: string) => string) {
    this.#ts = library;
    this.#pathOf = pathOf;
    this.module = { node: file, parent: null, frame: null, names: new Map() };
    this.scopes.set(file, this.module);
    library.forEachChild(file, child => this.#visit(child, this.module));
  }

  #visit(node: ts.Node, outer: Scope): void {
    const ts = this.#ts;
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
      this.identifiers.add(node.text);
      return;
    }
    if (isErased(ts, node) || isTypeNode(ts, node)) {
      this.#collectIdentifiers(node);
      return;
    }
    this.#declareStatement(node, outer);
    const scope = this.#openScope(node, outer);
    if (ts.isVariableDeclarationList(node)) this.#declareVariables(node, scope);
    ts.forEachChild(node, child => this.#visit(child, scope));
  }

  #collectIdentifiers(node: ts.Node): void {
    if (this.#ts.isIdentifier(node)) this.identifiers.add(node.text);
    this.#ts.forEachChild(node, child => this.#collectIdentifiers(child));
  }

  #declareStatement(node: ts.Node, scope: Scope): void {
    const ts = this.#ts;
    if (ts.isFunctionDeclaration(node)) {
      if (node.name) this.#declare(scope, node.name.text, 'function', node);
    } else if (ts.isClassDeclaration(node)) {
      if (node.name) this.#declare(scope, node.name.text, 'class', node);
    } else if (ts.isEnumDeclaration(node)) {
      this.#declare(scope, node.name.text, 'enum', node);
    } else if (ts.isModuleDeclaration(node)) {
      if (ts.isIdentifier(node.name)) this.#declare(scope, node.name.text, 'namespace', node);
    } else if (ts.isImportEqualsDeclaration(node)) {
      const from = ts.isExternalModuleReference(node.moduleReference)
        ? node.moduleReference.expression
        : null;
      if (node.isTypeOnly) return;
      if (from && ts.isStringLiteral(from)) this.#declareImport(scope, node.name, from.text, 'default', node);
      else this.#declare(scope, node.name.text, 'const', node); // import A = Namespace.B
    } else if (ts.isImportDeclaration(node)) {
      this.#declareImports(node, scope);
    }
  }

  #declareImports(node: ts.ImportDeclaration, scope: Scope): void {
    const ts = this.#ts;
    const clause = node.importClause;
    if (!clause || clause.isTypeOnly || !ts.isStringLiteral(node.moduleSpecifier)) return;
    const from = this.#pathOf(node.moduleSpecifier.text);
    if (clause.name) this.#declareImport(scope, clause.name, from, 'default', clause);
    if (!clause.namedBindings) return;
    if (ts.isNamespaceImport(clause.namedBindings)) {
      this.#declareImport(scope, clause.namedBindings.name, from, '*', clause.namedBindings);
      return;
    }
    for (const element of clause.namedBindings.elements) {
      if (!element.isTypeOnly) {
        this.#declareImport(scope, element.name, from, (element.propertyName ?? element.name).text, element);
      }
    }
  }

  #declareImport(scope: Scope, local: ts.Identifier, from: string, name: string, declaration: ts.Node): void {
    this.imports.push(this.#declare(scope, local.text, 'import', declaration, { from, name }));
  }

  #openScope(node: ts.Node, outer: Scope): Scope {
    const ts = this.#ts;
    const kind = frameKind(ts, node);
    if (kind === null && !isBlockScope(ts, node)) return outer;
    let frame = outer.frame;
    if (kind !== null) {
      frame = {
        node: node as FrameNode,
        kind,
        parent: outer.frame,
        free: new Map(),
        usesThis: false,
        thisNode: null,
        usesArguments: false,
        usesImportMeta: false,
      };
      this.frames.set(node, frame);
    }
    const scope: Scope = { node, parent: outer, frame, names: new Map() };
    this.scopes.set(node, scope);
    if ((ts.isFunctionExpression(node) || ts.isClassLike(node)) && node.name) {
      this.#declare(scope, node.name.text, 'self', node);
    }
    if (ts.isFunctionLike(node)) {
      for (const parameter of node.parameters)
        this.#declarePattern(parameter.name, scope, 'parameter', parameter);
    }
    if (ts.isCatchClause(node) && node.variableDeclaration) {
      this.#declarePattern(node.variableDeclaration.name, scope, 'catch', node.variableDeclaration);
    }
    return scope;
  }

  #declareVariables(list: ts.VariableDeclarationList, scope: Scope): void {
    const ts = this.#ts;
    // `using` is a flag of its own, and behaves as const
    const isConst = (list.flags & (ts.NodeFlags.Const | ts.NodeFlags.Using)) !== 0;
    const kind = isConst ? 'const' : list.flags & ts.NodeFlags.Let ? 'let' : 'var';
    const target = kind === 'var' ? this.#hoistedTo(scope) : scope;
    for (const declaration of list.declarations)
      this.#declarePattern(declaration.name, target, kind, declaration);
  }

  /** Where a `var` of the scope is declared. */
  #hoistedTo(scope: Scope): Scope {
    const ts = this.#ts;
    let target = scope;
    while (
      target.parent &&
      !ts.isFunctionLike(target.node) &&
      !ts.isClassStaticBlockDeclaration(target.node) &&
      !ts.isModuleBlock(target.node)
    )
      target = target.parent;
    return target;
  }

  #declarePattern(name: ts.BindingName, scope: Scope, kind: BindingKind, declaration: ts.Node): void {
    if (this.#ts.isIdentifier(name)) {
      this.#declare(scope, name.text, kind, declaration);
      return;
    }
    for (const element of name.elements) {
      if (this.#ts.isBindingElement(element)) this.#declarePattern(element.name, scope, kind, declaration);
    }
  }

  #declare(
    scope: Scope,
    name: string,
    kind: BindingKind,
    declaration: ts.Node,
    imported: ImportedName | null = null,
  ): Binding {
    const known = scope.names.get(name); // repeated var, merged namespace, overloads
    if (known) return known;
    const binding: Binding = { name, kind, declaration, scope, imported, references: [], writes: [] };
    scope.names.set(name, binding);
    return binding;
  }
}

function frameKind(ts: TypeScript, node: ts.Node): FrameKind | null {
  switch (node.kind) {
    case ts.SyntaxKind.ArrowFunction:
      return 'arrow';
    case ts.SyntaxKind.FunctionExpression:
      return 'function';
    case ts.SyntaxKind.FunctionDeclaration:
      return 'functionDeclaration';
    case ts.SyntaxKind.MethodDeclaration:
      return 'method';
    case ts.SyntaxKind.GetAccessor:
    case ts.SyntaxKind.SetAccessor:
      return 'accessor';
    case ts.SyntaxKind.Constructor:
      return 'constructor';
    case ts.SyntaxKind.ClassStaticBlockDeclaration:
      return 'staticBlock';
    case ts.SyntaxKind.ClassDeclaration:
    case ts.SyntaxKind.ClassExpression:
      return 'class';
    default:
      return null;
  }
}

function isBlockScope({ SyntaxKind }: TypeScript, { kind }: ts.Node): boolean {
  return (
    kind === SyntaxKind.Block ||
    kind === SyntaxKind.CaseBlock ||
    kind === SyntaxKind.CatchClause ||
    kind === SyntaxKind.ForStatement ||
    kind === SyntaxKind.ForOfStatement ||
    kind === SyntaxKind.ForInStatement ||
    kind === SyntaxKind.ModuleBlock
  );
}
