import { rmSync } from 'node:fs';
import { atLeast, type Benchmark, type Row, type Target } from '../measure/benchmark.js';
import { contest, rate, ratio } from '../measure/contest.js';
import { isolated } from '../measure/isolated.js';
import type { ConnectorCompilers } from '../../compiler/connectors.js';
import { artifactOf, connectorCompilers, runJob } from '../measure/job.js';
import { writeBids } from './bids.js';

interface Case {
  readonly format: 'json' | 'csv';
  readonly fields: 'Two' | 'All';
  readonly target?: Target;
}
const cases: readonly Case[] = [
  { format: 'json', fields: 'Two', target: atLeast(5, 2) },
  { format: 'json', fields: 'All', target: atLeast(2.5, 0.9) },
  { format: 'csv', fields: 'Two' },
  { format: 'csv', fields: 'All' },
];

/** Prices spread evenly over six powers of ten. */
const shares = [
  ['1 in 60', 79_000_000],
  ['1 in 6', 10_000_000],
  ['all', 0],
] as const;

/** As before the formats knew of filters. */
const filtersBehindDecoders: ConnectorCompilers = {
  ...connectorCompilers,
  formats: connectorCompilers.formats.map(compiler => ({
    ...compiler,
    generateDecoder: input => compiler.generateDecoder({ ...input, first: null }),
  })),
};

export const formats: Benchmark = {
  name: 'formats',
  about: 'bids from files against readline + JSON.parse (CSV: split), CPU time',
  async run({ quick }) {
    const records = quick ? 300_000 : 2_000_000;
    const files = writeBids(records);
    const rows: Row[] = [];
    try {
      for (const { format, fields, target } of cases) {
        const artifact = await artifactOf(new URL(`${format}-${fields.toLowerCase()}.ts`, import.meta.url));
        const path = files[format];
        const [readline, flinkc] = await contest(
          [
            {
              name: 'readline',
              run: () => isolated(new URL('by-hand.ts', import.meta.url), `${format}${fields}`, path),
            },
            { name: 'flinkc', run: () => runJob(artifact, { params: { input: path } }) },
          ],
          quick ? 1 : 3,
        );
        const times = ratio(readline!, flinkc!);
        const speed = rate(records / 1e6, flinkc!.cpuSeconds).median;
        const megabytes = rate(files.bytes[format] / 1e6, flinkc!.cpuSeconds).median;
        rows.push({
          what: `${format.toUpperCase()}, ${fields === 'Two' ? '2 of 6' : 'all 6'} fields, faster than readline`,
          value: times.median,
          unit: '×',
          spread: [times.low, times.high],
          ...(target && { target }),
          note: `${speed.toFixed(2)} M records/s, ${megabytes.toFixed(0)} MB/s; readline ${rate(records / 1e6, readline!.cpuSeconds).median.toFixed(2)} M/s`,
        });
      }
      for (const format of ['json', 'csv'] as const) {
        const program = new URL(`${format}-filtered.ts`, import.meta.url);
        const pushed = await artifactOf(program);
        const behind = await artifactOf(program, {}, filtersBehindDecoders);
        for (const [share, least] of shares) {
          const options = { params: { input: files[format], least: String(least) } };
          const [slow, fast] = await contest(
            [
              { name: 'filter behind the decoder', run: () => runJob(behind, options) },
              { name: 'filter in the decoder', run: () => runJob(pushed, options) },
            ],
            quick ? 1 : 5,
          );
          const times = ratio(slow!, fast!);
          rows.push({
            what: `${format.toUpperCase()}, all 6 fields of ${share} records, filter in the decoder`,
            value: times.median,
            unit: '×',
            spread: [times.low, times.high],
            note: `${rate(records / 1e6, fast!.cpuSeconds).median.toFixed(2)} M records/s read; times as fast as behind the decoder`,
          });
        }
      }
    } finally {
      rmSync(files.folder, { recursive: true });
    }
    return rows;
  },
};
