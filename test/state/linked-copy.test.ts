/** Copies of an open database: what the manifest names is what the copy has, whatever the engine is about to do. */
import { readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyDatabase } from '../../runtime/state/rocksdb/linked-copy.js';
import { tablesInManifest } from '../../runtime/state/rocksdb/manifest-tables.js';
import { loadRocksdb, type Rocksdb } from '../../runtime/state/rocksdb/package.js';
import { temporaryFolder } from './snapshot-storage.js';

interface WithProperties {
  getProperty(name: string): string;
}

const Database = loadRocksdb();
const test = suite('copies of a database');
const opened: Rocksdb[] = [];
test.after(async () => {
  for (const db of opened) await promisify(db.close.bind(db))();
});

async function open(folder: string): Promise<Rocksdb> {
  const db = new Database(folder);
  // A small buffer: tables are flushed and merged all the time.
  await promisify(db.open.bind(db))({ cacheSize: 1 << 20, writeBufferSize: 64 << 10, compression: false });
  opened.push(db);
  return db;
}
async function write(db: Rocksdb, round: number, rows: number): Promise<void> {
  const batch = db.batch();
  for (let i = 0; i < rows; i++)
    batch.put(Buffer.from(`key-${(i * 7919 + round) % 20_000}`), Buffer.alloc(100, round % 256));
  batch.put(Buffer.from('round'), Buffer.from(String(round)));
  await promisify(batch.write.bind(batch))();
}
async function roundIn(db: Rocksdb): Promise<number> {
  const get = promisify(db.getMany.bind(db)) as (
    keys: readonly Buffer[],
    options: { readonly asBuffer: true },
  ) => Promise<readonly (Buffer | undefined)[]>;
  const [value] = await get([Buffer.from('round')], { asBuffer: true });
  return Number(value);
}
function manifestOf(folder: string): Uint8Array {
  return readFileSync(join(folder, readFileSync(join(folder, 'CURRENT'), 'latin1').trim()));
}

test('the manifest names the tables that the engine has', async () => {
  const folder = temporaryFolder();
  const db = await open(folder);
  for (let round = 0; round < 60; round++) await write(db, round, 500);
  // The engine's list follows the manifest once nothing is flushed or merged any more.
  for (const giveUp = Date.now() + 240_000; ;) {
    const text = (db as unknown as WithProperties).getProperty('rocksdb.sstables');
    const listed = [...text.matchAll(/^ (\d+):\d+\[/gm)].map(match => Number(match[1])).sort((a, b) => a - b);
    const named = tablesInManifest(manifestOf(folder));
    if (Date.now() < giveUp && named?.join() !== listed.join()) {
      await setTimeout(50);
      continue;
    }
    assert.equal(named, listed);
    assert.ok(listed.length > 0, text);
    return;
  }
});

test('a manifest that ends in the middle of a record, or is none, says nothing', async () => {
  const folder = temporaryFolder();
  const db = await open(folder);
  for (let round = 0; round < 20; round++) await write(db, round, 500);
  // Until nothing is flushed any more the last record may be half written.
  let log = manifestOf(folder);
  for (let before = -1; before !== log.length || tablesInManifest(log) === null; log = manifestOf(folder)) {
    before = log.length;
    await setTimeout(300);
  }
  let whole = 0;
  for (let length = 1; length < log.length; length++)
    if (tablesInManifest(log.subarray(0, length)) !== null) whole++;
  // Each record but the last ends somewhere; every other cut is within one.
  assert.ok(whole > 0 && whole < log.length / 20, `${whole} of ${log.length}`);
  assert.is(tablesInManifest(Buffer.alloc(100, 0xff)), null);
});

test('copies made while tables are flushed and merged open with all that was written', async () => {
  const folder = temporaryFolder();
  const db = await open(folder);
  const copies = temporaryFolder();
  for (let round = 0; round < 40; round++) {
    // Flushes and compactions go on when the writes have returned.
    await write(db, round, 2000);
    const copy = join(copies, String(round));
    const files = await copyDatabase(folder, copy);
    assert.equal(readdirSync(copy).sort(), files.map(({ name }) => name).sort());
    for (const { name, length, shared } of files)
      if (!shared && name !== 'CURRENT') {
        // Links of files that go on growing: what counts is their first bytes.
        const bytes = readFileSync(join(copy, name)).subarray(0, length);
        await rm(join(copy, name));
        await writeFile(join(copy, name), bytes);
      }
    const opened = await open(copy);
    assert.is(await roundIn(opened), round);
    let rows = 0;
    const iterator = opened.iterator({ highWaterMark: 64 << 10 });
    const next = (): Promise<boolean> =>
      new Promise((resolve, reject) => {
        iterator.next((error, key) => (error ? reject(error) : resolve(key !== undefined)));
      });
    while (await next()) rows++;
    await promisify(iterator.end.bind(iterator))();
    assert.ok(rows > 1000, `${rows}`);
  }
});

test.run();
