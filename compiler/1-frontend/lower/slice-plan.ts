/**
 * Decides which declarations of a user module generated code may import. A declaration qualifies when evaluating it
 * again in a worker gives what staging saw: nothing it depends on builds the graph, waits, reads the environment, or
 * is changed where it cannot be repeated.
 */
import type { ts } from 'ts-morph';
import type { UserModule } from '../modules.js';
import type { Binding } from '../scope.js';
import type { TypeScript } from '../syntax.js';
import { dottedName, changedTarget, rootOf, unwrap } from './expressions.js';
import { mutatingMethods } from './known-calls.js';
import type { ModuleGraph } from './module-graph.js';

/** Module-level piece of code: a statement, or one declaration of a variable statement. */
export type Unit = ts.Statement | ts.VariableDeclaration;

export interface Declared {
  readonly module: UserModule;
  readonly binding: Binding;
}

/** Exports of flinkc that exist only while a graph is built. */
const graphBuilders: ReadonlySet<string> = new Set([
  'createEnvironment',
  'StreamExecutionEnvironment',
  'DataStream',
  'KeyedStream',
]);

interface ModuleFacts {
  readonly unitOf: ReadonlyMap<Binding, Unit>;
  /** bindings of the module used inside a unit */
  readonly uses: ReadonlyMap<Unit, ReadonlySet<Binding>>;
  /** statements that change data which a binding holds */
  readonly fills: ReadonlyMap<Binding, readonly ts.Statement[]>;
  /** bindings whose data some function changes: what it holds depends on who called that function */
  readonly changedInFunctions: ReadonlySet<Binding>;
}

export class SlicePlan {
  readonly #modules: ModuleGraph;
  readonly #ts: TypeScript;
  readonly #facts = new Map<UserModule, ModuleFacts>();
  readonly #refusals = new Map<Binding, string | null>();

  constructor(modules: ModuleGraph) {
    this.#modules = modules;
    this.#ts = modules.ts;
  }

  /** Why a binding cannot be evaluated again in a worker; null when it can. */
  refusal({ module, binding }: Declared): string | null {
    const known = this.#refusals.get(binding);
    if (known !== undefined) return known;
    this.#refusals.set(binding, null); // functions may call each other: assume the best until proven otherwise
    const reason = this.#findRefusal(module, binding);
    this.#refusals.set(binding, reason);
    return reason;
  }

  unitOf({ module, binding }: Declared): Unit | null {
    return this.#factsOf(module).unitOf.get(binding) ?? null;
  }
  usesOf(module: UserModule, unit: Unit): ReadonlySet<Binding> {
    return this.#factsOf(module).uses.get(unit) ?? this.#usesIn(module, unit);
  }
  fillsOf({ module, binding }: Declared): readonly ts.Statement[] {
    return this.#factsOf(module).fills.get(binding) ?? [];
  }
  /** Code that has no name, like the expression of `export default`. */
  refusalOfCode(module: UserModule, node: ts.Node): string | null {
    return this.#impurity(module, node, new Set()) ?? this.#refusalOfUses(module, this.#usesIn(module, node));
  }

  #findRefusal(module: UserModule, binding: Binding): string | null {
    const ts = this.#ts;
    if (binding.imported) return this.#refusalOfImport(module, binding);
    const facts = this.#factsOf(module);
    const unit = facts.unitOf.get(binding);
    if (!unit) return `'${binding.name}' is not declared at module level`;
    if (binding.writes.length > 0) return `'${binding.name}' is assigned again after its declaration`;
    if (facts.changedInFunctions.has(binding)) return `what '${binding.name}' holds is changed by a function`;
    if (!ts.isFunctionDeclaration(unit)) {
      const reason = this.#impurity(module, unit, new Set());
      if (reason) return reason;
    }
    for (const statement of facts.fills.get(binding) ?? []) {
      const reason = this.#impurity(module, statement, new Set());
      if (reason) return reason;
    }
    const uses = new Set(facts.uses.get(unit));
    for (const fill of facts.fills.get(binding) ?? [])
      for (const use of this.#usesIn(module, fill)) uses.add(use);
    return this.#refusalOfUses(module, uses);
  }

