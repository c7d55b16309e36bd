/**
 * The inline form of a lambda: an expression to paste into generated code, with statements that must run before it.
 * Possible for a body that is one expression, or `const` declarations followed by returns, under conditions or not.
 */
import type { ts } from 'ts-morph';
import { joinUsage, usageAtPath } from '../../ir/demand.js';
import type { Fragment, Fragments, LoweredFn, PresenceFact, Result, Usage } from '../../ir/lambda.js';
import type { Binding, Frame } from '../scope.js';
import type { TypeScript } from '../syntax.js';
import type { ComplexPattern } from './aliases.js';
import type { BodyAnalysis } from './body-analysis.js';
import type { Callable, KnownCallables } from './callable.js';
import { HelperCalls } from './helper-calls.js';
import { isPlainFunction } from './plain-function.js';
import { glue, InlineFragments } from './fragments.js';
import { impliedPresence } from './implied-presence.js';
import { ResultDecomposition, type Returned } from './result.js';

export interface InlineForm {
  readonly inline: NonNullable<LoweredFn['inline']>;
  /** what is read whatever is demanded of the result */
  readonly usage: readonly Usage[];
}

/** Longer chains of conditions stay functions. */
const maxConditions = 6;

interface SimpleBody {
  readonly declarations: readonly ts.VariableDeclaration[];
  readonly returned: Returned;
}

export function inlineForm(
  callables: KnownCallables,
  callable: Callable,
  analysis: BodyAnalysis,
  isPredicate: boolean,
): InlineForm | null {
  const library = callables.modules.ts;
  const frame = callable.module.scopes.frames.get(callable.node)!;
  if (!isPlainFunction(library, callable, frame)) return null;
  const body = simpleBody(library, callable.node);
  if (!body) return null;
  // The caller may hold the record as scalars: changing it, or reading it later, needs the object.
  if (analysis.mutatedHere !== 0 || analysis.readLater !== 0) return null;
  return new InlineWriter(callables, callable, analysis, frame).write(body, isPredicate);
}

function simpleBody(ts: TypeScript, node: Callable['node']): SimpleBody | null {
  const body = node.body;
  if (!ts.isBlock(body)) return { declarations: [], returned: { kind: 'value', value: body } };
  const declarations: ts.VariableDeclaration[] = [];
  let at = 0;
  for (; at < body.statements.length; at++) {
    const statement = body.statements[at]!;
    if (!ts.isVariableStatement(statement)) break;
    const list = statement.declarationList;
    if (!(list.flags & ts.NodeFlags.Const) || (list.flags & ts.NodeFlags.Using) === ts.NodeFlags.Using)
      return null;
    if (list.declarations.some(d => !d.initializer)) return null;
    declarations.push(...list.declarations);
  }
  const returned = returnedBy(ts, body.statements.slice(at));
  return returned && { declarations, returned };
}

/** Statements that do nothing but choose what to return. What follows an `if` is repeated in both branches. */
function returnedBy(ts: TypeScript, statements: readonly ts.Statement[], depth = 0): Returned | null {
  const [first, ...rest] = statements;
  if (!first || depth > maxConditions) return null;
  if (ts.isReturnStatement(first))
    return first.expression ? { kind: 'value', value: first.expression } : null;
  if (ts.isBlock(first)) return returnedBy(ts, [...first.statements, ...rest], depth);
  if (!ts.isIfStatement(first)) return null;
  const { thenStatement, elseStatement } = first;
  const chosen = returnedBy(ts, [thenStatement, ...rest], depth + 1);
  const otherwise = returnedBy(ts, elseStatement ? [elseStatement, ...rest] : rest, depth + 1);
  return chosen && otherwise && { kind: 'either', condition: first.expression, chosen, otherwise };
}

class InlineWriter {
  readonly #ts: TypeScript;
  readonly #callable: Callable;
  readonly #callables: KnownCallables;
  readonly #analysis: BodyAnalysis;
  readonly #fragments: InlineFragments;

  constructor(callables: KnownCallables, callable: Callable, analysis: BodyAnalysis, frame: Frame) {
    this.#ts = callables.modules.ts;
    this.#callable = callable;
    this.#callables = callables;
    this.#analysis = analysis;
    const helpers = new HelperCalls(callable, analysis, callables);
    this.#fragments = new InlineFragments(this.#ts, callable.module, analysis.aliases, frame, helpers);
  }

