/**
 * What a function reads of the elements of its iterable parameters: the records of a window, both sides of a coGroup.
 * Loops, copies into arrays and the usual array methods are understood; a parameter that goes anywhere else counts as
 * one whose elements are read whole.
 */
import type { ts } from 'ts-morph';
import { joinUsage, usageAtPath } from '../../ir/demand.js';
import type { Usage } from '../../ir/lambda.js';
import type { Binding } from '../scope.js';
import type { TypeScript } from '../syntax.js';
import type { Aliases } from './aliases.js';
import type { Callable, KnownCallables } from './callable.js';
import { dottedName, isFunctionNode, isTypeNode, literalName, presenceTest, unwrap } from './expressions.js';

/** Where a value lies below an element of a parameter. */
interface ElementPath {
  readonly param: number;
  readonly path: readonly string[];
}

/** Their value is an array of the receiver's elements. */
const selecting: ReadonlySet<string> = new Set('filter slice sort toSorted reverse toReversed'.split(' '));
/** Their value is an element. */
const picking: ReadonlySet<string> = new Set('at find findLast pop shift'.split(' '));
/** Parameters of the callback that are elements; the one behind the index is the array. */
const callbackElements: Readonly<
  Record<string, { readonly elements: readonly number[]; readonly array: number }>
> = {
  ...Object.fromEntries(
    'every filter find findIndex findLast findLastIndex flatMap forEach map some'
      .split(' ')
      .map(name => [name, { elements: [0], array: 2 }]),
  ),
  sort: { elements: [0, 1], array: -1 },
  toSorted: { elements: [0, 1], array: -1 },
  reduce: { elements: [1], array: 3 },
  reduceRight: { elements: [1], array: 3 },
};

const presence: Usage = { fields: {} };

export class ElementReads {
  readonly #ts: TypeScript;
  readonly #usage: Usage[];
  readonly #callable: Callable;
  readonly #callables: KnownCallables;
  readonly #aliases: Aliases;
  readonly #collections = new Map<Binding, number>();
  readonly #elements = new Map<Binding, ElementPath>();

  constructor(callable: Callable, callables: KnownCallables, aliases: Aliases) {
    this.#ts = callables.modules.ts;
    this.#callable = callable;
    this.#callables = callables;
    this.#aliases = aliases;
    this.#usage = callable.node.parameters.map(() => 'none');
  }

  /** Per parameter. */
  analyse(): readonly Usage[] {
    const { node, module } = this.#callable;
    const frame = module.scopes.frames.get(node)!;
    if (frame.usesArguments || frame.free.has('eval')) return this.#usage.fill('all');
    node.parameters.forEach((parameter, param) => {
      const binding = this.#ts.isIdentifier(parameter.name)
        ? this.#aliases.declaredBinding(parameter.name)
        : null;
      const isSimple = binding?.writes.length === 0 && !parameter.initializer && !parameter.dotDotDotToken;
      if (isSimple) this.#collections.set(binding, param);
      else this.#usage[param] = 'all';
    });
    // A function inside may use a name that is declared behind it, so repeat until all names are known.
    for (let known = -1; known !== this.#names;) {
      known = this.#names;
      this.#visit(node.body);
    }
    return this.#usage;
  }

