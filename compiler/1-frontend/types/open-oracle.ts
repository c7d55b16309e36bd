/** The compiler's side of the type oracle. */
import type { DiagnosticLog } from '../../diagnostics/diagnostic.js';
import type { Graph, TypedGraph } from '../../ir/index.js';
import { LocalOracle, type CheckerName } from './local-oracle.js';
import { openProject, type ProjectOptions } from './project.js';

export interface OracleOptions extends ProjectOptions {
  /** by default the native checker, or ts-morph's where the native one cannot start */
  readonly checker?: CheckerName;
}

/** What TypeScript says about a program. Open it early: the program is read while other work goes on. */
export interface TypeOracle {
  readonly checker: CheckerName;
  /** Reports TypeScript's own errors in the program's modules. */
  diagnostics(log: DiagnosticLog): Promise<void>;
  /** null when a record, key or state has no schema; the reasons are in the log. */
  types(graph: Graph, log: DiagnosticLog): Promise<TypedGraph['types'] | null>;
  /** Reads files again that were changed, made or deleted; the rest of the program is kept. */
  update(files: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function openOracle(options: OracleOptions): Promise<TypeOracle> {
  const oracle = await LocalOracle.open(openProject(options), options.checker ?? null);
  return {
    get checker() {
      return oracle.checker;
    },
    async diagnostics(log) {
      for (const diagnostic of await oracle.diagnostics()) log.add(diagnostic);
    },
    async types(graph, log) {
      const { types, diagnostics } = await oracle.types(graph);
      for (const diagnostic of diagnostics) log.add(diagnostic);
      return types;
    },
    update: files => oracle.update(files),
    close: () => Promise.resolve(oracle.close()),
  };
}

export async function typeGraph(
  graph: Graph,
  oracle: TypeOracle,
  log: DiagnosticLog,
): Promise<TypedGraph | null> {
  const types = await oracle.types(graph, log);
  return types && { ...graph, types };
}
