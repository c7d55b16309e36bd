/** flinkc state reads a savepoint that does not fit into memory. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LocalFileSystem } from '../../plugins/filesystem/index.js';
import { ByteWriter } from '../../runtime/contract/bytes.js';
import type { FileHandle } from '../../runtime/contract/snapshot.js';
import { crc32 } from '../../runtime/state/format/crc32.js';
import { StateFileWriter } from '../../runtime/state/format/state-file-writer.js';
import { writeMetadata } from '../../runtime/state/storage/checkpoint-storage.js';

const folder = mkdtempSync(join(tmpdir(), 'flinkc-large-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const keyGroups = 128;
const entriesPerGroup = 600;
const valueLength = 4_000;
const megabytes = (keyGroups * entriesPerGroup * valueLength) / 1e6;

test('get and diff of a savepoint of 300 MB need less than 200 MB', async function () {
  await writeLargeSavepoint();
  const get = await peak(['state', 'get', folder, '--json']);
  assert.is(get.lines, keyGroups * entriesPerGroup);
  assert.ok(get.bytes > megabytes * 1e6);
  const diff = await peak(['state', 'diff', folder, folder]);
  assert.is(diff.lines, 0);
  for (const { code, residentMegabytes } of [get, diff]) {
    assert.is(code, 0);
    if (residentMegabytes !== null)
      assert.ok(residentMegabytes < 200, `${residentMegabytes} MB for a savepoint of ${megabytes} MB`);
  }
});

/** Runs flinkc with a heap of 64 MB and counts what it prints. */
async function peak(
  args: readonly string[],
): Promise<{ code: number | null; lines: number; bytes: number; residentMegabytes: number | null }> {
  const child = spawn(process.execPath, ['--max-old-space-size=64', resolve('dist/bin/flinkc.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let lines = 0;
  let bytes = 0;
  let residentMegabytes: number | null = null;
  child.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length;
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines++;
  });
  // Buffers are not on the heap, so the process is asked what it holds.
  const status = `/proc/${child.pid}/status`;
  const watch = setInterval(() => {
    const text = existsSync(status) ? readFileSync(status, 'utf8') : '';
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(text)?.[1];
    if (kilobytes !== undefined) residentMegabytes = Number(kilobytes) / 1000;
  }, 20);
  const code = await new Promise<number | null>(done => child.on('close', done));
  clearInterval(watch);
  return { code, lines, bytes, residentMegabytes };
}

async function writeLargeSavepoint(): Promise<void> {
  const [uid, uidHash] = ['totals', '0'.repeat(32)];
  const descriptor = openSync(join(folder, 'state'), 'w');
  let length = 0;
  let crc = 0;
  const sink = {
    async write(bytes: Uint8Array): Promise<void> {
      writeSync(descriptor, bytes);
      length += bytes.length;
      crc = crc32(bytes, crc);
    },
  };
  const sizes = { subtask: 0, parallelism: 1, maxParallelism: keyGroups };
  const file = await StateFileWriter.begin(sink, { jobId: 'job', checkpointId: 1, uid, uidHash, ...sizes });
  const schema = { key: 'int32', namespace: null, mapKey: null, value: 'string', times: false, layout: '' };
  const section = file.section({ name: 'total', kind: 'value', mode: null, schema });
  const out = new ByteWriter();
  for (let keyGroup = 0; keyGroup < keyGroups; keyGroup++) {
    for (let i = 0; i < entriesPerGroup; i++) {
      out.i32(keyGroup * entriesPerGroup + i);
      out.string(String(i).padEnd(valueLength, '.'));
      if (out.length > 64 << 10 || i === entriesPerGroup - 1) {
        await file.keyed(section, keyGroup, out.toBytes());
        out.reset();
      }
    }
  }
  await file.finish();
  closeSync(descriptor);
  const handle: FileHandle = { path: 'state', length, crc32: crc };
  const operators = [uidHash];
  const location = { base: folder, folder: '' };
  await writeMetadata(new LocalFileSystem(), location, {
    flinkc: '0.1.0',
    jobId: 'job',
    jobName: 'large',
    checkpointId: 1,
    type: 'savepoint',
    timestamp: 0,
    base: '.',
    tasks: [{ name: 'totals', parallelism: 1, maxParallelism: keyGroups, operators, finished: [] }],
    subtasks: [
      {
        task: 0,
        subtask: 0,
        operators: [{ uid, uidHash, ...sizes, keyed: { kind: 'canonical', file: handle }, operator: null }],
        source: null,
        sinks: [],
      },
    ],
    enumerators: {},
  });
}

test.run();
