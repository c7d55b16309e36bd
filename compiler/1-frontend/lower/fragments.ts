/**
 * Text of the user's program with holes. Everything that is not replaced is copied verbatim, types and comments
 * included, so that the generated code reads like the program and maps back to it.
 */
import type { ts } from 'ts-morph';
import type { Fragment, Fragments, Statement } from '../../ir/lambda.js';
import type { Binding, Frame } from '../scope.js';
import type { TypeScript } from '../syntax.js';
import type { AccessPath, Aliases } from './aliases.js';
import { coalescedRead, type CoalescedRead } from './coalesced-read.js';
import { isChained, isTypeNode, presenceTest, unwrap, type PresenceTest } from './expressions.js';
import type { UserModule } from '../modules.js';

interface Hole {
  readonly start: number;
  readonly end: number;
  readonly fragments: readonly Statement[];
}

/** Only captured names become holes: for functions that are emitted whole. */
export function liftedFragments(
  library: TypeScript,
  module: UserModule,
  frame: Frame,
  start: number,
  end: number,
): Fragments {
  const holes: Hole[] = [];
  for (const free of frame.free.values()) {
    for (const reference of free.references) {
      const at = reference.node.getStart(module.source);
      if (at < start || at >= end) continue;
      const fragment: Fragment = {
        kind: 'capture',
        name: free.name,
        shorthand: reference.isShorthand,
        at,
      };
      holes.push({ start: at, end: reference.node.end, fragments: [fragment] });
    }
  }
  for (const node of capturedThis(library, frame)) {
    const at = node.getStart(module.source);
    const fragment: Fragment = { kind: 'capture', name: 'this', shorthand: false, at };
    holes.push({ start: at, end: node.end, fragments: [fragment] });
  }
  return fillExpression(module, start, end, holes);
}

/** Where an arrow function uses the `this` of its surroundings. */
function capturedThis(library: TypeScript, frame: Frame): readonly ts.Node[] {
  const found: ts.Node[] = [];
  if (frame.kind !== 'arrow' || !frame.usesThis) return found;
  const visit = (node: ts.Node): void => {
    if (node.kind === library.SyntaxKind.ThisKeyword) found.push(node);
    else if (!hasOwnThis(library, node)) library.forEachChild(node, visit);
  };
  library.forEachChild(frame.node, visit);
  return found;
}

function hasOwnThis(ts: TypeScript, node: ts.Node): boolean {
  return (
    (ts.isFunctionLike(node) && !ts.isArrowFunction(node)) || ts.isClassLike(node) || isTypeNode(ts, node)
  );
}

function fill(module: UserModule, start: number, end: number, holes: readonly Hole[]): readonly Statement[] {
  const text = module.source.text;
  const fragments: Statement[] = [];
  let at = start;
  for (const hole of holes.toSorted((a, b) => a.start - b.start)) {
    if (hole.start > at) fragments.push({ kind: 'text', text: text.slice(at, hole.start), at });
    fragments.push(...hole.fragments);
    at = hole.end;
  }
  if (end > at) fragments.push({ kind: 'text', text: text.slice(at, end), at });
  return fragments;
}

/** Decides about calls of the program's own functions. */
export interface CallPaster {
  /** The call as an expression without it; null when it stays. */
  pasted(call: ts.CallExpression): Fragments | null;
}

/** Statements that are not copied as they are. */
export interface StatementHoles {
  of(node: ts.Node): Statement | null;
}

/** Holes of statements are only made for statements. */
function fillExpression(module: UserModule, start: number, end: number, holes: readonly Hole[]): Fragments {
  return fill(module, start, end, holes) as Fragments;
}

/** Makes fragments of expressions inside one function whose parameters and inner names become holes, too. */
export class InlineFragments {
  readonly #ts: TypeScript;
  readonly #module: UserModule;
  readonly #aliases: Aliases;
  readonly #frame: Frame;
  readonly #helpers: CallPaster;
  readonly #this: ReadonlySet<ts.Node>;
  /** `...rest` names used as values, which must therefore exist */
  readonly restsUsed = new Set<Binding>();
  /** found something that cannot stand in an inlined expression */
  unsupported = false;
  #holes: Hole[] = [];
  #statements: StatementHoles | null = null;

