/** The TaskManager's handle of a slot: its thread, posted messages, and the ways in which it can end. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { FaultData, SlotDeployment, SlotReport, SlotRequest } from './messages.js';
import type { SlotMemory } from './slot-memory.js';

/** What the thread is started with. */
export interface SlotThreadData {
  readonly deployment: SlotDeployment;
  readonly memory: SlotMemory;
}

export interface SlotThreadEvents {
  onReport(report: SlotReport): void;
  /** The thread is gone without having said 'stopped'. */
  onLost(slot: number, fault: FaultData): void;
}

export class SlotThread {
  readonly #worker: Worker;
  readonly #slot: number;
  readonly #ended: Promise<void>;
  #stopped = false;
  #lost = false;

  constructor(data: SlotThreadData, events: SlotThreadEvents) {
    this.#slot = data.deployment.slot;
    this.#worker = startWorker(data);
    this.#worker.on('message', (report: SlotReport) => {
      if (report.type === 'stopped') this.#stopped = true;
      events.onReport(report);
    });
    this.#worker.on('error', (error: NodeJS.ErrnoException) => this.#loss(events, error));
    this.#ended = new Promise(resolve => {
      this.#worker.on('exit', code => {
        if (!this.#stopped) this.#loss(events, new Error(`the thread ended with code ${code}`));
        resolve();
      });
    });
  }

  send(request: SlotRequest): void {
    this.#worker.postMessage(request);
  }

  /** After 'stopped': what user code left open (a timer, a connection) must not keep the thread alive. */
  async end(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>(resolve => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.#ended, grace]);
    clearTimeout(timer);
    await this.terminate();
  }

  /** For a thread that does not end by itself. */
  async terminate(): Promise<void> {
    this.#stopped = true;
    await this.#worker.terminate();
  }

  #loss(events: SlotThreadEvents, error: NodeJS.ErrnoException): void {
    if (this.#lost || this.#stopped) return;
    this.#lost = true;
    const outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    events.onLost(this.#slot, {
      code: outOfMemory ? 'FC5003' : 'FC5002',
      message: outOfMemory
        ? `slot ${this.#slot} ran out of memory`
        : `the thread of slot ${this.#slot} died: ${error.message}`,
      domain: 'internal',
      retry: 'restart',
      fix: outOfMemory
        ? 'give it more heap (taskmanager.memory.task.heap.size), raise the parallelism, or bound the state (TTL, windows)'
        : null,
      facts: {},
      stack: error.stack ?? null,
    });
  }
}

function startWorker(data: SlotThreadData): Worker {
  const entry = workerEntry();
  const { slot, settings } = data.deployment;
  const { heapBytes } = settings;
  const options: WorkerOptions = {
    workerData: data,
    name: `slot-${slot}`,
    ...(heapBytes === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapBytes / 2 ** 20 } }),
  };
  if (!entry.pathname.endsWith('.ts')) return new Worker(entry, options);
  // A checkout without a build: a thread does not inherit the loader that runs these sources.
  const loader = import.meta.resolve('tsx/esm/api');
  const boot = `import('${loader}').then(tsx => { tsx.register(); return import('${entry.href}'); })`;
  return new Worker(boot, { ...options, eval: true });
}

/** Beside this module in the sources, in its own place in the bundled package. */
function workerEntry(): URL {
  for (const candidate of [
    './slot-worker.ts',
    './slot-worker.js',
    '../runtime/taskmanager/slot-worker.js',
    './runtime/taskmanager/slot-worker.js',
    '../taskmanager/slot-worker.js',
  ]) {
    const url = new URL(candidate, import.meta.url);
    if (existsSync(fileURLToPath(url))) return url;
  }
  throw new Error('slot-worker is missing from this installation');
}
