import { rmSync } from 'node:fs';
import { atLeast, type Benchmark, type Row, type Target } from '../measure/benchmark.js';
import { contest, rate, ratio } from '../measure/contest.js';
import { isolated } from '../measure/isolated.js';
import { artifactOf, runJob } from '../measure/job.js';
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
    } finally {
      rmSync(files.folder, { recursive: true });
    }
    return rows;
  },
};
