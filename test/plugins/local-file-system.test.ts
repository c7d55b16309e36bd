import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, pathIn, schemeOf } from '../../plugins/api/file-system.js';
import { LocalFileSystem } from '../../plugins/filesystem/index.js';
import { openFileSystem } from '../../plugins/file-systems.js';
import { fileSystemConformance } from '../conformance/file-system-suite.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'flinkc-local-'));

for (const [form, asRoot] of [
  ['plain paths', (path: string) => path],
  ['file URIs', (path: string) => `file://${path}`],
] as const) {
  const tests = fileSystemConformance(`local, ${form}`, () => {
    const path = folder();
    return {
      fileSystem: new LocalFileSystem(),
      rival: new LocalFileSystem(),
      root: asRoot(path),
      release: () => rmSync(path, { recursive: true, force: true }),
    };
  });
  tests.run();
}

const local = suite('local file system');

const rejected = async (operation: () => Promise<unknown>): Promise<unknown> => {
  try {
    await operation();
  } catch (error) {
    return error;
  }
  return assert.unreachable('no error');
};

local('files in progress stay hidden and go with an abort', async () => {
  const root = folder();
  const fs = new LocalFileSystem();
  const writer = await fs.create(join(root, 'file'));
  await writer.write(new Uint8Array(10));
  assert.is(readdirSync(root).length, 1);
  assert.equal(await fs.list(root), []);
  await writer.abort();
  assert.equal(readdirSync(root), []);
  rmSync(root, { recursive: true });
});

local('versions do not pile up', async () => {
  const root = folder();
  const fs = new LocalFileSystem();
  let version: string | null = null;
  for (let i = 0; i < 30; i++)
    version = await fs.compareAndSwap(join(root, 'x'), version, Buffer.from(`${i}`));
  assert.ok(readdirSync(root).length <= 8, String(readdirSync(root)));
  await fs.delete(join(root, 'x'));
  assert.equal(readdirSync(root), []);
  rmSync(root, { recursive: true });
});

local('FC5332: a folder is not a file, a file is not a folder', async () => {
  const root = folder();
  const fs = new LocalFileSystem();
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'file'), 'x');
  for (const operation of [
    () => fs.create(join(root, 'folder')),
    () => fs.read(join(root, 'folder')),
    () => fs.delete(join(root, 'folder')),
    () => fs.create(join(root, 'file', 'below')),
    () => fs.list(join(root, 'file')),
    () => fs.create('/proc/flinkc/checkpoints/file'),
    () => fs.create('nul\0byte'),
    () => fs.read('file://elsewhere/x'),
  ]) {
    const error = await rejected(operation);
    assert.ok(failureOf(error) !== null, String(error));
    assert.match(String((error as { code: string }).code), /FC533[12]/);
  }
  assert.ok(existsSync(join(root, 'folder')));
  rmSync(root, { recursive: true });
});

local('FC5313: a full disk is told apart, and leaves no half file', async () => {
  const root = folder();
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', root]);
  if (status !== 0) {
    console.log(`skipped: a full disk: ${String(stderr).trim()}`);
    rmSync(root, { recursive: true });
    return;
  }
  try {
    const fs = new LocalFileSystem();
    const writer = await fs.create(join(root, 'file'));
    const error = await rejected(async () => {
      for (let i = 0; i < 100; i++) await writer.write(new Uint8Array(4096));
      await writer.close();
    });
    await writer.abort();
    assert.is(failureOf(error), 'no-space', String(error));
    assert.is((error as { code: string }).code, 'FC5313');
    assert.equal(readdirSync(root), []);
  } finally {
    spawnSync('umount', [root]);
    rmSync(root, { recursive: true });
  }
});

local('FC5332: an unknown scheme names those that are known', async () => {
  const error = await rejected(() => openFileSystem('gopher://x/y', {}));
  assert.is((error as { code: string }).code, 'FC5332');
  assert.match((error as Error).message, /no file system serves scheme 'gopher'/);
  assert.match((error as { fix: string }).fix, 'known: file, s3');
  assert.ok((await openFileSystem('/tmp', {})) instanceof LocalFileSystem);
});

local('paths have a scheme, and names inside a folder cannot leave it', () => {
  assert.is(schemeOf('s3://b/k'), 's3');
  assert.is(schemeOf('/a/b'), 'file');
  assert.is(schemeOf('a:b/c'), 'file');
  assert.is(pathIn('s3://b/', 'x', 'y/z'), 's3://b/x/y/z');
  for (const name of ['..', 'a/../b', '', '/a', 'a//b', '.']) assert.throws(() => pathIn('/a', name));
});

local.run();
