/**
 * Scopes, bindings and free variables of one module, from syntax alone: no checker, so that it is ready
 * milliseconds after a keystroke. Types are skipped: a name used only as a type is not a reference.
 *
 * @example
 * const scopes = analyseScopes(syntax.ts, file);
 * const frame = scopes.frames.get(arrow);          // every function-like node and class has a frame
 * for (const free of frame.free.values()) …         // names it takes from outside itself
 * scopes.references.get(identifier)?.binding        // null: a global
 * binding.writes.length > 0                         // assigned after its declaration
 */
import type { ts } from 'ts-morph';
import type { TypeScript } from './syntax.js';

export type BindingKind =
  | 'const'
  | 'let'
  | 'var'
  | 'parameter'
  | 'function'
  | 'class'
  | 'enum'
  | 'namespace'
  | 'import'
  | 'catch'
  /** name of a function or class expression, and of a class inside its own body */
  | 'self';

export interface ImportedName {
  /** specifier; aliases of the program's own modules are replaced by relative paths */
  readonly from: string;
  /** exported name; '*' for a namespace import, 'default' */
  readonly name: string;
}

export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  /** variable declaration, parameter, function, class, import specifier, … */
  readonly declaration: ts.Node;
  readonly scope: Scope;
  readonly imported: ImportedName | null;
  /** every use as a value, writes included */
  readonly references: Reference[];
  /** assignments after the declaration; an initialiser does not count */
  readonly writes: Reference[];
}

export interface Reference {
  readonly node: ts.Identifier;
  /** null: a global */
  readonly binding: Binding | null;
  readonly isWrite: boolean;
  /** stands as `{ name }` in an object literal or assignment pattern */
  readonly isShorthand: boolean;
  /** innermost function or class around the use */
  readonly frame: Frame | null;
}

export interface Scope {
  readonly node: ts.Node;
  readonly parent: Scope | null;
  /** innermost function or class that this scope belongs to; null: the module */
  readonly frame: Frame | null;
  readonly names: Map<string, Binding>;
}

export type FrameKind =
  | 'arrow'
  | 'function'
  | 'functionDeclaration'
  | 'method'
  | 'accessor'
  | 'constructor'
  | 'staticBlock'
  | 'class';
export type FrameNode = ts.FunctionLikeDeclaration | ts.ClassLikeDeclaration | ts.ClassStaticBlockDeclaration;

export interface FreeName {
  readonly name: string;
  /** null: a global */
  readonly binding: Binding | null;
  readonly references: Reference[];
}

/** A function-like node or class: what can be lifted out of its surroundings, given its free names. */
export interface Frame {
  readonly node: FrameNode;
  readonly kind: FrameKind;
  readonly parent: Frame | null;
  readonly free: Map<string, FreeName>;
  /** for an arrow: the `this` of its surroundings. `super` and `new.target` count. */
  usesThis: boolean;
  /** where `this` is used, for error messages */
  thisNode: ts.Node | null;
  /** for an arrow: the `arguments` of its surroundings */
  usesArguments: boolean;
  usesImportMeta: boolean;
}

export interface ScopeAnalysis {
  readonly module: Scope;
  /** in source order, outer before inner */
  readonly frames: ReadonlyMap<ts.Node, Frame>;
  readonly scopes: ReadonlyMap<ts.Node, Scope>;
  readonly references: ReadonlyMap<ts.Identifier, Reference>;
  /** value imports; type-only ones are left out */
  readonly imports: readonly Binding[];
  /** names as written anywhere in the module, types and property names included */
  readonly identifiers: ReadonlySet<string>;
}

export function lookup(scope: Scope, name: string): Binding | null {
  for (let s: Scope | null = scope; s; s = s.parent) {
    const binding = s.names.get(name);
    if (binding) return binding;
  }
  return null;
}

/** `pathOf` replaces aliases of the program's modules in specifiers. */
export function analyseScopes(
  library: TypeScript,
  file: ts.SourceFile,
  pathOf: (specifier: string) => string,
): ScopeAnalysis {
  const declared = new Declarations(library, file, pathOf);
  const references = new Resolver(library, declared).resolve(file);
  return {
    module: declared.module,
    frames: declared.frames,
    scopes: declared.scopes,
    references,
    imports: declared.imports,
    identifiers: declared.identifiers,
  };
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

/** Type-level statements and `declare`d names leave nothing behind at run time: uses of the latter are globals. */
function isErased(ts: TypeScript, node: ts.Node): boolean {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isFunctionDeclaration(node) && !node.body) return true;
  return (
    ts.canHaveModifiers(node) && (node.modifiers?.some(m => m.kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
}

function isTypeNode(ts: TypeScript, node: ts.Node): boolean {
  return (
    node.kind >= ts.SyntaxKind.FirstTypeNode &&
    node.kind <= ts.SyntaxKind.LastTypeNode &&
    node.kind !== ts.SyntaxKind.ExpressionWithTypeArguments
  );
}

export function isAssignment(ts: TypeScript, operator: ts.SyntaxKind): boolean {
  return operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;
}

/** First pass: which scopes there are and what they declare. Needed whole before any use can be resolved (hoisting). */
class Declarations {
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
    if (kind === null && !this.#isBlockScope(node)) return outer;
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

  #isBlockScope(node: ts.Node): boolean {
    switch (node.kind) {
      case this.#ts.SyntaxKind.Block:
      case this.#ts.SyntaxKind.CaseBlock:
      case this.#ts.SyntaxKind.CatchClause:
      case this.#ts.SyntaxKind.ForStatement:
      case this.#ts.SyntaxKind.ForOfStatement:
      case this.#ts.SyntaxKind.ForInStatement:
      case this.#ts.SyntaxKind.ModuleBlock:
        return true;
      default:
        return false;
    }
  }

  #declareVariables(list: ts.VariableDeclarationList, scope: Scope): void {
    const ts = this.#ts;
    const kind = list.flags & ts.NodeFlags.Const ? 'const' : list.flags & ts.NodeFlags.Let ? 'let' : 'var';
    // `using` sets other flags, but behaves as const
    const isUsing = (list.flags & ts.NodeFlags.Using) === ts.NodeFlags.Using;
    let target = scope;
    if (kind === 'var' && !isUsing) {
      while (
        target.parent &&
        !ts.isFunctionLike(target.node) &&
        !ts.isClassStaticBlockDeclaration(target.node) &&
        !ts.isModuleBlock(target.node)
      ) {
        target = target.parent;
      }
    }
    for (const declaration of list.declarations) {
      this.#declarePattern(declaration.name, target, isUsing ? 'const' : kind, declaration);
    }
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

/** Second pass: what every identifier in value position means, and what each frame takes from outside. */
class Resolver {
  readonly #ts: TypeScript;
  readonly #declared: Declarations;
  readonly #references = new Map<ts.Identifier, Reference>();

  constructor(library: TypeScript, declared: Declarations) {
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
    if (ts.isBinaryExpression(node) && isAssignment(ts, node.operatorToken.kind)) {
      this.#visitTarget(node.left, scope);
      this.#visit(node.right, scope);
      return;
    }
    if (
      (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
      (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken)
    ) {
      this.#visitTarget(node.operand, scope);
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