  #refusalOfUses(module: UserModule, uses: ReadonlySet<Binding>): string | null {
    for (const use of uses) {
      const reason = this.refusal({ module, binding: use });
      if (reason) return reason;
    }
    return null;
  }

  #refusalOfImport(module: UserModule, binding: Binding): string | null {
    const target = this.#modules.importTarget(module, binding);
    switch (target?.kind) {
      case undefined:
        return `'${binding.name}' is not exported by ${binding.imported!.from}`;
      case 'external':
        return /^flinkc(?:\/|$)/.test(target.from) && graphBuilders.has(target.name)
          ? `it uses ${target.name}, which builds the graph`
          : null;
      case 'declared':
        return this.refusal(target);
      case 'default':
        return this.refusalOfCode(target.module, target.node);
      case 'namespace':
        if (!this.#isReadByName(binding))
          return `'${binding.name}' is used as a whole; import the names that are needed`;
        for (const name of this.namespaceNames(binding)) {
          const found = this.#modules.findExport(target.module, name);
          const reason = found?.kind === 'declared' ? this.refusal(found) : null;
          if (reason) return reason;
        }
        return null;
    }
  }

  #isReadByName(binding: Binding): boolean {
    return binding.references.every(({ node }) => {
      const parent = node.parent;
      return this.#ts.isPropertyAccessExpression(parent) && parent.expression === node;
    });
  }

  /** Names read from `import * as binding`: those written as `binding.name`. */
  namespaceNames(binding: Binding): readonly string[] {
    const ts = this.#ts;
    const names = new Set<string>();
    for (const { node } of binding.references) {
      const parent = node.parent;
      if (ts.isPropertyAccessExpression(parent) && parent.expression === node) names.add(parent.name.text);
    }
    return [...names].sort();
  }

  #factsOf(module: UserModule): ModuleFacts {
    let facts = this.#facts.get(module);
    if (!facts) this.#facts.set(module, (facts = this.#collect(module)));
    return facts;
  }

  #collect(module: UserModule): ModuleFacts {
    const ts = this.#ts;
    const unitOf = new Map<Binding, Unit>();
    const units: Unit[] = [];
    for (const statement of module.source.statements) {
      if (ts.isVariableStatement(statement)) units.push(...statement.declarationList.declarations);
      else units.push(statement);
    }
    for (const binding of module.scopes.module.names.values()) {
      if (binding.imported) continue;
      const unit = units.find(u => u === binding.declaration);
      if (unit) unitOf.set(binding, unit);
    }
    const uses = new Map(units.map(unit => [unit, this.#usesIn(module, unit)]));
    const fills = new Map<Binding, ts.Statement[]>();
    const changedInFunctions = new Set<Binding>();
    for (const unit of units) {
      this.#findChanges(module, unit, false, (binding, inFunction) => {
        if (inFunction) changedInFunctions.add(binding);
        else if (!ts.isVariableDeclaration(unit)) fills.set(binding, [...(fills.get(binding) ?? []), unit]);
      });
    }
    for (const [binding, statements] of fills) fills.set(binding, [...new Set(statements)]);
    return { unitOf, uses, fills, changedInFunctions };
  }

  #usesIn(module: UserModule, node: ts.Node): ReadonlySet<Binding> {
    const uses = new Set<Binding>();
    for (const binding of module.scopes.module.names.values()) {
      if (binding.declaration === node) continue;
      if (binding.references.some(r => r.node.pos >= node.pos && r.node.end <= node.end)) uses.add(binding);
    }
    return uses;
  }

  /** Assignments, mutating methods, and at module level also handing the data to any function but console's. */
  #findChanges(
    module: UserModule,
    node: ts.Node,
    inFunction: boolean,
    found: (binding: Binding, inFunction: boolean) => void,
  ): void {
    const ts = this.#ts;
    const changed = (target: ts.Node): void => {
      const root = rootOf(ts, target);
      const binding = ts.isIdentifier(root) ? module.scopes.references.get(root)?.binding : null;
      if (binding && binding.scope === module.scopes.module && root !== unwrap(ts, target))
        found(binding, inFunction);
    };
    const target = changedTarget(ts, node);
    if (target) changed(target);
    else if (ts.isCallExpression(node)) {
      const callee = node.expression;
      if (ts.isPropertyAccessExpression(callee) && mutatingMethods.has(callee.name.text)) changed(callee);
      const isConsole = dottedName(ts, callee)?.[0] === 'console';
      if (!inFunction && !isConsole)
        for (const argument of node.arguments) this.#handedOver(module, argument, found);
    }
    const inner = inFunction || ts.isFunctionLike(node);
    ts.forEachChild(node, child => this.#findChanges(module, child, inner, found));
  }

  #handedOver(
    module: UserModule,
    argument: ts.Node,
    found: (binding: Binding, inFunction: boolean) => void,
  ): void {
    const inner = unwrap(this.#ts, argument);
    const binding = this.#ts.isIdentifier(inner) ? module.scopes.references.get(inner)?.binding : null;
    const isData = binding && binding.kind === 'const' && binding.scope === module.scopes.module;
    if (isData && !this.#isUnchangeable(module, binding)) found(binding, false);
  }

  /** Functions, scalars, and what flinkc makes (tags, descriptors, durations, …): no call can fill them. */
  #isUnchangeable(module: UserModule, { declaration }: Binding): boolean {
    const ts = this.#ts;
    if (!ts.isVariableDeclaration(declaration) || !declaration.initializer) return false;
    const value = unwrap(ts, declaration.initializer);
    if (ts.isFunctionLike(value) || ts.isLiteralExpression(value) || ts.isPrefixUnaryExpression(value))
      return true;
    if (!ts.isCallExpression(value) && !ts.isNewExpression(value)) return false;
    const root = rootOf(ts, value.expression);
    const made = ts.isIdentifier(root) ? module.scopes.references.get(root)?.binding : null;
    if (!made?.imported) return false;
    const target = this.#modules.importTarget(module, made);
    return target?.kind === 'external' && /^flinkc(?:\/|$)/.test(target.from);
  }

  /** What makes code that runs when the module is loaded give another result in a worker. */
  #impurity(module: UserModule, unit: ts.Node, seen: Set<ts.Node>): string | null {
    const ts = this.#ts;
    if (seen.has(unit)) return null;
    seen.add(unit);
    let reason: string | null = null;
    const visit = (node: ts.Node): void => {
      if (reason !== null) return;
      // bodies run when they are called: those of functions given to a call may be called by it
      if (node !== unit && ts.isFunctionLike(node) && !isArgument(ts, node)) return;
      reason = this.#impureNode(node);
      if (reason === null && ts.isIdentifier(node)) reason = this.#impurityOfCalled(module, node, seen);
      ts.forEachChild(node, visit);
    };
    visit(unit);
    return reason;
  }

  #impureNode(node: ts.Node): string | null {
    const ts = this.#ts;
    if (ts.isAwaitExpression(node)) return 'it waits at module level';
    if (ts.isForOfStatement(node) && node.awaitModifier) return 'it waits at module level';
    const name = ts.isPropertyAccessExpression(node) ? dottedName(ts, node) : null;
    if (name?.[0] === 'process' && name.length === 2)
      return `it reads ${name.join('.')} of the build machine`;
    if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return null;
    const callee = dottedName(ts, node.expression)?.join('.');
    if (callee === 'Date.now' || callee === 'performance.now' || callee === 'Math.random') {
      return `it calls ${callee}()`;
    }
    const isBareDate = callee === 'Date' && (node.arguments?.length ?? 0) === 0;
    if (isBareDate) return 'it reads the clock';
    return callee !== undefined &&
      /(?:^|\.)(?:randomUUID|randomBytes|randomInt|getRandomValues)$/.test(callee)
      ? `it calls ${callee}()`
      : null;
  }

  #impurityOfCalled(module: UserModule, identifier: ts.Identifier, seen: Set<ts.Node>): string | null {
    const ts = this.#ts;
    const binding = module.scopes.references.get(identifier)?.binding;
    if (!binding) return null;
    if (binding.imported) {
      const target = this.#modules.importTarget(module, binding);
      if (
        target?.kind === 'external' &&
        /^(?:node:)?(?:fs|child_process|os|net|http|https)(?:\/|$)/.test(target.from)
      ) {
        return `it uses ${target.from} when the module is loaded`;
      }
      return target?.kind === 'declared' ? this.#impurityOfFunction(target, seen) : null;
    }
    const isModuleLevel = binding.scope === module.scopes.module;
    return isModuleLevel && (ts.isFunctionDeclaration(binding.declaration) || binding.kind === 'const')
      ? this.#impurityOfFunction({ module, binding }, seen)
      : null;
  }

  #impurityOfFunction({ module, binding }: Declared, seen: Set<ts.Node>): string | null {
    const ts = this.#ts;
    const declaration = binding.declaration;
    if (ts.isFunctionDeclaration(declaration)) return this.#impurity(module, declaration, seen);
    const initializer = ts.isVariableDeclaration(declaration) && declaration.initializer;
    return initializer && ts.isFunctionLike(unwrap(ts, initializer))
      ? this.#impurity(module, unwrap(ts, initializer), seen)
      : null;
  }
}

function isArgument(ts: TypeScript, node: ts.Node): boolean {
  const call = node.parent;
  return (
    (ts.isCallExpression(call) || ts.isNewExpression(call)) && (call.arguments ?? []).some(a => a === node)
  );
}
