/**
 * The states that a user function declares: found where its class (or a base class, or a function it calls) opens one
 * with `getState(descriptor)` and the like. The descriptor's type gives kind and schema; its name must be constant,
 * because state is found again by it.
 */
import type { ts } from 'ts-morph';
import { diagnose } from '../../diagnostics/diagnose.js';
import type { DiagnosticLog } from '../../diagnostics/diagnostic.js';
import type { FnSite, SiteId, Span, StateDeclaration, Value } from '../../ir/index.js';
import { schemaText } from '../../../plugins/api/schema-text.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { spanAt } from '../syntax.js';
import { argumentsOf } from './bind-types.js';
import type { CheckedType, Checker, NodeRange } from './checker.js';
import type { ProgramSyntax } from './program-syntax.js';
import { noBindings, schemaOf, type TypeBindings } from './schema-of.js';

type StateKind = StateDeclaration['kind'];

/** Type arguments of each descriptor class: the user key, the value (of aggregating state: accumulator), its older types. */
const descriptors: Readonly<
  Record<
    string,
    {
      readonly kind: NonNullable<StateDeclaration['descriptor']>;
      readonly key: number | null;
      readonly value: number;
      readonly old: number;
    }
  >
> = {
  ValueStateDescriptor: { kind: 'value', key: null, value: 0, old: 1 },
  ListStateDescriptor: { kind: 'list', key: null, value: 0, old: 1 },
  MapStateDescriptor: { kind: 'map', key: 0, value: 1, old: 2 },
  ReducingStateDescriptor: { kind: 'reducing', key: null, value: 0, old: 1 },
  AggregatingStateDescriptor: { kind: 'aggregating', key: null, value: 1, old: 3 },
};

const openers: ReadonlySet<string> = new Set([
  'getState',
  'getListState',
  'getMapState',
  'getReducingState',
  'getAggregatingState',
  'getUnionListState',
  'getBroadcastState',
  'getPartitionedState',
]);

export interface StateSearch {
  readonly checker: Checker;
  readonly syntax: ProgramSyntax;
  readonly sites: ReadonlyMap<SiteId, FnSite>;
  readonly log: DiagnosticLog;
  /** false once a state could not be declared */
  ok: boolean;
}

/** @param bindings of the type parameters of the helper in which the function was made */
export function findStates(
  search: StateSearch,
  functions: readonly Value[],
  bindings: TypeBindings,
): readonly StateDeclaration[] {
  const finder = new Finder(search);
  for (const fn of functions) finder.value(fn, bindings);
  return finder.states;
}

/** Descriptors that `broadcast(…)` was given. */
export function broadcastStates(
  search: StateSearch,
  given: readonly Value[],
  bindings: TypeBindings,
): readonly StateDeclaration[] {
  const finder = new Finder(search);
  for (const value of given) finder.broadcast(value, bindings);
  return finder.states;
}

class Finder {
  readonly #search: StateSearch;
  readonly #declared = new Map<string, StateDeclaration>();
  readonly #visited = new Set<string>();

  constructor(search: StateSearch) {
    this.#search = search;
  }

  get states(): readonly StateDeclaration[] {
    return [...this.#declared.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  value(value: Value, bindings: TypeBindings): void {
    switch (value.t) {
      case 'function':
        this.#site(value.site, bindings, null);
        return;
      case 'object':
        for (const [, entry] of value.entries) this.value(entry, bindings);
        return;
      case 'new':
        this.#instance(value, bindings);
        return;
      default:
        return;
    }
  }

  broadcast(value: Value, bindings: TypeBindings): void {
    if (value.t !== 'api' || value.name !== 'MapStateDescriptor' || !value.at) return;
    const [name] = value.args;
    const type = this.#type(value.at);
    if (name?.t !== 'primitive' || !type) return;
    this.#declare(String(name.value), type, 'broadcast', value.at, bindings);
  }

  #instance(value: Extract<Value, { readonly t: 'new' }>, bindings: TypeBindings): void {
    const type = value.at && this.#type(value.at);
    if (type?.declaration) this.#class(type, type.declaration, bindings, value.args);
    else if (value.ctor.t === 'class') this.#site(value.ctor.site, bindings, value.args);
  }

