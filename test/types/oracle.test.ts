import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DiagnosticLog } from '../../compiler/diagnostics/diagnostic.js';
import { LocalOracle } from '../../compiler/1-frontend/types/local-oracle.js';
import { NativeChecker } from '../../compiler/1-frontend/types/native-checker.js';
import { openOracle, type TypeOracle } from '../../compiler/1-frontend/types/index.js';
import { apiTypes, program } from './checkers.js';

const typePaths = { flinkc: [apiTypes] };

async function errorsOf(oracle: TypeOracle): Promise<readonly string[]> {
  const log = new DiagnosticLog();
  await oracle.diagnostics(log);
  return log.all.map(d => `${d.at?.file}:${d.at?.line}:${d.at?.column} ${d.code} ${d.message}`);
}

const wrong = {
  'main.ts': "import { size } from './lib/size.js';\nconst n: number = size('a', 'b');\nexport { n };\n",
  'lib/size.ts':
    'export function size(text: string): string {\n  return text.length;\n}\nexport const p: { a: { b: number } } = { a: { b: "" } };\n',
  'unrelated.ts': 'const broken: number = "";\n',
};
const errorsInWrong = [
  "lib/size.ts:2:3 TS2322 Type 'number' is not assignable to type 'string'.",
  "lib/size.ts:4:47 TS2322 Type 'string' is not assignable to type 'number'.",
  "main.ts:2:7 TS2322 Type 'string' is not assignable to type 'number'.",
  'main.ts:2:29 TS2554 Expected 1 arguments, but got 2.',
];

for (const checker of ['native', 'ts-morph'] as const) {
  test(`${checker}: errors of the modules that the program reaches, and of no others`, async () => {
    const source = program(wrong);
    const oracle = await openOracle({ root: source.root, entry: 'main.ts', typePaths, checker });
    assert.equal(await errorsOf(oracle), errorsInWrong);
    await oracle.close();
    source.remove();
  });

  test(`${checker}: update reads changed, new and deleted modules again`, async () => {
    const source = program(wrong);
    const oracle = await openOracle({ root: source.root, entry: 'main.ts', typePaths, checker });
    await errorsOf(oracle);
    source.write(
      'lib/size.ts',
      'export function size(a: string, b: string): number {\n  return a.length + b.length;\n}\n',
    );
    await oracle.update(['lib/size.ts']);
    assert.equal(await errorsOf(oracle), []);
    source.write('main.ts', "export { other } from './other.js';\n");
    source.write('other.ts', 'export const other: string = 1;\n');
    await oracle.update(['main.ts', 'other.ts']);
    assert.equal(await errorsOf(oracle), [
      "other.ts:1:14 TS2322 Type 'number' is not assignable to type 'string'.",
    ]);
    await oracle.close();
    source.remove();
  });

  test(`${checker}: the user's tsconfig.json counts, with its paths and what it extends`, async () => {
    const source = program({
      'base.json': '{ "compilerOptions": { "strict": false, "noImplicitReturns": true } }',
      'tsconfig.json':
        '{ // comments are allowed\n "extends": "./base.json", "compilerOptions": { "target": "es2022", "module": "esnext", "moduleResolution": "bundler", "rootDir": "src", "outDir": "dist", "composite": true, "paths": { "@lib/*": ["./lib/*"] } }, "include": ["src"] }',
      'src/globals.d.ts': 'declare const version: string;\n',
      'src/main.ts':
        "import { half } from '@lib/half';\nexport function f(n: number) {\n  if (n > 1) return half(null) + version;\n}\n",
      'lib/half.ts': 'export const half = (n: number) => n / 2;\n',
    });
    const oracle = await openOracle({ root: source.root, entry: 'src/main.ts', typePaths, checker });
    assert.equal(await errorsOf(oracle), ['src/main.ts:2:17 TS7030 Not all code paths return a value.']);
    await oracle.close();
    source.remove();
  });

  test(`${checker}: without a tsconfig.json the program is checked strictly`, async () => {
    const source = program({ 'main.ts': 'export const f = (a: string | null) => a.length;\n' });
    const oracle = await openOracle({ root: source.root, entry: 'main.ts', typePaths, checker });
    assert.equal(await errorsOf(oracle), ["main.ts:1:40 TS18047 'a' is possibly 'null'."]);
    await oracle.close();
    source.remove();
  });
}

test('as built JavaScript the oracle has a thread of its own and gives the same answers', async () => {
  // beside the packages that it imports
  const outdir = resolve('node_modules/.cache/flinkc-oracle');
  await build({
    entryPoints: ['index', 'oracle-worker'].map(name => `compiler/1-frontend/types/${name}.ts`),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  const built = (await import(pathToFileURL(join(outdir, 'index.js')).href)) as {
    readonly openOracle: typeof openOracle;
  };
  const source = program(wrong);
  const oracle = await built.openOracle({ root: source.root, entry: 'main.ts', typePaths });
  assert.is(await oracle.checker(), 'native');
  assert.equal(await errorsOf(oracle), errorsInWrong);
  source.write('lib/size.ts', 'export const size = (a: string, b: string) => a.length + b.length;\n');
  await oracle.update(['lib/size.ts']);
  assert.equal(await errorsOf(oracle), []);
  await oracle.close();
  source.remove();
  rmSync(outdir, { recursive: true });
});

test('when the native checker dies, the other one answers', async () => {
  const source = program(wrong, { typePaths });
  const native = new NativeChecker(source.project);
  const oracle = LocalOracle.with(source.project, 'native', native);
  native.close();
  assert.is((await oracle.diagnostics()).length, errorsInWrong.length);
  assert.is(oracle.checker, 'ts-morph');
  oracle.close();
  source.remove();
});

test.run();
