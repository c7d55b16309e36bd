/** Runs a staged bundle in a worker thread of its own: a fresh realm, which can be stopped whatever the program does. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { busyStack } from './busy-stack.js';
import {
  emptyReport,
  stageFile,
  thrown,
  timeIsOver,
  type StageReport,
  type StageRequest,
} from './stage-protocol.js';

export interface RunStageOptions {
  readonly code: string;
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly buildParams: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A worker that waits for something answers by then; one that does not is busy, or has only just begun. */
const idleAnswerMs = 200;
/** Who is seen at work so often, and answers none of the times, is busy. */
const busyLooks = 3;
/** Who is never seen at work and never answers is given up. */
const mostLooks = 10;

export async function runStage(options: RunStageOptions): Promise<StageReport> {
  const directory = await mkdtemp(path.join(tmpdir(), 'flinkc-'));
  try {
    const file = path.join(directory, stageFile);
    await writeFile(file, options.code);
    return await runWorker(pathToFileURL(file), options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runWorker(
  bundle: URL,
  { root, buildParams, env, timeoutMs, signal }: RunStageOptions,
): Promise<StageReport> {
  signal?.throwIfAborted();
  const request: StageRequest = { root, buildParams };
  // the bundle is plain JavaScript: loaders that this process was started with must not touch it
  const worker = new Worker(bundle, { workerData: request, env: { ...env }, stdout: true, execArgv: [] });
  // standard output belongs to the compiler's own result
  worker.stdout.pipe(process.stderr, { end: false });
  let timer: NodeJS.Timeout | undefined;
  let settled = false;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<StageReport>((resolve, reject) => {
      timer = setTimeout(() => {
        worker.postMessage(timeIsOver);
        void whatKeepsBusy(bundle.href, () => settled).then(stack =>
          resolve(emptyReport({ kind: 'timedOut', stack, waitingAt: null })),
        );
      }, timeoutMs);
      onAbort = () => reject(signal!.reason as Error);
      signal?.addEventListener('abort', onAbort);
      worker.once('message', (report: string) => resolve(JSON.parse(report) as StageReport));
      // the bundle could not even be linked: a package lacks an export that the program imports
      worker.once('error', error => resolve(emptyReport(thrown(error))));
      worker.once('exit', exitCode => resolve(emptyReport({ kind: 'exited', exitCode, stack: '' })));
    });
  } finally {
    settled = true;
    clearTimeout(timer);
    if (onAbort) signal?.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

/** Lines of the worker that runs `script`, as long as it has not settled; empty when it was never seen at work. */
async function whatKeepsBusy(script: string, settled: () => boolean): Promise<string> {
  const stacks: string[] = [];
  for (let look = 0; look < mostLooks && stacks.length < busyLooks; look++) {
    await delay(idleAnswerMs);
    if (settled()) break;
    const stack = await busyStack(script);
    if (stack !== '') stacks.push(stack);
  }
  return stacks.at(-1) ?? '';
}
