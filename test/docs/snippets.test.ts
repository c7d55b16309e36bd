/**
 * Code in the documentation works: `ts` blocks compile, `ts program` blocks build and print the `text` block that
 * follows, `ts wrong` blocks give the diagnostics that follow, `ts file=path` blocks are what stands in that file, and
 * `ts test` blocks are tests that pass. Blocks with a name (`ts name=visit.ts`) can be imported by others of their page.
 * DOCUMENT=docs/joins.md looks at one page; UPDATE_FIXTURES=1 rewrites the `text` blocks.
 */
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documents, readDocument, replaceBlocks, type Block } from './markdown.js';

const run = promisify(execFile);
const root = resolve('.');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'flinkc-docs-')));
const snippets = suite('snippets');
// where projects have it
mkdirSync(join(folder, 'node_modules'));
symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
snippets.after(() => rmSync(folder, { recursive: true, force: true }));

interface Snippet extends Block {
  readonly path: string;
  readonly kind: 'module' | 'program' | 'wrong' | 'test';
}

/** One folder per page; blocks with a name (`ts name=visit.ts`) can be imported by the others. */
function snippetsOf(document: string): readonly Snippet[] {
  const { blocks, given } = readDocument(document);
  return blocks.flatMap(block => {
    const [language, ...words] = block.info.split(' ');
    if (language !== 'ts' || words.some(word => word.startsWith('file='))) return [];
    const name = words.find(word => word.startsWith('name='))?.slice('name='.length);
    const path = join(folder, document.replace(/\.md$/, ''), name ?? `line-${block.line}.ts`);
    const kind = (['program', 'wrong', 'test'] as const).find(k => words.includes(k)) ?? 'module';
    const alone = kind !== 'module' || name !== undefined || /^import /m.test(block.text);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, alone ? `${block.text}\n` : `${given}\n${block.text}\nexport {};\n`);
    return [{ ...block, path, kind }];
  });
}

const only = process.env['DOCUMENT'];
const all = documents.filter(document => only === undefined || document === only).flatMap(snippetsOf);

function tsconfig(): string {
  const at = (path: string): readonly string[] => [join(root, path)];
  return JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      lib: ['es2023', 'dom', 'esnext.disposable'],
      types: ['node'],
      paths: {
        flinkc: at('compiler/lang/index.ts'),
        'flinkc/testing': at('runtime/testing/index.ts'),
        'flinkc/*': at('plugins/*/index.ts'),
      },
    },
    files: all.filter(({ kind }) => kind !== 'wrong').map(({ path }) => path),
  });
}

snippets('code compiles', async () => {
  if (all.length === 0) return; // of a page without code
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), tsconfig());
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const output = await run(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout,
  );
  // what lies outside is flinkc itself, which has a type check of its own
  const errors = output.split('\n').filter(line => /^(?![.\s]).*error TS/.test(line));
  assert.equal(errors, []);
});

const flinkc = (args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  run(
    process.execPath,
    ['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), join(root, 'bin/flinkc.ts'), ...args],
    { cwd: folder, env: { ...process.env, NO_COLOR: '1' } },
  );

const updated = new Map<Block, string>();
function compare(block: Block, actual: string): void {
  if (process.env['UPDATE_FIXTURES'] === '1') updated.set(block, actual);
  else assert.is(actual, block.text);
}
snippets.after(() => replaceBlocks(updated));

for (const { file, line, path, kind, result } of all) {
  const place = `${file}:${line}`;
  if (kind === 'program')
    snippets(`${place} builds${result === null ? '' : ' and prints what the page says'}`, async () => {
      const args = result === null ? ['build', path, '-o', `${path}.job`] : ['run', '--quiet', path];
      const { stdout, stderr } = await flinkc(args);
      assert.is(stderr, '');
      if (result !== null) compare(result, stdout.trimEnd());
    });
  if (kind === 'wrong')
    snippets(`${place} gives the diagnostics of the page`, async () => {
      const failed = await flinkc(['build', path]).then(
        () => null,
        (error: { readonly stderr: string }) => error.stderr,
      );
      assert.ok(failed, 'it builds');
      assert.ok(result, 'no block with the diagnostics follows');
      compare(result, failed.replaceAll(path.slice(folder.length + 1), 'program.ts').trimEnd());
    });
  if (kind === 'test')
    snippets(`${place} passes`, async () => {
      const loader = join(root, 'node_modules/tsx/dist/loader.mjs');
      await run(process.execPath, ['--import', loader, '--test', path], {
        cwd: root,
        env: { ...process.env, TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') },
      });
    });
}

for (const document of documents)
  for (const block of readDocument(document).blocks) {
    const named = / file=(\S+)/.exec(block.info)?.[1];
    if (named === undefined) continue;
    snippets(`${document}:${block.line} is ${named}`, () => {
      compare(block, readFileSync(named, 'utf8').trimEnd());
    });
  }

snippets.run();
