/** Functions of the program by the expression that calls them, and what is known about each. */
import type { ts } from 'ts-morph';
import type { Captures, FnSite, SiteId, Value } from '../../ir/value.js';
import type { Binding } from '../scope.js';
import { BodyAnalysis } from './body-analysis.js';
import type { Callable, ClassInModule, FunctionFacts, KnownCallables } from './callable.js';
import { isFunctionNode, unwrap, type FunctionNode } from './expressions.js';
import type { UserModule } from '../modules.js';
import { hasModifier, type ModuleGraph } from './module-graph.js';
import type { TypeScript } from '../syntax.js';

export class Callables implements KnownCallables {
  readonly modules: ModuleGraph;
  readonly #sites: ReadonlyMap<SiteId, FnSite>;
  readonly #pure = new Map<Captures | FunctionNode, boolean>();
  readonly #facts = new Map<FunctionNode, Map<Captures | ClassInModule | null, FunctionFacts | 'running'>>();

  constructor(modules: ModuleGraph, sites: ReadonlyMap<SiteId, FnSite>) {
    this.modules = modules;
    this.#sites = sites;
  }

  site(id: SiteId): FnSite {
    const site = this.#sites.get(id);
    if (!site) throw new Error(`compiler bug: unknown site ${id}`);
    return site;
  }

  isPure(callable: Callable): boolean {
    const { node, captures, receiver } = callable;
    if (receiver) return false; // `this` may be anything
    const id = captures ?? node; // one function may have been made with several captured functions
    const known = this.#pure.get(id);
    if (known !== undefined) return known;
    this.#pure.set(id, false); // a function that calls itself is not followed
    const isPlain =
      !node.asteriskToken && !hasModifier(this.modules.ts, node, this.modules.ts.SyntaxKind.AsyncKeyword);
    const pure = isPlain && new BodyAnalysis(callable, this).isPure(node.body);
    this.#pure.set(id, pure);
    return pure;
  }

  /** Recursion is answered with the worst case. */
  factsOf(callable: Callable): FunctionFacts {
    let byContext = this.#facts.get(callable.node);
    if (!byContext) this.#facts.set(callable.node, (byContext = new Map()));
    const context = callable.receiver ?? callable.captures;
    const known = byContext.get(context);
    if (known === 'running') return worstCase(callable.node);
    if (known) return known;
    byContext.set(context, 'running');
    const facts = new BodyAnalysis(callable, this).analyseBody();
    byContext.set(context, facts);
    return facts;
  }

  calleeOf(caller: Callable, callee: ts.Node): Callable | null {
    const ts = this.modules.ts;
    if (ts.isIdentifier(callee)) {
      const binding = caller.module.scopes.references.get(callee)?.binding;
      return binding ? this.#ofBinding(caller, binding) : null;
    }
    if (!ts.isPropertyAccessExpression(callee)) return null;
    const owner = unwrap(ts, callee.expression);
    if (owner.kind === ts.SyntaxKind.ThisKeyword) return this.#ofMethod(caller, callee.name.text);
    if (!ts.isIdentifier(owner)) return null;
    const binding = caller.module.scopes.references.get(owner)?.binding;
    if (!binding || binding.imported?.name !== '*') return null;
    const target = this.modules.importTarget(caller.module, binding);
    if (target?.kind !== 'namespace') return null;
    const found = this.modules.findExport(target.module, callee.name.text);
    return found?.kind === 'declared' ? this.#declared(found.module, found.binding) : null;
  }

