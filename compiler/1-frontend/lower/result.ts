/** Takes the value a lambda returns apart, so that fields nobody reads need not be computed. */
import type { ts } from 'ts-morph';
import { joinUsage } from '../../ir/demand.js';
import type { Choice, Result, StructEntry, Usage } from '../../ir/lambda.js';
import type { TypeScript } from '../syntax.js';
import type { BodyAnalysis } from './body-analysis.js';
import { literalName, unwrap } from './expressions.js';
import { glue, type InlineFragments } from './fragments.js';
import type { UserModule } from '../modules.js';

type ExpressionResult = Extract<Result, { kind: 'expression' }>;

/** What a body returns: an expression, or one of two depending on a condition. */
export type Returned =
  | { readonly kind: 'value'; readonly value: ts.Expression }
  | {
      readonly kind: 'either';
      readonly condition: ts.Expression;
      readonly chosen: Returned;
      readonly otherwise: Returned;
    };

export class ResultDecomposition {
  readonly #ts: TypeScript;
  readonly #module: UserModule;
  readonly #analysis: BodyAnalysis;
  readonly #fragments: InlineFragments;

  constructor(library: TypeScript, module: UserModule, analysis: BodyAnalysis, fragments: InlineFragments) {
    this.#ts = library;
    this.#module = module;
    this.#analysis = analysis;
    this.#fragments = fragments;
  }

  /** `test`: the caller uses only the truth of the value, as filter does. */
  ofReturned(returned: Returned, test: boolean): Result {
    return returned.kind === 'value' ? this.of(returned.value, test) : this.#choice(returned, test);
  }

  /** `if (c) return a; return b;` becomes `c ? (a) : (b)`. */
  #choice(
    { condition, chosen, otherwise }: Extract<Returned, { kind: 'either' }>,
    test: boolean,
  ): ExpressionResult {
    const [a, b] = [chosen, otherwise].map(branch => this.#expression(branch, test));
    const code = [
      glue('('), // `if (a, b)` and `if (a ? b : c)` need them here
      ...this.#fragments.of(condition, true),
      glue(') ? ('),
      ...a!.code,
      glue(') : ('),
      ...b!.code,
      glue(')'),
    ];
    const pure = this.#analysis.isPure(condition) && a!.pure && b!.pure;
    const read = this.#analysis.usageOf([condition], true);
    const choice =
      chosen.kind === 'value' && otherwise.kind === 'value' && !test
        ? this.#choiceOf(condition, chosen.value, otherwise.value)
        : null;
    if (choice) return { kind: 'expression', code, usage: read, pure, choice };
    const usage = read.map((u, param) => joinUsage(u, joinUsage(a!.usage[param]!, b!.usage[param]!)));
    return { kind: 'expression', code, usage, pure };
  }

  /** Both branches are parameters as they came. */
  #choiceOf(condition: ts.Expression, chosen: ts.Expression, otherwise: ts.Expression): Choice | null {
    const [a, b] = [chosen, otherwise].map(branch => {
      const path = this.#analysis.aliases.pathOf(unwrap(this.#ts, branch));
      return path && path.path.length === 0 && path.guards.length === 0 ? path.param : null;
    });
    if (a === null || a === undefined || b === null || b === undefined) return null;
    return { condition: this.#fragments.of(condition, true), chosen: a, otherwise: b };
  }

  #conditional(node: ts.ConditionalExpression): ExpressionResult | null {
    const choice = this.#choiceOf(node.condition, node.whenTrue, node.whenFalse);
    if (!choice) return null;
    const usage: readonly Usage[] = this.#analysis.usageOf([node.condition], true);
    return { ...this.#valueExpression(node, false), usage, choice };
  }

  #expression(returned: Returned, test: boolean): ExpressionResult {
    return returned.kind === 'value'
      ? this.#valueExpression(returned.value, test)
      : this.#choice(returned, test);
  }

  #valueExpression(node: ts.Expression, test: boolean): ExpressionResult {
    return {
      kind: 'expression',
      code: this.#fragments.of(node, test),
      usage: this.#analysis.usageOf([node], test),
      pure: this.#analysis.isPure(node),
    };
  }

  of(node: ts.Expression, test: boolean): Result {
    const aliases = this.#analysis.aliases;
    const inner = unwrap(this.#ts, node);
    if (!test) {
      const path = aliases.pathOf(inner);
      if (path && path.guards.length === 0) {
        return { kind: 'path', param: path.param, path: path.path, at: this.#start(inner) };
      }
      const rest = aliases.restOf(inner);
      if (rest) return { kind: 'struct', entries: [{ kind: 'spread', ...rest, at: this.#start(inner) }] };
      const entries = this.#ts.isObjectLiteralExpression(inner) ? this.#entries(inner) : null;
      if (entries) return { kind: 'struct', entries };
      const choice = this.#ts.isConditionalExpression(inner) ? this.#conditional(inner) : null;
      if (choice) return choice;
    }
    return this.#valueExpression(node, test);
  }

  #start(node: ts.Node): number {
    return node.getStart(this.#module.source);
  }

  /** Null when the literal has entries whose names or parts are only known at run time. */
  #entries(literal: ts.ObjectLiteralExpression): readonly StructEntry[] | null {
    const ts = this.#ts;
    const supported = literal.properties.every(property => {
      if (ts.isSpreadAssignment(property)) return this.#spread(property) !== null;
      const name = literalName(ts, property.name);
      const isPlain = ts.isPropertyAssignment(property) || ts.isShorthandPropertyAssignment(property);
      return isPlain && name !== null && name !== '__proto__';
    });
    return supported ? literal.properties.map(property => this.#entry(property)) : null;
  }

  #entry(property: ts.ObjectLiteralElementLike): StructEntry {
    const ts = this.#ts;
    if (ts.isSpreadAssignment(property)) return this.#spread(property)!;
    const name = literalName(ts, property.name)!;
    const value = ts.isPropertyAssignment(property) ? property.initializer : (property.name as ts.Identifier);
    return { kind: 'field', name, value: this.of(value, false) };
  }

  #spread(property: ts.SpreadAssignment): StructEntry | null {
    const aliases = this.#analysis.aliases;
    const at = this.#start(property.expression);
    const rest = aliases.restOf(property.expression);
    if (rest) return { kind: 'spread', ...rest, at };
    const path = aliases.pathOf(property.expression);
    if (!path || path.guards.length > 0) return null;
    return { kind: 'spread', param: path.param, path: path.path, omit: [], at };
  }
}
