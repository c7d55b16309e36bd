/**
 * Calls of the program's own small helpers, `isLarge(order)`, pasted into the expression that makes them: as a call they
 * would need the whole record as an object.
 */
import type { ts } from 'ts-morph';
import type { Fragment, Fragments } from '../../ir/lambda.js';
import { BodyAnalysis } from './body-analysis.js';
import type { Callable, KnownCallables } from './callable.js';
import { unwrap } from './expressions.js';
import { glue, InlineFragments } from './fragments.js';
import { isPlainFunction } from './plain-function.js';

/** Helpers that call helpers are followed so far. */
const maxDepth = 3;
/** Longer helpers stay functions: they would be pasted at every call. */
const maxText = 400;

export class HelperCalls {
  readonly #caller: Callable;
  readonly #analysis: BodyAnalysis;
  readonly #callables: KnownCallables;
  readonly #depth: number;

  constructor(caller: Callable, analysis: BodyAnalysis, callables: KnownCallables, depth = 0) {
    this.#caller = caller;
    this.#analysis = analysis;
    this.#callables = callables;
    this.#depth = depth;
  }

  /** The call as an expression without it; null when it stays. */
  pasted(call: ts.CallExpression): Fragments | null {
    const target = this.#callables.calleeOf(
      this.#caller,
      unwrap(this.#callables.modules.ts, call.expression),
    );
    if (!target || !this.#isCandidate(target, call)) return null;
    const args = call.arguments.map(argument => this.#argument(argument));
    if (args.some(argument => argument === null)) return null;
    const body = this.#bodyOf(target);
    if (!body) return null;
    const filled = body.map(fragment => substitute(fragment, args as readonly Fragment[]));
    return filled.some(fragment => fragment === null)
      ? null
      : [glue('('), ...(filled as Fragments), glue(')')];
  }

  /** Worth it where the helper reads fields of what it is given; offsets must be those of the caller's file. */
  #isCandidate(target: Callable, call: ts.CallExpression): boolean {
    const ts = this.#callables.modules.ts;
    const { node, module, receiver } = target;
    if (this.#depth >= maxDepth || receiver || module !== this.#caller.module) return false;
    if (ts.isBlock(node.body) || node.body.end - node.body.pos > maxText) return false;
    if (call.questionDotToken || call.arguments.length < node.parameters.length) return false;
    const frame = module.scopes.frames.get(node);
    if (!frame || frame.usesThis || !isPlainFunction(ts, target, frame)) return false;
    const { usage, mutates, retains } = this.#callables.factsOf(target);
    return usage.some(part => typeof part === 'object') && !mutates.includes(true) && !retains.includes(true);
  }

  /** A part of the record, which may be read as often as the helper likes. */
  #argument(node: ts.Expression): Fragment | null {
    const path = this.#analysis.aliases.pathOf(node);
    if (!path || path.guards.length > 0) return null;
    const at = node.getStart(this.#caller.module.source);
    return path.path.length === 0
      ? { kind: 'param', param: path.param, at }
      : { kind: 'field', param: path.param, path: path.path, at };
  }

  #bodyOf(target: Callable): Fragments | null {
    const analysis = new BodyAnalysis(target, this.#callables);
    analysis.analyseBody();
    if (analysis.aliases.complex.length > 0) return null;
    const frame = target.module.scopes.frames.get(target.node)!;
    const fragments = new InlineFragments(
      this.#callables.modules.ts,
      target.module,
      analysis.aliases,
      frame,
      new HelperCalls(target, analysis, this.#callables, this.#depth + 1),
    );
    const body = fragments.of(target.node.body);
    if (fragments.unsupported || fragments.restsUsed.size > 0) return null;
    const isGlobal = (name: string): boolean => !frame.free.get(name)?.binding;
    return body.every(f => f.kind !== 'local' && (f.kind !== 'capture' || (isGlobal(f.name) && !f.shorthand)))
      ? body.map(f => (f.kind === 'capture' ? { kind: 'text', text: f.name, at: f.at } : f))
      : null;
  }
}

/** The helper's parameter gives way to what it was called with. */
function substitute(fragment: Fragment, args: readonly Fragment[]): Fragment | null {
  if (fragment.kind !== 'param' && fragment.kind !== 'field' && fragment.kind !== 'presence') return fragment;
  const argument = args[fragment.param];
  if (argument?.kind !== 'param' && argument?.kind !== 'field') return null;
  const { param } = argument;
  const base = argument.kind === 'field' ? argument.path : [];
  switch (fragment.kind) {
    case 'param':
      return { ...argument, at: fragment.at };
    case 'field':
      return {
        ...fragment,
        param,
        path: [...base, ...fragment.path],
        ...(fragment.present && { present: fragment.present.map(length => base.length + length) }),
      };
    case 'presence':
      return { ...fragment, param, path: [...base, ...fragment.path] };
  }
}
