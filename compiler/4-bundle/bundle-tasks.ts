/** Bundles generated task modules: one self-contained ES module per task, with a source map to the user's files. */
import { builtinModules } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import type { ModuleSlice } from '../ir/lambda.js';
import { libraryFile, libraryImport, libraryLoader, libraryName, readLibraryFile } from './library-files.js';
import { normalizeMap } from './normalize-map.js';

export interface TaskSource {
  readonly id: number;
  /** 'tasks/3.ts' */
  readonly path: string;
  /** TypeScript whose default export is a TaskModule */
  readonly code: string;
  /** source map (JSON) to the user's files */
  readonly map: string;
}
export interface BundleTasksInput {
  /** project root: where external packages are resolved from */
  readonly root: string;
  readonly tasks: readonly TaskSource[];
  readonly slices: readonly ModuleSlice[];
  /** imported by their task as `decoder:<task id>` */
  readonly decoders: readonly { readonly task: number; readonly code: string }[];
  /** user's file texts, for sourcesContent */
  readonly sources: ReadonlyMap<string, string>;
  readonly minify: boolean;
}
export interface BundledTask {
  readonly id: number;
  readonly code: string;
  readonly map: string;
}
export interface BundleTasksResult {
  readonly tasks: readonly BundledTask[];
  /** absolute paths of npm package files that went in, for the bill of materials */
  readonly packageFiles: readonly string[];
}

const builtins = new Set(builtinModules.flatMap(name => [name, `node:${name}`]));

/** Tasks do not share chunks: each gets its own copy of the operator library, so that call sites stay monomorphic. */
export async function bundleTasks(input: BundleTasksInput): Promise<BundleTasksResult> {
  const packageFiles = new Set<string>();
  const build = await run(input, packageFiles);
  const text = (suffix: string): Map<string, string> =>
    new Map(
      build.outputFiles
        .filter(file => file.path.endsWith(suffix))
        .map(file => [
          relative(input.root, file.path).replaceAll('\\', '/').slice(0, -suffix.length),
          file.text,
        ]),
    );
  const code = text('.mjs');
  const maps = text('.mjs.map');
  const tasks = input.tasks.map(task => {
    const name = task.path.replace(/\.ts$/, '');
    return {
      id: task.id,
      code: code.get(`out/${name}`)!,
      map: normalizeMap(maps.get(`out/${name}`)!, input.sources),
    };
  });
  return { tasks, packageFiles: [...packageFiles].sort() };
}

async function run(
  input: BundleTasksInput,
  packageFiles: Set<string>,
): Promise<esbuild.BuildResult<{ write: false }>> {
  try {
    return await esbuild.build({
      entryPoints: input.tasks.map(task => ({
        in: `flinkc-task:${task.path}`,
        out: task.path.replace(/\.ts$/, ''),
      })),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      write: false,
      outdir: resolve(input.root, 'out'),
      outExtension: { '.js': '.mjs' },
      sourcemap: 'linked',
      sourcesContent: false,
      minify: input.minify,
      // operator and class names appear in messages
      keepNames: false,
      absWorkingDir: input.root,
      logLevel: 'silent',
      legalComments: 'eof',
      charset: 'utf8',
      // the user's tsconfig must not change what the generated code means
      tsconfigRaw: {
        compilerOptions: { target: 'ES2022', useDefineForClassFields: true, verbatimModuleSyntax: false },
      },
      // CommonJS packages call require() for Node's own modules
      banner: {
        js: "import { createRequire as flinkcCreateRequire } from 'node:module'; const require = flinkcCreateRequire(import.meta.url);",
      },
      plugins: [generated(input), library(), packages(input.root, packageFiles)],
    });
  } catch (error) {
    const message = (error as esbuild.BuildFailure).errors?.[0];
    if (!message) throw error;
    // Staging has bundled the whole program before, so this is of what was generated.
    const { file, line, column } = message.location ?? { file: 'tasks', line: 1, column: 0 };
    throw new Error(`${file}:${line}:${column + 1}: ${message.text}`, { cause: error });
  }
}

