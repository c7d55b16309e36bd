/** Writes the slices: of each user module what generated code imports, and what that depends on. */
import type { ts } from 'ts-morph';
import type { ModuleSlice } from '../../ir/lambda.js';
import type { UserModule } from '../modules.js';
import type { Binding } from '../scope.js';
import type { TypeScript } from '../syntax.js';
import { MappedText } from './mapped-text.js';
import { hasModifier, type ExportTarget, type ModuleGraph } from './module-graph.js';
import type { Declared, SlicePlan, Unit } from './slice-plan.js';

interface Needs {
  readonly exports: Set<string>;
  readonly units: Set<Unit>;
  readonly imports: Set<Binding>;
  /** names that exist only as an export, by statement: `export { a as b }`, `export { a } from …` */
  readonly aliases: Map<string, string>;
}

export class Slices {
  readonly #modules: ModuleGraph;
  readonly #plan: SlicePlan;
  readonly #ts: TypeScript;
  readonly #needs = new Map<UserModule, Needs>();

  constructor(modules: ModuleGraph, plan: SlicePlan) {
    this.#modules = modules;
    this.#plan = plan;
    this.#ts = modules.ts;
  }

  /** Generated code imports this name of the module. */
  needBinding({ module, binding }: Declared): void {
    this.#needsOf(module).exports.add(binding.name);
    this.#keep(module, binding);
  }

  /** `export default` of something without a name. */
  needDefault(module: UserModule, node: ts.Node): void {
    const statement = this.#ts.isExportAssignment(node.parent) ? node.parent : node;
    this.#needsOf(module).exports.add('default');
    this.#keepUnit(module, statement as ts.Statement);
  }

  /** Ordered by module. */
  write(): readonly ModuleSlice[] {
    const modules = [...this.#needs.keys()].sort((a, b) => (a.file < b.file ? -1 : 1));
    return modules.map(module => this.#write(module, this.#needs.get(module)!));
  }

  #needsOf(module: UserModule): Needs {
    let needs = this.#needs.get(module);
    if (!needs)
      this.#needs.set(
        module,
        (needs = { exports: new Set(), units: new Set(), imports: new Set(), aliases: new Map() }),
      );
    return needs;
  }

  #keep(module: UserModule, binding: Binding): void {
    if (binding.imported) {
      this.#keepImport(module, binding);
      return;
    }
    const unit = this.#plan.unitOf({ module, binding });
    if (unit) this.#keepUnit(module, unit);
    for (const fill of this.#plan.fillsOf({ module, binding })) this.#keepUnit(module, fill);
  }

  #keepUnit(module: UserModule, unit: Unit): void {
    const { units } = this.#needsOf(module);
    if (units.has(unit)) return;
    units.add(unit);
    for (const use of this.#plan.usesOf(module, unit)) this.#keep(module, use);
  }