  constructor(library: TypeScript, module: UserModule, aliases: Aliases, frame: Frame, helpers: CallPaster) {
    this.#helpers = helpers;
    this.#ts = library;
    this.#module = module;
    this.#aliases = aliases;
    this.#frame = frame;
    this.#this = new Set(capturedThis(library, frame));
  }

  /** `test`: only the truth of the expression matters. */
  of(node: ts.Node, test = false): Fragments {
    const outer = this.#holes;
    this.#holes = [];
    if (test) this.#visitTest(node);
    else this.#visit(node);
    const fragments = fillExpression(this.#module, this.#start(node), node.end, this.#holes);
    this.#holes = outer;
    return fragments;
  }

  /** The statements of the function's body, without its braces. */
  statementsOf(body: ts.Block, holes: StatementHoles): readonly Statement[] {
    this.#statements = holes;
    for (const statement of body.statements) this.#visit(statement);
    const first = body.statements[0];
    return first ? fill(this.#module, this.#start(first), body.statements.end, this.#holes) : [];
  }

  /** The value at a path as an expression of its own. */
  ofPath(path: AccessPath, at: number): Fragments {
    const value: Fragment =
      path.path.length === 0
        ? { kind: 'param', param: path.param, at }
        : {
            kind: 'field',
            param: path.param,
            path: path.path,
            at,
            ...(path.guards.length > 0 && { present: path.guards }),
          };
    if (path.guards.length === 0) return [value];
    return [...this.#guard(path, at), value, glue(' : undefined)')];
  }

  /** Every part but the last is there where it is read. */
  #ofCoalesced({ parts, names }: CoalescedRead, at: number): Fragments {
    const field = ({ param, path }: AccessPath, present: readonly number[]): Fragment => ({
      kind: 'field',
      param,
      path: [...path, ...names],
      at,
      ...(present.length > 0 && { present }),
    });
    const last = parts.at(-1)!;
    const choices = parts
      .slice(0, -1)
      .flatMap(part => [
        this.#presence(part.param, part.path, 'nullish', at),
        glue(' ? '),
        field(part, [part.path.length]),
        glue(' : '),
      ]);
    return [glue('('), ...choices, field(last, []), glue(')')];
  }

  #guard(path: AccessPath, at: number): Fragment[] {
    const fragments: Fragment[] = [glue('(')];
    path.guards.forEach((length, index) => {
      if (index > 0) fragments.push(glue(' && '));
      fragments.push(this.#presence(path.param, path.path.slice(0, length), 'nullish', at));
    });
    fragments.push(glue(' ? '));
    return fragments;
  }

  #presence(
    param: number,
    path: readonly string[],
    absent: 'null' | 'undefined' | 'nullish' | 'falsy',
    at: number,
  ): Fragment {
    return { kind: 'presence', param, path, absent, at };
  }

  #start(node: ts.Node): number {
    return node.getStart(this.#module.source);
  }

  #put(node: ts.Node, fragments: readonly Statement[]): void {
    this.#holes.push({ start: this.#start(node), end: node.end, fragments });
  }

