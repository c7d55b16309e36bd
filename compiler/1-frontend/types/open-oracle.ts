/** The compiler's side of the type oracle. */
import type { Diagnostic, DiagnosticLog } from '../../diagnostics/diagnostic.js';
import type { Graph, TypedGraph } from '../../ir/index.js';
import { LocalOracle, type CheckerName, type TypedOps } from './local-oracle.js';
import { openProject, type ProjectOptions } from './project.js';
import { ThreadOracle } from './thread-oracle.js';

export interface OracleOptions extends ProjectOptions {
  /** by default the native checker, or ts-morph's where the native one cannot start */
  readonly checker?: CheckerName;
}

/** What TypeScript says about a program. Open it early: the program is read while other work goes on. */
export interface TypeOracle {
  /** the checker in use */
  checker(): Promise<CheckerName>;
  /** Reports TypeScript's own errors in the program's modules. */
  diagnostics(log: DiagnosticLog): Promise<void>;
  /** null when a record, key or state has no schema; the reasons are in the log. */
  types(graph: Graph, log: DiagnosticLog): Promise<TypedGraph['types'] | null>;
  /** Reads files again that were changed, made or deleted; the rest of the program is kept. */
  update(files: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function openOracle(options: OracleOptions): Promise<TypeOracle> {
  const { checker = null, ...project } = options;
  // Run from TypeScript sources, a thread would need a loader, which takes longer to start than the thread saves.
  if (!import.meta.url.endsWith('.ts')) {
    const oracle = new ThreadOracle({ project, checker });
    return withLog({
      checker: () => oracle.ask('checker', null),
      diagnostics: () => oracle.ask('diagnostics', null),
      types: graph => oracle.ask('types', graph),
      update: async files => void (await oracle.ask('update', files)),
      close: () => oracle.close(),
    });
  }
  const oracle = await LocalOracle.open(openProject(project), checker);
  return withLog({
    checker: () => Promise.resolve(oracle.checker),
    diagnostics: () => oracle.diagnostics(),
    types: graph => oracle.types(graph),
    update: files => oracle.update(files),
    close: () => Promise.resolve(oracle.close()),
  });
}

export async function typeGraph(
  graph: Graph,
  oracle: TypeOracle,
  log: DiagnosticLog,
): Promise<TypedGraph | null> {
  const types = await oracle.types(graph, log);
  return types && { ...graph, types };
}

interface Answers extends Pick<TypeOracle, 'checker' | 'update' | 'close'> {
  diagnostics(): Promise<readonly Diagnostic[]>;
  types(graph: Graph): Promise<TypedOps>;
}
function withLog(answers: Answers): TypeOracle {
  return {
    ...answers,
    async diagnostics(log) {
      for (const diagnostic of await answers.diagnostics()) log.add(diagnostic);
    },
    async types(graph, log) {
      const { types, diagnostics } = await answers.types(graph);
      for (const diagnostic of diagnostics) log.add(diagnostic);
      return types;
    },
  };
}