  #keepImport(module: UserModule, binding: Binding): void {
    const { imports } = this.#needsOf(module);
    if (imports.has(binding)) return;
    imports.add(binding);
    const target = this.#modules.importTarget(module, binding);
    if (target?.kind === 'declared') this.needBinding(target);
    else if (target?.kind === 'default') this.needDefault(target.module, target.node);
    else if (target?.kind === 'namespace') this.needNamespace(binding, target.module);
  }

  /** `import * as binding`: the names that are read from it. */
  needNamespace(binding: Binding, target: UserModule): void {
    this.#needsOf(target);
    for (const name of this.#plan.namespaceNames(binding)) {
      const found = this.#modules.findExport(target, name);
      if (found?.kind === 'declared') this.needBinding(found);
      if (found?.kind === 'default') this.needDefault(found.module, found.node);
      if (found) this.#exportAs(target, name, found);
    }
  }

  /** The namespace object of the slice must have the name that the module exports. */
  #exportAs(module: UserModule, name: string, found: ExportTarget): void {
    const { aliases } = this.#needsOf(module);
    switch (found.kind) {
      case 'declared': {
        const own = found.binding.name;
        const clause = own === name ? own : `${own} as ${name}`;
        if (found.module !== module)
          aliases.set(name, `export { ${clause} } from ${userModule(found.module)};`);
        else if (own !== name) aliases.set(name, `export { ${clause} };`);
        return;
      }
      case 'default':
        if (found.module !== module) {
          aliases.set(name, `export { default as ${name} } from ${userModule(found.module)};`);
        }
        return;
      case 'namespace':
        aliases.set(name, `export * as ${name} from ${userModule(found.module)};`);
        return;
      case 'external':
        aliases.set(name, `export { ${found.name} as ${name} } from ${JSON.stringify(found.from)};`);
    }
  }

  #write(module: UserModule, needs: Needs): ModuleSlice {
    const text = new MappedText(this.#ts, module);
    for (const binding of [...needs.imports].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      text.glue(this.#importStatement(module, binding));
    }
    for (const statement of module.source.statements) this.#writeStatement(module, statement, needs, text);
    const named = [...needs.exports].filter(name => name !== 'default').sort();
    if (named.length > 0) text.glue(`export { ${named.join(', ')} };\n`);
    const aliases = [...needs.aliases].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [, statement] of aliases) text.glue(`${statement}\n`);
    const exports = new Set([...needs.exports, ...needs.aliases.keys()]);
    return { module: module.file, ...text.finish(), exports: [...exports].sort() };
  }

  #importStatement(module: UserModule, binding: Binding): string {
    const clause = (name: string, from: string): string => {
      const specifier = JSON.stringify(from);
      if (name === '*') return `import * as ${binding.name} from ${specifier};\n`;
      return `import { ${name === binding.name ? name : `${name} as ${binding.name}`} } from ${specifier};\n`;
    };
    const target = this.#modules.importTarget(module, binding);
    switch (target?.kind) {
      case 'declared':
        return clause(target.binding.name, `user:${target.module.file}`);
      case 'default':
        return clause('default', `user:${target.module.file}`);
      case 'namespace':
        return clause('*', `user:${target.module.file}`);
      case 'external':
        return clause(target.name, target.from);
      case undefined:
        throw new Error(`compiler bug: slice of ${module.file} imports '${binding.name}' from nowhere`);
    }
  }

  #writeStatement(module: UserModule, statement: ts.Statement, needs: Needs, text: MappedText): void {
    const ts = this.#ts;
    if (ts.isVariableStatement(statement)) {
      const list = statement.declarationList;
      const kept = list.declarations.filter(d => needs.units.has(d));
      if (kept.length === 0) return;
      text.copy(list.getStart(module.source), list.declarations[0]!.getStart(module.source));
      kept.forEach((declaration, index) => {
        if (index > 0) text.glue(', ');
        text.copy(declaration.getStart(module.source), declaration.end);
      });
      text.glue(';\n');
    } else if (needs.units.has(statement)) {
      text.copy(this.#codeStart(module, statement), statement.end).glue('\n');
    }
  }

  /** Named declarations are exported at the end, so their own `export` and `default` go. */
  #codeStart(module: UserModule, statement: ts.Statement): number {
    const ts = this.#ts;
    const named =
      (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && !statement.name;
    const isExported = hasModifier(ts, statement, ts.SyntaxKind.ExportKeyword);
    if (named || !isExported || !ts.canHaveModifiers(statement)) return statement.getStart(module.source);
    const last = statement.modifiers!.findLast(
      m => m.kind === ts.SyntaxKind.ExportKeyword || m.kind === ts.SyntaxKind.DefaultKeyword,
    )!;
    return last.end + (/^\s*/.exec(module.text.slice(last.end))?.[0].length ?? 0);
  }
}

function userModule(module: UserModule): string {
  return JSON.stringify(`user:${module.file}`);
}
