/** The user's modules, parsed and analysed once per content; shared by all steps of the front end and by watch rebuilds. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ts } from 'ts-morph';
import type { FnSite, SiteId } from '../ir/value.js';
import { analyseScopes, type Frame, type ScopeAnalysis } from './scope.js';
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
  readonly #modules = new Map<string, UserModule>();

  constructor(syntax: Syntax, root: string) {
    this.syntax = syntax;
    this.root = root;
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
    const scopes = analyseScopes(this.syntax.ts, source);
    const sites = describeSites(this.syntax.ts, source, scopes);
    const siteFrames = new Map([...sites].map(([frame, site]) => [site.id, frame]));
    const module = { file, text, source, scopes, sites, siteFrames };
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

  /** Root-relative file that a relative import names, by the rules of bundlers; null when there is none or it is no module of the program. */
  resolve(from: string, specifier: string): string | null {
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
