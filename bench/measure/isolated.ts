/** Runs a contestant in a thread of its own, compiled as artifacts are: no contestant sees what V8 learnt of another. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { Measurement } from './contest.js';

const bundles = new Map<string, Promise<string>>();
const folder = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));

async function bundle(module: URL): Promise<string> {
  const outfile = join(folder, `${bundles.size}-${basename(module.pathname, '.ts')}.mjs`);
  await build({
    entryPoints: [fileURLToPath(module)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: {
      js: "import { createRequire as requireIn } from 'node:module'; const require = requireIn(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
}

/** Calls the exported function `name` of `module` with `args`; only the call is measured. */
export async function isolated(module: URL, name: string, ...args: readonly unknown[]): Promise<Measurement> {
  let file = bundles.get(module.href);
  if (!file) bundles.set(module.href, (file = bundle(module)));
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(workerData.href).then(async module => {
       const cpu = process.cpuUsage();
       const start = performance.now();
       const digest = await module[workerData.name](...workerData.args);
       const seconds = (performance.now() - start) / 1e3;
       const { user, system } = process.cpuUsage(cpu);
       parentPort.postMessage({ seconds, cpuSeconds: (user + system) / 1e6, digest });
     });`,
    { eval: true, execArgv: [], workerData: { href: pathToFileURL(await file).href, name, args } },
  );
  return new Promise((resolve, reject) => {
    worker.once('message', (measurement: Measurement) => resolve(measurement));
    worker.once('error', reject);
  });
}