  #ofBinding(caller: Callable, binding: Binding): Callable | null {
    if (binding.writes.length > 0) return null;
    const captured = caller.captures?.[binding.name];
    const isFree = caller.module.scopes.frames.get(caller.node)?.free.get(binding.name)?.binding === binding;
    if (isFree && captured?.t === 'function') return this.ofValue(captured);
    if (binding.imported) {
      const target = this.modules.importTarget(caller.module, binding);
      if (target?.kind === 'declared') return this.#declared(target.module, target.binding);
      if (target?.kind === 'default' && isFunctionNode(this.modules.ts, target.node)) {
        return { module: target.module, node: target.node, captures: null, receiver: null };
      }
      return null;
    }
    return this.#declared(caller.module, binding);
  }

  ofValue(value: Extract<Value, { t: 'function' }>): Callable | null {
    const found = this.modules.frameAt(this.site(value.site));
    if (!found || !isFunctionNode(this.modules.ts, found.frame.node)) return null;
    return { module: found.module, node: found.frame.node, captures: value.captures, receiver: null };
  }

  #declared(module: UserModule, binding: Binding): Callable | null {
    const ts = this.modules.ts;
    if (binding.writes.length > 0) return null;
    const declaration = binding.declaration;
    const node =
      binding.kind === 'const' && ts.isVariableDeclaration(declaration) && ts.isIdentifier(declaration.name)
        ? declaration.initializer && unwrap(ts, declaration.initializer)
        : binding.kind === 'function'
          ? this.#implementation(binding, declaration)
          : undefined;
    return node && isFunctionNode(ts, node) ? { module, node, captures: null, receiver: null } : null;
  }

  /** The binding of an overloaded function points at its first signature. */
  #implementation(binding: Binding, declaration: ts.Node): ts.Node | undefined {
    const ts = this.modules.ts;
    if (isFunctionNode(ts, declaration)) return declaration;
    let found: ts.Node | undefined;
    ts.forEachChild(declaration.parent, sibling => {
      if (ts.isFunctionDeclaration(sibling) && sibling.body && sibling.name?.text === binding.name)
        found = sibling;
    });
    return found;
  }

  #ofMethod(caller: Callable, name: string): Callable | null {
    const frame = caller.module.scopes.frames.get(caller.node);
    if (!caller.receiver || frame?.kind !== 'method') return null;
    return this.methodOf(caller.receiver, name);
  }

  /** Looked up in the class of the instance, then in its bases. */
  methodOf(receiver: ClassInModule, name: string): Callable | null {
    const ts = this.modules.ts;
    let current: ClassInModule | null = receiver;
    for (let depth = 0; current && depth < 16; depth++) {
      const members: readonly ts.ClassElement[] = current.node.members;
      const own = members.find(
        m => m.name && ts.isIdentifier(m.name) && m.name.text === name && !isStatic(ts, m),
      );
      if (own) {
        return isFunctionNode(ts, own)
          ? { module: current.module, node: own, captures: null, receiver }
          : null;
      }
      current = this.baseOf(current);
    }
    return null;
  }

  /** Names of all methods with a body, inherited ones included. */
  methodNames(receiver: ClassInModule): readonly string[] {
    const ts = this.modules.ts;
    const names = new Set<string>();
    let current: ClassInModule | null = receiver;
    for (let depth = 0; current && depth < 16; depth++) {
      for (const member of current.node.members) {
        if (ts.isMethodDeclaration(member) && member.body && ts.isIdentifier(member.name))
          names.add(member.name.text);
      }
      current = this.baseOf(current);
    }
    return [...names].sort();
  }

  baseOf(of: ClassInModule): ClassInModule | null {
    const ts = this.modules.ts;
    const clause = of.node.heritageClauses?.find(c => c.token === ts.SyntaxKind.ExtendsKeyword);
    const base = clause?.types[0]?.expression;
    if (!base || !ts.isIdentifier(base)) return null;
    const binding = of.module.scopes.references.get(base)?.binding;
    if (!binding) return null;
    if (!binding.imported) return this.#classOf(of.module, binding);
    const target = this.modules.importTarget(of.module, binding);
    return target?.kind === 'declared' ? this.#classOf(target.module, target.binding) : null;
  }

  #classOf(module: UserModule, binding: Binding): ClassInModule | null {
    const ts = this.modules.ts;
    return ts.isClassLike(binding.declaration) ? { module, node: binding.declaration } : null;
  }

  ofClass(value: Value): ClassInModule | null {
    if (value.t !== 'class') return null;
    const found = this.modules.frameAt(this.site(value.site));
    return found && this.modules.ts.isClassLike(found.frame.node)
      ? { module: found.module, node: found.frame.node }
      : null;
  }
}

function isStatic(ts: TypeScript, member: ts.ClassElement): boolean {
  return hasModifier(ts, member, ts.SyntaxKind.StaticKeyword);
}

function worstCase(node: FunctionNode): FunctionFacts {
  return {
    usage: node.parameters.map(() => 'all'),
    mutates: node.parameters.map(() => true),
    retains: node.parameters.map(() => true),
    elements: node.parameters.map(() => 'all'),
  };
}
