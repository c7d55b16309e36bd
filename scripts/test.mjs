// Runs every folder of test/ in a uvu process of its own, as many at a time as there are cores; folders whose files take
// minutes are run file by file. Files that fail are run once more when nothing runs beside them; what passes only then is
// named. node scripts/test.mjs [folder…]; the last line is "N passed, N failed".
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** A process in which no test comes to its end for so long hangs: a slow machine is no hang, however long a folder takes. */
const silenceMs = Number(process.env.TEST_TIMEOUT_MINUTES ?? 15) * 60_000;
/** What a process may still say after its end. */
const drainMs = 10_000;
/** Started first, because they take longest. */
const slowFirst = ['faults', 'programs', 'engine', 'cli', 'frontend', 'types', 'docs', 'api', 'fuzz'];
const byFile = new Set(['engine']);
/** What these find may not happen twice: a failure is no accident of the machine. */
const onceOnly = new Set(['faults', 'simulation', 'fuzz']);
/** More units than this do not fail by accident. */
const mostAgain = 3;

const rank = name => (slowFirst.includes(name) ? slowFirst.indexOf(name) : slowFirst.length);
const wanted = process.argv.slice(2);
const units = readdirSync('test', { withFileTypes: true })
  .filter(entry => entry.isDirectory() && testFiles(entry.name).length > 0)
  .map(entry => entry.name)
  .filter(name => wanted.length === 0 || wanted.includes(name))
  .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  .flatMap(folder => {
    const files = testFiles(folder);
    return byFile.has(folder) ? files.map(file => ({ folder, files: [file] })) : [{ folder, files }];
  });

function testFiles(folder) {
  return readdirSync(`test/${folder}`, { recursive: true })
    .map(String)
    .filter(file => file.endsWith('.test.ts'))
    .sort();
}

/** A suite whose .run() was forgotten would pass without running. */
function forgotten({ folder, files }) {
  return files.filter(file => !/\.run\(\)/.test(readFileSync(`test/${folder}/${file}`, 'utf8')));
}

/** Files with a test that failed; all of them if the process ended before its summary. */
function failedFiles({ files }, output) {
  const named = files.filter(file =>
    output.split(/^(?=\S*\.test\.ts$)/m).some(part => part.startsWith(`${file}\n`) && /✘/.test(part)),
  );
  return /^\s+Total:/m.test(output) && named.length > 0 ? named : files;
}

/** Where a process that had to be ended was: uvu names a file before its tests and marks each test that ends. */
function placeOf(output) {
  const last = output.match(/^\S*\.test\.ts$[^]*?(?=\n\n|$(?![^]))/gm)?.at(-1);
  if (last === undefined) return 'before its first test: a module that is imported does not come to its end';
  const [file, ...tests] = last.split('\n');
  const ended = tests.join('').match(/[•✘]/g)?.length ?? 0;
  if (/^\s+Total:/m.test(output)) return 'after its last test: a socket, timer or process is still open';
  return `in ${file}, after ${ended} of its tests`;
}

function run(unit) {
  const { folder, files } = unit;
  const name = files.length === 1 ? `${folder}/${files[0].replace('.test.ts', '')}` : folder;
  const pattern = `^(${files.map(file => file.replaceAll('.', '\\.')).join('|')})$`;
  const started = performance.now();
  return new Promise(resolve => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'node_modules/uvu/bin.js', `test/${folder}`, pattern],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
        // a group, so that what hangs ends with the processes it has started
        detached: true,
      },
    );
    running.add(child);
    let output = '';
    let hangs;
    const end = () => {
      hangs = placeOf(output);
      endGroup(child);
    };
    let timer = setTimeout(end, silenceMs);
    const heard = chunk => {
      output += chunk;
      if (!/[•✘]|\.test\.ts$/m.test(chunk)) return;
      clearTimeout(timer);
      timer = setTimeout(end, silenceMs);
    };
    child.stdout.setEncoding('utf8').on('data', heard);
    child.stderr.setEncoding('utf8').on('data', heard);
    let exit;
    const report = () => {
      clearTimeout(timer);
      running.delete(child);
      const number = word => Number(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'm').exec(output)?.[1] ?? 0);
      const missing = forgotten(unit);
      const total = number('Total');
      const passed = number('Passed');
      const skipped = number('Skipped');
      let failed = total - passed - skipped + missing.length;
      if (failed === 0 && (exit.code !== 0 || total === 0)) failed = 1;
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(
        `${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(14)} ${String(passed).padStart(4)} passed${skipped > 0 ? `, ${skipped} skipped` : ''}${failed > 0 ? `, ${failed} failed` : ''}  ${seconds} s${exit.signal ? ` (ended by ${exit.signal})` : ''}`,
      );
      for (const [line] of output.matchAll(/^(skipped|seed): .*$/gm)) console.log(`     ${line}`);
      for (const file of missing) console.log(`     ${file} never calls .run()`);
      if (hangs !== undefined) console.log(`     nothing for ${silenceMs / 60_000} min, ${hangs}`);
      if (failed > 0) console.log(output.replaceAll(/^/gm, '     '));
      const repeatable = hangs === undefined && !onceOnly.has(folder);
      resolve({ folder, passed, failed, again: failed > 0 && repeatable ? failedFiles(unit, output) : [] });
    };
    // The summary may come after the end of the process; a process that a test has left behind keeps the pipe open.
    child.on('exit', (code, signal) => {
      exit = { code, signal };
      const late = setTimeout(() => child.stdout.destroy() && child.stderr.destroy(), drainMs);
      child.on('close', () => {
        clearTimeout(late);
        report();
      });
    });
  });
}

const running = new Set();
function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => {
    for (const child of running) endGroup(child);
    process.exit(130);
  });

const queue = [...units];
const results = [];
await Promise.all(
  Array.from({ length: Math.max(1, availableParallelism()) }, async () => {
    for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) results.push(await run(unit));
  }),
);

const failures = results.filter(({ failed }) => failed > 0);
if (failures.length > 0 && failures.length <= mostAgain)
  for (const failure of failures.filter(({ again }) => again.length > 0)) {
    const { folder, again: files } = failure;
    if ((await run({ folder, files })).failed > 0) continue;
    console.log(`UNSTABLE ${folder}: ${files.join(', ')} failed above, and passed by themselves`);
    failure.passed += failure.failed;
    failure.failed = 0;
  }

const sum = key => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
