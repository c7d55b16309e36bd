/**
 * What the names inside a function have to do with its parameters. An exact alias is a path (`const bid = e.bid`,
 * `({ user })`), used for field reads; a part may hold some object reachable from parameters, used to find mutation.
 */
import type { ts } from 'ts-morph';
import { lookup, type Binding, type ScopeAnalysis } from '../scope.js';
import type { TypeScript } from '../syntax.js';
import {
  dottedName,
  isChained,
  isFunctionNode,
  isTypeNode,
  literalName,
  rootOf,
  unwrap,
  type FunctionNode,
} from './expressions.js';
import { callbackMethods, isReadingGlobal, keepingMethods } from './known-calls.js';

export interface AccessPath {
  readonly param: number;
  readonly path: readonly string[];
  /** lengths of the prefixes that were followed by `?.`: where one of them is absent, the value is undefined */
  readonly guards: readonly number[];
}
/** What `...rest` of a pattern holds. */
export interface RestPath {
  readonly param: number;
  readonly path: readonly string[];
  readonly omit: readonly string[];
}
/** Part of a pattern that does not only name paths: has a default, takes an array apart, has a computed key. */
export interface ComplexPattern {
  readonly name: ts.BindingName;
  readonly initializer: ts.Expression | undefined;
  readonly from: AccessPath;
}

/** One bit per parameter. */
export type ParamSet = number;

export class Aliases {
  readonly exact = new Map<Binding, AccessPath>();
  readonly rests = new Map<Binding, RestPath>();
  readonly parts = new Map<Binding, ParamSet>();
  /** declarations that only give names to paths; their initialisers read nothing by themselves */
  readonly transparent = new Set<ts.Node>();
  readonly complex: ComplexPattern[] = [];
  readonly #ts: TypeScript;
  readonly #scopes: ScopeAnalysis;
  readonly #fn: FunctionNode;
  readonly #elements: number | null;

  /** @param elements parameter of which an array pattern may be taken apart into the paths '0', '1', … */
  constructor(library: TypeScript, scopes: ScopeAnalysis, fn: FunctionNode, elements: number | null = null) {
    this.#elements = elements;
    this.#ts = library;
    this.#scopes = scopes;
    this.#fn = fn;
    fn.parameters.forEach((parameter, param) => {
      if (parameter.initializer || parameter.dotDotDotToken) this.#markParts(parameter.name, 1 << param);
      else this.#bind(parameter.name, { param, path: [], guards: [] });
    });
    this.#collectExact(fn.body);
    // Flow through mutable names may go backwards in loops, so repeat until nothing is added.
    for (let size = -1, next = this.#partCount(); size !== next;) {
      size = next;
      this.#collectParts(fn.body);
      next = this.#partCount();
    }
  }

  /** The path that an expression reads, wrappers seen through. */
  pathOf(node: ts.Node): AccessPath | null {
    const ts = this.#ts;
    const inner = unwrap(ts, node);
    if (ts.isIdentifier(inner)) {
      const binding = this.#scopes.references.get(inner)?.binding;
      return (binding && this.exact.get(binding)) ?? null;
    }
    if (!ts.isPropertyAccessExpression(inner) && !ts.isElementAccessExpression(inner)) return null;
    const name = ts.isPropertyAccessExpression(inner)
      ? ts.isPrivateIdentifier(inner.name)
        ? null
        : inner.name.text
      : ts.isStringLiteralLike(inner.argumentExpression)
        ? inner.argumentExpression.text
        : null;
    if (name === null) return null;
    const rest = this.restOf(inner.expression);
    if (rest) {
      return rest.omit.includes(name) ? null : { param: rest.param, path: [...rest.path, name], guards: [] };
    }
    const base = this.pathOf(inner.expression);
    if (!base) return null;
    // `(a?.b).c` fails where `a?.b.c` does not
    if (base.guards.length > 0 && !(isChained(ts, inner) && chainGoesOn(ts, inner.expression))) return null;
    const guards = inner.questionDotToken ? [...base.guards, base.path.length] : base.guards;
    return { param: base.param, path: [...base.path, name], guards };
  }

  restOf(node: ts.Node): RestPath | null {
    const inner = unwrap(this.#ts, node);
    if (!this.#ts.isIdentifier(inner)) return null;
    const binding = this.#scopes.references.get(inner)?.binding;
    return (binding && this.rests.get(binding)) ?? null;
  }

  /** Parameters of which the value of an expression may contain an object. */
  partsOf(node: ts.Node | undefined): ParamSet {
    const ts = this.#ts;
    if (!node) return 0;
    const inner = unwrap(ts, node);
    const path = this.pathOf(inner);
    if (path) return 1 << path.param;
    if (ts.isIdentifier(inner)) {
      const binding = this.#scopes.references.get(inner)?.binding;
      if (!binding) return 0;
      const rest = this.rests.get(binding);
      return (this.parts.get(binding) ?? 0) | (rest ? 1 << rest.param : 0);
    }
    if (ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner)) {
      return this.partsOf(inner.expression);
    }
    if (ts.isObjectLiteralExpression(inner)) return this.#partsOfProperties(inner);
    if (ts.isArrayLiteralExpression(inner)) return this.#union(inner.elements);
    if (ts.isSpreadElement(inner) || ts.isAwaitExpression(inner)) return this.partsOf(inner.expression);
    if (ts.isConditionalExpression(inner))
      return this.partsOf(inner.whenTrue) | this.partsOf(inner.whenFalse);
    if (ts.isBinaryExpression(inner)) return this.#partsOfBinary(inner);
    if (ts.isCallExpression(inner)) return this.#partsOfCall(inner);
    if (ts.isNewExpression(inner)) return this.#union(inner.arguments ?? []);
    return 0;
  }

  #union(nodes: readonly ts.Node[]): ParamSet {
    return nodes.reduce<ParamSet>((set, node) => set | this.partsOf(node), 0);
  }

