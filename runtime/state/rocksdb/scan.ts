import { ByteReader } from '../../contract/bytes.js';
import type { StoreDatabase } from './store-thread.js';
import { prefixEnd } from './write-batch.js';

const PAGE_ROWS = 256;

export interface Row {
  readonly key: string;
  readonly value: ByteReader;
}

/**
 * Rows whose keys begin with the prefix and are longer than it, in order. Page by page: what is written meanwhile may or
 * may not be seen. `onPage` is called before each page is read.
 */
export function* scanRows(
  db: StoreDatabase,
  prefix: string,
  onPage: () => void = () => {},
): IterableIterator<Row> {
  const end = prefixEnd(Buffer.from(prefix, 'latin1'));
  yield* scanRange(db, prefix, true, end === null ? '\xff'.repeat(64) : end.toString('latin1'), onPage);
}

/** Rows of [from, to), or of (from, to). */
export function* scanRange(
  db: StoreDatabase,
  from: string,
  after: boolean,
  to: string,
  onPage: () => void = () => {},
): IterableIterator<Row> {
  for (let last = from, skip = after; ; skip = true) {
    onPage();
    const rows = [...rowsOf(db.scan(last, skip, to, PAGE_ROWS))];
    yield* rows;
    if (rows.length < PAGE_ROWS) return;
    last = rows.at(-1)!.key;
  }
}

/** The rows of one page. */
export function* rowsOf(page: ByteReader): IterableIterator<Row> {
  const { bytes } = page;
  while (page.remaining > 0) {
    const keyLength = page.varint();
    const keyAt = page.take(keyLength);
    const valueLength = page.varint();
    const valueAt = page.take(valueLength);
    yield {
      key: Buffer.from(bytes.buffer, bytes.byteOffset + keyAt, keyLength).toString('latin1'),
      value: new ByteReader(bytes, valueAt, valueAt + valueLength),
    };
  }
}
