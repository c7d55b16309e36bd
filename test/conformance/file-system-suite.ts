/**
 * What every file system keeps to (plugins/api/file-system.ts): call `fileSystemConformance` with a fixture in a test
 * of the plugin, then `run()` the suite.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, pathIn, type FileSystem } from '../../plugins/api/file-system.js';

export interface FileSystemFixture {
  readonly fileSystem: FileSystem;
  /** Another client of the same storage, as another process has one. */
  readonly rival: FileSystem;
  /** an empty folder of this storage */
  readonly root: string;
  readonly release?: () => void | Promise<void>;
}

export function fileSystemConformance(
  name: string,
  make: () => FileSystemFixture | Promise<FileSystemFixture>,
): Test {
  const tests = suite(`file system ${name}`);
  const check = (title: string, body: (fixture: Bench) => Promise<void>): void =>
    tests(title, async () => {
      const fixture = await make();
      const scratch = mkdtempSync(join(tmpdir(), 'flinkc-fs-'));
      try {
        await body(new Bench(fixture, scratch));
      } finally {
        await fixture.fileSystem.close();
        await fixture.rival.close();
        rmSync(scratch, { recursive: true, force: true });
        await fixture.release?.();
      }
    });

  for (const size of [0, 1, 4096, 3_000_001])
    check(`reads back what was written: ${size} bytes`, async t => {
      const path = t.path('a', 'b', 'file');
      const bytes = pattern(size, 7);
      const writer = await t.fs.create(path);
      for (let at = 0; at < size; at += 700_000) await writer.write(bytes.subarray(at, at + 700_000));
      assert.is(writer.length, size);
      await writer.close();
      assert.equal(await t.fs.stat(path), { length: size });
      assert.ok(same(await t.fs.read(path), bytes));
      assert.ok(same(await t.streamed(path), bytes));
      for (const [start, end] of [
        [0, 0],
        [0, size],
        [size >> 1, size],
        [size >> 2, size >> 1],
      ] as const) {
        assert.ok(same(await t.fs.read(path, { start, end }), bytes.subarray(start, end)));
        assert.ok(same(await t.streamed(path, { start, end }), bytes.subarray(start, end)));
      }
    });

  check('a written buffer may be used again', async t => {
    const path = t.path('file');
    const writer = await t.fs.create(path);
    const buffer = new Uint8Array(100_000);
    for (let i = 0; i < 100; i++) {
      buffer.fill(i);
      await writer.write(buffer);
    }
    await writer.close();
    const read = await t.fs.read(path);
    assert.is(read.length, 10_000_000);
    for (let i = 0; i < 100; i++) assert.is(read[i * 100_000 + 50_000], i);
  });

  check('ranges beyond the end are errors that name the file', async t => {
    const path = t.path('short');
    await t.write(path, pattern(10, 1));
    await t.fails('failed', path, () => t.fs.read(path, { start: 5, end: 11 }));
    await t.fails('failed', path, () => t.streamed(path, { start: 11, end: 12 }));
  });

  check('nothing is visible before close', async t => {
    const path = t.path('folder', 'file');
    const writer = await t.fs.create(path);
    await writer.write(pattern(100_000, 3));
    assert.is(await t.fs.stat(path), null);
    assert.equal(await t.fs.list(t.path('folder')), []);
    await writer.close();
    assert.equal(await t.fs.list(t.path('folder')), [{ name: 'file', kind: 'file', length: 100_000 }]);
  });

  check('a file is replaced as a whole', async t => {
    const path = t.path('file');
    await t.write(path, pattern(1000, 1));
    const writer = await t.fs.create(path);
    await writer.write(pattern(10, 2));
    assert.ok(same(await t.fs.read(path), pattern(1000, 1)));
    await writer.close();
    assert.ok(same(await t.fs.read(path), pattern(10, 2)));
  });

  check('abort leaves nothing, or what was there before', async t => {
    const path = t.path('file');
    const first = await t.fs.create(path);
    await first.write(pattern(10, 1));
    await first.abort();
    await first.abort();
    assert.is(await t.fs.stat(path), null);
    await t.write(path, pattern(5, 9));
    const second = await t.fs.create(path);
    await second.write(pattern(10, 1));
    await second.abort();
    assert.ok(same(await t.fs.read(path), pattern(5, 9)));
    const third = await t.fs.create(path);
    await third.close();
    await third.abort();
    assert.equal(await t.fs.stat(path), { length: 0 });
  });

  check('missing files', async t => {
    const path = t.path('no', 'such');
    assert.is(await t.fs.stat(path), null);
    await t.fails('not-found', path, () => t.fs.read(path));
    await t.fails('not-found', path, () => t.fs.read(path, { start: 0, end: 1 }));
    await t.fails('not-found', path, () => t.streamed(path));
    await t.fails('not-found', path, () => t.fs.download(path, t.local('x')));
    assert.equal(await t.fs.list(path), []);
    await t.fs.delete(path);
    await t.fs.deleteDirectory(path);
    assert.is(await t.fs.readVersioned(path), null);
  });

  check('lists what lies directly in a folder, sorted', async t => {
    for (const name of ['b', 'a', 'c/d/e', 'c/f', 'chk-10', 'chk-9', '_metadata'])
      await t.write(t.path(...name.split('/')), pattern(name.length, 0));
    assert.equal(
      (await t.fs.list(t.root)).map(entry => `${entry.name} ${entry.kind} ${entry.length}`),
      ['_metadata file 9', 'a file 1', 'b file 1', 'c directory 0', 'chk-10 file 6', 'chk-9 file 5'],
    );
    assert.equal(
      (await t.fs.list(t.path('c'))).map(entry => entry.name),
      ['d', 'f'],
    );
    assert.is(await t.fs.stat(t.path('c')), null);
  });

  check('many files in one folder', async t => {
    const names = Array.from({ length: 1100 }, (_, i) => `file-${String(i).padStart(4, '0')}`);
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(names.slice(at, at + 50).map(name => t.write(t.path('many', name), pattern(1, at))));
    assert.equal(
      (await t.fs.list(t.path('many'))).map(entry => entry.name),
      names,
    );
    await t.fs.deleteDirectory(t.path('many'));
    assert.equal(await t.fs.list(t.path('many')), []);
  });

  check('deletes a file, or a folder with everything in it, and nothing beside it', async t => {
    for (const name of ['a/b/1', 'a/2', 'ab/3', 'c'])
      await t.write(t.path(...name.split('/')), pattern(3, 0));
    await t.fs.delete(t.path('c'));
    await t.fs.delete(t.path('c'));
    assert.is(await t.fs.stat(t.path('c')), null);
    await t.fs.deleteDirectory(t.path('a'));
    assert.is(await t.fs.stat(t.path('a', 'b', '1')), null);
    assert.is(await t.fs.stat(t.path('a', '2')), null);
    assert.equal(await t.fs.stat(t.path('ab', '3')), { length: 3 });
  });

  check('uploads and downloads', async t => {
    const bytes = pattern(2_500_000, 5);
    writeFileSync(t.local('up'), bytes);
    const path = t.path('deep', 'er', 'up');
    assert.equal(await t.fs.upload(t.local('up'), path), { length: bytes.length });
    // Uploaded again, as after a failure nobody heard of.
    assert.equal(await t.fs.upload(t.local('up'), path), { length: bytes.length });
    rmSync(t.local('up'));
    assert.ok(same(await t.fs.read(path), bytes));
    await t.fs.download(path, t.local('new/down'));
    await t.fs.download(path, t.local('new/down'));
    await t.fs.delete(path);
    assert.ok(same(readFileSync(t.local('new/down')), bytes));
  });

  check('names with spaces, umlauts and percent signs', async t => {
    const name = 'Größe 100% #1?.bin';
    await t.write(t.path(name), pattern(9, 0));
    assert.equal(await t.fs.list(t.root), [{ name, kind: 'file', length: 9 }]);
    assert.ok(same(await t.fs.read(t.path(name)), pattern(9, 0)));
  });

  check('what one client writes, another sees', async t => {
    await t.write(t.path('file'), pattern(4, 4));
    assert.ok(same(await t.rival.read(t.path('file')), pattern(4, 4)));
    await t.rival.delete(t.path('file'));
    assert.is(await t.fs.stat(t.path('file')), null);
  });

  check('swaps only the expected version', async t => {
    const path = t.path('ha', 'leader');
    assert.is(await t.fs.compareAndSwap(path, 'never', pattern(1, 1)), null);
    assert.is(await t.fs.readVersioned(path), null);
    const first = await t.fs.compareAndSwap(path, null, pattern(1, 1));
    assert.type(first, 'string');
    assert.is(await t.rival.compareAndSwap(path, null, pattern(2, 2)), null);
    const read = await t.rival.readVersioned(path);
    assert.ok(read && read.version === first && same(read.bytes, pattern(1, 1)));
    const second = await t.rival.compareAndSwap(path, first, pattern(3, 3));
    assert.type(second, 'string');
    assert.is.not(second, first);
    assert.is(await t.fs.compareAndSwap(path, first, pattern(4, 4)), null);
    assert.ok(same((await t.fs.readVersioned(path))!.bytes, pattern(3, 3)));
    // An ordinary file in all other respects.
    assert.ok(same(await t.fs.read(path), pattern(3, 3)));
    assert.ok(same(await t.fs.read(path, { start: 1, end: 3 }), pattern(3, 3).subarray(1, 3)));
    assert.equal(await t.fs.stat(path), { length: 3 });
    assert.equal(await t.fs.list(t.path('ha')), [{ name: 'leader', kind: 'file', length: 3 }]);
    await t.fs.delete(path);
    assert.is(await t.fs.readVersioned(path), null);
    assert.equal(await t.fs.list(t.path('ha')), []);
    // The version before the deletion is not that of a new file.
    const third = await t.fs.compareAndSwap(path, null, pattern(5, 5));
    assert.type(third, 'string');
    assert.is(await t.fs.compareAndSwap(path, second, pattern(6, 6)), null);
  });

  check('of several rivals one wins each round', async t => {
    const path = t.path('counter');
    const clients = [t.fs, t.rival, t.fs, t.rival];
    const rounds = 10;
    await Promise.all(
      clients.map(async client => {
        for (let won = 0; won < rounds;) {
          const current = await client.readVersioned(path);
          const count = current ? Number(Buffer.from(current.bytes).toString()) : 0;
          const swapped = await client.compareAndSwap(
            path,
            current?.version ?? null,
            Buffer.from(String(count + 1)),
          );
          if (swapped !== null) won++;
        }
      }),
    );
    assert.is(Buffer.from(await t.fs.read(path)).toString(), String(clients.length * rounds));
  });
  return tests;
}

