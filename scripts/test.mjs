// Runs every folder of test/ in a uvu process of its own, as many at a time as there are cores.
// node scripts/test.mjs [folder…]; the last line is "N passed, N failed".
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** A folder that takes longer hangs: an open socket or timer keeps uvu's process alive. */
const timeoutMs = Number(process.env.TEST_TIMEOUT_MINUTES ?? 15) * 60_000;
/** Started first, because they take longest. */
const slowFirst = ['faults', 'programs', 'cli', 'engine', 'frontend', 'types', 'docs', 'api', 'fuzz'];

const rank = name => (slowFirst.includes(name) ? slowFirst.indexOf(name) : slowFirst.length);
const wanted = process.argv.slice(2);
const folders = readdirSync('test', { withFileTypes: true })
  .filter(entry => entry.isDirectory() && testFiles(entry.name).length > 0)
  .map(entry => entry.name)
  .filter(name => wanted.length === 0 || wanted.includes(name))
  .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));

function testFiles(folder) {
  return readdirSync(`test/${folder}`, { recursive: true })
    .map(String)
    .filter(file => file.endsWith('.test.ts'));
}

/** A suite whose .run() was forgotten would pass without running. */
function forgotten(folder) {
  return testFiles(folder).filter(file => !/\.run\(\)/.test(readFileSync(`test/${folder}/${file}`, 'utf8')));
}

function run(folder) {
  const started = performance.now();
  return new Promise(resolve => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'node_modules/uvu/bin.js', `test/${folder}`, '\\.test\\.ts$'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      },
    );
    let output = '';
    child.stdout.on('data', chunk => (output += chunk));
    child.stderr.on('data', chunk => (output += chunk));
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      const number = word => Number(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'm').exec(output)?.[1] ?? 0);
      const missing = forgotten(folder);
      const total = number('Total');
      const passed = number('Passed');
      const skipped = number('Skipped');
      let failed = total - passed - skipped + missing.length;
      if (failed === 0 && (code !== 0 || total === 0)) failed = 1;
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(
        `${failed === 0 ? 'ok  ' : 'FAIL'} ${folder.padEnd(14)} ${String(passed).padStart(4)} passed${skipped > 0 ? `, ${skipped} skipped` : ''}${failed > 0 ? `, ${failed} failed` : ''}  ${seconds} s${signal ? ` (ended by ${signal})` : ''}`,
      );
      for (const [line] of output.matchAll(/^(skipped|seed): .*$/gm)) console.log(`     ${line}`);
      for (const file of missing) console.log(`     ${file} never calls .run()`);
      if (failed > 0) console.log(output.replaceAll(/^/gm, '     '));
      resolve({ passed, failed });
    });
  });
}

const queue = [...folders];
const results = [];
await Promise.all(
  Array.from({ length: Math.max(1, availableParallelism()) }, async () => {
    for (let folder = queue.shift(); folder !== undefined; folder = queue.shift())
      results.push(await run(folder));
  }),
);
const sum = key => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
