/**
 * Programs made at random, compiled fused, unfused and minified and run at several parallelisms, against a direct
 * evaluation of the same operations. FUZZ=n tries n programs, SEED=n starts at another one.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CompileSession } from '../../compiler/compile.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { Builds, rowsOf } from '../api/program-case.js';
import { randomProgram } from './random-program.js';
import { Rows } from './reference.js';

const programs = suite('random programs');
const root = mkdtempSync(join(tmpdir(), 'flinkc-fuzz-'));
const builds = new Builds();
programs.after(() => {
  builds.remove();
  rmSync(root, { recursive: true, force: true });
});

const count = Number(process.env['FUZZ'] ?? 12);
const first = Number(process.env['SEED'] ?? 1);
for (let seed = first; seed < first + count; seed++)
  programs(`seed ${seed}`, async () => {
    const { program, reference } = randomProgram(seed);
    const expected = evaluate(reference);
    const folder = join(root, String(seed));
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'program.ts'), program);
    const session = await CompileSession.open(join(folder, 'program.ts'));
    try {
      for (const [variant, options, parallelisms] of [
        ['fused', {}, [1, 2]],
        ['unfused', { fuse: false }, [1]],
        ['minified', { minify: true }, [1]],
      ] as const) {
        const { dir } = await builds.build(session, `${seed}/${variant}`, { lock: 'update', ...options });
        for (const parallelism of parallelisms) {
          const job = await runEmbedded({ artifactDir: dir, parallelism });
          const { collected } = await job.result;
          for (const [sink, rows] of Object.entries(expected))
            assert.equal(
              rowsOf(collected[sink]),
              rowsOf(rows),
              `${variant}, parallelism ${parallelism}: ${sink}`,
            );
        }
      }
    } catch (error) {
      throw new Error(
        `${(error as Error).message}\n${String((error as { details?: unknown }).details)}\n${program}`,
        { cause: error },
      );
    } finally {
      await session.close();
    }
  });

function evaluate(reference: string): Readonly<Record<string, readonly unknown[]>> {
  const source = <T>(values: readonly T[], timeOf: (value: T) => number): Rows<T> =>
    new Rows(values.map(value => ({ value, time: timeOf(value) })));
  // the text was made by this test
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function('source', reference)(source) as Readonly<Record<string, readonly unknown[]>>;
}

programs.run();
