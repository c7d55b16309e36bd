/** Compiles programs given as text, and runs what comes out of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compile, writeArtifact, type CompileResult } from '../../compiler/compile.js';
import type { ConnectorCompilers } from '../../compiler/connectors.js';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import { connectorCompilers } from '../../plugins/compilers.js';
import { runEmbedded } from '../../runtime/embedded/index.js';

export type Files = Readonly<Record<string, string>>;

/** What every program starts with; `numbers` are 1, 2, 3. */
export const prelude = `
  import { createEnvironment, WatermarkStrategy } from 'flinkc';
  import { CollectSink } from 'flinkc/collect';
  const env = createEnvironment();
  const numbers = env.fromData([1, 2, 3]);
`;

export interface CompiledProgram {
  readonly result: CompileResult;
  /** codes of all diagnostics, in order */
  readonly codes: readonly string[];
  /** all diagnostics as text */
  readonly messages: string;
  /** generated tasks, before bundling */
  readonly code: string;
}

/** `files`: 'program.ts' is the program; all others lie beside it. */
export async function compileFiles<T>(
  files: Files,
  use: (program: CompiledProgram, root: string) => T | Promise<T>,
  connectors: ConnectorCompilers = connectorCompilers,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'flinkc-compile-'));
  try {
    for (const [file, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    const result = await compile({
      entry: join(root, 'program.ts'),
      connectors,
      flinkcVersion: '0.1.0',
    });
    const program: CompiledProgram = {
      result,
      codes: result.diagnostics.map(d => d.code),
      messages: result.diagnostics.map(d => renderDiagnostic(d, () => undefined)).join('\n'),
      code: [...(result.output?.generated.values() ?? [])].join('\n'),
    };
    return await use(program, root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Records that a program sends to `new CollectSink('out')`, with the code that was generated for it. */
export async function runProgram(
  files: Files | string,
  connectors?: ConnectorCompilers,
): Promise<{ readonly out: readonly unknown[]; readonly code: string }> {
  return compileFiles(
    typeof files === 'string' ? { 'program.ts': files } : files,
    async (program, root) => {
      if (!program.result.output) throw new Error(program.messages);
      const artifactDir = join(root, 'artifact');
      writeArtifact(program.result.output.artifact, artifactDir);
      const job = await runEmbedded({ artifactDir, parallelism: 1 });
      const { collected } = await job.result;
      return { out: collected['out'] ?? [], code: program.code };
    },
    connectors,
  );
}
