/** Stages and types a program given as text, and shows what was found in one line per fact. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserModules } from '../../compiler/1-frontend/modules.js';
import { stageProgram } from '../../compiler/1-frontend/stage.js';
import { loadSyntax } from '../../compiler/1-frontend/syntax.js';
import { openOracle, typeGraph, type OracleOptions } from '../../compiler/1-frontend/types/index.js';
import { bundleStage } from '../../compiler/4-bundle/stage-bundle.js';
import { DiagnosticLog } from '../../compiler/diagnostics/diagnostic.js';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import { schemaText } from '../../plugins/api/schema-text.js';
import type { Op, TypedGraph } from '../../compiler/ir/index.js';
import { program } from './checkers.js';

export interface TypedProgram {
  readonly graph: TypedGraph | null;
  /** rendered */
  readonly diagnostics: string;
}

/** @param root absolute */
export async function typeProgram(
  root: string,
  entry: string,
  checker: NonNullable<OracleOptions['checker']>,
): Promise<TypedProgram> {
  const log = new DiagnosticLog();
  const oracle = await openOracle({ root, entry, checker });
  try {
    await oracle.diagnostics(log);
    const staged = await stageProgram({
      entry,
      root,
      bundle: bundleStage,
      log,
      env: {},
      buildParams: {},
      modules: new UserModules(await loadSyntax(), root),
    });
    const graph = staged && (await typeGraph(staged, oracle, log));
    const read = (file: string): string => readFileSync(join(root, file), 'utf8');
    return { graph, diagnostics: log.all.map(d => `${renderDiagnostic(d, read)}\n`).join('\n') };
  } finally {
    await oracle.close();
  }
}

export async function typeText(
  text: string,
  checker: NonNullable<OracleOptions['checker']>,
): Promise<TypedProgram> {
  const source = program({ 'main.ts': text });
  try {
    return await typeProgram(source.root, 'main.ts', checker);
  } finally {
    source.remove();
  }
}

/**
 * `map: float64`, `process: string; key string; value count float64`: one line per operator that the program calls a
 * method for on a stream.
 */
export function describeTypes(graph: TypedGraph): readonly string[] {
  const sources = new Set(graph.ops.filter(op => op.kind === 'source').map(op => op.id));
  const isGenerated = (op: Op): boolean => op.inputs.every(edge => sources.has(edge.from));
  return graph.ops
    .filter(op => op.kind !== 'sink' && !(op.kind === 'map' && isGenerated(op)) && !sources.has(op.id))
    .map(op => {
      const types = graph.types.get(op.id)!;
      const parts = [types.output === null ? 'none' : schemaText(types.output, { classes: true })];
      if (types.key) parts.push(`key ${schemaText(types.key)}`);
      if (types.accumulator) parts.push(`accumulator ${schemaText(types.accumulator)}`);
      for (const [tag, schema] of Object.entries(types.sideOutputs)) {
        parts.push(`side ${tag} ${schemaText(schema)}`);
      }
      for (const { name, kind, key, value } of types.states) {
        parts.push(`${kind} ${name} ${key ? `${schemaText(key)} → ` : ''}${schemaText(value)}`);
      }
      return `${op.kind}: ${parts.join('; ')}`;
    });
}
