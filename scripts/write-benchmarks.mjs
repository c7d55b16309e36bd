// Writes the tables of docs/benchmarks.md and their excerpt in the README from the output of the benchmarks:
// npm run --silent bench -- --json > bench.json && node scripts/write-benchmarks.mjs bench.json
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

const { machine, sections } = JSON.parse(readFileSync(process.argv[2] ?? 'bench.json', 'utf8'));

/** Rows of the README: those with a goal, which are the ones that the project promises something about. */
const excerpt = sections.flatMap(section => section.rows.filter(row => row.target));

const number = value => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const cell = text => String(text).replaceAll('|', '\\|');

function table(rows) {
  return [
    '| | measured | range | goal | |',
    '| --- | ---: | ---: | ---: | --- |',
    ...rows.map(({ what, value, unit, spread, target, note }) => {
      const range = spread ? `${number(spread[0])}–${number(spread[1])}` : '';
      const goal = target ? `${target.bound} ${target.value}` : '';
      return `| ${cell(what)} | ${number(value)} ${cell(unit)} | ${range} | ${cell(goal)} | ${cell(note ?? '')} |`;
    }),
  ].join('\n');
}

async function replace(file, text) {
  const page = readFileSync(file, 'utf8');
  const marked = /(<!-- bench:begin -->\n)[\s\S]*(<!-- bench:end -->)/;
  if (!marked.test(page)) throw new Error(`${file} has no bench:begin and bench:end`);
  const updated = page.replace(marked, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
  writeFileSync(file, await format(updated, { ...(await resolveConfig(file)), filepath: file }));
}

await replace(
  'docs/benchmarks.md',
  [
    `Measured on: ${machine}.`,
    ...sections.map(section => `## ${section.name}\n\n${section.about}.\n\n${table(section.rows)}`),
  ].join('\n\n'),
);
await replace('README.md', `Measured on: ${machine}.\n\n${table(excerpt)}`);
