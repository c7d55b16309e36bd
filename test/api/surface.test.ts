/**
 * Every operation of the API, compiled and executed: the programs of test/api/programs must give what the comments at
 * their ends say, whatever the parallelism, in BATCH mode, unfused and minified.
 * PROGRAM=name runs one; UPDATE_FIXTURES=1 rewrites the lock file.
 */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CompileSession } from '../../compiler/compile.js';
import { apiMethods } from '../../compiler/lang/api-methods.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { Builds, programCases, rowsOf, type ProgramCase } from './program-case.js';

const surface = suite('api surface');
const builds = new Builds();
surface.after(() => builds.remove());
const only = process.env['PROGRAM'];
const lock = process.env['UPDATE_FIXTURES'] === '1' ? 'update' : 'frozen';

// what prints, and what needs a server or damaged input, is tested with its connector
const elsewhere = new Set(['print', 'printToErr', 'deadLetters', 'socketTextStream']);

surface('every method of the API is called by a program', () => {
  const text = programCases()
    .map(({ path }) => readFileSync(path, 'utf8'))
    .join();
  const called = (method: string): boolean => new RegExp(`\\.${method}[(<]`).test(text);
  assert.equal(
    [...apiMethods].filter(method => !called(method) && !elsewhere.has(method)),
    [],
  );
});

for (const program of programCases()) {
  if (only !== undefined && only !== program.name) continue;
  const dirs = new Map<string, string>();
  surface(`${program.name} compiles fused, unfused and minified`, async () => {
    // one session: the program is parsed and typed once for all variants
    const session = await CompileSession.open(program.path);
    try {
      for (const [variant, options] of [
        ['fused', {}],
        ['unfused', { fuse: false }],
        ['minified', { minify: true }],
      ] as const) {
        const { dir } = await builds.build(session, `${program.name}/${variant}`, { lock, ...options });
        dirs.set(variant, dir);
      }
    } finally {
      await session.close();
    }
  });
  for (const parallelism of program.parallelism)
    surface(`${program.name}: parallelism ${parallelism}`, () =>
      check(program, dirs.get('fused'), parallelism),
    );
  surface(`${program.name}: unfused`, () => check(program, dirs.get('unfused'), 1));
  surface(`${program.name}: minified`, () => check(program, dirs.get('minified'), 1));
  if (program.batch)
    surface(`${program.name}: BATCH`, () =>
      check(program, dirs.get('fused'), 2, { 'execution.runtime-mode': 'BATCH' }),
    );
}

async function check(
  { expected, params, secrets, folder }: ProgramCase,
  artifactDir: string | undefined,
  parallelism: number,
  configuration: Readonly<Record<string, string>> = {},
): Promise<void> {
  assert.ok(artifactDir, 'does not compile');
  const job = await runEmbedded({
    artifactDir,
    parallelism,
    params: folder ? { ...params, folder: builds.folder() } : params,
    secrets,
    configuration,
  });
  const { collected } = await job.result;
  for (const [id, rows] of Object.entries(expected)) assert.equal(rowsOf(collected[id]), rows, id);
  const unexpected = Object.keys(collected).filter(id => !(id in expected));
  assert.equal(unexpected, [], 'sinks without expectation');
}

surface.run();
