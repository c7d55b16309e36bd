/** Input files: bids as JSON lines and as CSV. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Batch, type ColumnSpec } from '../../plugins/api/batch.js';
import { NexmarkGenerator } from '../../plugins/nexmark/generator.js';
import { configOf } from '../../plugins/nexmark/options.js';

const column = (name: string, kind: 'float64' | 'string'): ColumnSpec => ({
  path: ['bid', name],
  kind,
  schema: { kind },
});
const layout = {
  columns: [
    column('auction', 'float64'),
    column('bidder', 'float64'),
    column('price', 'float64'),
    column('channel', 'string'),
    column('url', 'string'),
    { path: ['bid', 'dateTime'], kind: 'float64', schema: { kind: 'timestamp' } },
  ],
} as const;

export interface BidFiles {
  readonly folder: string;
  readonly json: string;
  readonly csv: string;
  readonly bytes: { readonly json: number; readonly csv: number };
}

export function writeBids(records: number): BidFiles {
  const folder = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  const rows = new Batch(layout, records);
  new NexmarkGenerator(configOf({ personProportion: 0, auctionProportion: 0 }), layout).fill(
    rows,
    0,
    records,
  );
  const [auction, bidder, price, channel, url, dateTime] = rows.columns;
  const json: string[] = [];
  const csv: string[] = [];
  for (let i = 0; i < records; i++) {
    const bid = {
      auction: auction![i],
      bidder: bidder![i],
      price: price![i],
      channel: channel![i],
      url: url![i],
      dateTime: dateTime![i],
    };
    json.push(`${JSON.stringify(bid)}\n`);
    csv.push(`${Object.values(bid).join(',')}\n`);
  }
  const files = { json: join(folder, 'bids.jsonl'), csv: join(folder, 'bids.csv') };
  const bytes = { json: Buffer.from(json.join('')), csv: Buffer.from(csv.join('')) };
  writeFileSync(files.json, bytes.json);
  writeFileSync(files.csv, bytes.csv);
  return { folder, ...files, bytes: { json: bytes.json.length, csv: bytes.csv.length } };
}