class Bench {
  readonly fs: FileSystem;
  readonly rival: FileSystem;
  readonly root: string;
  readonly #scratch: string;

  constructor({ fileSystem, rival, root }: FileSystemFixture, scratch: string) {
    this.fs = fileSystem;
    this.rival = rival;
    this.root = root;
    this.#scratch = scratch;
  }
  path(...names: readonly string[]): string {
    return pathIn(this.root, ...names);
  }
  local(name: string): string {
    return join(this.#scratch, name);
  }
  async write(path: string, bytes: Uint8Array): Promise<void> {
    const writer = await this.fs.create(path);
    await writer.write(bytes);
    await writer.close();
  }
  async streamed(path: string, range?: { start: number; end: number }): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.fs.stream(path, range)) pieces.push(Uint8Array.from(piece));
    return Buffer.concat(pieces);
  }
  async fails(failure: string, path: string, operation: () => Promise<unknown>): Promise<void> {
    try {
      await operation();
    } catch (error) {
      assert.is(failureOf(error), failure, String(error));
      assert.ok((error as Error).message.includes(path.split('/').at(-1)!), (error as Error).message);
      return;
    }
    assert.unreachable(`${path}: no error`);
  }
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, x = seed + 1; i < length; i++) bytes[i] = x = (Math.imul(x, 1103515245) + 12345) >>> 8;
  return bytes;
}
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
