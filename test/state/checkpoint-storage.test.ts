/** Folders of checkpoints (§9.4): what exists, what is found damaged, what goes. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileHandle, SnapshotType } from '../../runtime/contract/snapshot.js';
import { LocalFileSystem } from '../../plugins/filesystem/index.js';
import {
  CheckpointStorage,
  newSavepoint,
  readCheckpoint,
  writeMetadata,
} from '../../runtime/state/storage/checkpoint-storage.js';
import type { CheckpointMetadata } from '../../runtime/state/storage/metadata.js';
import { decodeMetadata, encodeMetadata } from '../../runtime/state/storage/metadata.js';
import { crc32 } from '../../runtime/state/format/crc32.js';
import { OperatorTarget } from '../../runtime/state/storage/operator-target.js';
import { SharedUploads } from '../../runtime/state/storage/shared-uploads.js';
import { StoredSource } from '../../runtime/state/storage/stored-source.js';

const test = suite('checkpoint storage');

const metadata: CheckpointMetadata = {
  flinkc: '0.1.0',
  jobId: 'a1b2c3'.padEnd(32, '0'),
  jobName: 'größe',
  checkpointId: 4,
  type: 'checkpoint',
  timestamp: 1000,
  base: '..',
  tasks: [{ name: 'map', parallelism: 2, maxParallelism: 128, operators: ['ab'], finished: [1] }],
  subtasks: [{ task: 0, subtask: 0, operators: [], source: null, sinks: [] }],
  enumerators: { ab: { left: 3 } },
};

class Folder {
  readonly fileSystem = new LocalFileSystem();
  readonly path = mkdtempSync(join(tmpdir(), 'flinkc-chk-'));
  readonly root = join(this.path, metadata.jobId);
  readonly storage = new CheckpointStorage(this.fileSystem, this.root);
  readonly uploads = new SharedUploads();

  target(
    checkpointId: number,
    type: SnapshotType = 'checkpoint',
    reuseFrom: number | null = 0,
  ): OperatorTarget {
    return new OperatorTarget({
      checkpointId,
      type,
      location: { fileSystem: this.fileSystem, base: this.root },
      folder: `chk-${checkpointId}/`,
      sharedFolder: 'shared/',
      prefix: 'op-0-a1',
      inlineBytes: 10,
      maxInlineBytes: 100,
      reuseFrom,
      uploads: this.uploads,
    });
  }
  get source(): StoredSource {
    return new StoredSource(this.fileSystem, this.root);
  }
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function inFolder(title: string, body: (folder: Folder) => Promise<void>): void {
  test(title, async () => {
    const folder = new Folder();
    try {
      await body(folder);
    } finally {
      folder.remove();
    }
  });
}

async function fails(code: string, mention: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    assert.is((error as { code?: string }).code, code, String(error));
    assert.ok((error as Error).message.includes(mention), (error as Error).message);
    return;
  }
  assert.unreachable(`${code} expected`);
}

async function written(target: OperatorTarget, bytes: Uint8Array, name = 'keyed'): Promise<FileHandle> {
  const file = await target.create(name);
  await file.write(bytes.subarray(0, 5));
  await file.write(bytes.subarray(5));
  return file.close();
}

inFolder('§9.4 a checkpoint lies in <job>/chk-<n>, and exists with its metadata', async f => {
  const handle = await written(f.target(4), new Uint8Array(1000).fill(7));
  assert.is(handle.path, 'chk-4/op-0-a1-keyed');
  await fails('FC5506', 'chk-4', () => readCheckpoint(f.fileSystem, join(f.root, 'chk-4')));
  const location = await f.storage.finalize(f.storage.checkpoint(4), metadata);
  assert.is(location, join(f.root, 'chk-4'));
  for (const path of [location, `${location}/`, `${location}/_metadata`]) {
    const read = await readCheckpoint(f.fileSystem, path);
    assert.equal(read.metadata, metadata);
    assert.is(read.base, f.root);
  }
  assert.is((await f.source.read(handle))[999], 7);
});

inFolder('small files are inline', async f => {
  const handle = await written(f.target(4), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  assert.is(handle.path, '');
  assert.ok(!existsSync(f.root));
  assert.equal([...(await f.source.read(handle))], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await fails('FC5504', 'checksum', () => f.source.read({ ...handle, inline: 'AQIDBAUGBwgJCw==' }));
});

inFolder('FC5505: without a directory, large state is refused', async f => {
  const target = new OperatorTarget({
    checkpointId: 1,
    type: 'checkpoint',
    location: null,
    folder: '',
    sharedFolder: '',
    prefix: 'op',
    inlineBytes: 10,
    maxInlineBytes: 100,
    reuseFrom: 0,
    uploads: f.uploads,
  });
  const handle = await written(target, new Uint8Array(100));
  assert.is((await new StoredSource(null, 'memory').read(handle)).length, 100);
  await fails('FC5505', '100 bytes', () => written(target, new Uint8Array(101)));
});

const damages: Readonly<Record<string, (path: string) => void>> = {
  missing: path => rmSync(path),
  truncated: path => truncateSync(path, 999),
  extended: path => writeFileSync(path, Buffer.concat([readFileSync(path), Uint8Array.of(0)])),
  flipped: path => {
    const bytes = readFileSync(path);
    bytes[500]! ^= 4;
    writeFileSync(path, bytes);
  },
};
for (const [how, damage] of Object.entries(damages))
  inFolder(`FC5504: a ${how} file is found by name`, async f => {
    const handle = await written(f.target(4), new Uint8Array(1000).fill(7));
    damage(join(f.root, handle.path));
    const name = join(f.root, 'chk-4', 'op-0-a1-keyed');
    await fails('FC5504', name, () => f.source.read(handle));
    await fails('FC5504', name, async () => {
      for await (const piece of f.source.stream(handle)) void piece;
    });
    const local = join(f.path, 'local');
    await fails('FC5504', name, () => f.source.download(handle, local));
    assert.ok(!existsSync(local));
  });

inFolder('FC5504: swapped files are found', async f => {
  const target = f.target(4);
  const a = await written(target, new Uint8Array(1000).fill(1), 'a');
  const b = await written(target, new Uint8Array(1000).fill(2), 'b');
  const [pathA, pathB, spare] = [join(f.root, a.path), join(f.root, b.path), join(f.path, 'spare')];
  renameSync(pathA, spare);
  renameSync(pathB, pathA);
  renameSync(spare, pathB);
  await fails('FC5504', pathA, () => f.source.read(a));
  await fails('FC5504', pathB, () => f.source.read(b));
});

test('FC5504: metadata of any damage is refused', () => {
  const bytes = encodeMetadata(metadata);
  assert.equal(decodeMetadata('m', bytes), metadata);
  const refused = (damaged: Uint8Array, what: string): void => {
    try {
      decodeMetadata('m', damaged);
    } catch (error) {
      assert.is((error as { code?: string }).code, 'FC5504', `${what}: ${String(error)}`);
      return;
    }
    assert.unreachable(what);
  };
  for (let length = 0; length < bytes.length; length++) refused(bytes.subarray(0, length), `${length} bytes`);
  for (let at = 0; at < bytes.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << bit;
      refused(flipped, `byte ${at} bit ${bit}`);
    }
  refused(encodeMetadata({ ...metadata, subtasks: [{ ...metadata.subtasks[0]!, task: 9 }] }), 'no such task');
  const head = `flinkc-checkpoint 1 4 ${crc32(Buffer.from('null')).toString(16).padStart(8, '0')}\n`;
  refused(Buffer.from(`${head}null`), 'null');
});

inFolder('shared files are used again only from completed checkpoints, and never in savepoints', async f => {
  const local = join(f.path, 'table');
  writeFileSync(local, Buffer.alloc(5000, 3));
  const first = f.target(1);
  assert.is(first.shared('t1'), null);
  const handle = await first.uploadShared(local, 't1');
  assert.is(handle.path, 'shared/t1');
  assert.equal([...first.sharedFiles], ['shared/t1']);
  assert.is(f.target(2).shared('t1'), null, 'checkpoint 1 may never complete');
  f.uploads.notifyCheckpointComplete(1);
  const second = f.target(3);
  assert.equal(second.shared('t1'), handle);
  assert.equal([...second.sharedFiles], ['shared/t1']);
  assert.is(second.writtenBytes, 0);
  assert.is(f.target(3, 'savepoint').shared('t1'), null);
  assert.is(f.target(3, 'checkpoint', null).shared('t1'), null);
  assert.is(f.target(3, 'checkpoint', 2).shared('t1'), null, 'checkpoint 1 may be gone');
  f.uploads.notifyCheckpointComplete(3);
  // Checkpoint 4 did without it: the file may be deleted with checkpoint 3.
  await f.target(4).uploadShared(local, 't2');
  f.uploads.notifyCheckpointComplete(4);
  assert.is(f.target(5).shared('t1'), null);
  assert.ok(f.target(5).shared('t2'));
  await f.storage.discardShared(['shared/t1']);
  assert.equal(readdirSync(join(f.root, 'shared')), ['t2']);
  const own = await f.target(6, 'savepoint').uploadShared(local, 't3');
  assert.is(own.path, 'chk-6/t3');
});

inFolder('§9.4 a savepoint is self-contained and can be moved', async f => {
  const location = newSavepoint(join(f.path, 'saves'), metadata.jobId);
  assert.match(location.base, /saves\/savepoint-a1b2c3-[0-9a-f]{12}$/);
  const target = new OperatorTarget({
    checkpointId: 5,
    type: 'savepoint',
    location: { fileSystem: f.fileSystem, base: location.base },
    folder: location.folder,
    sharedFolder: '',
    prefix: 'op-0-a1',
    inlineBytes: 0,
    maxInlineBytes: 0,
    reuseFrom: 0,
    uploads: f.uploads,
  });
  const handle = await written(target, new Uint8Array(100).fill(5));
  const saved = await writeMetadata(f.fileSystem, location, { ...metadata, type: 'savepoint', base: '.' });
  const moved = join(f.path, 'elsewhere');
  renameSync(saved, moved);
  const { base } = await readCheckpoint(f.fileSystem, moved);
  assert.is((await new StoredSource(f.fileSystem, base).read(handle))[99], 5);
});

inFolder('what no metadata names is cleaned up, what is complete stays', async f => {
  await written(f.target(1), new Uint8Array(100));
  await written(f.target(2), new Uint8Array(100));
  await f.storage.finalize(f.storage.checkpoint(2), metadata);
  await written(f.target(9), new Uint8Array(100));
  mkdirSync(join(f.root, 'shared'));
  copyFileSync(join(f.root, 'chk-2', '_metadata'), join(f.root, 'shared', 'x'));
  await f.storage.discardOrphans(9);
  assert.equal(readdirSync(f.root).sort(), ['chk-2', 'chk-9', 'shared']);
  await f.storage.discard(f.storage.checkpoint(2));
  await f.storage.discard(f.storage.checkpoint(2));
  await f.storage.discard(f.storage.checkpoint(9));
  await f.storage.removeIfEmpty();
  assert.ok(existsSync(f.root), 'shared/ is not empty');
  await f.storage.discardShared(['shared/x']);
  await f.storage.removeIfEmpty();
  assert.ok(!existsSync(f.root));
});

inFolder(
  'what an earlier leader had completed without telling is deleted, what is older is not the job’s',
  async f => {
    const complete = async (checkpointId: number, timestamp: number): Promise<void> => {
      await written(f.target(checkpointId), new Uint8Array(100));
      await f.storage.finalize(f.storage.checkpoint(checkpointId), { ...metadata, checkpointId, timestamp });
    };
    await complete(3, 900); // retained by a job that had this id before
    await complete(5, 1000);
    await complete(70, 2000); // of the leader that cleans up
    await written(f.target(6), new Uint8Array(100));
    writeFileSync(join(f.root, 'chk-6', '_metadata'), 'damaged');
    mkdirSync(join(f.root, 'shared'));
    writeFileSync(join(f.root, 'shared', 'x'), '');
    await f.storage.discardUnknown(65, 1000);
    assert.equal(readdirSync(f.root).sort(), ['chk-3', 'chk-6', 'chk-70', 'shared']);
    for (const id of [3, 6, 70]) await f.storage.discard(f.storage.checkpoint(id));
    await f.storage.discardUnknown(65, 1000);
    await f.storage.removeIfEmpty();
    assert.ok(!existsSync(f.root), 'files that no checkpoint shares any more');
  },
);

test.run();
