/** The compiler's pipeline: program → graph → plan → task modules → artifact. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { operatorIdOf } from '../runtime/contract/operator-id.js';
import { lintProgram } from './1-frontend/lints/index.js';
import { lockGraph } from './1-frontend/lock-file.js';
import { lowerProgram } from './1-frontend/lower/index.js';
import { UserModules } from './1-frontend/modules.js';
import { entryProblem, stageProgram } from './1-frontend/stage.js';
import { loadSyntax } from './1-frontend/syntax.js';
import { nearestTsconfig, openOracle, typeGraph, type TypeOracle } from './1-frontend/types/index.js';
import { optimize } from './2-optimize/index.js';
import { generateManifests, generateTasks } from './3-codegen/index.js';
import { assembleArtifact, type Artifact } from './4-bundle/artifact.js';
import { bundleTasks } from './4-bundle/bundle-tasks.js';
import { billOfMaterials } from './4-bundle/sbom.js';
import { bundleStage, startBundler } from './4-bundle/stage-bundle.js';
import { accessRows, generateDecoders, type ConnectorCompilers } from './connectors.js';
import { DiagnosticLog, type Diagnostic } from './diagnostics/diagnostic.js';
import { explain } from './explain/index.js';
import type { Op, Plan } from './ir/index.js';

export { writeArtifact } from './4-bundle/write-artifact.js';
export type { Artifact } from './4-bundle/artifact.js';

export interface CompileOptions {
  /** path of the program */
  readonly entry: string;
  readonly minify?: boolean;
  /** flinkc.lock.json: written when it changes, or 'frozen': a change is an error */
  readonly lock?: 'update' | 'frozen';
  readonly buildParams?: Readonly<Record<string, string>>;
  /** compile-time halves of formats and sources, which the compiler does not import itself */
  readonly connectors: ConnectorCompilers;
  readonly flinkcVersion: string;
  /** false: one task per operator; to compare fused with unfused execution */
  readonly fuse?: boolean;
  /** told the plan after every pass that changed it */
  readonly trace?: (pass: string, draft: string) => void;
  readonly signal?: AbortSignal;
}

export interface CompileOutput {
  readonly artifact: Artifact;
  readonly plan: Plan;
  /** TypeScript of each task before bundling, by path */
  readonly generated: ReadonlyMap<string, string>;
}
export interface CompileResult {
  /** project root: places in diagnostics are relative to it */
  readonly root: string;
  readonly diagnostics: readonly Diagnostic[];
  /** user modules that were read, root-relative: what to watch for changes */
  readonly modules: readonly string[];
  /** null when there are errors */
  readonly output: CompileOutput | null;
}

/** What is kept between builds of the same program: parsed modules and an open type checker. */
export class CompileSession {
  readonly root: string;
  readonly entry: string;
  readonly modules: UserModules;
  readonly oracle: TypeOracle;

  private constructor(root: string, entry: string, modules: UserModules, oracle: TypeOracle) {
    this.root = root;
    this.entry = entry;
    this.modules = modules;
    this.oracle = oracle;
  }
  static async open(entry: string): Promise<CompileSession> {
    const file = resolve(entry);
    const root = projectRoot(file);
    // checker and bundler are processes of their own: they start while TypeScript's parser is being loaded here
    const oracle = openOracle({ root, entry: file });
    startBundler();
    const modules = new UserModules(await loadSyntax(), root, nearestTsconfig(root, file));
    return new CompileSession(root, file, modules, await oracle);
  }
  async close(): Promise<void> {
    await this.oracle.close();
  }
}

export async function compile(options: CompileOptions): Promise<CompileResult> {
  const session = await CompileSession.open(options.entry);
  try {
    return await compileWith(session, options);
  } finally {
    await session.close();
  }
}

export async function compileWith(session: CompileSession, options: CompileOptions): Promise<CompileResult> {
  const log = new DiagnosticLog();
  const output = await pipeline(session, options, log);
  return {
    root: session.root,
    diagnostics: log.all,
    modules: session.modules.files,
    output: log.hasErrors ? null : output,
  };
}

async function pipeline(
  { root, entry, modules, oracle }: CompileSession,
  options: CompileOptions,
  log: DiagnosticLog,
): Promise<CompileOutput | null> {
  // TypeScript would say the same about a missing program in other words
  const typeErrors = entryProblem({ entry, root }) ? Promise.resolve() : oracle.diagnostics(log);
  const staged = await stageProgram({
    entry,
    root,
    bundle: bundleStage,
    log,
    env: process.env,
    buildParams: options.buildParams ?? {},
    modules,
    ...(options.signal && { signal: options.signal }),
  });
  await typeErrors;
  if (!staged || log.hasErrors) return null;

  const locked = lockGraph({
    graph: staged,
    modules,
    entry: relativeTo(root, entry),
    log,
    frozen: options.lock === 'frozen',
  });
  if (!locked) return null;
  const typed = await typeGraph(locked.graph, oracle, log);
  const program = lowerProgram(locked.graph, modules, log);
  lintProgram(locked.graph, modules, log);
  if (!typed || log.hasErrors) return null;

  const uids = new Map(typed.ops.map(op => [op.id, uidOf(op)]));
  const optimized = optimize(typed, program, uids, log, {
    ...(options.trace && { trace: options.trace }),
    ...(options.fuse === undefined ? {} : { fuse: options.fuse }),
  });
  const { plan, decoders } = log.hasErrors
    ? { plan: optimized, decoders: [] }
    : generateDecoders(accessRows(optimized, options.connectors.sources), options.connectors.formats, log);
  if (log.hasErrors) return null;

  const tasks = generateTasks(plan, new Set(decoders.map(decoder => decoder.task)));
  const manifests = generateManifests(plan);
  const bundled = await bundleTasks({
    root,
    tasks,
    decoders,
    slices: program.slices,
    sources: program.sources,
    minify: options.minify ?? false,
  });
  const artifact = assembleArtifact({
    flinkcVersion: options.flinkcVersion,
    plan: manifests.plan,
    state: manifests.state,
    parameters: plan.parameters.flatMap(p =>
      p.kind === 'buildParam' ? [] : [{ name: p.name, kind: p.kind, type: p.type, default: p.defaultValue }],
    ),
    environment: staged.effects
      .filter(effect => effect.startsWith('env:'))
      .map(effect => effect.slice('env:'.length)),
    tasks: bundled.tasks,
    sbom: billOfMaterials(plan.settings.jobName, options.flinkcVersion, bundled.packageFiles),
    report: {
      plan: explain(plan),
      diagnostics: log.all.map(({ code, severity, message, at }) => ({ code, severity, message, at })),
    },
  });
  locked.save();
  return { artifact, plan, generated: new Map(tasks.map(task => [task.path, task.code])) };
}

function uidOf(op: Op): { readonly uid: string; readonly uidHash: string } {
  const uid = op.uid ?? op.symbolPath;
  return { uid, uidHash: op.uidHash ?? operatorIdOf(uid) };
}

/** The folder that paths are relative to: where the nearest package.json or tsconfig.json lies, else the program's own. */
function projectRoot(entry: string): string {
  for (let dir = dirname(entry); dir !== dirname(dir); dir = dirname(dir))
    if (existsSync(join(dir, 'package.json')) || existsSync(join(dir, 'tsconfig.json'))) return dir;
  return dirname(entry);
}
const relativeTo = (root: string, file: string): string => file.slice(root.length + 1).replaceAll('\\', '/');
