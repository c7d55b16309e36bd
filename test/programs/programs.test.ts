/**
 * Every folder of fixtures/programs: its plan and generated code, and its results under every execution, which must
 * equal those of an independent tool. PROGRAM=name runs one folder; UPDATE_FIXTURES=1 rewrites plans, code and lock
 * files and runs nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { printPlan } from '../../compiler/2-optimize/print.js';
import {
  CompileSession,
  compileWith,
  writeArtifact,
  type CompileOptions,
  type CompileOutput,
} from '../../compiler/compile.js';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import { connectorCompilers } from '../../plugins/compilers.js';
import { runEmbedded, type EmbeddedOptions, type JobResult } from '../../runtime/embedded/index.js';
import {
  casesOf,
  compareExpected,
  compareFiles,
  compareOutput,
  programNames,
  programsDir,
  readConfig,
  type ProgramConfig,
} from './program-fixture.js';

const programs = suite('programs');
const only = process.env['PROGRAM'];
const updating = process.env['UPDATE_FIXTURES'] === '1';
const folder = mkdtempSync(join(tmpdir(), 'flinkc-programs-'));
programs.after(() => rmSync(folder, { recursive: true, force: true }));

for (const name of programNames()) {
  if (only !== undefined && only !== name) continue;
  const config = readConfig(name);
  const artifact = (variant: string): string => join(folder, name, variant);

  programs(`${name}: plan and generated code`, async () => {
    // one session: the program is parsed and typed once for all variants
    const session = await CompileSession.open(join(programsDir, name, 'program.ts'));
    try {
      const fused = await build(session, artifact('fused'), {});
      if (!updating) {
        await build(session, artifact('unfused'), { fuse: false });
        await build(session, artifact('minified'), { minify: true });
      }
      const files = new Map([['plan.txt', printPlan(fused.plan)], ...fused.generated]);
      assert.is(compareExpected(name, files), null);
    } finally {
      await session.close();
    }
  });
  if (updating) continue;
  for (const parallelism of config.parallelism ?? [1, 2, 4])
    programs(`${name}: parallelism ${parallelism}`, () => check(config, artifact('fused'), parallelism, {}));
  if (config.batch ?? true)
    programs(`${name}: BATCH`, () =>
      check(config, artifact('fused'), 2, { 'execution.runtime-mode': 'BATCH' }),
    );
  programs(`${name}: unfused`, () => check(config, artifact('unfused'), 1, {}));
  programs(`${name}: minified`, () => check(config, artifact('minified'), 1, {}));
}

async function build(
  session: CompileSession,
  target: string,
  options: Partial<CompileOptions>,
): Promise<CompileOutput> {
  const result = await compileWith(session, {
    entry: session.entry,
    lock: updating ? 'update' : 'frozen',
    connectors: connectorCompilers,
    flinkcVersion: '0.1.0',
    ...options,
  });
  assert.is(
    result.diagnostics.map(diagnostic => renderDiagnostic(diagnostic, () => undefined)).join('\n'),
    '',
  );
  writeArtifact(result.output!.artifact, target);
  return result.output!;
}

async function check(
  config: ProgramConfig,
  artifactDir: string,
  parallelism: number,
  configuration: Record<string, string>,
): Promise<void> {
  for (const { params, outputs, files } of casesOf(config)) {
    const written = mkdtempSync(join(folder, 'written-'));
    const { collected } = await run({
      artifactDir,
      parallelism,
      params: files ? { ...params, [files.param]: written } : (params ?? {}),
      configuration,
    });
    for (const [id, output] of Object.entries(outputs ?? {}))
      assert.is(compareOutput(output, collected[id] ?? [], parallelism), null, id);
    if (files) assert.is(compareFiles(files, written), null);
  }
}

async function run(options: EmbeddedOptions): Promise<JobResult> {
  const job = await runEmbedded(options);
  return job.result;
}

programs.run();
