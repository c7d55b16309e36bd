/**
 * Benchmarks. `npm run bench -- [names…] [--quick] [--json]`: medians of interleaved runs, ratios within a run, outputs
 * compared. --quick is for CI: small inputs, and an exit code ≠ 0 when a figure is beyond any noise, three times in a row;
 * a wrong output fails at once.
 */
import { parseArgs } from 'node:util';
import { buildTimes } from './tools/build-times.js';
import { checkpoints } from './checkpoints/index.js';
import { exchange } from './exchange/index.js';
import { formats } from './formats/index.js';
import { keyedState } from './state/index.js';
import { best, isBeyond, type Benchmark, type Row } from './measure/benchmark.js';
import { machine } from './measure/machine.js';
import { table, type Section } from './measure/report.js';
import { nexmark } from './nexmark/index.js';
import { pipeline } from './pipeline/index.js';
import { savepoints } from './savepoints/index.js';
import { scheduling } from './scheduling/index.js';
import { startUp } from './tools/start-up.js';

const benchmarks: readonly Benchmark[] = [
  pipeline,
  nexmark,
  formats,
  exchange,
  keyedState,
  checkpoints,
  savepoints,
  scheduling,
  buildTimes,
  startUp,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const unknown = positionals.filter(name => !benchmarks.some(benchmark => benchmark.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no benchmark '${unknown[0]}'; there are ${benchmarks.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
const say = (text: string): void => void (values.json || process.stdout.write(text));
const about = machine();
say(`${about}\n\n`);

const sections: Section[] = [];
for (const benchmark of benchmarks) {
  if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
  const start = performance.now();
  const rows = await rowsOf(benchmark);
  const section = {
    name: benchmark.name,
    about: benchmark.about,
    seconds: (performance.now() - start) / 1e3,
    rows,
  };
  sections.push(section);
  say(`${table(section)}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify({ machine: about, sections }, null, 2)}\n`);

const beyond = sections.flatMap(({ name, rows }) =>
  rows
    .filter(isBeyond)
    .map(
      ({ what, value, target }) =>
        `${name}: ${what} is ${value.toFixed(2)}, ${target!.bound} ${target!.limit} is allowed\n`,
    ),
);
for (const line of beyond) process.stderr.write(line);
if (values.quick && beyond.length > 0) process.exitCode = 1;

/** In a quick round others may have had the processor all the time: what is beyond its limit is tried twice more. */
async function rowsOf(benchmark: Benchmark): Promise<readonly Row[]> {
  let rows = await benchmark.run({ quick: values.quick });
  for (let again = 2; values.quick && again > 0 && rows.some(isBeyond); again--) {
    for (const { what, value, unit } of rows.filter(isBeyond))
      say(`${benchmark.name}: ${what} is ${value.toFixed(2)} ${unit}: once more\n`);
    rows = best(rows, await benchmark.run({ quick: true }));
  }
  return rows;
}