  #visit(node: ts.Node): void {
    const ts = this.#ts;
    if (isTypeNode(ts, node)) return;
    const statement = this.#statements?.of(node) ?? null;
    if (statement) {
      this.#put(node, [statement]);
      return;
    }
    const inner = unwrap(ts, node);
    const path = this.#aliases.pathOf(inner);
    if (path) {
      // `(o.bid!).price` and `o as Order` give way to the bare value as well
      this.#put(node, this.ofPath(path, this.#start(inner)));
      return;
    }
    const choice = coalescedRead(ts, this.#aliases, inner);
    if (choice) {
      this.#put(node, this.#ofCoalesced(choice, this.#start(inner)));
      return;
    }
    const test = presenceTest(ts, node);
    const tested = test && this.#aliases.pathOf(test.operand);
    if (test && tested) {
      this.#putPresence(node, test, tested);
      return;
    }
    if (this.#putGuardedChain(node)) return;
    const pasted = ts.isCallExpression(node) ? this.#helpers.pasted(node) : null;
    if (pasted) {
      this.#put(node, pasted);
      return;
    }
    if (ts.isVariableStatement(node)) {
      this.#visitVariables(node);
      return;
    }
    if (ts.isConditionalExpression(node)) {
      this.#visitTest(node.condition);
      this.#visit(node.whenTrue);
      this.#visit(node.whenFalse);
    } else if (ts.isIfStatement(node)) {
      this.#visitTest(node.expression);
      this.#visit(node.thenStatement);
      if (node.elseStatement) this.#visit(node.elseStatement);
    } else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      this.#visitTest(node.operand);
    } else if (ts.isCallExpression(node) && this.#calleeIsMethod(node)) {
      this.#visitCallee(node.expression as ts.PropertyAccessExpression);
      for (const child of [...(node.typeArguments ?? []), ...node.arguments]) this.#visit(child);
    } else if (ts.isCallExpression(node) && this.#isBoolean(node)) {
      this.#visit(node.expression);
      for (const argument of node.arguments) this.#visitTest(argument);
    } else if (this.#this.has(node)) {
      this.#put(node, [{ kind: 'capture', name: 'this', shorthand: false, at: this.#start(node) }]);
    } else if (ts.isIdentifier(node)) this.#visitIdentifier(node);
    else if (ts.isShorthandPropertyAssignment(node)) this.#visitShorthand(node);
    else ts.forEachChild(node, child => this.#visit(child));
  }

  #putPresence(node: ts.Node, test: PresenceTest, tested: AccessPath): void {
    const at = this.#start(node);
    const sign = test.negated ? [glue('!')] : [];
    const present = this.#presence(tested.param, tested.path, test.absent, at);
    if (tested.guards.length === 0) {
      this.#put(node, [...sign, present]);
      return;
    }
    // behind `?.` the value is undefined, which `!== null` lets through
    const otherwise = test.absent === 'null' ? ' : true)' : ' : false)';
    this.#put(node, [...sign, ...this.#guard(tested, at), present, glue(otherwise)]);
  }

  /** Inside nested functions: names of paths are replaced where they are used, so their declarations go. */
  #visitVariables(statement: ts.VariableStatement): void {
    const declarations = statement.declarationList.declarations;
    const gone = declarations.filter(d => this.#aliases.transparent.has(d));
    const isMixed = declarations.some(
      d =>
        !this.#aliases.transparent.has(d) &&
        d.initializer &&
        !this.#ts.isIdentifier(d.name) &&
        this.#aliases.pathOf(d.initializer),
    );
    if (isMixed) this.unsupported = true;
    else if (gone.length === 0) this.#ts.forEachChild(statement, child => this.#visit(child));
    else if (gone.length === declarations.length) this.#put(statement, []);
    else this.unsupported = true;
  }

