/** What a checker is opened on: the program's entry, the user's tsconfig.json and what flinkc adds to it. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { flinkcPackageRoot, flinkcTypePaths, type TypePaths } from './library-paths.js';

export interface ProjectOptions {
  /** absolute; files in diagnostics and schemas are relative to it */
  readonly root: string;
  /** the program's entry module, absolute or relative to root */
  readonly entry: string;
  /** tsconfig.json to honour; by default the nearest one between the entry and the root */
  readonly tsconfig?: string | null;
  /** where `flinkc` and its plugins are declared; by default this package */
  readonly typePaths?: TypePaths;
}

export interface Project {
  readonly root: string;
  readonly entry: string;
  readonly tsconfig: string | null;
  readonly typePaths: TypePaths;
  /** root-relative with '/'; null for files outside the root and for installed packages */
  relative(file: string): string | null;
  absolute(file: string): string;
  /** whether the file belongs to flinkc itself */
  isLibrary(file: string): boolean;
}

export function openProject(options: ProjectOptions): Project {
  const root = resolve(options.root);
  const entry = resolve(root, options.entry);
  const library = ['compiler', 'runtime', 'plugins', 'dist'].map(d => join(flinkcPackageRoot(), d) + sep);
  const isLibrary = (file: string): boolean => library.some(d => resolve(file).startsWith(d));
  return {
    root,
    entry,
    tsconfig:
      options.tsconfig === undefined
        ? nearestTsconfig(root, entry)
        : options.tsconfig && resolve(root, options.tsconfig),
    typePaths: options.typePaths ?? flinkcTypePaths(),
    relative(file) {
      const path = relative(root, file);
      if (path.startsWith('..') || resolve(path) === path || /(^|[\\/])node_modules[\\/]/.test(path))
        return null;
      return isLibrary(file) ? null : path.split(sep).join('/');
    },
    absolute: file => resolve(root, file),
    isLibrary,
  };
}

/** The configuration that a program belongs to: the nearest one between its entry and the root. */
export function nearestTsconfig(root: string, entry: string): string | null {
  for (let dir = dirname(entry); ; dir = dirname(dir)) {
    const file = join(dir, 'tsconfig.json');
    if (existsSync(file)) return file;
    if (dir === root || dir === dirname(dir)) return null;
  }
}

/** Directories in which installed `@types` packages may lie, nearest first. */
function typeRoots(root: string): readonly string[] {
  const found: string[] = [];
  for (let dir = root; ; dir = dirname(dir)) {
    const types = join(dir, 'node_modules', '@types');
    if (existsSync(types)) found.push(types);
    if (dir === dirname(dir)) return found;
  }
}

/** For programs without a tsconfig.json: strict, resolved as a bundler does. In tsconfig.json's own words. */
export function defaultCompilerOptions(root: string): Readonly<Record<string, unknown>> {
  const roots = typeRoots(root);
  const hasNodeTypes = roots.some(r => existsSync(join(r, 'node')));
  return {
    target: 'es2023',
    // Without Node's types, those of the browser are the only ones that declare console, URL or fetch.
    lib: hasNodeTypes ? ['es2023', 'esnext.disposable'] : ['es2023', 'esnext.disposable', 'dom'],
    types: hasNodeTypes ? ['node'] : [],
    module: 'esnext',
    moduleResolution: 'bundler',
    strict: true,
  };
}

export interface UserPaths {
  /** directory of the configuration that has `paths`: the user's tsconfig.json or one that it extends */
  readonly base: string;
  readonly baseUrl: string | null;
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

/** `paths` as TypeScript 5 understood them together with `baseUrl`, with absolute targets. */
export function absolutePaths(user: UserPaths): Readonly<Record<string, readonly string[]>> {
  const paths: Record<string, readonly string[]> = {};
  for (const [name, targets] of Object.entries(user.paths)) {
    paths[name] = targets.map(t => resolve(user.baseUrl ?? user.base, t));
  }
  if (user.baseUrl !== null) paths['*'] ??= [join(user.baseUrl, '*')]; // TypeScript 7 has no baseUrl any more
  return paths;
}

/** What flinkc decides whatever the user's configuration says. */
export function forcedCompilerOptions(project: Project, user: UserPaths): Readonly<Record<string, unknown>> {
  return {
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    // nothing is written, so where and how does not matter and must not be in conflict
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    emitDeclarationOnly: false,
    isolatedDeclarations: false,
    rootDir: null,
    outDir: null,
    outFile: null,
    declarationDir: null,
    tsBuildInfoFile: null,
    // unused names are for the editor to show, not a reason to refuse a build
    noUnusedLocals: false,
    noUnusedParameters: false,
    typeRoots: typeRoots(project.root),
    baseUrl: null,
    paths: { ...absolutePaths(user), ...project.typePaths },
  };
}

/**
 * Not: "no inputs were found" (the entry is the input), and options that one of the two checkers has deprecated or
 * removed, because a program must not build on one machine and fail on another.
 */
export function isConfigurationError(code: number): boolean {
  return ![18002, 18003, 5101, 5102, 5107, 5108].includes(code);
}