  get #names(): number {
    return this.#collections.size + this.#elements.size;
  }

  #read({ param, path }: ElementPath, usage: Usage): void {
    this.#usage[param] = joinUsage(this.#usage[param] ?? 'none', usageAtPath(path, usage));
  }

  /** The parameter whose elements the value holds, some or all. */
  #collectionOf(node: ts.Node): number | null {
    const ts = this.#ts;
    const inner = unwrap(ts, node);
    if (ts.isIdentifier(inner)) return this.#collections.get(this.#binding(inner)!) ?? null;
    if (ts.isArrayLiteralExpression(inner)) {
      const [only, ...others] = inner.elements;
      return only && others.length === 0 && ts.isSpreadElement(only)
        ? this.#collectionOf(only.expression)
        : null;
    }
    if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression)) return null;
    if (this.#isArrayFrom(inner))
      return inner.arguments.length === 1 ? this.#collectionOf(inner.arguments[0]!) : null;
    return selecting.has(inner.expression.name.text) ? this.#collectionOf(inner.expression.expression) : null;
  }

  #elementOf(node: ts.Node): ElementPath | null {
    const ts = this.#ts;
    const inner = unwrap(ts, node);
    if (ts.isIdentifier(inner)) return this.#elements.get(this.#binding(inner)!) ?? null;
    if (ts.isElementAccessExpression(inner)) {
      const param = this.#collectionOf(inner.expression);
      if (param !== null)
        return ts.isStringLiteralLike(inner.argumentExpression) ? null : { param, path: [] };
      const owner = ts.isStringLiteralLike(inner.argumentExpression)
        ? this.#elementOf(inner.expression)
        : null;
      return (
        owner && { ...owner, path: [...owner.path, (inner.argumentExpression as ts.StringLiteral).text] }
      );
    }
    if (ts.isPropertyAccessExpression(inner)) {
      const owner = ts.isPrivateIdentifier(inner.name) ? null : this.#elementOf(inner.expression);
      return owner && { ...owner, path: [...owner.path, inner.name.text] };
    }
    if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression)) return null;
    const param = picking.has(inner.expression.name.text)
      ? this.#collectionOf(inner.expression.expression)
      : null;
    return param === null ? null : { param, path: [] };
  }

  #binding(identifier: ts.Identifier): Binding | null {
    return this.#aliases.bindingOf(identifier);
  }

  #isArrayFrom(call: ts.CallExpression): boolean {
    const name = dottedName(this.#ts, call.expression);
    return name?.join('.') === 'Array.from' && this.#aliases.isGlobal(call.expression);
  }

  /** Visits code whose value is needed in full. */
  #visit(node: ts.Node): void {
    const ts = this.#ts;
    if (isTypeNode(ts, node)) return;
    const inner = unwrap(ts, node);
    const element = this.#elementOf(inner);
    if (element) {
      this.#read(element, 'all');
      this.#visitWay(inner);
      return;
    }
    const param = this.#collectionOf(inner);
    if (param !== null) {
      this.#usage[param] = 'all';
      this.#visitWay(inner);
      return;
    }
    if (inner !== node) return this.#visit(inner);
    const tested = presenceTest(ts, node)?.operand;
    if (tested) this.#visitTest(tested);
    else if (ts.isExpressionStatement(node)) this.#visitUnused(node.expression);
    else if (ts.isIfStatement(node) || ts.isWhileStatement(node)) {
      this.#visitTest(node.expression);
      this.#children(node, node.expression);
    } else if (ts.isConditionalExpression(node)) {
      this.#visitTest(node.condition);
      this.#children(node, node.condition);
    } else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
      this.#visitTest(node.operand);
    else if (ts.isForOfStatement(node)) this.#visitLoop(node);
    else if (ts.isVariableDeclaration(node)) this.#visitDeclaration(node);
    else if (ts.isCallExpression(node)) this.#visitCall(node);
    else if (ts.isPropertyAccessExpression(node)) this.#visitProperty(node);
    else this.#children(node);
  }

  #children(node: ts.Node, except?: ts.Node): void {
    this.#ts.forEachChild(node, child => {
      if (child !== except) this.#visit(child);
    });
  }

  /** What is evaluated on the way to an element or a collection. */
  #visitWay(node: ts.Node): void {
    const ts = this.#ts;
    const inner = unwrap(ts, node);
    if (ts.isPropertyAccessExpression(inner)) return this.#visitWay(inner.expression);
    if (ts.isElementAccessExpression(inner)) {
      this.#visitWay(inner.expression);
      return this.#visit(inner.argumentExpression);
    }
    if (ts.isArrayLiteralExpression(inner))
      return this.#visitWay((inner.elements[0] as ts.SpreadElement).expression);
    if (!ts.isCallExpression(inner)) return;
    if (this.#isArrayFrom(inner)) return this.#visitWay(inner.arguments[0]!);
    this.#visitMethod(inner, inner.expression as ts.PropertyAccessExpression);
  }

  /** `list.sort(…);` */
  #visitUnused(node: ts.Node): void {
    if (this.#elementOf(node) !== null || this.#collectionOf(node) !== null) this.#visitWay(node);
    else this.#visit(node);
  }

  /** Only whether it is there. */
  #visitTest(node: ts.Node): void {
    const inner = unwrap(this.#ts, node);
    const element = this.#elementOf(inner);
    if (!element) return this.#visit(inner);
    this.#read(element, presence);
    this.#visitWay(inner);
  }

  #visitLoop(node: ts.ForOfStatement): void {
    const ts = this.#ts;
    const param = this.#collectionOf(node.expression);
    const declared = ts.isVariableDeclarationList(node.initializer)
      ? node.initializer.declarations[0]
      : undefined;
    if (param === null || !declared) return this.#children(node);
    this.#visitWay(node.expression);
    this.#bind(declared.name, { param, path: [] });
    this.#visit(node.statement);
  }

  #visitDeclaration(node: ts.VariableDeclaration): void {
    const ts = this.#ts;
    const { name, initializer } = node;
    if (!initializer) return;
    const element = this.#elementOf(initializer);
    if (element) {
      this.#visitWay(initializer);
      return this.#bind(name, element);
    }
    const param = this.#collectionOf(initializer);
    if (param !== null && ts.isIdentifier(name)) {
      this.#bindCollection(name, param);
      return this.#visitWay(initializer);
    }
    if (param !== null && ts.isArrayBindingPattern(name)) {
      this.#visitWay(initializer);
      for (const part of name.elements) {
        if (!ts.isBindingElement(part)) continue;
        if (part.dotDotDotToken) this.#usage[param] = 'all';
        if (part.initializer) this.#visit(part.initializer);
        this.#bind(part.name, { param, path: [] });
      }
      return;
    }
    this.#visit(initializer);
    if (!ts.isIdentifier(name)) this.#children(name);
  }

  #bindCollection(name: ts.BindingName, param: number): void {
    const binding = this.#ts.isIdentifier(name) ? this.#aliases.declaredBinding(name) : null;
    if (binding?.writes.length === 0) this.#collections.set(binding, param);
    else this.#usage[param] = 'all';
  }

  /** Names for an element or its parts; what is not a plain name for a path reads it whole. */
  #bind(name: ts.BindingName, from: ElementPath): void {
    const ts = this.#ts;
    if (ts.isIdentifier(name)) {
      const binding = this.#aliases.declaredBinding(name);
      if (binding?.writes.length === 0) this.#elements.set(binding, from);
      else this.#read(from, 'all');
      return;
    }
    if (ts.isArrayBindingPattern(name)) {
      this.#read(from, 'all');
      return this.#children(name);
    }
    for (const part of name.elements) {
      const property = literalName(
        ts,
        part.propertyName ?? (ts.isIdentifier(part.name) ? part.name : undefined),
      );
      if (part.initializer) this.#visit(part.initializer);
      if (part.dotDotDotToken || property === null) this.#read(from, 'all');
      else if (part.initializer) this.#read({ ...from, path: [...from.path, property] }, 'all');
      else this.#bind(part.name, { ...from, path: [...from.path, property] });
    }
  }

  #visitProperty(node: ts.PropertyAccessExpression): void {
    if (node.name.text === 'length' && this.#collectionOf(node.expression) !== null)
      return this.#visitWay(node.expression);
    this.#visit(node.expression);
  }

  #visitCall(node: ts.CallExpression): void {
    const ts = this.#ts;
    const callee = unwrap(ts, node.expression);
    const target = this.#callables.calleeOf(this.#callable, callee);
    if (target) return this.#visitResolvedCall(node, target);
    if (this.#isArrayFrom(node) && node.arguments.length === 2) {
      const param = this.#collectionOf(node.arguments[0]!);
      if (param !== null) {
        this.#visitWay(node.arguments[0]!);
        return this.#visitCallback(node.arguments[1]!, { elements: [0], array: -1 }, param);
      }
    }
    if (!ts.isPropertyAccessExpression(callee)) return this.#children(node);
    if (this.#collectionOf(callee.expression) !== null) return this.#visitMethod(node, callee);
    // a method of an element may read all of it
    this.#visit(callee.expression);
    for (const argument of node.arguments) this.#visit(argument);
  }

  /** A method called on a collection. */
  #visitMethod(call: ts.CallExpression, callee: ts.PropertyAccessExpression): void {
    const param = this.#collectionOf(callee.expression)!;
    const method = callee.name.text;
    this.#visitWay(callee.expression);
    const callback = Object.hasOwn(callbackElements, method) ? callbackElements[method]! : null;
    const [first, ...others] = call.arguments;
    // without a first value, reduce begins with an element
    const understood = callback
      ? !method.startsWith('reduce') || others.length > 0
      : selecting.has(method) || picking.has(method);
    if (!understood) this.#usage[param] = 'all';
    if (callback && first) this.#visitCallback(first, callback, param);
    else if (first) this.#visit(first);
    for (const other of others) this.#visit(other);
  }

  #visitCallback(
    node: ts.Node,
    { elements, array }: { readonly elements: readonly number[]; readonly array: number },
    param: number,
  ): void {
    const ts = this.#ts;
    const fn = unwrap(ts, node);
    if (!isFunctionNode(ts, fn)) {
      this.#usage[param] = 'all';
      return this.#visit(fn);
    }
    const frame = this.#callable.module.scopes.frames.get(fn);
    if (frame?.usesArguments !== false) this.#usage[param] = 'all';
    fn.parameters.forEach((parameter, index) => {
      if (parameter.initializer) this.#visit(parameter.initializer);
      if (parameter.dotDotDotToken) this.#usage[param] = 'all';
      else if (index === array) this.#bindCollection(parameter.name, param);
      else if (elements.includes(index)) {
        if (parameter.initializer) this.#usage[param] = 'all';
        else this.#bind(parameter.name, { param, path: [] });
      }
    });
    this.#visit(fn.body);
  }

  #visitResolvedCall(node: ts.CallExpression, target: Callable): void {
    const facts = this.#callables.factsOf(target);
    const callee = unwrap(this.#ts, node.expression);
    if (this.#ts.isPropertyAccessExpression(callee)) this.#visit(callee.expression);
    const hasSpread = node.arguments.some(argument => this.#ts.isSpreadElement(argument));
    node.arguments.forEach((argument, index) => {
      const element = hasSpread ? null : this.#elementOf(argument);
      const param = hasSpread ? null : this.#collectionOf(argument);
      if (element) this.#read(element, facts.usage[index] ?? 'none');
      else if (param !== null) this.#read({ param, path: [] }, facts.elements[index] ?? 'none');
      else return this.#visit(argument);
      this.#visitWay(argument);
    });
  }
}
