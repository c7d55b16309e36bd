/** Rescaling: rows of the key groups that now belong here are copied out of an older database. */
import { ByteWriter } from '../../contract/bytes.js';
import { Database } from './database.js';
import { WriteBatch } from './write-batch.js';

const BATCH = 1 << 20;

export interface AdoptRequest {
  readonly folder: string;
  readonly firstKeyGroup: number;
  readonly lastKeyGroup: number;
  /** id of a state there → id of the state here; ids that are not listed stay as they are */
  readonly stateIds: Readonly<Record<number, number>>;
}

export async function adoptRows(into: Database, request: AdoptRequest): Promise<number> {
  const source = await Database.open(request.folder, {
    blockCacheBytes: 1 << 20,
    writeBufferBytes: 4 << 20,
  });
  let rows = 0;
  try {
    const cursor = source.iterate(keyGroupStart(request.firstKeyGroup));
    const batch = new WriteBatch();
    for (let row = await cursor.next(); row; row = await cursor.next()) {
      if (row.key.readUInt16BE(0) > request.lastKeyGroup) break;
      const id = request.stateIds[row.key.readUInt16BE(2)];
      if (id !== undefined) row.key.writeUInt16BE(id, 2);
      batch.value().raw(row.value);
      batch.put(row.key.toString('latin1'));
      rows++;
      if (batch.bytes >= BATCH) await into.write(batch.take());
    }
    await cursor.end();
    await into.write(batch.take());
  } finally {
    await source.close();
  }
  return rows;
}

function keyGroupStart(keyGroup: number): Buffer {
  const out = new ByteWriter(2);
  out.u8(keyGroup >>> 8);
  out.u8(keyGroup & 0xff);
  return Buffer.from(out.toBytes());
}