  /** The callee of `o.name.trim()` is not a field of `o.name`. */
  #visitCallee(callee: ts.PropertyAccessExpression): void {
    this.#visit(callee.expression);
  }

  #calleeIsMethod(node: ts.CallExpression): boolean {
    return this.#ts.isPropertyAccessExpression(node.expression);
  }

  #isBoolean(node: ts.CallExpression): boolean {
    return (
      this.#ts.isIdentifier(node.expression) &&
      node.expression.text === 'Boolean' &&
      this.#aliases.isGlobal(node.expression)
    );
  }

  #visitTest(node: ts.Node): void {
    const ts = this.#ts;
    const inner = unwrap(ts, node);
    const path = this.#aliases.pathOf(inner);
    if (path) {
      const at = this.#start(inner);
      const truth = this.#presence(path.param, path.path, 'falsy', at);
      this.#put(
        node,
        path.guards.length === 0 ? [truth] : [...this.#guard(path, at), truth, glue(' : false)')],
      );
      return;
    }
    if (ts.isPrefixUnaryExpression(inner) && inner.operator === ts.SyntaxKind.ExclamationToken) {
      this.#visitTest(inner.operand);
    } else if (
      ts.isBinaryExpression(inner) &&
      (inner.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken ||
        inner.operatorToken.kind === ts.SyntaxKind.BarBarToken)
    ) {
      this.#visitTest(inner.left);
      this.#visitTest(inner.right);
    } else this.#visit(inner);
  }

  /**
   * `o.bid?.name.trim()`: an absent bid makes the whole chain undefined, not only its first step. The chain becomes
   * `(present(o.bid) ? name.trim() : undefined)`.
   */
  #putGuardedChain(node: ts.Node): boolean {
    const ts = this.#ts;
    if (!isChained(ts, node) || !isChainLink(ts, node)) return false;
    if (isChained(ts, node.parent) && isChainLink(ts, node.parent) && node.parent.expression === node)
      return false;
    const head = this.#guardedHead(node);
    if (!head) return false;
    const at = this.#start(head.node);
    const value = this.ofPath({ ...head.path, guards: [] }, at);
    const outer = this.#holes;
    this.#holes = [{ start: at, end: head.node.end, fragments: value }];
    this.#visitChainArguments(node, head.node);
    const code = fillExpression(this.#module, at, node.end, this.#holes);
    this.#holes = outer;
    this.#put(node, [...this.#guard(head.path, at), ...code, glue(' : undefined)')]);
    return true;
  }

  /** The longest path with `?.` in it that the chain starts with. */
  #guardedHead(node: ts.Node): { readonly node: ts.Node; readonly path: AccessPath } | null {
    const ts = this.#ts;
    let inner: ts.Node = node;
    while (isChainLink(ts, inner)) {
      const callee: ts.Node = inner.expression;
      // a method's name belongs to the call, not to the path
      inner =
        ts.isCallExpression(inner) && ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
      const path = ts.isNonNullExpression(inner) ? null : this.#aliases.pathOf(inner);
      if (path) return path.guards.length > 0 ? { node: inner, path } : null;
    }
    return null;
  }

  #visitChainArguments(node: ts.Node, head: ts.Node): void {
    const ts = this.#ts;
    for (let inner = node; inner !== head && isChainLink(ts, inner); inner = inner.expression) {
      if (ts.isCallExpression(inner)) for (const argument of inner.arguments) this.#visit(argument);
      if (ts.isElementAccessExpression(inner)) this.#visit(inner.argumentExpression);
    }
  }

  #visitIdentifier(node: ts.Identifier): void {
    const reference = this.#module.scopes.references.get(node);
    if (reference) {
      if (reference.binding && this.#aliases.rests.has(reference.binding))
        this.restsUsed.add(reference.binding);
      const kind = this.#isCaptured(node) ? 'capture' : 'local';
      this.#put(node, [{ kind, name: node.text, shorthand: false, at: this.#start(node) }]);
    } else if (this.#isDeclaration(node)) this.#putDeclaration(node);
  }

  #isCaptured(node: ts.Identifier): boolean {
    return this.#frame.free.get(node.text)?.references.some(r => r.node === node) ?? false;
  }

  /** Names of inner parameters, variables, functions and classes. */
  #isDeclaration(node: ts.Identifier): boolean {
    const ts = this.#ts;
    const parent = node.parent;
    return (
      (ts.isParameter(parent) ||
        ts.isVariableDeclaration(parent) ||
        ts.isBindingElement(parent) ||
        ts.isFunctionExpression(parent) ||
        ts.isFunctionDeclaration(parent) ||
        ts.isClassLike(parent)) &&
      parent.name === node
    );
  }

  #putDeclaration(node: ts.Identifier): void {
    const ts = this.#ts;
    const parent = node.parent;
    const shorthand =
      ts.isBindingElement(parent) &&
      ts.isObjectBindingPattern(parent.parent) &&
      !parent.propertyName &&
      !parent.dotDotDotToken;
    this.#put(node, [{ kind: 'local', name: node.text, shorthand, at: this.#start(node) }]);
  }

  #visitShorthand(node: ts.ShorthandPropertyAssignment): void {
    const name = node.name;
    const at = this.#start(name);
    const path = this.#aliases.pathOf(name);
    if (path) this.#put(name, [glue(`${name.text}: `), ...this.ofPath(path, at)]);
    else if (this.#module.scopes.references.has(name)) {
      const binding = this.#module.scopes.references.get(name)?.binding;
      if (binding && this.#aliases.rests.has(binding)) this.restsUsed.add(binding);
      const kind = this.#isCaptured(name) ? 'capture' : 'local';
      this.#put(name, [{ kind, name: name.text, shorthand: true, at }]);
    }
  }
}

function isChainLink(
  ts: TypeScript,
  node: ts.Node,
): node is
  ts.PropertyAccessExpression | ts.ElementAccessExpression | ts.CallExpression | ts.NonNullExpression {
  return (
    ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) ||
    ts.isCallExpression(node) ||
    ts.isNonNullExpression(node)
  );
}

export function glue(text: string): Fragment {
  return { kind: 'glue', text };
}
