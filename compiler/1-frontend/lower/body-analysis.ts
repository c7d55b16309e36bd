/**
 * What a function reads of its parameters, whether it changes them, and whether it keeps them beyond the call.
 * Every answer errs on the safe side: read everything, changed, kept.
 */
import type { ts } from 'ts-morph';
import { joinUsage, usageAtPath } from '../../ir/demand.js';
import type { Usage } from '../../ir/lambda.js';
import type { Frame } from '../scope.js';
import type { TypeScript } from '../syntax.js';
import { Aliases, type AccessPath, type ComplexPattern, type ParamSet } from './aliases.js';
import { coalescedRead } from './coalesced-read.js';
import { ElementReads } from './element-reads.js';
import { isPure } from './purity.js';
import type { Callable, FunctionFacts, KnownCallables } from './callable.js';
import {
  dottedName,
  isAssignment,
  isFunctionNode,
  isTypeNode,
  presenceTest,
  rootOf,
  unwrap,
  type FunctionNode,
} from './expressions.js';
import {
  callbackMethods,
  emittingMethods,
  isReadingGlobal,
  keepingMethods,
  mutatingMethods,
  readingMethods,
} from './known-calls.js';

const presence: Usage = { fields: {} };

export class BodyAnalysis {
  readonly aliases: Aliases;
  mutated: ParamSet = 0;
  /** by statements of the function itself, not by functions that it hands its parameters to */
  mutatedHere: ParamSet = 0;
  retained: ParamSet = 0;
  /** read by functions that may run after the call */
  readLater: ParamSet = 0;
  readonly #usage: Usage[];
  readonly #callable: Callable;
  readonly #callables: KnownCallables;
  readonly #ts: TypeScript;
  readonly #frame: Frame;

  /** @param elements see {@link Aliases} */
  constructor(callable: Callable, callables: KnownCallables, elements: number | null = null) {
    this.#callable = callable;
    this.#callables = callables;
    this.#ts = callables.modules.ts;
    const frame = callable.module.scopes.frames.get(callable.node);
    if (!frame) throw new Error(`compiler bug: no frame for a function in ${callable.module.file}`);
    this.#frame = frame;
    this.aliases = new Aliases(this.#ts, callable.module.scopes, callable.node, elements);
    this.#usage = callable.node.parameters.map(() => 'none');
  }

  get facts(): FunctionFacts {
    const bits = (set: ParamSet): boolean[] => this.#usage.map((_, param) => (set & (1 << param)) !== 0);
    return {
      usage: this.#usage.slice(),
      mutates: bits(this.mutated),
      retains: bits(this.retained),
      elements: new ElementReads(this.#callable, this.#callables, this.aliases).analyse(),
    };
  }

  analyseBody(): FunctionFacts {
    const fn: FunctionNode = this.#callable.node;
    this.#frameEscapes(this.#frame);
    fn.parameters.forEach((parameter, index) => {
      if (parameter.dotDotDotToken) this.#giveUp(1 << index);
      else if (parameter.initializer) {
        this.#usage[index] = 'all';
        this.#visit(parameter.initializer);
      }
    });
    for (const part of this.aliases.complex) this.#visitPattern(part);
    this.#visit(fn.body);
    return this.facts;
  }

  /** What one expression of the body reads; `test`: only its truth matters. */
  usageOf(nodes: readonly ts.Node[], test = false): readonly Usage[] {
    return this.#measured(() => {
      for (const node of nodes) {
        if (test) this.#visitTest(node);
        else this.#visit(node);
      }
    });
  }

