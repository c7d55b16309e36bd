/** Finds every user function that operators need, lowers it, and cuts the modules down to what they refer to. */
import type { DiagnosticLog } from '../../diagnostics/diagnostic.js';
import { diagnose } from '../../diagnostics/diagnose.js';
import type { Graph } from '../../ir/graph.js';
import type { Binding as IrBinding, LoweredFn, LoweredProgram } from '../../ir/lambda.js';
import { reachableValues } from '../../ir/inner-values.js';
import type { Captures, FnSite, Value } from '../../ir/value.js';
import type { UserModule, UserModules } from '../modules.js';
import type { Frame } from '../scope.js';
import { spanOf } from '../syntax.js';
import { Bindings, type BindingResult } from './bindings.js';
import type { Callable, ClassInModule } from './callable.js';
import { Callables } from './callables.js';
import { isFunctionNode } from './expressions.js';
import { opValues, type OpValue } from './graph-values.js';
import {
  freeNames,
  lowerClass,
  lowerFunction,
  type BindingsByName,
  type Reference,
} from './lower-function.js';
import { ModuleGraph } from './module-graph.js';
import { SlicePlan } from './slice-plan.js';
import { Slices } from './slices.js';
import { reportUnshippable } from './unshippable.js';

type FunctionValue = Extract<Value, { t: 'function' | 'class' }>;

export function lowerProgram(graph: Graph, modules: UserModules, log: DiagnosticLog): LoweredProgram {
  return new ProgramLowering(graph, modules, log).run();
}

class ProgramLowering {
  readonly #graph: Graph;
  readonly #log: DiagnosticLog;
  readonly #modules: ModuleGraph;
  readonly #callables: Callables;
  readonly #plan: SlicePlan;
  readonly #slices: Slices;
  readonly #bindings: Bindings;
  readonly #functions = new Map<Value, LoweredFn>();
  readonly #methods = new Map<Value, Readonly<Record<string, LoweredFn>>>();
  readonly #visited = new Set<Value>();
  /** functions being lowered, outermost first: one that refers back to them cannot be built */
  readonly #open = new Set<Value>();

  constructor(graph: Graph, modules: UserModules, log: DiagnosticLog) {
    this.#graph = graph;
    this.#log = log;
    this.#modules = new ModuleGraph(modules);
    this.#callables = new Callables(this.#modules, graph.sites);
    this.#plan = new SlicePlan(this.#modules);
    this.#slices = new Slices(this.#modules, this.#plan);
    this.#bindings = new Bindings(this.#modules, this.#plan, this.#slices);
  }

