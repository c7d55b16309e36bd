/** Bundles an instrumented program for staging: its own modules in one file, packages left outside. */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import type {
  StageBundle,
  StageBundleInput,
  StageBundlePlace,
  StageBundleProblem,
} from '../ir/stage-bundler.js';
import {
  libraryFile,
  libraryImport,
  libraryLoader,
  libraryModules,
  libraryName,
  readLibraryFile,
} from './library-files.js';

/** Plugins see their own resolutions again: this marks them. */
const nested = { nested: true };
const preludeName = 'flinkc-stage:prelude';

/** esbuild is a process of its own: started early it is there when the first bundle is wanted. */
export function startBundler(): void {
  // what fails here fails again for the first bundle
  esbuild.transform('').catch(() => null);
}

export async function bundleStage(input: StageBundleInput): Promise<StageBundle> {
  const inputs = new Set<string>();
  const problems: StageBundleProblem[] = [];
  const unresolved = (importer: string, specifier: string): void => {
    const library = specifier.startsWith('flinkc/') ? libraryModules() : [];
    problems.push({ kind: 'unresolved', importer: rootRelative(input.root, importer), specifier, library });
  };
  try {
    const build = await esbuild.build({
      stdin: {
        contents: `import '${preludeName}'; import ${JSON.stringify(`./${input.entry}`)};`,
        resolveDir: input.root,
        sourcefile: 'stage-entry.ts',
        loader: 'ts',
      },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: input.sourceMap ? 'external' : false,
      outfile: resolve(input.root, 'stage.mjs'),
      absWorkingDir: input.root,
      logLevel: 'silent',
      // fields must exist before constructors run, whatever the user's tsconfig says
      tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
      plugins: [
        preludePlugin(input),
        libraryPlugin(),
        packagePlugin(input, unresolved),
        programPlugin(input, inputs),
      ],
    });
    const file = (suffix: string): string | undefined =>
      build.outputFiles.find(f => f.path.endsWith(suffix))?.text;
    return { code: file('.mjs') ?? '', map: file('.map') ?? null, inputs: [...inputs].sort(), problems };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    if (problems.length === 0) {
      for (const { text, location } of error.errors) {
        problems.push({ kind: 'failed', text, at: location && placeOf(location) });
      }
    }
    return { code: '', map: null, inputs: [...inputs].sort(), problems };
  }
}

/** Columns are those of the instrumented line, its words those of the user's. */
function placeOf({ file, line, column, length, lineText }: esbuild.Location): StageBundlePlace {
  return { file, line, word: lineText.slice(column, column + length) };
}

function preludePlugin({ prelude, root }: StageBundleInput): esbuild.Plugin {
  return {
    name: 'flinkc-prelude',
    setup(build) {
      build.onResolve({ filter: /^flinkc-stage:prelude$/ }, args => ({
        path: args.path,
        namespace: 'flinkc-stage',
      }));
      build.onLoad({ filter: /.*/, namespace: 'flinkc-stage' }, () => ({
        contents: prelude,
        resolveDir: root,
      }));
    },
  };
}

/** flinkc itself, under names that are the same on every machine. */
function libraryPlugin(): esbuild.Plugin {
  return {
    name: 'flinkc-library',
    setup(build) {
      build.onResolve({ filter: /^flinkc(\/|$)/ }, args => {
        const file = libraryFile(args.path);
        return file === null ? undefined : inLibrary(file);
      });
      build.onResolve({ filter: /^\./, namespace: 'flinkc' }, args =>
        inLibrary(libraryImport((args.pluginData as { file: string }).file, args.path)),
      );
      build.onLoad({ filter: /.*/, namespace: 'flinkc' }, args => {
        const { file } = args.pluginData as { file: string };
        return { contents: readLibraryFile(file), loader: libraryLoader, pluginData: { file } };
      });
    },
  };
}

function inLibrary(file: string): esbuild.OnResolveResult {
  return { path: libraryName(file), namespace: 'flinkc', pluginData: { file }, sideEffects: false };
}

/** Packages run as Node would run them, found from the module that imports them. */
function packagePlugin(
  input: StageBundleInput,
  unresolved: (importer: string, specifier: string) => void,
): esbuild.Plugin {
  return {
    name: 'flinkc-packages',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async args => {
        if (args.pluginData === nested || args.kind === 'entry-point') return undefined;
        if (isBuiltin(args.path)) return { path: args.path, external: true };
        // what flinkc's own modules import is installed with flinkc, not with the program
        if (args.namespace === 'flinkc') return { path: import.meta.resolve(args.path), external: true };
        const { kind, importer, resolveDir, namespace } = args;
        const alias = input.alias(rootRelative(input.root, importer), args.path);
        if (alias !== null) return { path: resolve(input.root, alias), sideEffects: true };
        const found = await build.resolve(args.path, {
          kind,
          importer,
          resolveDir,
          namespace,
          pluginData: nested,
        });
        if (found.errors.length > 0) {
          unresolved(importer, args.path);
          return { errors: [{ text: `Could not resolve "${args.path}"` }] };
        }
        const isPackage = !/^[./#]/.test(args.path) && found.path.includes('node_modules');
        if (isPackage) return { path: pathToFileURL(found.path).href, external: true };
        // a program runs for its effects, even when its package.json says "sideEffects": false
        return { path: found.path, namespace: found.namespace, sideEffects: true };
      });
    },
  };
}

function programPlugin(input: StageBundleInput, inputs: Set<string>): esbuild.Plugin {
  return {
    name: 'flinkc-program',
    setup(build) {
      build.onLoad({ filter: /\.[mc]?[jt]s$/, namespace: 'file' }, args => {
        const file = rootRelative(input.root, args.path);
        inputs.add(file);
        const module = input.transform(file, readFileSync(args.path, 'utf8'));
        const comment = input.sourceMap
          ? `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(module.map()).toString('base64')}`
          : '';
        return { contents: module.code + comment, loader: 'ts', resolveDir: dirname(args.path) };
      });
    },
  };
}

function rootRelative(root: string, file: string): string {
  return relative(root, file).replaceAll('\\', '/');
}

function isBuildFailure(error: unknown): error is esbuild.BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<esbuild.BuildFailure>).errors);
}
