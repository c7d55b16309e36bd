import * as assert from 'uvu/assert';
import { compile, writeArtifact, type CompileOptions } from '../../compiler/compile.js';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import { connectorCompilers } from '../../plugins/compilers.js';

/** Compiles a program into an artifact folder; one that does not compile fails the test with what a user would read. */
export async function buildProgram(
  entry: string,
  artifactDir: string,
  options: Partial<CompileOptions> = {},
): Promise<void> {
  const { output, diagnostics } = await compile({
    entry,
    connectors: connectorCompilers,
    flinkcVersion: '0.1.0',
    ...options,
  });
  assert.ok(output, diagnostics.map(diagnostic => renderDiagnostic(diagnostic, () => undefined)).join('\n'));
  writeArtifact(output.artifact, artifactDir);
}
