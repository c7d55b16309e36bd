/** Refuses what an operator captured but cannot take along to the artifact. */
import { diagnose } from '../diagnostics/diagnose.js';
import type { DiagnosticLog } from '../diagnostics/diagnostic.js';
import type { MessageCode } from '../diagnostics/messages.generated.js';
import type { Graph } from '../ir/graph.js';
import type { Span } from '../ir/span.js';
import type { FnSite, Value } from '../ir/value.js';
import { valuesOf } from './graph.js';
import { siteModule, type UserModules } from './modules.js';
import type { Frame } from './scope.js';
import { spanOf } from './syntax.js';

export function checkCaptures(graph: Graph, modules: UserModules, log: DiagnosticLog): void {
  const check = new CaptureCheck(graph, modules, log);
  for (const op of graph.ops) {
    for (const value of valuesOf(op)) {
      check.checkCallee(value, op.kind);
      check.visit(value, { at: op.origin, byReference: false, viaThis: false });
    }
  }
}

interface Context {
  readonly at: Span;
  /** reached through a module-level name: the generator refers to the module instead, and judges whether it can */
  readonly byReference: boolean;
  readonly viaThis: boolean;
}

class CaptureCheck {
  readonly #graph: Graph;
  readonly #modules: UserModules;
  readonly #log: DiagnosticLog;

  constructor(graph: Graph, modules: UserModules, log: DiagnosticLog) {
    this.#graph = graph;
    this.#modules = modules;
    this.#log = log;
  }

  /** A function that an operator calls itself. */
  checkCallee(value: Value, op: string): void {
    if (value.t !== 'function') return;
    const site = this.#graph.sites.get(value.site);
    const frame = this.#modules.known(siteModule(value.site))?.siteFrames.get(value.site);
    if (!site || !frame?.thisNode || site.kind === 'arrow') return;
    this.#log.add(diagnose('FC1111', { op }, spanOf(frame.thisNode.getSourceFile(), frame.thisNode)));
  }

  visit(value: Value, context: Context): void {
    switch (value.t) {
      case 'unshippable':
        this.#refuse(value, context);
        return;
      case 'function':
      case 'class':
        this.#visitFunction(value, context);
        return;
      case 'array':
      case 'set':
        for (const item of value.items) this.visit(item, context);
        return;
      case 'object':
        for (const [, item] of value.entries) this.visit(item, context);
        return;
      case 'map':
        for (const item of value.entries.flat()) this.visit(item, context);
        return;
      case 'api':
        for (const arg of value.args) this.visit(arg, { ...context, at: value.at ?? context.at });
        return;
      case 'new':
        this.visit(value.ctor, context);
        for (const arg of value.args) this.visit(arg, { ...context, at: value.at ?? context.at });
        for (const [, field] of value.patch) this.visit(field, context);
        return;
      default:
        return;
    }
  }

  #visitFunction(value: Extract<Value, { readonly t: 'function' | 'class' }>, context: Context): void {
    const site = this.#graph.sites.get(value.site);
    const frame = this.#modules.known(siteModule(value.site))?.siteFrames.get(value.site);
    if (!site || !frame) throw new Error(`compiler bug: unknown site ${value.site}`);
    this.#checkFrame(site, frame);
    for (const [name, captured] of Object.entries(value.captures)) {
      const free = site.free.find(f => f.name === name);
      this.visit(captured, {
        // what `this` drags along is the mistake of the function that uses it
        at: context.viaThis ? context.at : (this.#useOf(frame, name) ?? context.at),
        byReference: context.byReference || free?.scope === 'module' || free?.scope === 'import',
        viaThis: context.viaThis || name === 'this',
      });
    }
  }

  #checkFrame(site: FnSite, frame: Frame): void {
    const { source } = this.#modules.known(site.span.file)!;
    for (const { name, scope, import: from } of site.free) {
      const written = frame.free.get(name)!.references.find(r => r.isWrite);
      if (written && scope !== 'global')
        this.#log.add(diagnose('FC1101', { name }, spanOf(source, written.node)));
      if (from?.from === 'flinkc' && from.name === 'StreamExecutionEnvironment') {
        this.#log.add(diagnose('FC1212', { name }, this.#useOf(frame, name)));
      }
    }
    if (frame.kind !== 'arrow') return;
    if (frame.usesArguments) this.#log.add(diagnose('FC1110', { what: 'arguments' }, site.span));
    if (frame.thisNode?.kind === this.#modules.syntax.ts.SyntaxKind.SuperKeyword) {
      this.#log.add(diagnose('FC1110', { what: 'super' }, spanOf(source, frame.thisNode)));
    }
  }

  #useOf(frame: Frame, name: string): Span | null {
    const node = name === 'this' ? frame.thisNode : frame.free.get(name)?.references[0]?.node;
    return node ? spanOf(node.getSourceFile(), node) : null;
  }

  #refuse(
    { path, why, code }: Extract<Value, { readonly t: 'unshippable' }>,
    { at, byReference, viaThis }: Context,
  ): void {
    if (byReference && code !== 'FC1105') return;
    if (viaThis && (code === 'FC1104' || code === 'FC1105')) {
      this.#log.add(diagnose('FC1107', { path, why: code === 'FC1105' ? `a ${why}` : why }, at));
      return;
    }
    const args = { path, why, name: lastName(path), user: path.slice(0, path.lastIndexOf(' → ')) };
    this.#log.add(diagnose(code as MessageCode, args, at));
  }
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf(' → ') + 3);
}
