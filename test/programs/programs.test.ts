/** Every folder of fixtures/programs, under every execution: the rows must equal those of an independent tool. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compile, writeArtifact, type CompileOptions } from '../../compiler/compile.js';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import { formatCompilers } from '../../plugins/compilers.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { actualRows, expectedRows, readConfig, type ProgramConfig } from './program-fixture.js';

const programs = suite('programs');
const only = process.env['PROGRAM'];
const folder = mkdtempSync(join(tmpdir(), 'flinkc-programs-'));
programs.after(() => rmSync(folder, { recursive: true, force: true }));

for (const name of readdirSync('fixtures/programs').sort()) {
  if (only !== undefined && only !== name) continue;
  const config = readConfig(name);
  const artifact = (variant: string): string => join(folder, name, variant);

  programs(`${name}: compiles`, async () => {
    await build(name, artifact('fused'), {});
  });
  for (const parallelism of config.parallelism ?? [1, 2, 4])
    programs(`${name}: parallelism ${parallelism}`, () => check(config, artifact('fused'), parallelism, {}));
  if (config.batch ?? true)
    programs(`${name}: BATCH`, () =>
      check(config, artifact('fused'), 2, { 'execution.runtime-mode': 'BATCH' }),
    );
  programs(`${name}: unfused`, async () => {
    await build(name, artifact('unfused'), { fuse: false });
    await check(config, artifact('unfused'), 1, {});
  });
  programs(`${name}: minified`, async () => {
    await build(name, artifact('minified'), { minify: true });
    await check(config, artifact('minified'), 1, {});
  });
}

async function build(name: string, target: string, options: Partial<CompileOptions>): Promise<void> {
  const entry = join('fixtures/programs', name, 'program.ts');
  const result = await compile({
    entry,
    lock: 'frozen',
    formats: formatCompilers,
    flinkcVersion: '0.1.0',
    ...options,
  });
  const errors = result.diagnostics.filter(diagnostic => diagnostic.severity === 'error');
  assert.is(errors.map(diagnostic => renderDiagnostic(diagnostic, () => undefined)).join('\n'), '');
  writeArtifact(result.output!.artifact, target);
}

async function check(
  config: ProgramConfig,
  artifactDir: string,
  parallelism: number,
  configuration: Record<string, string>,
): Promise<void> {
  const { collected } = await runEmbedded({
    artifactDir,
    parallelism,
    params: config.params ?? {},
    configuration,
  }).result;
  for (const [id, output] of Object.entries(config.outputs)) {
    const actual = actualRows(output, collected[id] ?? []);
    const expected = expectedRows(output);
    assert.is(
      firstDifference(actual, expected),
      null,
      `${id}: ${actual.length} rows, ${expected.length} expected`,
    );
  }
}

function firstDifference(actual: readonly string[], expected: readonly string[]): string | null {
  const length = Math.max(actual.length, expected.length);
  for (let i = 0; i < length; i++)
    if (actual[i] !== expected[i])
      return `row ${i}: got ${actual[i] ?? 'nothing'}, expected ${expected[i] ?? 'nothing'}`;
  return null;
}

programs.run();
