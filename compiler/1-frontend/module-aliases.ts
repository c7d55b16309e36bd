/**
 * Imports of the program's own modules under other names than their paths: tsconfig.json's `paths` and `baseUrl`,
 * package.json's `imports`. TypeScript's resolver answers, so that what runs is what the checker saw.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import type { ts } from 'ts-morph';
import type { TypeScript } from './syntax.js';
import { absolutePaths } from './types/project.js';

export class ModuleAliases {
  readonly #ts: TypeScript;
  readonly #root: string;
  readonly #options: ts.CompilerOptions;
  readonly #paths: Readonly<Record<string, readonly string[]>>;

  /** `tsconfig`: absolute path, null for none. */
  constructor(library: TypeScript, root: string, tsconfig: string | null) {
    this.#ts = library;
    this.#root = root;
    this.#paths = tsconfig === null ? {} : pathsOf(library, tsconfig);
    this.#options = {
      module: library.ModuleKind.ESNext,
      moduleResolution: library.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      allowJs: true,
      resolveJsonModule: true,
      paths: Object.fromEntries(Object.entries(this.#paths).map(([name, targets]) => [name, [...targets]])),
    };
  }

  /** Root-relative file of the program that a specifier which is no path stands for; null for packages. */
  resolve(from: string, specifier: string): string | null {
    if (isPath(specifier) || isBuiltin(specifier) || /^flinkc(?:\/|$)/.test(specifier)) return null;
    if (!specifier.startsWith('#') && this.targets(specifier).length === 0) return null;
    const importer = path.join(this.#root, from);
    const { resolvedModule: found } = this.#ts.resolveModuleName(
      specifier,
      importer,
      this.#options,
      this.#ts.sys,
    );
    // a declaration tells the types of what is found elsewhere: in an installed package
    if (!found || found.isExternalLibraryImport || /\.d\.[mc]?ts$/.test(found.resolvedFileName)) return null;
    return path.relative(this.#root, found.resolvedFileName).replaceAll('\\', '/');
  }

  /** Root-relative places at which `paths` say that a module lies, whether or not there is one. */
  targets(specifier: string): readonly string[] {
    let best: { readonly length: number; readonly targets: readonly string[] } | null = null;
    for (const [pattern, targets] of Object.entries(this.#paths)) {
      const [prefix, suffix] = pattern.split('*') as [string, string?];
      if (suffix === undefined) {
        if (specifier === pattern) return targets.map(target => this.#relative(target));
        continue;
      }
      if (specifier.length < prefix.length + suffix.length) continue;
      if (!specifier.startsWith(prefix) || !specifier.endsWith(suffix)) continue;
      if (best !== null && best.length >= prefix.length) continue;
      const matched = specifier.slice(prefix.length, specifier.length - suffix.length);
      const replaced = targets.map(target => this.#relative(target.replace('*', () => matched)));
      best = { length: prefix.length, targets: replaced };
    }
    return best?.targets ?? [];
  }

  #relative(file: string): string {
    return path.relative(this.#root, file).replaceAll('\\', '/');
  }
}

function isPath(specifier: string): boolean {
  return /^(?:\.{1,2}(?:\/|$)|\/)/.test(specifier);
}

/** With `extends` followed. What is wrong in the file is the checker's to say. */
function pathsOf(library: TypeScript, tsconfig: string): Readonly<Record<string, readonly string[]>> {
  if (!existsSync(tsconfig)) return {};
  const { config } = library.readConfigFile(tsconfig, file => readFileSync(file, 'utf8')) as {
    readonly config?: unknown;
  };
  // which files the configuration includes does not matter here, and listing them takes time
  const host = { ...library.sys, readDirectory: () => [] };
  const base = path.dirname(tsconfig);
  const { options } = library.parseJsonConfigFileContent(config ?? {}, host, base, undefined, tsconfig);
  const { pathsBasePath } = options;
  return absolutePaths({
    base: typeof pathsBasePath === 'string' ? pathsBasePath : base,
    baseUrl: options.baseUrl ?? null,
    paths: options.paths ?? {},
  });
}