const withMap = (code: string, map: string): string =>
  `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`;

/** Task modules and slices of user modules live in memory. */
function generated(input: BundleTasksInput): esbuild.Plugin {
  const tasks = new Map(input.tasks.map(task => [task.path, task]));
  const slices = new Map(input.slices.map(slice => [slice.module, slice]));
  return {
    name: 'flinkc-generated',
    setup(build) {
      build.onResolve({ filter: /^flinkc-task:/ }, args => ({
        path: args.path.slice('flinkc-task:'.length),
        namespace: 'task',
      }));
      build.onResolve({ filter: /^user:/ }, args => {
        const path = args.path.slice('user:'.length);
        if (path.endsWith('.json')) return { path: resolve(input.root, path) };
        return { path, namespace: 'user', sideEffects: true };
      });
      build.onResolve({ filter: /^decoder:/ }, args => ({
        path: args.path.slice('decoder:'.length),
        namespace: 'decoder',
      }));
      build.onLoad({ filter: /.*/, namespace: 'decoder' }, args => ({
        contents: input.decoders.find(decoder => String(decoder.task) === args.path)!.code,
        loader: 'ts',
        resolveDir: input.root,
      }));
      build.onLoad({ filter: /.*/, namespace: 'task' }, args => {
        const task = tasks.get(args.path)!;
        return { contents: withMap(task.code, task.map), loader: 'ts', resolveDir: input.root };
      });
      build.onLoad({ filter: /.*/, namespace: 'user' }, args => {
        const slice = slices.get(args.path);
        if (!slice) throw new Error(`compiler bug: no slice of ${args.path}`);
        return {
          contents: withMap(slice.code, slice.map),
          loader: 'ts',
          resolveDir: resolve(input.root, dirname(args.path)),
        };
      });
    },
  };
}

/** flinkc's own modules, under names that do not tell where the package is installed. */
function library(): esbuild.Plugin {
  return {
    name: 'flinkc-library',
    setup(build) {
      build.onResolve({ filter: /^flinkc(\/|$)/ }, args => {
        const file = libraryFile(args.path);
        return file === null
          ? { errors: [{ text: `flinkc has no module '${args.path}'` }] }
          : { path: libraryName(file), namespace: 'flinkc', pluginData: file, sideEffects: false };
      });
      build.onResolve({ filter: /^\./, namespace: 'flinkc' }, args => {
        const file = libraryImport(args.pluginData as string, args.path);
        return { path: libraryName(file), namespace: 'flinkc', pluginData: file, sideEffects: false };
      });
      build.onLoad({ filter: /.*/, namespace: 'flinkc' }, args => ({
        contents: readLibraryFile(args.pluginData as string),
        loader: libraryLoader,
        pluginData: args.pluginData as string,
        resolveDir: dirname(args.pluginData as string),
      }));
    },
  };
}

/** npm packages: resolved as Node would from the user's project, and remembered. */
function packages(root: string, seen: Set<string>): esbuild.Plugin {
  return {
    name: 'flinkc-packages',
    setup(build) {
      build.onResolve({ filter: /^[^.]/ }, async args => {
        if (builtins.has(args.path)) return { path: args.path, external: true };
        if (args.pluginData === 'resolving' || args.namespace === 'flinkc') return undefined;
        const found = await build.resolve(args.path, {
          kind: args.kind,
          resolveDir: args.resolveDir || root,
          pluginData: 'resolving',
        });
        if (found.errors.length === 0) return { path: found.path, sideEffects: found.sideEffects };
        // CommonJS packages try optional ones (pg: 'pg-native'); as in Node, one that is missing throws when it is asked for.
        return args.kind === 'require-call' ? { path: args.path, external: true } : { errors: found.errors };
      });
      build.onLoad({ filter: /[\\/]node_modules[\\/]/ }, args => {
        seen.add(args.path);
        return undefined;
      });
    },
  };
}
