/**
 * What the type parameters of a generic helper stand for in one call of it: its type arguments where they are written,
 * else what its parameters and its result are at the call. The checker infers the same, but does not say it.
 */
import type { ts } from 'ts-morph';
import type { HelperCall } from '../../ir/index.js';
import { addBindings, argumentsOf } from './bind-types.js';
import type { CheckedType, Checker, NodeRange } from './checker.js';
import type { ProgramSyntax } from './program-syntax.js';
import { noBindings, type BoundType, type TypeBindings } from './schema-of.js';

type Helper = ts.FunctionLikeDeclaration;
type Types = readonly (CheckedType | null | undefined)[];

/** Deeper than anybody nests a helper's parameter types; recursive types end here. */
const maxDepth = 16;

export class HelperBindings {
  readonly #checker: Checker;
  readonly #syntax: ProgramSyntax;
  readonly #known = new Map<HelperCall, TypeBindings>();

  constructor(checker: Checker, syntax: ProgramSyntax) {
    this.#checker = checker;
    this.#syntax = syntax;
  }

  of(helper: HelperCall | undefined): TypeBindings {
    if (!helper) return noBindings;
    let bindings = this.#known.get(helper);
    if (!bindings) this.#known.set(helper, (bindings = this.#bind(helper)));
    return bindings;
  }

  #bind({ declaration, call, caller, outer }: HelperCall): TypeBindings {
    const { ts } = this.#syntax;
    const found = new Map(this.of(outer));
    const made = this.#syntax.at(call, ts.isNewExpression);
    if (made) {
      const [type] = this.#checker.typesAt([this.#syntax.rangeOf(made)]);
      if (type) bindClass(type, this.of(caller), found);
      return found;
    }
    const node = this.#syntax.at(call, ts.isCallExpression);
    const helper = this.#syntax.at(declaration, (n): n is Helper => ts.isFunctionLike(n) && 'body' in n);
    if (!node || !helper) return found;
    const parameters = helper.typeParameters!.map(p => p.name);
    const given = node.typeArguments ?? [];
    const args = node.arguments.filter(a => !ts.isSpreadElement(a));
    const groups = [parameters, given, args, [node.expression, node]].map(nodes =>
      this.#checker.typesAt(nodes.map(n => this.#syntax.rangeOf(n))),
    );
    const [own, written, passed, [callee, result]] = groups as [Types, Types, Types, Types];
    // The object may have been made in an earlier call of this very method, by what its parameters were then.
    for (const type of own) if (type) found.delete(type);
    // The call announced last may have been another's: of a callback in an array's method, say.
    if (!callee?.declaration || !isSame(callee.declaration, declaration)) return found;
    const there = this.of(caller);
    const binder = new Binder(own, found);
    const signature = this.#checker.typesAt([this.#syntax.rangeOf(helper.name ?? helper)])[0]?.signature;
    own.forEach((type, i) => binder.lay(type, written[i], there));
    passed.forEach((type, i) => binder.lay(signature?.parameters[i], type, there));
    binder.lay(signature?.result, result, there);
    return found;
  }
}

function isSame(a: NodeRange, b: NodeRange): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end;
}

/** Lays types with type parameters over types at the call. The first binding of a parameter stays. */
class Binder {
  readonly #parameters: ReadonlySet<Types[number]>;
  readonly #into: Map<CheckedType, BoundType>;

  constructor(parameters: Types, into: Map<CheckedType, BoundType>) {
    this.#parameters = new Set(parameters);
    this.#into = into;
  }

  /** @param bindings of the type parameters in `actual` */
  lay(declared: Types[number], actual: Types[number], bindings: TypeBindings, depth = 0): void {
    if (!declared || !actual || depth > maxDepth) return;
    const next = (d: Types[number], a: Types[number], within = bindings): void =>
      this.lay(d, a, within, depth + 1);
    switch (declared.kind) {
      case 'typeParameter':
        this.#bind(declared, actual, bindings);
        return;
      case 'union': {
        const members = (type: CheckedType): readonly CheckedType[] =>
          type.kind === 'union'
            ? type.parts.filter(p => p.kind !== 'null' && p.kind !== 'undefined')
            : [type];
        const [only, ...others] = members(declared);
        const [is, ...more] = members(actual);
        if (others.length === 0 && more.length === 0) next(only, is);
        return;
      }
      case 'array':
        if (actual.kind === 'array') next(declared.typeArguments[0], actual.typeArguments[0]);
        return;
      case 'tuple':
        if (actual.kind !== 'tuple') return;
        declared.elements.forEach(({ type }, i) => next(type, actual.elements[i]?.type));
        return;
      case 'object':
        if (declared.generic && declared.typeArguments.length > 0) {
          const instance = instanceOf(declared, actual, bindings);
          declared.typeArguments.forEach((type, i) =>
            next(type, instance?.type.typeArguments[i], instance?.bindings),
          );
          if (instance) return;
        }
        if (declared.signature && actual.signature) {
          const { parameters, result } = actual.signature;
          declared.signature.parameters.forEach((type, i) => next(type, parameters[i]));
          next(declared.signature.result, result);
          return;
        }
        if (declared === actual) return;
        for (const { name, type } of declared.isLibrary ? [] : declared.properties) {
          next(type, actual.properties.find(p => p.name === name)?.type);
        }
        return;
      default:
        return;
    }
  }

  #bind(parameter: CheckedType, type: CheckedType, bindings: TypeBindings): void {
    const says = type.kind !== 'any' && type.kind !== 'unknown' && type.kind !== 'never';
    if (!says || !this.#parameters.has(parameter) || this.#into.has(parameter)) return;
    // A helper that calls itself with its own parameter means what its caller's call says.
    const bound = type === parameter ? bindings.get(parameter) : ({ kind: 'type', type, bindings } as const);
    if (bound) this.#into.set(parameter, bound);
  }
}

/** The type parameters of an object's class and of all its bases. */
function bindClass(type: CheckedType, bindings: TypeBindings, into: Map<CheckedType, BoundType>): void {
  const within = argumentsOf(type, bindings);
  addBindings(within, into);
  for (const base of type.generic?.bases ?? []) bindClass(base, within, into);
}

interface Instance {
  readonly type: CheckedType;
  readonly bindings: TypeBindings;
}

/** `actual` as the class or interface that `declared` is: itself, or one of its bases. */
function instanceOf(declared: CheckedType, actual: CheckedType, bindings: TypeBindings): Instance | null {
  if (actual.name !== null && actual.name === declared.name) return { type: actual, bindings };
  if (!actual.generic) return null;
  const within = argumentsOf(actual, bindings);
  for (const base of actual.generic.bases) {
    const found = instanceOf(declared, base, within);
    if (found) return found;
  }
  return null;
}