  #partsOfProperties(literal: ts.ObjectLiteralExpression): ParamSet {
    const ts = this.#ts;
    return literal.properties.reduce<ParamSet>((set, property) => {
      if (ts.isPropertyAssignment(property)) return set | this.partsOf(property.initializer);
      if (ts.isShorthandPropertyAssignment(property)) return set | this.partsOf(property.name);
      return ts.isSpreadAssignment(property) ? set | this.partsOf(property.expression) : set;
    }, 0);
  }

  #partsOfBinary(node: ts.BinaryExpression): ParamSet {
    const ts = this.#ts;
    switch (node.operatorToken.kind) {
      case ts.SyntaxKind.AmpersandAmpersandToken:
      case ts.SyntaxKind.BarBarToken:
      case ts.SyntaxKind.QuestionQuestionToken:
        return this.partsOf(node.left) | this.partsOf(node.right);
      case ts.SyntaxKind.CommaToken:
      case ts.SyntaxKind.EqualsToken:
        return this.partsOf(node.right);
      default:
        return 0; // arithmetic and comparisons make primitives
    }
  }

  #partsOfCall(node: ts.CallExpression): ParamSet {
    const ts = this.#ts;
    const name = dottedName(ts, node.expression);
    if (name && this.isGlobal(node.expression) && isReadingGlobal(name)) {
      // Object.values(o), Array.from(o) hold o's parts; Math.max(o) cannot
      return name[0] === 'Object' || name[0] === 'Array' ? this.#union(node.arguments) : 0;
    }
    const receiver = ts.isPropertyAccessExpression(node.expression)
      ? this.partsOf(node.expression.expression)
      : 0;
    return receiver | this.#union(node.arguments);
  }

  /** The leftmost name of the expression is not declared in the program. */
  isGlobal(node: ts.Node): boolean {
    const root = rootOf(this.#ts, node);
    return this.#ts.isIdentifier(root) && this.#scopes.references.get(root)?.binding === null;
  }

  bindingOf(identifier: ts.Identifier): Binding | null {
    return this.#scopes.references.get(identifier)?.binding ?? null;
  }

  /** The binding that an identifier in a pattern or declaration makes. */
  declaredBinding(name: ts.Identifier): Binding | null {
    for (let node: ts.Node = name.parent; node; node = node.parent) {
      const scope = this.#scopes.scopes.get(node);
      if (scope) return lookup(scope, name.text);
    }
    return null;
  }

  /** Gives names in a pattern their paths. Returns whether the whole pattern consists of plain paths. */
  #bind(name: ts.BindingName, from: AccessPath): boolean {
    const ts = this.#ts;
    if (ts.isIdentifier(name)) {
      const binding = this.declaredBinding(name);
      if (!binding) return false;
      if (binding.writes.length > 0) {
        this.#addParts(binding, 1 << from.param);
        return false;
      }
      this.exact.set(binding, from);
      return true;
    }
    if (ts.isArrayBindingPattern(name)) {
      if (from.param === this.#elements && from.path.length === 0) return this.#bindElements(name, from);
      this.#addComplex({ name, initializer: undefined, from });
      return false;
    }
    let plain = true;
    for (const element of name.elements) {
      if (!this.#bindElement(element, name, from)) plain = false;
    }
    return plain;
  }

  #bindElements(pattern: ts.ArrayBindingPattern, from: AccessPath): boolean {
    const ts = this.#ts;
    let plain = true;
    pattern.elements.forEach((element, at) => {
      if (!ts.isBindingElement(element)) return;
      const path = { ...from, path: [String(at)] };
      if (!element.initializer && !element.dotDotDotToken && this.#bind(element.name, path)) return;
      this.#addComplex({ name: pattern, initializer: undefined, from });
      plain = false;
    });
    return plain;
  }

  #bindElement(element: ts.BindingElement, pattern: ts.ObjectBindingPattern, from: AccessPath): boolean {
    const ts = this.#ts;
    if (element.dotDotDotToken) return this.#bindRest(element, pattern, from);
    const key = element.propertyName ?? (ts.isIdentifier(element.name) ? element.name : undefined);
    const property = literalName(ts, key);
    if (property === null) {
      this.#addComplex({ name: pattern, initializer: undefined, from });
      return false;
    }
    const at = { ...from, path: [...from.path, property] };
    if (!element.initializer) return this.#bind(element.name, at);
    this.#addComplex({ name: element.name, initializer: element.initializer, from: at });
    return false;
  }

  #bindRest(element: ts.BindingElement, pattern: ts.ObjectBindingPattern, from: AccessPath): boolean {
    const ts = this.#ts;
    const omit: string[] = [];
    for (const sibling of pattern.elements) {
      if (sibling === element) continue;
      const key = sibling.propertyName ?? (ts.isIdentifier(sibling.name) ? sibling.name : undefined);
      const name = literalName(ts, key);
      if (name !== null) omit.push(name);
    }
    const binding = ts.isIdentifier(element.name) ? this.declaredBinding(element.name) : null;
    if (!binding || binding.writes.length > 0 || omit.length < pattern.elements.length - 1) {
      this.#addComplex({ name: pattern, initializer: undefined, from });
      return false;
    }
    this.rests.set(binding, { param: from.param, path: from.path, omit });
    return true;
  }

  #addComplex(part: ComplexPattern): void {
    this.#markParts(part.name, 1 << part.from.param);
    if (this.complex.every(known => known.name !== part.name)) this.complex.push(part);
  }

  #markParts(name: ts.BindingName, parts: ParamSet): void {
    const ts = this.#ts;
    if (ts.isIdentifier(name)) {
      const binding = this.declaredBinding(name);
      if (binding) this.#addParts(binding, parts);
      return;
    }
    for (const element of name.elements) {
      if (ts.isBindingElement(element)) this.#markParts(element.name, parts);
    }
  }

  #addParts(binding: Binding, parts: ParamSet): void {
    if (parts !== 0) this.parts.set(binding, (this.parts.get(binding) ?? 0) | parts);
  }

  #partCount(): number {
    let count = 0;
    for (const set of this.parts.values()) for (let bits = set; bits !== 0; bits &= bits - 1) count++;
    return count;
  }

  #collectExact(node: ts.Node): void {
    const ts = this.#ts;
    if (isTypeNode(ts, node)) return;
    if (ts.isVariableDeclaration(node) && node.initializer && !ts.isForOfStatement(node.parent.parent)) {
      this.#collectExact(node.initializer);
      const path = this.pathOf(node.initializer);
      if (path && (path.guards.length === 0 || ts.isIdentifier(node.name)) && this.#bind(node.name, path)) {
        this.transparent.add(node);
      }
      return;
    }
    ts.forEachChild(node, child => this.#collectExact(child));
  }

  #collectParts(node: ts.Node): void {
    const ts = this.#ts;
    if (isTypeNode(ts, node)) return;
    ts.forEachChild(node, child => this.#collectParts(child));
    if (ts.isVariableDeclaration(node)) {
      const list = node.parent.parent;
      const value = ts.isForOfStatement(list) ? list.expression : node.initializer;
      if (!this.transparent.has(node)) this.#markUnlessExact(node.name, this.partsOf(value));
    } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      this.#flowInto(node.left, this.partsOf(node.right));
    } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const method = node.expression.name.text;
      const receiver = node.expression.expression;
      if (keepingMethods.has(method)) this.#flowInto(receiver, this.#union(node.arguments));
      if (callbackMethods.has(method)) {
        const parts = this.partsOf(receiver) | this.#union(node.arguments);
        for (const argument of node.arguments) this.#flowIntoParameters(argument, parts);
      }
    }
  }

  #markUnlessExact(name: ts.BindingName, parts: ParamSet): void {
    const ts = this.#ts;
    if (parts === 0) return;
    if (!ts.isIdentifier(name)) {
      for (const element of name.elements) {
        if (ts.isBindingElement(element)) this.#markUnlessExact(element.name, parts);
      }
      return;
    }
    const binding = this.declaredBinding(name);
    if (binding && !this.exact.has(binding) && !this.rests.has(binding)) this.#addParts(binding, parts);
  }

  /** `x = …`, `x.a = …`, `x.push(…)`: what flows in is reachable from x afterwards. */
  #flowInto(target: ts.Node, parts: ParamSet): void {
    const root = rootOf(this.#ts, target);
    if (!this.#ts.isIdentifier(root)) return;
    const binding = this.bindingOf(root);
    // what is declared outside keeps them: that is for the caller of partsOf to notice
    const isOwn = binding && isWithin(binding.declaration, this.#fn);
    if (isOwn && !this.exact.has(binding)) this.#addParts(binding, parts);
  }

  #flowIntoParameters(callback: ts.Node, parts: ParamSet): void {
    const fn = unwrap(this.#ts, callback);
    if (!isFunctionNode(this.#ts, fn)) return;
    for (const parameter of fn.parameters) this.#markParts(parameter.name, parts);
  }
}

/** The base belongs to the same optional chain: only `!` may stand between them. */
function chainGoesOn(ts: TypeScript, base: ts.Expression): boolean {
  let inner = base;
  while (ts.isNonNullExpression(inner)) inner = inner.expression;
  return (
    (ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner)) && isChained(ts, inner)
  );
}

function isWithin(node: ts.Node, outer: ts.Node): boolean {
  return node.pos >= outer.pos && node.end <= outer.end;
}