  /** May be left out when nobody reads its value; calls of the program's functions are followed. */
  isPure(node: ts.Node): boolean {
    const isPureCall = (callee: ts.Node): boolean => {
      const target = this.#callables.calleeOf(this.#callable, callee);
      return target !== null && this.#callables.isPure(target);
    };
    return isPure(this.#ts, this.aliases, node, isPureCall);
  }

  #measured(visit: () => void): readonly Usage[] {
    const saved = this.#usage.slice();
    this.#usage.fill('none');
    visit();
    const usage = this.#usage.slice();
    saved.forEach((u, i) => (this.#usage[i] = u));
    return usage;
  }

  #read(path: AccessPath, usage: Usage): void {
    this.#usage[path.param] = joinUsage(this.#usage[path.param] ?? 'none', usageAtPath(path.path, usage));
  }

  #visitPattern({ name, initializer, from }: ComplexPattern): void {
    this.#read(from, 'all');
    if (initializer) this.#visit(initializer);
    if (!this.#ts.isIdentifier(name)) this.#children(name);
  }

  /** What taking the patterns apart reads. */
  usageOfPatterns(patterns: readonly ComplexPattern[]): readonly Usage[] {
    return this.#measured(() => patterns.forEach(part => this.#visitPattern(part)));
  }

  #giveUp(params: ParamSet): void {
    this.mutated |= params;
    this.retained |= params;
    this.#usage.forEach((_, param) => {
      if (params & (1 << param)) this.#usage[param] = 'all';
    });
  }

  #frameEscapes(frame: Frame): void {
    if (frame.usesArguments || frame.free.has('eval')) this.#giveUp(-1);
  }

  #children(node: ts.Node): void {
    this.#ts.forEachChild(node, child => this.#visit(child));
  }

  /** Visits code whose value is needed in full. */
  #visit(node: ts.Node): void {
    const ts = this.#ts;
    if (isTypeNode(ts, node)) return;
    const inner = unwrap(ts, node);
    const path = this.aliases.pathOf(inner);
    if (path) {
      this.#read(path, 'all');
      return;
    }
    const rest = this.aliases.restOf(inner);
    if (rest) {
      this.#read({ ...rest, guards: [] }, 'all');
      return;
    }
    const choice = coalescedRead(ts, this.aliases, inner);
    if (choice) {
      for (const part of choice.parts) {
        this.#read(part, presence);
        this.#read({ ...part, path: [...part.path, ...choice.names] }, 'all');
      }
      return;
    }
    if (inner !== node) {
      this.#visit(inner);
      return;
    }
    const test = presenceTest(ts, node);
    if (test) this.#visitTest(test.operand, true);
    else if (ts.isBinaryExpression(node)) this.#visitBinary(node);
    else if (ts.isConditionalExpression(node)) {
      this.#visitTest(node.condition);
      this.#visit(node.whenTrue);
      this.#visit(node.whenFalse);
    } else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) this.#visitUnary(node);
    else if (ts.isDeleteExpression(node)) this.#visitWrite(node.expression, undefined);
    else if (ts.isCallExpression(node)) this.#visitCall(node);
    else if (ts.isNewExpression(node)) this.#visitNew(node);
    else if (ts.isIfStatement(node)) {
      this.#visitTest(node.expression);
      this.#visit(node.thenStatement);
      if (node.elseStatement) this.#visit(node.elseStatement);
    } else if (ts.isVariableDeclaration(node)) this.#visitDeclaration(node);
    else if (ts.isPropertyAccessExpression(node)) this.#visit(node.expression);
    else if (ts.isPropertyAssignment(node)) {
      if (ts.isComputedPropertyName(node.name)) this.#visit(node.name.expression);
      this.#visit(node.initializer);
    } else if (ts.isShorthandPropertyAssignment(node)) this.#visit(node.name);
    else if (ts.isFunctionLike(node)) this.#visitNested(node);
    else this.#children(node);
  }

  /** Visits code of which only the truth value matters, or (`exact`) only whether it is null or undefined. */
  #visitTest(node: ts.Node, exact = false): void {
    const ts = this.#ts;
    const inner = unwrap(ts, node);
    const path = this.aliases.pathOf(inner);
    if (path) {
      this.#read(path, presence);
      return;
    }
    if (!exact && ts.isPrefixUnaryExpression(inner) && inner.operator === ts.SyntaxKind.ExclamationToken) {
      this.#visitTest(inner.operand);
    } else if (
      !exact &&
      ts.isBinaryExpression(inner) &&
      (inner.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken ||
        inner.operatorToken.kind === ts.SyntaxKind.BarBarToken)
    ) {
      this.#visitTest(inner.left);
      this.#visitTest(inner.right);
    } else this.#visit(inner); // Boolean(o.bid) is tested there
  }

  #booleanCall(node: ts.Node): ts.CallExpression | null {
    const ts = this.#ts;
    return ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'Boolean' &&
      this.aliases.isGlobal(node.expression)
      ? node
      : null;
  }

  #visitBinary(node: ts.BinaryExpression): void {
    const ts = this.#ts;
    if (isAssignment(ts, node.operatorToken.kind)) {
      this.#visitWrite(node.left, node.right);
      if (node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) this.#visit(node.left);
      this.#visit(node.right);
      return;
    }
    this.#visit(node.left);
    this.#visit(node.right);
  }

  #visitUnary(node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression): void {
    const ts = this.#ts;
    if (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken) {
      this.#visitWrite(node.operand, undefined);
      this.#visit(node.operand);
    } else if (node.operator === ts.SyntaxKind.ExclamationToken) this.#visitTest(node.operand);
    else this.#visit(node.operand);
  }

  #visitWrite(target: ts.Node, value: ts.Node | undefined): void {
    const ts = this.#ts;
    const inner = unwrap(ts, target);
    if (ts.isIdentifier(inner)) {
      if (this.#isOutside(inner)) this.retained |= this.aliases.partsOf(value);
      return;
    }
    if (!ts.isPropertyAccessExpression(inner) && !ts.isElementAccessExpression(inner)) {
      // a pattern as target: not followed name by name
      this.#giveUp(this.aliases.partsOf(value));
      this.#children(inner);
      return;
    }
    if (ts.isElementAccessExpression(inner)) this.#visit(inner.argumentExpression);
    const owner = this.aliases.pathOf(inner.expression);
    const changed = this.aliases.partsOf(inner.expression);
    this.mutated |= changed;
    this.mutatedHere |= changed;
    if (owner) this.#read(owner, 'all');
    else this.#visit(inner.expression);
    const root = rootOf(ts, inner);
    if (!ts.isIdentifier(root) || this.#isOutside(root) || changed !== 0) {
      this.retained |= this.aliases.partsOf(value);
    }
  }

  /** Declared outside the function: what is stored there outlives the call. */
  #isOutside(identifier: ts.Identifier): boolean {
    return (
      this.#frame.free.has(identifier.text) &&
      this.#frame.free.get(identifier.text)!.references.some(r => r.node === identifier)
    );
  }

  #visitDeclaration(node: ts.VariableDeclaration): void {
    const ts = this.#ts;
    if (this.aliases.transparent.has(node)) return;
    if (node.initializer) {
      const path = this.aliases.pathOf(node.initializer);
      // names that are plain paths read when they are used; the others were read with the complex elements
      if (!path || ts.isIdentifier(node.name) || ts.isArrayBindingPattern(node.name))
        this.#visit(node.initializer);
    }
    if (!ts.isIdentifier(node.name)) this.#children(node.name);
  }

  #visitNested(node: ts.SignatureDeclaration): void {
    const frame = this.#callable.module.scopes.frames.get(node);
    if (frame) {
      this.#frameEscapes(frame);
      if (!this.#runsNow(node)) this.readLater |= this.#capturedBy(frame);
      this.retained |= this.readLater;
    }
    this.#children(node);
  }

  #capturedBy(frame: Frame): ParamSet {
    let params = 0;
    for (const { binding } of frame.free.values()) {
      if (!binding) continue;
      const path = this.aliases.exact.get(binding) ?? this.aliases.rests.get(binding);
      if (path) params |= 1 << path.param;
      params |= this.aliases.parts.get(binding) ?? 0;
    }
    return params;
  }

  /** Called at once where it stands, or given to a built-in that calls it before it returns. */
  #runsNow(fn: ts.Node): boolean {
    const ts = this.#ts;
    let node = fn;
    while (ts.isParenthesizedExpression(node.parent)) node = node.parent;
    if (!ts.isCallExpression(node.parent)) return false;
    const callee = node.parent.expression;
    return (
      callee === node || (ts.isPropertyAccessExpression(callee) && callbackMethods.has(callee.name.text))
    );
  }

  #visitNew(node: ts.NewExpression): void {
    const name = dottedName(this.#ts, node.expression);
    const known = name !== null && this.aliases.isGlobal(node.expression) && isReadingGlobal(name);
    this.#visit(node.expression);
    for (const argument of node.arguments ?? []) {
      this.#visit(argument);
      if (!known) this.#handOver(argument);
    }
  }

  #handOver(argument: ts.Node): void {
    const parts = this.aliases.partsOf(argument);
    this.mutated |= parts;
    this.retained |= parts;
  }

  #visitCall(node: ts.CallExpression): void {
    const ts = this.#ts;
    const callee = unwrap(ts, node.expression);
    if (this.#booleanCall(node)) {
      for (const argument of node.arguments) this.#visitTest(argument);
      return;
    }
    const target = this.#callables.calleeOf(this.#callable, callee);
    if (target) {
      if (ts.isPropertyAccessExpression(callee)) this.#visit(callee.expression);
      this.#visitResolvedCall(node, target);
      return;
    }
    if (ts.isPropertyAccessExpression(callee) || ts.isElementAccessExpression(callee)) {
      this.#visitMethodCall(node, callee);
      return;
    }
    const name = dottedName(ts, callee);
    const known =
      (name !== null && this.aliases.isGlobal(callee) && isReadingGlobal(name)) || isFunctionNode(ts, callee);
    this.#visit(callee);
    for (const argument of node.arguments) {
      this.#visit(argument);
      if (!known || isFunctionNode(ts, callee)) this.#handOver(argument);
    }
  }

  #visitMethodCall(
    node: ts.CallExpression,
    callee: ts.PropertyAccessExpression | ts.ElementAccessExpression,
  ): void {
    const ts = this.#ts;
    const method = ts.isPropertyAccessExpression(callee) ? callee.name.text : null;
    const receiver = this.aliases.partsOf(callee.expression);
    this.#visit(callee.expression);
    if (ts.isElementAccessExpression(callee)) this.#visit(callee.argumentExpression);
    for (const argument of node.arguments) this.#visit(argument);

    const name = dottedName(ts, callee);
    if (name && this.aliases.isGlobal(callee) && isReadingGlobal(name)) return;
    if (method !== null && emittingMethods.has(method)) return;
    if (method !== null && readingMethods.has(method)) return;
    if (method !== null && mutatingMethods.has(method)) {
      this.mutated |= receiver;
      this.mutatedHere |= receiver;
    } else if (method === null || !keepingMethods.has(method)) {
      this.mutated |= receiver;
      this.retained |= receiver;
    }
    for (const argument of node.arguments) {
      if (method !== null && keepingMethods.has(method)) this.retained |= this.aliases.partsOf(argument);
      else this.#handOver(argument);
    }
  }

  #visitResolvedCall(node: ts.CallExpression, target: Callable): void {
    const facts = this.#callables.factsOf(target);
    const hasSpread = node.arguments.some(argument => this.#ts.isSpreadElement(argument));
    node.arguments.forEach((argument, index) => {
      const path = this.aliases.pathOf(argument);
      const usage = facts.usage[index] ?? 'none';
      if (path && !hasSpread) this.#readThrough(path, usage);
      else this.#visit(argument);
      const parts = this.aliases.partsOf(argument);
      if (hasSpread || facts.mutates[index]) this.mutated |= parts;
      if (hasSpread || facts.retains[index]) this.retained |= parts;
    });
  }

  /** An argument is read as the parameter of the called function is. */
  #readThrough(path: AccessPath, usage: Usage): void {
    if (usage !== 'none') this.#read(path, usage);
    else if (path.guards.length > 0) this.#read(path, presence);
  }
}
