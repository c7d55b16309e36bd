/**
 * Where the modules that programs and generated code import from flinkc lie. From a checkout they are TypeScript
 * sources, from the published package the same tree as JavaScript under dist/.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const treeRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

const entries: Readonly<Record<string, string>> = {
  flinkc: 'compiler/lang/index',
  'flinkc/testing': 'runtime/testing/index',
  'flinkc/internal/staging': 'compiler/1-frontend/stage-worker',
  'flinkc/internal/operators': 'runtime/operators/index',
  'flinkc/internal/api': 'plugins/api/index',
  'flinkc/internal/contract': 'runtime/contract/index',
};

/** Absolute path of the file behind `flinkc`, `flinkc/<plugin>` or `flinkc/internal/…`; null when there is none. */
export function libraryFile(specifier: string): string | null {
  const entry =
    entries[specifier] ??
    (/^flinkc\/[a-z0-9-]+$/.test(specifier) ? `plugins/${specifier.slice(7)}/index` : null);
  if (entry === null) return null;
  const file = join(treeRoot, entry + extension);
  return existsSync(file) ? file : null;
}

/** What programs import from flinkc, sorted. */
export function libraryModules(): readonly string[] {
  const plugins = readdirSync(join(treeRoot, 'plugins'))
    .map(name => `flinkc/${name}`)
    .filter(name => name !== 'flinkc/api' && libraryFile(name) !== null);
  return [...Object.keys(entries).filter(name => !name.includes('/internal/')), ...plugins].sort();
}

/** Resolves a relative import between library files: './task.js' → task.ts in a checkout. */
export function libraryImport(importer: string, specifier: string): string {
  const file = resolve(dirname(importer), specifier);
  return extension === '.ts' ? file.replace(/\.js$/, '.ts') : file;
}

/** Name of a library file that is the same on every machine: 'runtime/operators/index'. */
export function libraryName(file: string): string {
  return relative(treeRoot, file)
    .replaceAll('\\', '/')
    .replace(/\.(ts|js)$/, '');
}

/**
 * Text of a library file, without the link to its own source map: positions in flinkc are of no use to its users, and
 * the map would bring the place where the package is installed into the artifact.
 */
export function readLibraryFile(file: string): string {
  return readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
}
export const libraryLoader = extension === '.ts' ? 'ts' : 'js';