  /** The class with its type arguments, then the classes it extends with theirs. */
  #class(type: CheckedType, at: NodeRange, outer: TypeBindings, args: readonly Value[]): void {
    const bindings = argumentsOf(type, outer);
    const node = this.#search.syntax.at(at, this.#search.syntax.ts.isClassLike);
    if (node) this.#walk(node, bindings, args);
    for (const base of type.generic?.bases ?? []) {
      if (base.declaration) this.#class(base, base.declaration, bindings, []);
    }
  }

  #site(id: SiteId, bindings: TypeBindings, args: readonly Value[] | null): void {
    const site = this.#search.sites.get(id);
    const isBody = (node: ts.Node): node is ts.Node => this.#isBody(node);
    const node = site && this.#search.syntax.at(site.span, isBody);
    if (node) this.#walk(node, bindings, args ?? []);
  }

  #isBody(node: ts.Node): boolean {
    const { ts } = this.#search.syntax;
    return ts.isFunctionLike(node) || ts.isClassLike(node);
  }

  #walk(root: ts.Node, bindings: TypeBindings, args: readonly Value[]): void {
    const { ts } = this.#search.syntax;
    const range = this.#search.syntax.rangeOf(root);
    // A recursive helper; the same class with other type arguments is another matter.
    const id = `${range.file}:${range.start} ${bindings === noBindings ? '' : bindings.size}`;
    if (this.#visited.has(id)) return;
    this.#visited.add(id);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) this.#call(node, bindings, args);
      ts.forEachChild(node, visit);
    };
    visit(root);
  }

  #call(call: ts.CallExpression, bindings: TypeBindings, args: readonly Value[]): void {
    const { ts } = this.#search.syntax;
    const callee = call.expression;
    if (ts.isIdentifier(callee)) {
      const declared = this.#search.checker.definitionAt(this.#search.syntax.rangeOf(callee));
      const helper = declared && this.#search.syntax.at(declared, ts.isFunctionDeclaration);
      if (helper) this.#walk(helper, bindings, args);
      return;
    }
    const [argument] = call.arguments;
    if (!argument || !ts.isPropertyAccessExpression(callee) || !openers.has(callee.name.text)) return;
    const type = this.#type(this.#search.syntax.rangeOf(argument));
    const descriptor = type?.name ? descriptors[type.name] : undefined;
    if (!type || !descriptor) return; // a method of the same name that is not flinkc's
    const kind = this.#kind(callee, descriptor.kind);
    if (kind === null) return;
    const at = this.#span(argument);
    const name = this.#descriptorName(argument, args);
    if (name === null) {
      this.#search.ok = false;
      this.#search.log.add(diagnose('FC1309', { descriptor: type.name! }, at));
      return;
    }
    this.#declare(name, type, kind, at, bindings);
  }

  /** What the receiver makes of the descriptor; null where the state is declared elsewhere. */
  #kind(callee: ts.PropertyAccessExpression, kind: StateKind): StateKind | null {
    const method = callee.name.text;
    if (method === 'getUnionListState') return 'unionList';
    if (method === 'getPartitionedState') return 'windowState';
    const owner = this.#type(this.#search.syntax.rangeOf(callee.expression))?.name;
    if (owner === 'WindowStateAccess') return 'windowState';
    if (method === 'getBroadcastState') return owner === 'OperatorStateStore' ? 'broadcast' : null;
    return owner === 'OperatorStateStore' ? 'operatorList' : kind;
  }

  #declare(name: string, type: CheckedType, kind: StateKind, at: Span, bindings: TypeBindings): void {
    const arguments_ = descriptors[type.name!]!;
    const schemaOfType = (of: CheckedType, label: string): Schema | null =>
      schemaOf(of, {
        label,
        bindings,
        declared: true,
        report: ({ code, args }) => this.#search.log.add(diagnose(code, args, at)),
      });
    const label = `state '${name}'`;
    const schema = (index: number, at: string): Schema | null => schemaOfType(type.typeArguments[index]!, at);
    const value = schema(arguments_.value, label);
    const key = arguments_.key === null ? null : schema(arguments_.key, `${label}.<key>`);
    const old = type.typeArguments[arguments_.old]?.elements ?? [];
    const migrations = old.map((element, i) => schemaOfType(element.type, `${label}, older type ${i + 1}`));
    if (!value || (arguments_.key !== null && !key) || migrations.includes(null)) {
      this.#search.ok = false;
      return;
    }
    const state: StateDeclaration = {
      name,
      kind,
      key,
      value,
      at,
      descriptor: arguments_.kind,
      ...(migrations.length > 0 && { migrations: migrations as readonly Schema[] }),
    };
    const before = this.#declared.get(name);
    if (before && stateText(before) !== stateText(state)) {
      this.#search.ok = false;
      const args = { name, first: stateText(before), second: stateText(state) };
      const notes = before.at ? [{ text: 'first declared here', at: before.at }] : [];
      this.#search.log.add(diagnose('FC1310', args, at, { notes }));
    } else if (!before) this.#declared.set(name, state);
  }

  /** `new X('name')`, a constant or field that holds one, or either with `.enableTimeToLive(…)`. */
  #descriptorName(expression: ts.Expression, args: readonly Value[]): string | null {
    const { ts } = this.#search.syntax;
    if (ts.isParenthesizedExpression(expression)) return this.#descriptorName(expression.expression, args);
    if (ts.isNewExpression(expression)) {
      const name = expression.arguments?.[0];
      return name ? this.#constant(name, args) : null;
    }
    if (ts.isCallExpression(expression)) {
      const { expression: callee } = expression;
      return ts.isPropertyAccessExpression(callee) ? this.#descriptorName(callee.expression, args) : null;
    }
    const declaration = this.#declarationOf(expression);
    if (!declaration) return null;
    if (ts.isParameter(declaration)) {
      const given = this.#argument(declaration, args);
      const name = given?.t === 'api' ? given.args[0] : undefined;
      return name?.t === 'primitive' ? String(name.value) : null;
    }
    return declaration.initializer ? this.#descriptorName(declaration.initializer, args) : null;
  }

  #constant(expression: ts.Expression, args: readonly Value[]): string | null {
    const { ts } = this.#search.syntax;
    if (ts.isStringLiteralLike(expression)) return expression.text;
    if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.PlusToken) {
      const left = this.#constant(expression.left, args);
      const right = this.#constant(expression.right, args);
      return left === null || right === null ? null : left + right;
    }
    if (ts.isTemplateExpression(expression)) {
      let text = expression.head.text;
      for (const { expression: part, literal } of expression.templateSpans) {
        const value = this.#constant(part, args);
        if (value === null) return null;
        text += value + literal.text;
      }
      return text;
    }
    const type = this.#type(this.#search.syntax.rangeOf(expression));
    if (type?.kind === 'literal' || type?.kind === 'enumLiteral') return String(type.literal);
    const declaration = this.#declarationOf(expression);
    const given = declaration && ts.isParameter(declaration) ? this.#argument(declaration, args) : null;
    return given?.t === 'primitive' ? String(given.value) : null;
  }

  /** A constructor parameter of the instance: its value was seen when the program was staged. */
  #argument(parameter: ts.ParameterDeclaration, args: readonly Value[]): Value | null {
    const { ts } = this.#search.syntax;
    if (!ts.isConstructorDeclaration(parameter.parent)) return null;
    return args[parameter.parent.parameters.indexOf(parameter)] ?? null;
  }

  #declarationOf(
    expression: ts.Expression,
  ): ts.VariableDeclaration | ts.PropertyDeclaration | ts.ParameterDeclaration | null {
    const { ts } = this.#search.syntax;
    const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
    if (!ts.isIdentifier(name) && !ts.isPrivateIdentifier(name)) return null;
    const range = this.#search.checker.definitionAt(this.#search.syntax.rangeOf(name));
    if (!range) return null;
    const isDeclaration = (
      node: ts.Node,
    ): node is ts.VariableDeclaration | ts.PropertyDeclaration | ts.ParameterDeclaration =>
      ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isParameter(node);
    return this.#search.syntax.at(range, isDeclaration);
  }

  #type(range: NodeRange): CheckedType | null {
    return this.#search.checker.typesAt([range])[0] ?? null;
  }

  #span(node: ts.Node): Span {
    const file = node.getSourceFile();
    return spanAt(file, node.getStart(file), node.end);
  }
}

function stateText({ kind, key, value }: StateDeclaration): string {
  return key ? `${kind}<${schemaText(key)}, ${schemaText(value)}>` : `${kind}<${schemaText(value)}>`;
}
