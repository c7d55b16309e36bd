import { Worker } from 'node:worker_threads';
import type { OracleAnswer, OracleQuestion, OracleQuestions, OracleStart } from './oracle-protocol.js';

interface Waiting {
  resolve(answer: never): void;
  reject(error: unknown): void;
}

/** An oracle on a thread of its own. Asking is asynchronous; the first answer waits until the program is read. */
export class ThreadOracle {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;

  constructor(start: OracleStart) {
    this.#worker = new Worker(new URL('./oracle-worker.js', import.meta.url), { workerData: start });
    this.#worker.unref(); // an idle oracle keeps no process alive
    this.#worker.on('message', (answer: OracleAnswer) => this.#receive(answer));
    this.#worker.on('error', error => this.#failAll(error));
    this.#worker.on('exit', code => this.#failAll(new Error(`the type oracle ended with code ${code}`)));
  }

  ask<K extends keyof OracleQuestions>(
    kind: K,
    ask: OracleQuestions[K]['ask'],
  ): Promise<OracleQuestions[K]['answer']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, kind, ask } as OracleQuestion);
    });
  }

  async close(): Promise<void> {
    // An oracle that could not open has nothing to close, and said so to whoever asked it something.
    await this.ask('close', null).catch(() => null);
    await this.#worker.terminate();
  }

  #receive(answer: OracleAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in answer) waiting?.reject(answer.error);
    else waiting?.resolve(answer.answer as never);
  }

  #failAll(error: unknown): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
