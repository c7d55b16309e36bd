/** The user's modules, parsed and analysed once per content; shared by all steps of the front end and by watch rebuilds. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ts } from 'ts-morph';
import type { FnSite, SiteId } from '../ir/value.js';
import { ModuleAliases } from './module-aliases.js';
import { analyseScopes } from './analyse-scopes.js';
import type { Frame, ScopeAnalysis } from './scope.js';
import { describeSites } from './sites.js';
import type { Syntax } from './syntax.js';

export interface UserModule {
  /** root-relative, with '/' */
  readonly file: string;
  readonly text: string;
  readonly source: ts.SourceFile;
  readonly scopes: ScopeAnalysis;
  readonly sites: ReadonlyMap<Frame, FnSite>;
  /** the frame behind a site id of this module */
  readonly siteFrames: ReadonlyMap<SiteId, Frame>;
  /** A specifier of this module; aliases of the program's modules are replaced by relative paths. */
  readonly pathOf: (specifier: string) => string;
}

/**
 * @example
 * const modules = new UserModules(await loadSyntax(), root);
 * const module = modules.read(siteModule(site.id));
 * const arrow = module.siteFrames.get(site.id)!.node;
 */
export class UserModules {
  readonly syntax: Syntax;
  readonly root: string;
  readonly aliases: ModuleAliases;
  readonly #modules = new Map<string, UserModule>();

  /** `tsconfig`: absolute path of the user's, null for none. */
  constructor(syntax: Syntax, root: string, tsconfig: string | null = null) {
    this.syntax = syntax;
    this.root = root;
    this.aliases = new ModuleAliases(syntax.ts, root, tsconfig);
  }

  /** Modules that were read so far, root-relative, sorted. */
  get files(): readonly string[] {
    return [...this.#modules.keys()].sort();
  }

  /** Reads a module from disk; parses only when its text changed since the last call. */
  read(file: string): UserModule {
    return this.load(file, readFileSync(path.join(this.root, file), 'utf8'));
  }

  load(file: string, text: string): UserModule {
    const known = this.#modules.get(file);
    if (known?.text === text) return known;
    const source = this.syntax.parse(file, text);
    const pathOf = (specifier: string): string => this.#pathOf(file, specifier);
    const scopes = analyseScopes(this.syntax.ts, source, pathOf);
    const sites = describeSites(this.syntax.ts, source, scopes);
    const siteFrames = new Map([...sites].map(([frame, site]) => [site.id, frame]));
    const module = { file, text, source, scopes, sites, siteFrames, pathOf };
    this.#modules.set(file, module);
    return module;
  }

  /** A module that was loaded before, as it was then. */
  known(file: string): UserModule | undefined {
    return this.#modules.get(file);
  }

  /** All modules loaded so far. */
  all(): Iterable<UserModule> {
    return this.#modules.values();
  }

  #pathOf(from: string, specifier: string): string {
    const file = this.aliases.resolve(from, specifier);
    if (file === null) return specifier;
    const relative = path.posix.relative(path.posix.dirname(from), file);
    return relative.startsWith('.') ? relative : `./${relative}`;
  }

  /** Root-relative file of the program that a relative import or an alias names, by the rules of bundlers; null when there is none. */
  resolve(from: string, specifier: string): string | null {
    const alias = this.aliases.resolve(from, specifier);
    if (alias !== null) return alias;
    if (!specifier.startsWith('.')) return null;
    const target = path.posix.join(path.posix.dirname(from), specifier);
    for (const candidate of candidates(target)) {
      if (existsSync(path.join(this.root, candidate))) return candidate;
    }
    return null;
  }
}

/** Root-relative file of a site. */
export function siteModule(id: SiteId): string {
  return id.slice(0, id.indexOf('#'));
}

function candidates(target: string): readonly string[] {
  const extension = /\.([mc]?)js$/.exec(target);
  if (extension) {
    const stem = target.slice(0, extension.index);
    return [`${stem}.${extension[1]}ts`, target];
  }
  if (/\.(?:[mc]?ts|json)$/.test(target)) return [target];
  return [`${target}.ts`, `${target}.mts`, `${target}/index.ts`];
}
