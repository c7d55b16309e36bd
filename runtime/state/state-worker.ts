/** Threads that work for the state of a slot. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** `entry`: the module that the thread runs, without its ending. */
export function startStateWorker(entry: URL, options: WorkerOptions): Worker {
  for (const ending of ['.ts', '.js']) {
    const file = new URL(`${entry.href}${ending}`);
    if (!existsSync(fileURLToPath(file))) continue;
    if (ending === '.js') return new Worker(file, options);
    // A checkout without a build: a thread does not inherit the loader that runs these sources.
    const loader = import.meta.resolve('tsx/esm/api');
    const boot = `import('${loader}').then(tsx => { tsx.register(); return import('${file.href}'); })`;
    return new Worker(boot, { ...options, eval: true });
  }
  throw new Error(`${fileURLToPath(entry)} is missing from this installation`);
}
