/** Rows of all lengths through a batch into a database and back: short keys and values lie in memory that is used again. */
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ByteWriter } from '../../runtime/contract/bytes.js';
import { Database } from '../../runtime/state/rocksdb/database.js';
import { WriteBatch } from '../../runtime/state/rocksdb/write-batch.js';
import { temporaryFolder } from './snapshot-storage.js';

const lengths = [0, 1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 300, 20_000];
/** Characters of one byte each, other ones for every row. */
function text(length: number, seed: number): string {
  return Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed * 7) & 0xff)).toString('latin1');
}
const rows = lengths.flatMap((keyBytes, i) =>
  lengths.map((valueBytes, k) => ({
    key: `${String.fromCharCode(i, k)}${text(keyBytes, i)}`,
    value: text(valueBytes, i + k + 1),
  })),
);

const test = suite('rows of a database');

async function open(): Promise<Database> {
  return Database.open(join(temporaryFolder(), 'db'), {
    blockCacheBytes: 1 << 20,
    writeBufferBytes: 1 << 20,
  });
}
async function valuesOf(db: Database, keys: readonly string[]): Promise<readonly (string | null)[]> {
  const wanted = new ByteWriter();
  for (const key of keys) {
    wanted.varint(key.length);
    wanted.latin1(key);
  }
  const found = Buffer.from(await db.getMany(wanted.toBytes()));
  const values: (string | null)[] = [];
  for (let at = 0; at < found.length;) {
    let length = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = found[at++]!;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    values.push(length === 0 ? null : found.toString('latin1', at, at + length - 1));
    at += Math.max(length - 1, 0);
  }
  return values;
}

for (const [way, put] of Object.entries<(batch: WriteBatch, key: string, value: string) => void>({
  'by their characters': (batch, key, value) => {
    batch.value().latin1(value);
    batch.put(key);
  },
  'from bytes': (batch, key, value) => {
    const bytes = Buffer.from(`before${key.slice(2)}${value}behind`, 'latin1');
    const end = 6 + key.length - 2;
    batch.putRange(key.slice(0, 2), bytes, 6, end, end + value.length);
  },
  'in parts': (batch, key, value) => {
    const bytes = (part: string): Buffer => Buffer.from(part, 'latin1');
    const half = value.length >> 1;
    batch.putParts(
      key.slice(0, 1),
      bytes(key.slice(1, 2)),
      bytes(key.slice(2)),
      bytes(value.slice(0, half)),
      bytes(value.slice(half)),
    );
  },
}))
  test(`put ${way}, of all lengths, and deleted`, async () => {
    const db = await open();
    const batch = new WriteBatch();
    for (const { key, value } of rows) put(batch, key, value);
    assert.is(batch.count, rows.length);
    await db.write(batch.take());
    const keys = rows.map(({ key }) => key);
    assert.equal(
      await valuesOf(db, keys),
      rows.map(({ value }) => value),
    );
    for (const [i, key] of keys.entries()) if (i % 2 === 0) batch.delete(key);
    await db.write(batch.take());
    assert.equal(
      await valuesOf(db, keys),
      rows.map(({ value }, i) => (i % 2 === 0 ? null : value)),
    );
    await db.close();
  });

test('operations apply in their order: puts, a range that is deleted, puts again', async () => {
  const db = await open();
  const batch = new WriteBatch();
  const put = (key: string, value: string): void => {
    batch.value().latin1(value);
    batch.put(key);
  };
  put('a1', 'old');
  put('a2', 'old');
  put('b1', 'stays');
  batch.deleteRange('a');
  put('a2', 'new');
  await db.write(batch.take());
  assert.equal(await valuesOf(db, ['a1', 'a2', 'b1']), [null, 'new', 'stays']);
  await db.close();
});

test.run();
