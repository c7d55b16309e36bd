/** How the names that a function takes from outside are bound in generated code. */
import type { Binding as IrBinding } from '../../ir/lambda.js';
import type { Captures, Value } from '../../ir/value.js';
import type { UserModule } from '../modules.js';
import type { FreeName } from '../scope.js';
import type { ModuleGraph } from './module-graph.js';
import type { SlicePlan } from './slice-plan.js';
import type { Slices } from './slices.js';

export type BindingResult =
  | { readonly ok: true; readonly binding: IrBinding }
  | { readonly ok: false; readonly value: Value | null; readonly refusal: string | null };

export class Bindings {
  readonly #modules: ModuleGraph;
  readonly #plan: SlicePlan;
  readonly #slices: Slices;

  constructor(modules: ModuleGraph, plan: SlicePlan, slices: Slices) {
    this.#modules = modules;
    this.#plan = plan;
    this.#slices = slices;
  }

  of(module: UserModule, free: FreeName, captures: Captures): BindingResult {
    const captured = captures[free.name] ?? null;
    const { binding } = free;
    if (!binding) return done({ kind: 'global', name: free.name });
    if (binding.imported) return this.#ofImport(module, free, captured);
    if (binding.scope === module.scopes.module && !isScalar(captured)) {
      const refusal = this.#plan.refusal({ module, binding });
      if (refusal === null) return this.#bySlice(module, free);
      return byValue(captured, refusal);
    }
    return byValue(captured, null);
  }

  #bySlice(module: UserModule, free: FreeName): BindingResult {
    this.#slices.needBinding({ module, binding: free.binding! });
    return done({ kind: 'module', module: module.file, exportName: free.name });
  }

  #ofImport(module: UserModule, free: FreeName, captured: Value | null): BindingResult {
    const binding = free.binding!;
    const target = this.#modules.importTarget(module, binding);
    switch (target?.kind) {
      case 'external':
        return done({ kind: 'import', from: target.from, name: target.name });
      case 'declared': {
        if (isScalar(captured)) return byValue(captured, null);
        const refusal = this.#plan.refusal(target);
        if (refusal !== null) return byValue(captured, refusal);
        this.#slices.needBinding(target);
        return done({ kind: 'module', module: target.module.file, exportName: target.binding.name });
      }
      case 'default': {
        const refusal = this.#plan.refusalOfCode(target.module, target.node);
        if (refusal !== null) return byValue(captured, refusal);
        this.#slices.needDefault(target.module, target.node);
        return done({ kind: 'module', module: target.module.file, exportName: 'default' });
      }
      case 'namespace': {
        const refusal = this.#plan.refusal({ module, binding });
        if (refusal !== null) return byValue(captured, refusal);
        this.#slices.needNamespace(binding, target.module);
        return done({ kind: 'module', module: target.module.file, exportName: '*' });
      }
      case undefined:
        return byValue(captured, null);
    }
  }
}

function done(binding: IrBinding): BindingResult {
  return { ok: true, binding };
}

function byValue(value: Value | null, refusal: string | null): BindingResult {
  if (value === null || value.t === 'unshippable') return { ok: false, value, refusal };
  return done({ kind: 'value', value });
}

/** Shorter as a literal than as an import, and exactly what staging saw. */
function isScalar(value: Value | null): boolean {
  switch (value?.t) {
    case 'undefined':
    case 'primitive':
    case 'number':
    case 'bigint':
    case 'parameter':
    case 'secret':
      return true;
    default:
      return false;
  }
}
