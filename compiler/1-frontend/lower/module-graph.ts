/** Imports and exports followed from module to module. */
import type { ts } from 'ts-morph';
import type { FnSite } from '../../ir/value.js';
import type { UserModule, UserModules } from '../modules.js';
import type { Binding, Frame } from '../scope.js';
import type { TypeScript } from '../syntax.js';

/** Where an exported name is declared, all re-exports followed. */
export type ExportTarget =
  | { readonly kind: 'declared'; readonly module: UserModule; readonly binding: Binding }
  /** `export default <expression>` and unnamed default functions and classes */
  | { readonly kind: 'default'; readonly module: UserModule; readonly node: ts.Node }
  | { readonly kind: 'namespace'; readonly module: UserModule }
  | { readonly kind: 'external'; readonly from: string; readonly name: string };

export class ModuleGraph {
  readonly ts: TypeScript;
  readonly #modules: UserModules;
  /** read once, so that one compilation sees one text */
  readonly #read = new Map<string, UserModule | null>();

  constructor(modules: UserModules) {
    this.#modules = modules;
    this.ts = modules.syntax.ts;
  }

  get(file: string): UserModule | null {
    let module = this.#read.get(file);
    if (module === undefined) {
      module = file.endsWith('.json') ? null : this.#modules.read(file);
      this.#read.set(file, module);
    }
    return module;
  }

  /** The function or class that a site describes. */
  frameAt(site: FnSite): { readonly module: UserModule; readonly frame: Frame } | null {
    const module = this.get(site.span.file);
    const frame = module?.siteFrames.get(site.id);
    return module && frame ? { module, frame } : null;
  }

  /** What an import binding stands for. */
  importTarget(module: UserModule, binding: Binding): ExportTarget | null {
    if (!binding.imported) return null;
    return this.#follow(module, binding.imported.from, binding.imported.name, new Set());
  }

  #follow(from: UserModule, specifier: string, name: string, seen: Set<string>): ExportTarget | null {
    const file = this.#modules.resolve(from.file, specifier);
    const target = file === null ? null : this.get(file);
    // JSON is no module to look into; named from the root, it can be imported from anywhere
    if (!target) return { kind: 'external', from: file === null ? specifier : `user:${file}`, name };
    return name === '*' ? { kind: 'namespace', module: target } : this.findExport(target, name, seen);
  }

  #imported(from: UserModule, specifier: string): UserModule | null {
    const file = this.#modules.resolve(from.file, specifier);
    return file === null ? null : this.get(file);
  }

  findExport(module: UserModule, name: string, seen: Set<string> = new Set()): ExportTarget | null {
    const id = `${module.file} ${name}`;
    if (seen.has(id)) return null; // a cycle of re-exports
    seen.add(id);
    const ts = this.ts;
    const stars: string[] = [];
    for (const statement of module.source.statements) {
      if (ts.isExportDeclaration(statement)) {
        const specifier = statement.moduleSpecifier;
        const from = specifier && ts.isStringLiteral(specifier) ? specifier.text : null;
        const clause = statement.exportClause;
        if (statement.isTypeOnly) continue;
        if (!clause) {
          if (from !== null) stars.push(from);
        } else if (ts.isNamespaceExport(clause)) {
          if (clause.name.text === name && from !== null) return this.#follow(module, from, '*', seen);
        } else {
          const element = clause.elements.find(e => e.name.text === name && !e.isTypeOnly);
          if (!element) continue;
          const local = (element.propertyName ?? element.name).text;
          return from === null ? this.#local(module, local, seen) : this.#follow(module, from, local, seen);
        }
      } else if (ts.isExportAssignment(statement)) {
        if (name !== 'default' || statement.isExportEquals) continue;
        if (ts.isIdentifier(statement.expression)) {
          const local = this.#local(module, statement.expression.text, seen);
          if (local) return local;
        }
        return { kind: 'default', module, node: statement.expression };
      } else if (hasModifier(ts, statement, ts.SyntaxKind.ExportKeyword)) {
        if (hasModifier(ts, statement, ts.SyntaxKind.DefaultKeyword)) {
          if (name !== 'default') continue;
          const declared = (statement as ts.FunctionDeclaration | ts.ClassDeclaration).name;
          return declared
            ? this.#local(module, declared.text, seen)
            : { kind: 'default', module, node: statement };
        }
        if (declaredNames(ts, statement).includes(name)) return this.#local(module, name, seen);
      }
    }
    for (const from of stars) {
      const target = this.#imported(module, from);
      const found = target && name !== 'default' ? this.findExport(target, name, seen) : null;
      if (found) return found;
    }
    return null;
  }

  #local(module: UserModule, name: string, seen: Set<string>): ExportTarget | null {
    const binding = module.scopes.module.names.get(name);
    if (!binding) return null;
    if (binding.imported) return this.#follow(module, binding.imported.from, binding.imported.name, seen);
    return { kind: 'declared', module, binding };
  }
}

export function hasModifier(ts: TypeScript, node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (node.modifiers?.some(m => m.kind === kind) ?? false);
}

/** Names that a statement declares at its own level. */
function declaredNames(ts: TypeScript, statement: ts.Node): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(d => patternNames(ts, d.name));
  }
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  ) {
    return statement.name && ts.isIdentifier(statement.name) ? [statement.name.text] : [];
  }
  return [];
}

function patternNames(ts: TypeScript, name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap(e => (ts.isBindingElement(e) ? patternNames(ts, e.name) : []));
}