  run(): LoweredProgram {
    for (const use of opValues(this.#graph)) {
      this.#visit(use.value, new ValueTree(use.value, use));
    }
    const reserved = new Set<string>();
    const sources = new Map<string, string>();
    for (const file of this.#graph.modules) {
      const module = this.#modules.get(file);
      if (!module) continue;
      sources.set(file, module.text);
      for (const name of module.scopes.identifiers) reserved.add(name);
    }
    return {
      functions: this.#functions,
      methods: this.#methods,
      slices: this.#slices.write(),
      reservedNames: reserved,
      sources,
    };
  }

  /** Everything generated code has to build for a value. What it imports instead is not looked at. */
  #visit(value: Value, tree: ValueTree): void {
    if (this.#visited.has(value)) {
      if (this.#open.has(value)) this.#reportCycle(value);
      return;
    }
    this.#visited.add(value);
    switch (value.t) {
      case 'function':
      case 'class':
        this.#open.add(value);
        this.#lower(value, tree);
        this.#open.delete(value);
        return;
      case 'array':
      case 'set':
        for (const item of value.items) this.#visit(item, tree);
        return;
      case 'map':
        for (const entry of value.entries) for (const item of entry) this.#visit(item, tree);
        return;
      case 'object':
        for (const [, item] of value.entries) this.#visit(item, tree);
        this.#collectObjectMethods(value);
        return;
      case 'new':
        for (const item of [value.ctor, ...value.args, ...value.patch.map(([, v]) => v)])
          this.#visit(item, tree);
        this.#collectInstanceMethods(value, tree);
        return;
      case 'api':
        for (const item of value.args) this.#visit(item, tree);
        return;
      case 'unshippable':
        reportUnshippable(this.#log, value, tree.use.op.origin, null);
        return;
      default:
        return;
    }
  }

  #lower(value: FunctionValue, tree: ValueTree): void {
    const site = this.#callables.site(value.site);
    const found = this.#modules.frameAt(site);
    if (!found) throw new Error(`compiler bug: no function at ${site.id}`);
    const { module, frame } = found;
    const reference = this.#reference(module, frame, site);
    const bound = this.#bind(module, frame, value.captures, tree, reference !== null);
    const context = { site, bindings: bound.bindings, reference, canLift: bound.complete };
    if (isFunctionNode(this.#modules.ts, frame.node)) {
      const callable: Callable = { module, node: frame.node, captures: value.captures, receiver: null };
      const isPredicate = tree.use.role === 'filter' && tree.use.value === value;
      const lowered = lowerFunction(callable, { ...context, callables: this.#callables, isPredicate });
      this.#functions.set(value, lowered);
    } else {
      this.#functions.set(value, lowerClass(this.#callables, module, frame, context));
    }
  }

  /** Declared at module level, and possible to evaluate again in a worker. */
  #reference(module: UserModule, frame: Frame, site: FnSite): Reference {
    if (!site.topLevel || site.name === null) return null;
    const binding = module.scopes.module.names.get(site.name);
    if (!binding) {
      if (site.name !== 'default' || this.#plan.refusalOfCode(module, frame.node) !== null) return null;
      this.#slices.needDefault(module, frame.node);
      return { module: module.file, exportName: 'default' };
    }
    if (this.#plan.refusal({ module, binding }) !== null) return null;
    this.#slices.needBinding({ module, binding });
    return { module: module.file, exportName: site.name };
  }

  /** With a reference at hand, names that cannot be bound only make the function impossible to lift. */
  #bind(
    module: UserModule,
    frame: Frame,
    captures: Captures,
    tree: ValueTree,
    hasReference: boolean,
  ): { readonly bindings: BindingsByName; readonly complete: boolean } {
    const bindings: Record<string, IrBinding> = {};
    let complete = true;
    if (frame.kind === 'arrow' && frame.usesThis) {
      const self = tree.resolve(captures['this']);
      if (self) bindings['this'] = { kind: 'value', value: self };
      else complete = false;
      if (self) this.#visit(self, tree);
    }
    for (const free of freeNames(frame)) {
      const resolved = tree.resolve(captures[free.name]);
      const result = this.#bindings.of(module, free, resolved ? { [free.name]: resolved } : {});
      if (result.ok && !(hasReference && this.#isUnbuildable(result.binding))) {
        bindings[free.name] = result.binding;
        if (result.binding.kind === 'value') this.#visit(result.binding.value, tree);
      } else {
        complete = false;
        if (!hasReference && !result.ok) this.#reportUnbound(free.name, result, module, frame, tree);
      }
    }
    return { bindings, complete };
  }

  #isUnbuildable(binding: IrBinding): boolean {
    return binding.kind === 'value' && this.#open.has(binding.value);
  }

  #collectObjectMethods(value: Extract<Value, { t: 'object' }>): void {
    const methods: Record<string, LoweredFn> = {};
    for (const [name, member] of value.entries) {
      const lowered = this.#functions.get(member);
      if (lowered) methods[name] = lowered;
    }
    if (Object.keys(methods).length > 0) this.#methods.set(value, methods);
  }

  #collectInstanceMethods(value: Extract<Value, { t: 'new' }>, tree: ValueTree): void {
    const receiver = this.#callables.ofClass(value.ctor);
    if (!receiver || value.ctor.t !== 'class') return;
    const methods: Record<string, LoweredFn> = {};
    for (const name of this.#callables.methodNames(receiver)) {
      const callable = this.#callables.methodOf(receiver, name);
      if (callable) methods[name] = this.#lowerMethod(callable, receiver, value.ctor, tree);
    }
    this.#methods.set(value, methods);
  }

  #lowerMethod(
    callable: Callable,
    receiver: ClassInModule,
    ctor: Extract<Value, { t: 'class' }>,
    tree: ValueTree,
  ): LoweredFn {
    const { module } = callable;
    const frame = module.scopes.frames.get(callable.node)!;
    // an inherited method has its own surroundings, of which the instance's class captured nothing
    const isOwn = callable.node.parent === receiver.node;
    const bound =
      frame.usesThis || !isOwn
        ? { bindings: {}, complete: false }
        : this.#bind(module, frame, ctor.captures, tree, true);
    return lowerFunction(callable, {
      callables: this.#callables,
      site: this.#callables.site(ctor.site),
      bindings: bound.bindings,
      reference: null,
      isPredicate: false,
      canLift: bound.complete,
    });
  }

  #reportUnbound(
    name: string,
    result: Extract<BindingResult, { ok: false }>,
    module: UserModule,
    frame: Frame,
    tree: ValueTree,
  ): void {
    const reference = frame.free.get(name)?.references[0];
    const at = reference ? spanOf(module.source, reference.node) : tree.use.op.origin;
    if (result.value?.t === 'unshippable') reportUnshippable(this.#log, result.value, at, result.refusal);
    else this.#log.add(diagnose('FC1402', { name, why: result.refusal ?? 'its value is not known' }, at));
  }

  #reportCycle(value: Value): void {
    if (value.t !== 'function' && value.t !== 'class') return;
    const site = this.#callables.site(value.site);
    this.#log.add(diagnose('FC1405', { name: siteLabel(site) }, site.span));
  }
}

/** What the user calls it: the last part of the symbol path. */
function siteLabel(site: FnSite): string {
  return site.name ?? /([^.#]+?)(?:~\d+)?$/.exec(site.id)?.[1] ?? site.id;
}

/** One value of an op, in which objects are described once and then referred to by id. */
class ValueTree {
  readonly use: OpValue;
  readonly #byId = new Map<number, Value>();

  constructor(root: Value, use: OpValue) {
    this.use = use;
    for (const value of reachableValues(root))
      if ('id' in value && value.t !== 'ref') this.#byId.set(value.id, value);
  }

  resolve(value: Value | undefined): Value | undefined {
    return value?.t === 'ref' ? (this.#byId.get(value.id) ?? value) : value;
  }
}
