/**
 * Runs the program once, with a recording API, to learn which graph it builds: no interpretation of syntax, so
 * loops, helpers, several modules and top-level await need no support of their own.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { DiagnosticLog, type Diagnostic } from '../diagnostics/diagnostic.js';
import { diagnose } from '../diagnostics/diagnose.js';
import type { Graph } from '../ir/graph.js';
import type { StageBundle, StageBundler } from '../ir/stage-bundler.js';
import { checkCaptures } from './check-captures.js';
import { checkParameters } from './check-parameters.js';
import { checkSyntax } from './check-syntax.js';
import { buildGraph } from './graph.js';
import { instrument } from './instrument.js';
import { UserModules } from './modules.js';
import { resolveReferences } from './resolve-references.js';
import { runStage } from './run-stage.js';
import { bundleProblem, StageDiagnostics } from './stage-diagnostics.js';
import { loadSyntax } from './syntax.js';
import { nearestTsconfig } from './types/index.js';

export interface StageOptions {
  /** path of the program, absolute or relative to the root */
  readonly entry: string;
  /** absolute path of the project: all paths in the graph are relative to it */
  readonly root: string;
  readonly bundle: StageBundler;
  readonly log: DiagnosticLog;
  /** environment of the program while it is staged */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly buildParams: Readonly<Record<string, string>>;
  /** parsed modules, kept between builds and shared with the other steps of the front end */
  readonly modules?: UserModules;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How long a program may take to reach execute(). */
const defaultTimeoutMs = 30_000;

/** What makes any look into the program pointless. */
export function entryProblem(options: Pick<StageOptions, 'entry' | 'root'>): Diagnostic | null {
  const file = entryOf(options);
  if (!isFile(path.join(options.root, file))) return diagnose('FC1001', { file }, null);
  if (!/\.m?ts$/.test(file) || file.endsWith('.d.ts')) return diagnose('FC1002', { file }, null);
  return null;
}
const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
const entryOf = ({ entry, root }: Pick<StageOptions, 'entry' | 'root'>): string =>
  path.relative(root, path.resolve(root, entry)).replaceAll('\\', '/');

/** The graph, or null when the log has the reasons why there is none. */
export async function stageProgram(options: StageOptions): Promise<Graph | null> {
  const { root, log } = options;
  const problem = entryProblem(options);
  if (problem) {
    log.add(problem);
    return null;
  }
  const entry = entryOf(options);
  const modules =
    options.modules ??
    new UserModules(await loadSyntax(), root, nearestTsconfig(root, path.resolve(root, entry)));
  const bundle = (sourceMap: boolean): Promise<StageBundle> =>
    bundleProgram(options, modules, entry, sourceMap);
  const staged = await bundle(false);
  // the log may have type errors by now: whether it does must not decide what else is told
  const syntax = new DiagnosticLog();
  for (const file of staged.inputs) checkSyntax(modules, file, syntax);
  for (const problem of syntax.all) log.add(problem);
  if (!syntax.hasErrors) for (const problem of staged.problems) log.add(bundleProblem(problem, modules));
  if (log.hasErrors) return null;

  const report = await runStage({
    code: staged.code,
    root,
    env: options.env,
    buildParams: options.buildParams,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    ...(options.signal && { signal: options.signal }),
  });
  const diagnostics = new StageDiagnostics({
    modules,
    entry,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    bundle: () => bundle(true),
  });
  for (const diagnostic of await diagnostics.of(report)) log.add(diagnostic);
  if (report.end.kind !== 'executed') return null;
  const graph = buildGraph({ report, modules, files: staged.inputs, entry });
  checkCaptures(graph, modules, log);
  checkParameters(graph, modules, log);
  return log.hasErrors ? null : resolveReferences(graph);
}

function bundleProgram(
  { root, bundle }: StageOptions,
  modules: UserModules,
  entry: string,
  sourceMap: boolean,
): Promise<StageBundle> {
  return bundle({
    root,
    entry,
    prelude: `import * as api from 'flinkc'; import { startStaging } from 'flinkc/internal/staging'; startStaging(api);`,
    transform: (file, text) => instrument(modules.syntax.ts, modules.load(file, text)),
    alias: (importer, specifier) => modules.aliases.resolve(importer, specifier),
    sourceMap,
  });
}
