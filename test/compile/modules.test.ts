/** How a program's imports find their modules: tsconfig.json's aliases, JSON, CommonJS packages, files that cannot be read. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compile } from '../../compiler/compile.js';
import { connectorCompilers } from '../../plugins/compilers.js';
import { compileFiles, prelude, runProgram, type Files } from './compile-program.js';

const modules = suite('imports');

const tsconfig = (options: object, rest: object = {}): string =>
  JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      module: 'esnext',
      moduleResolution: 'bundler',
      strict: true,
      resolveJsonModule: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      types: [],
      ...options,
    },
    ...rest,
  });
const rates =
  'export const rates = { eur: 2 };\nexport const twice = (n: number): number => n * rates.eur;\n';
const usesTwice = (specifier: string): string => `
  import { twice } from '${specifier}';
  ${prelude}
  numbers.map(n => twice(n)).sinkTo(new CollectSink('out'));
  await env.execute();
`;

const aliases: readonly [name: string, specifier: string, files: Files][] = [
  ['a pattern', '@lib/rates', { 'tsconfig.json': tsconfig({ paths: { '@lib/*': ['./src/lib/*'] } }) }],
  [
    'a pattern, and an extension',
    '@lib/rates.ts',
    { 'tsconfig.json': tsconfig({ paths: { '@lib/*': ['./src/lib/*'] } }) },
  ],
  ['a name', 'rates', { 'tsconfig.json': tsconfig({ paths: { rates: ['./src/lib/rates.ts'] } }) }],
  [
    'the longest pattern, and its second target',
    '@/lib/rates',
    { 'tsconfig.json': tsconfig({ paths: { '@/*': ['./none/*'], '@/lib/*': ['./gen/*', './src/lib/*'] } }) },
  ],
  [
    'an inherited configuration',
    '@lib/rates',
    {
      'config/base.json': tsconfig({ paths: { '@lib/*': ['../src/lib/*'] } }),
      'tsconfig.json': tsconfig({}, { extends: './config/base.json' }),
    },
  ],
  ['baseUrl', 'lib/rates', { 'tsconfig.json': tsconfig({ baseUrl: './src' }) }],
  [
    "package.json's imports",
    '#lib/rates',
    {
      'package.json': '{ "type": "module", "imports": { "#lib/*": "./src/lib/*.ts" } }',
      'tsconfig.json': tsconfig({}),
    },
  ],
];

for (const [name, specifier, files] of aliases)
  modules(`aliases: ${name}`, async () => {
    const { out, code } = await runProgram({
      ...files,
      'src/lib/rates.ts': rates,
      'program.ts': usesTwice(specifier),
    });
    assert.equal(out, [2, 4, 6]);
    // a module of the program, not a package that is merely called
    assert.match(code, /src\/lib\/rates\.ts/);
  });

modules('aliases: namespaces, re-exports, dynamic imports and classes of aliased modules', async () => {
  const { out } = await runProgram({
    'tsconfig.json': tsconfig({ paths: { '@lib/*': ['./src/lib/*'] } }),
    'src/lib/rates.ts': rates,
    'src/lib/index.ts': `export * from '@lib/rates';\nexport { default as limits } from '@lib/limits.json';`,
    'src/lib/limits.json': '{ "most": 5 }',
    'src/lib/scale.ts': `
      import type { MapFunction } from 'flinkc';
      import { rates } from '@lib/rates';
      export class Scale implements MapFunction<number, number> {
        constructor(readonly by: number) {}
        map(n: number): number { return n * this.by * rates.eur; }
      }`,
    'program.ts': `
      import * as lib from '@lib/index';
      import { limits } from '@lib/index';
      import { Scale } from '@lib/scale';
      ${prelude}
      const later = await import('@lib/rates');
      numbers
        .map(new Scale(later.rates.eur))
        .map(n => lib.twice(n))
        .filter(n => n > limits.most)
        .sinkTo(new CollectSink('out'));
      await env.execute();
    `,
  });
  assert.equal(out, [8, 16, 24]);
});

modules('aliases: what paths promise and no file keeps is told with the places', async () => {
  await compileFiles(
    {
      'tsconfig.json': tsconfig({ paths: { '@lib/*': ['./src/lib/*', './gen/*'] } }),
      'program.ts': usesTwice('@lib/rates'),
    },
    ({ codes, messages }) => {
      assert.ok(codes.includes('FC1003'));
      assert.match(messages, /tsconfig\.json sends it to 'src\/lib\/rates' or 'gen\/rates'/);
    },
  );
});

modules("aliases: a path to declarations gives types; the package is found in Node's way", async () => {
  const { out } = await runProgram({
    'tsconfig.json': tsconfig({ paths: { untyped: ['./types/untyped.d.ts'] } }),
    'types/untyped.d.ts': 'export declare function twice(n: number): number;',
    'node_modules/untyped/package.json': '{ "name": "untyped", "type": "module", "main": "index.js" }',
    'node_modules/untyped/index.js': 'export const twice = n => n * 2;',
    'program.ts': usesTwice('untyped'),
  });
  assert.equal(out, [2, 4, 6]);
});

modules('JSON: imported values are constants of the program', async () => {
  const { out } = await runProgram({
    'tsconfig.json': tsconfig({}),
    'data/limits.json': '{ "most": 1, "names": ["a", "b"] }',
    'program.ts': `
      import limits from './data/limits.json';
      ${prelude}
      numbers.filter(n => n > limits.most).map(n => limits.names[n % 2]!).sinkTo(new CollectSink('out'));
      await env.execute();
    `,
  });
  assert.equal(out, ['a', 'b']);
});

modules(
  'CommonJS packages: an optional one that is missing is missed when it is asked for, as in Node',
  async () => {
    const { out } = await runProgram({
      'tsconfig.json': tsconfig({}),
      'node_modules/slugs/package.json':
        '{ "name": "slugs", "version": "1.0.0", "main": "index.js", "types": "index.d.ts" }',
      'node_modules/slugs/index.d.ts': 'export declare function slug(n: number): string;',
      'node_modules/slugs/index.js': `
      const path = require('path');
      let fast = null;
      try { fast = require('slugs-native'); } catch (error) { if (error.code !== 'MODULE_NOT_FOUND') throw error; }
      exports.slug = n => (fast ?? path.posix).join('n', String(n));`,
      'program.ts': `
      import { slug } from 'slugs';
      ${prelude}
      numbers.map(n => slug(n)).sinkTo(new CollectSink('out'));
      await env.execute();
    `,
    });
    assert.equal(out, ['n/1', 'n/2', 'n/3']);
  },
);

modules('files: a folder where a module is expected is an error with the place', async () => {
  await compileFiles(
    {
      'tsconfig.json': tsconfig({}),
      'lib/rates.ts/README': 'a folder',
      'program.ts': usesTwice('./lib/rates.ts'),
    },
    ({ result, codes, messages }) => {
      assert.is(result.output, null);
      assert.ok(codes.includes('FC1003'), messages);
      assert.match(messages, /lib\/rates\.ts/);
    },
  );
});

modules('files: a folder given as the program is an error', async () => {
  const root = mkdtempSync(join(tmpdir(), 'flinkc-folder-'));
  try {
    mkdirSync(join(root, 'program.ts'));
    const { output, diagnostics } = await compile({
      entry: join(root, 'program.ts'),
      connectors: connectorCompilers,
      flinkcVersion: '0.1.0',
    });
    assert.is(output, null);
    assert.equal(
      diagnostics.map(d => d.code),
      ['FC1001'],
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});

modules('files: a module that may not be read is an error with its name', async () => {
  if (process.getuid?.() === 0) {
    console.log('skipped: root may read every file');
    return;
  }
  const root = mkdtempSync(join(tmpdir(), 'flinkc-unreadable-'));
  try {
    writeFileSync(join(root, 'rates.ts'), rates);
    chmodSync(join(root, 'rates.ts'), 0);
    writeFileSync(join(root, 'program.ts'), usesTwice('./rates.ts'));
    const { output, diagnostics } = await compile({
      entry: join(root, 'program.ts'),
      connectors: connectorCompilers,
      flinkcVersion: '0.1.0',
    });
    assert.is(output, null);
    assert.ok(diagnostics.some(d => d.code.startsWith('FC') && d.message.includes('rates.ts')));
  } finally {
    rmSync(root, { recursive: true });
  }
});

modules.run();
