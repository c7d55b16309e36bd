/**
 * Operations that take longer than a request: triggered by one, asked for by others. A client may choose the id, so that
 * a repeated request finds the same operation.
 */
import { randomBytes } from 'node:crypto';
import { badRequest, notFound } from './rest-error.js';

export interface AsyncResult {
  readonly status: { readonly id: 'IN_PROGRESS' | 'COMPLETED' };
  readonly operation?: unknown;
}

interface Operation {
  readonly result: Promise<unknown>;
  /** undefined: under way */
  outcome?: unknown;
  completedAt: number;
  /** called when somebody has been given the outcome */
  readonly collect: () => void;
  readonly collected: Promise<void>;
}

export class AsyncOperations {
  readonly #operations = new Map<string, Operation>();
  readonly #storeMs: number;

  /** `storeMs`: how long a result can be asked for (`rest.async.store-duration`). */
  constructor(storeMs: number) {
    this.#storeMs = storeMs;
  }

  /** `scope`: the job, or ''. `run` settles with the operation's success; `failure` turns an error into its result. */
  trigger(
    scope: string,
    triggerId: string | undefined,
    run: () => Promise<unknown>,
    failure: (error: unknown) => unknown,
  ): { readonly 'request-id': string } {
    this.#forget();
    if (triggerId !== undefined && !/^[0-9a-f]{32}$/i.test(triggerId))
      throw badRequest(`'triggerId' must be 32 hexadecimal digits, not '${triggerId.slice(0, 64)}'.`);
    const id = triggerId?.toLowerCase() ?? randomBytes(16).toString('hex');
    const key = `${scope}/${id}`;
    if (!this.#operations.has(key)) {
      let collect = (): void => {};
      const collected = new Promise<void>(resolve => (collect = resolve));
      const operation: Operation = {
        result: run().catch(failure),
        completedAt: Infinity,
        collect,
        collected,
      };
      void operation.result.then(outcome => {
        operation.outcome = outcome;
        operation.completedAt = performance.now();
      });
      this.#operations.set(key, operation);
    }
    return { 'request-id': id };
  }

  result(scope: string, triggerId: string): AsyncResult {
    this.#forget();
    const operation = this.#operations.get(`${scope}/${triggerId.toLowerCase()}`);
    if (!operation) throw notFound(`Operation not found under key: ${triggerId}`);
    if (operation.completedAt === Infinity) return { status: { id: 'IN_PROGRESS' } };
    operation.collect();
    return { status: { id: 'COMPLETED' }, operation: operation.outcome };
  }

  /** Resolves when every outcome has been asked for, at the latest after `timeoutMs`: a client may still wait for one. */
  async collected(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([Promise.all([...this.#operations.values()].map(({ collected }) => collected)), late]);
    clearTimeout(timer);
  }

  #forget(): void {
    const now = performance.now();
    for (const [key, { completedAt }] of this.#operations)
      if (now - completedAt > this.#storeMs) this.#operations.delete(key);
  }
}
