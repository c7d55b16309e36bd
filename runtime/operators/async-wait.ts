import type { AsyncRetryStrategy, ResultFuture } from '../../plugins/api/functions.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { ListState } from '../../plugins/api/state.js';
import type { ValueCodec } from '../contract/codec.js';
import { RuntimeFault } from '../contract/fault.js';
import type { StateSpec } from '../contract/state.js';
import type { Emit, EmitSide, OperatorContext } from '../contract/task.js';
import {
  OrderedQueue,
  UnorderedQueue,
  type AsyncEntry,
  type AsyncEvent,
  type AsyncOutput,
  type AsyncQueue,
} from './async-queues.js';
import { FunctionLifecycle, type StateSpecs } from './user-function.js';
import type { WatermarkTarget } from './watermarks/valve.js';

export type AsyncLambda<IN, OUT> = (input: IN, resultFuture: ResultFuture<OUT>) => void | Promise<void>;
export interface AsyncFunctionShape<IN, OUT> {
  asyncInvoke: AsyncLambda<IN, OUT>;
  timeout?(input: IN, resultFuture: ResultFuture<OUT>): void;
}
export interface AsyncWaitSpec<IN, OUT> {
  readonly fn: AsyncLambda<IN, OUT> | AsyncFunctionShape<IN, OUT>;
  readonly ordered: boolean;
  /** ms for all attempts of a record together; 0: none */
  readonly timeout: number;
  /** records whose results have not left */
  readonly capacity: number;
  readonly retry: AsyncRetryStrategy<OUT> | null;
  /** codec of the inputs: those in flight are checkpointed and asked again after a restore */
  readonly inFlight: StateSpec;
  readonly states: StateSpecs;
  /** The rest of the chain: watermarks and the end of the input leave behind the results they follow. */
  readonly target: WatermarkTarget & { onEndOfInput(): void };
}

interface TimestampedInput<IN> {
  readonly value: IN;
  readonly timestamp: number;
}

/** Asynchronous requests per record, with bounded concurrency, time-out and retries (datastream-semantics §6). */
export class AsyncWaitOperator<IN, OUT> implements AsyncOutput<IN, OUT> {
  readonly #ctx: OperatorContext;
  readonly #spec: AsyncWaitSpec<IN, OUT>;
  readonly #fn: AsyncFunctionShape<IN, OUT>;
  readonly #lifecycle: FunctionLifecycle;
  readonly #emit: Emit<OUT>;
  readonly #queue: AsyncQueue<IN, OUT>;
  readonly #requests = new Set<Request<IN, OUT>>();
  readonly #inFlight: ListState<TimestampedInput<IN>>;
  /** Rows of the current batch (and what follows them) that came when the capacity was used up. */
  #backlog: (TimestampedInput<IN> | AsyncEvent)[] = [];
  #backlogRecords = 0;
  #inputEnded = false;