  write(body: SimpleBody, isPredicate: boolean): InlineForm | null {
    const { complex, transparent } = this.#analysis.aliases;
    const parameters = this.#callable.node.parameters;
    const patterns = complex.filter(({ name }) => parameters.some(p => isInside(name, p)));
    const prologue = patterns.map(part => this.#destructure(part));
    const read: ts.Node[] = [];
    for (const declaration of body.declarations) {
      if (transparent.has(declaration)) continue;
      const own = complex.filter(({ name }) => isInside(name, declaration));
      if (own.length > 0) {
        prologue.push(...own.map(part => this.#destructure(part)));
        patterns.push(...own);
      } else {
        prologue.push([glue('const '), ...this.#fragments.of(declaration)]);
        read.push(declaration);
      }
    }
    const { returned } = body;
    const result = new ResultDecomposition(
      this.#ts,
      this.#callable.module,
      this.#analysis,
      this.#fragments,
    ).ofReturned(returned, isPredicate);
    if (this.#fragments.unsupported) return null;
    for (const binding of this.#fragments.restsUsed) prologue.unshift(this.#restStatement(binding));
    return {
      inline: {
        params: parameters.length,
        prologue,
        result,
        ...(isPredicate && { repeatable: this.#callables.isPure(this.#callable) }),
        ...(isPredicate && returned.kind === 'value' && { implies: this.#implied(returned.value) }),
      },
      usage: this.#baseUsage(read, patterns, result),
    };
  }

  #implied(condition: ts.Expression): readonly PresenceFact[] {
    return impliedPresence(this.#ts, this.#analysis.aliases, condition);
  }

  /** `const [first] = o.tags;`, and with a default `const { v: z = 4 } = { v: o.z };` */
  #destructure({ name, initializer, from }: ComplexPattern): Fragments {
    const at = name.getStart(this.#callable.module.source);
    const value = this.#fragments.ofPath(from, at);
    const target: Fragments = this.#ts.isIdentifier(name)
      ? [{ kind: 'local', name: name.text, shorthand: false, at }]
      : this.#fragments.of(name);
    if (!initializer) return [glue('const '), ...target, glue(' = '), ...value];
    const fallback = this.#fragments.of(initializer);
    const head = [glue('const { v: '), ...target, glue(' = '), ...fallback];
    return [...head, glue(' } = { v: '), ...value, glue(' }')];
  }

  /** Takes the named fields out of the way: `const { user: …, ...rest } = o;` */
  #restStatement(binding: Binding): Fragments {
    const rest = this.#analysis.aliases.rests.get(binding)!;
    const at = binding.declaration.getStart(this.#callable.module.source);
    const out: Fragment[] = [glue('const { ')];
    for (const name of rest.omit) {
      out.push(glue(`${JSON.stringify(name)}: `));
      out.push({ kind: 'local', name: `omitted_${name.replaceAll(/\W/g, '_')}`, shorthand: false, at });
      out.push(glue(', '));
    }
    out.push(glue('...'), { kind: 'local', name: binding.name, shorthand: false, at }, glue(' } = '));
    out.push(...this.#fragments.ofPath({ ...rest, guards: [] }, at));
    return out;
  }

  #baseUsage(
    read: readonly ts.Node[],
    patterns: readonly ComplexPattern[],
    result: Result,
  ): readonly Usage[] {
    const usage = [...this.#analysis.usageOf(read)];
    const add = (param: number, part: Usage): void => {
      usage[param] = joinUsage(usage[param] ?? 'none', part);
    };
    const addImpure = (part: Result): void => {
      if (part.kind === 'expression' && !part.pure) part.usage.forEach((u, param) => add(param, u));
      if (part.kind === 'struct') for (const e of part.entries) if (e.kind === 'field') addImpure(e.value);
    };
    addImpure(result);
    this.#analysis.usageOfPatterns(patterns).forEach((u, param) => add(param, u));
    for (const binding of this.#fragments.restsUsed) {
      const { param, path } = this.#analysis.aliases.rests.get(binding)!;
      add(param, usageAtPath(path, 'all'));
    }
    return usage;
  }
}

function isInside(node: ts.Node, ancestor: ts.Node): boolean {
  for (let n: ts.Node | undefined = node; n; n = n.parent) if (n === ancestor) return true;
  return false;
}