  constructor(ctx: OperatorContext, spec: AsyncWaitSpec<IN, OUT>, emit: Emit<OUT>, _side: EmitSide) {
    this.#ctx = ctx;
    this.#spec = spec;
    this.#fn = typeof spec.fn === 'function' ? { asyncInvoke: spec.fn } : spec.fn;
    this.#lifecycle = new FunctionLifecycle(this.#fn, ctx, spec.states, null);
    this.#emit = emit;
    this.#queue = spec.ordered ? new OrderedQueue(this) : new UnorderedQueue(this);
    this.#inFlight = ctx.operatorState.list(withTimestamp(spec.inFlight));
  }
  open(): void {
    this.#lifecycle.open();
    for (const { value, timestamp } of this.#inFlight.get()) this.processElement(value, timestamp);
    this.#inFlight.clear();
  }
  processElement(value: IN, timestamp: number): void {
    if (this.#backlog.length === 0 && this.#queue.records < this.#spec.capacity) {
      this.#request(value, timestamp);
      return;
    }
    this.#backlog.push({ value, timestamp });
    this.#backlogRecords++;
  }
  advanceWatermark(watermark: number): void {
    this.#event({ kind: 'watermark', watermark });
  }
  onIdle(idle: boolean): void {
    this.#event({ kind: 'idle', idle });
  }
  onKeyEnd(): void {}
  endInput(): void {
    this.#event({ kind: 'end' });
  }
  prepareSnapshot(checkpointId: number): void {
    this.#lifecycle.prepareSnapshot(checkpointId);
    const inputs: TimestampedInput<IN>[] = [...this.#queue.entries()];
    for (const item of this.#backlog) if (!('kind' in item)) inputs.push(item);
    this.#inFlight.update(inputs);
  }
  finish(): void {}
  close(): void {
    for (const request of this.#requests) request.abandon();
    this.#lifecycle.close();
  }
  /** Records whose results have not left; the task is not done before it is 0. */
  get pending(): number {
    return this.#queue.records + this.#backlogRecords;
  }
  get canAccept(): boolean {
    return this.#queue.records + this.#backlogRecords < this.#spec.capacity;
  }

  emitResults(entry: AsyncEntry<IN, OUT>): void {
    for (const result of entry.results!) this.#emit(result, entry.timestamp);
  }
  emitEvent(event: AsyncEvent): void {
    const { target } = this.#spec;
    switch (event.kind) {
      case 'watermark':
        return target.onWatermark(event.watermark);
      case 'idle':
        return target.onIdle(event.idle);
      case 'end':
        return target.onEndOfInput();
    }
  }

  #event(event: AsyncEvent): void {
    if (this.#backlog.length === 0) this.#enqueue(event);
    else this.#backlog.push(event);
  }
  #enqueue(event: AsyncEvent): void {
    if (event.kind === 'end') this.#lastAttempts();
    this.#queue.addEvent(event);
  }
  /** The last record has been asked for: no more waiting before a retry, and what fails now is not tried again. */
  #lastAttempts(): void {
    this.#inputEnded = true;
    for (const request of this.#requests) request.retryNow();
  }
  #request(value: IN, timestamp: number): void {
    const entry: AsyncEntry<IN, OUT> = { value, timestamp, results: null };
    this.#queue.add(entry);
    const request: Request<IN, OUT> = new Request(entry, {
      fn: this.#fn,
      retry: this.#spec.retry,
      timeout: this.#spec.timeout,
      ctx: this.#ctx,
      mayRetry: () => !this.#inputEnded,
      done: () => {
        this.#requests.delete(request);
        this.#queue.completed(entry);
        this.#requestBacklog();
      },
    });
    this.#requests.add(request);
    request.start();
  }
  #requestBacklog(): void {
    let taken = 0;
    while (taken < this.#backlog.length) {
      const item = this.#backlog[taken]!;
      if ('kind' in item) this.#enqueue(item);
      else {
        if (this.#queue.records >= this.#spec.capacity) break;
        this.#backlogRecords--;
        this.#request(item.value, item.timestamp);
      }
      taken++;
    }
    if (taken > 0) this.#backlog = this.#backlog.slice(taken);
  }
}

interface RequestHost<IN, OUT> {
  readonly fn: AsyncFunctionShape<IN, OUT>;
  readonly retry: AsyncRetryStrategy<OUT> | null;
  readonly timeout: number;
  readonly ctx: OperatorContext;
  mayRetry(): boolean;
  done(): void;
}

/** One record on its way through all its attempts. */
class Request<IN, OUT> {
  readonly #entry: AsyncEntry<IN, OUT>;
  readonly #host: RequestHost<IN, OUT>;
  #attempts = 0;
  #timeoutTimer: number | null = null;
  #retryTimer: number | null = null;
  #timedOut = false;
  /** results of earlier attempts no longer count */
  #current: Attempt<OUT> | null = null;

  constructor(entry: AsyncEntry<IN, OUT>, host: RequestHost<IN, OUT>) {
    this.#entry = entry;
    this.#host = host;
  }
  start(): void {
    const { timeout, ctx } = this.#host;
    if (timeout > 0) {
      const clock = ctx.processingTime;
      this.#timeoutTimer = clock.schedule(clock.now() + timeout, () => this.#onTimeout());
    }
    this.#try();
  }
  /** End of input: a retry that is waiting is made at once. */
  retryNow(): void {
    if (this.#retryTimer === null) return;
    this.#host.ctx.processingTime.cancel(this.#retryTimer);
    this.#retryTimer = null;
    this.#try();
  }
  abandon(): void {
    this.#current = null;
    this.#cancelTimers();
  }

  #try(): void {
    this.#attempts++;
    const attempt = this.#newAttempt();
    try {
      const promise = this.#host.fn.asyncInvoke(this.#entry.value, attempt);
      if (promise) promise.then(undefined, (error: unknown) => attempt.completeExceptionally(error));
    } catch (error) {
      attempt.completeExceptionally(error);
    }
  }
  #newAttempt(): Attempt<OUT> {
    const attempt: Attempt<OUT> = new Attempt((results, error) => {
      // Completions come from anywhere, at any time: the mailbox makes them one message among others.
      this.#host.ctx.enqueue(() => {
        if (this.#current === attempt) this.#onCompletion(results, error);
      });
    });
    this.#current = attempt;
    return attempt;
  }
  #onCompletion(results: readonly OUT[] | null, error: unknown): void {
    this.#current = null;
    if (this.#wantsRetry(results, error)) {
      const clock = this.#host.ctx.processingTime;
      const delay = this.#host.retry!.backoffTimeMillis(this.#attempts);
      this.#retryTimer = clock.schedule(clock.now() + delay, () => {
        this.#retryTimer = null;
        this.#try();
      });
      return;
    }
    this.#cancelTimers();
    if (results === null) throw failed(error, this.#reasonToStop(error));
    this.#entry.results = results;
    this.#host.done();
  }
  #wantsRetry(results: readonly OUT[] | null, error: unknown): boolean {
    const { retry } = this.#host;
    if (!retry || this.#timedOut || !this.#host.mayRetry() || !retry.canRetry(this.#attempts)) return false;
    return results === null
      ? (retry.exceptionPredicate?.(error) ?? false)
      : (retry.resultPredicate?.(results) ?? false);
  }
  /** Why there is no further attempt after this error, and what helps. */
  #reasonToStop(error: unknown): { readonly after: string; readonly fix: string } {
    const { retry } = this.#host;
    const own = 'complete it with a result of your own';
    if (this.#timedOut) return { after: '', fix: own };
    if (!retry) return { after: '', fix: `retry it (orderedWaitWithRetry), or ${own}` };
    if (!(retry.exceptionPredicate?.(error) ?? false))
      return { after: '', fix: `let the retry strategy's ifException ask for another attempt, or ${own}` };
    const after = ` in attempt ${this.#attempts}`;
    return retry.canRetry(this.#attempts) && !this.#host.mayRetry()
      ? { after: `${after}, the last one because the input has ended`, fix: own }
      : { after: `${after}, which was the last`, fix: `raise the number of attempts, or ${own}` };
  }
  #onTimeout(): void {
    this.#timeoutTimer = null;
    this.#timedOut = true;
    this.#cancelTimers();
    const attempt = this.#newAttempt();
    if (this.#host.fn.timeout) this.#host.fn.timeout(this.#entry.value, attempt);
    else attempt.completeExceptionally(timedOut(this.#host.timeout));
  }
  #cancelTimers(): void {
    const clock = this.#host.ctx.processingTime;
    if (this.#timeoutTimer !== null) clock.cancel(this.#timeoutTimer);
    if (this.#retryTimer !== null) clock.cancel(this.#retryTimer);
    this.#timeoutTimer = null;
    this.#retryTimer = null;
  }
}

/** The ResultFuture of one attempt: the first completion counts. */
class Attempt<OUT> implements ResultFuture<OUT> {
  readonly #onCompletion: (results: readonly OUT[] | null, error: unknown) => void;
  #completed = false;

  constructor(onCompletion: (results: readonly OUT[] | null, error: unknown) => void) {
    this.#onCompletion = onCompletion;
  }
  complete(results: Iterable<OUT>): void {
    if (this.#completed) return;
    this.#completed = true;
    this.#onCompletion([...results], null);
  }
  completeExceptionally(error: unknown): void {
    if (this.#completed) return;
    this.#completed = true;
    this.#onCompletion(null, error);
  }
}

function withTimestamp(spec: StateSpec): StateSpec {
  const codec: ValueCodec<TimestampedInput<unknown>> = {
    fingerprint: `timestamped(${spec.value.fingerprint})`,
    write(out, input) {
      out.f64(input.timestamp);
      spec.value.write(out, input.value);
    },
    read(from) {
      const timestamp = from.f64();
      return { timestamp, value: spec.value.read(from) };
    },
  };
  return { ...spec, layout: 'object', value: codec as ValueCodec, schema: timestamped(spec.schema) };
}

const timestamped = (schema: Schema): Schema => ({ kind: 'tuple', items: [{ kind: 'timestamp' }, schema] });

function timedOut(timeout: number): RuntimeFault {
  return new RuntimeFault('FC5204', {
    message: `Async function call has timed out after ${timeout} ms.`,
    domain: 'external',
    retry: 'restart',
    fix: 'raise the timeout, lower the capacity, or override timeout() to give a result of your own',
  });
}
function failed(
  cause: unknown,
  { after, fix }: { readonly after: string; readonly fix: string },
): RuntimeFault {
  if (cause instanceof RuntimeFault) return cause;
  return new RuntimeFault('FC5203', {
    message: `an asynchronous request failed${after}: ${cause instanceof Error ? cause.message : String(cause)}`,
    domain: 'external',
    retry: 'restart',
    fix,
    cause,
  });
}
