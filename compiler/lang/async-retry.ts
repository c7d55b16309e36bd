/** When async I/O tries again. flink: AsyncRetryStrategies */
import type { AsyncRetryStrategy } from '../../plugins/api/functions.js';
import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';
import type { Duration } from '../../plugins/api/types.js';

export interface RetryPredicates<O> {
  /** Try again although the request succeeded. */
  readonly ifResult?: (results: readonly O[]) => boolean;
  /** Try again after this error; without it errors are not tried again. */
  readonly ifException?: (error: unknown) => boolean;
}

/** A strategy in short: one delay, or with `multiplier` delays that grow. The predicates know the type of the results. */
export interface RetryOptions<O> extends RetryPredicates<O> {
  readonly maxAttempts: number;
  /** before the first of them */
  readonly delay: Duration;
  /** how many times longer each delay is than the one before */
  readonly multiplier?: number;
  /** delays do not grow beyond this; needed with `multiplier` */
  readonly maxDelay?: Duration;
}

export function retryStrategy<O>(retry: AsyncRetryStrategy<O> | RetryOptions<O>): AsyncRetryStrategy<O> {
  if (!('delay' in retry)) return retry;
  const { maxAttempts, delay, multiplier, maxDelay, ...predicates } = retry;
  if (multiplier === undefined && maxDelay === undefined)
    return new FixedDelayRetryStrategy(maxAttempts, delay, predicates);
  if (multiplier === undefined || maxDelay === undefined)
    throw new Error('delays that grow need both a multiplier and a maxDelay.');
  return new ExponentialBackoffRetryStrategy(maxAttempts, delay, maxDelay, multiplier, predicates);
}

/** Waits the same time before each attempt. flink: AsyncRetryStrategies.FixedDelayRetryStrategy */
export class FixedDelayRetryStrategy<O> implements AsyncRetryStrategy<O>, Shippable {
  readonly maxAttempts: number;
  readonly backoff: number;
  readonly resultPredicate: ((results: readonly O[]) => boolean) | null;
  readonly exceptionPredicate: ((error: unknown) => boolean) | null;
  readonly #predicates: RetryPredicates<O>;

  constructor(maxAttempts: number, backoff: Duration, predicates: RetryPredicates<O> = {}) {
    if (!(maxAttempts > 0)) throw new Error('maxAttempts should be greater than zero.');
    if (!(backoff > 0)) throw new Error('backoffTimeMillis should be greater than zero.');
    this.maxAttempts = maxAttempts;
    this.backoff = backoff;
    this.resultPredicate = predicates.ifResult ?? null;
    this.exceptionPredicate = predicates.ifException ?? null;
    this.#predicates = predicates;
  }

  canRetry(currentAttempts: number): boolean {
    return currentAttempts <= this.maxAttempts;
  }

  backoffTimeMillis(_currentAttempts: number): number {
    return this.backoff;
  }

  [ship](): ShipReference {
    return {
      module: 'flinkc',
      name: 'FixedDelayRetryStrategy',
      args: [this.maxAttempts, this.backoff, this.#predicates],
    };
  }
}

/** Waits `multiplier` times longer before each attempt. flink: AsyncRetryStrategies.ExponentialBackoffDelayRetryStrategy */
export class ExponentialBackoffRetryStrategy<O> implements AsyncRetryStrategy<O>, Shippable {
  readonly maxAttempts: number;
  readonly initialDelay: number;
  readonly maxRetryDelay: number;
  readonly multiplier: number;
  readonly resultPredicate: ((results: readonly O[]) => boolean) | null;
  readonly exceptionPredicate: ((error: unknown) => boolean) | null;
  readonly #predicates: RetryPredicates<O>;

  constructor(
    maxAttempts: number,
    initialDelay: Duration,
    maxRetryDelay: Duration,
    multiplier: number,
    predicates: RetryPredicates<O> = {},
  ) {
    if (!(maxAttempts > 0)) throw new Error('maxAttempts should be greater than zero.');
    if (!(initialDelay > 0)) throw new Error('initialDelay should be greater than zero.');
    if (!(maxRetryDelay >= initialDelay))
      throw new Error('maxRetryDelay should not be less than initialDelay.');
    if (!(multiplier >= 1)) throw new Error('multiplier should not be less than 1.');
    this.maxAttempts = maxAttempts;
    this.initialDelay = initialDelay;
    this.maxRetryDelay = maxRetryDelay;
    this.multiplier = multiplier;
    this.resultPredicate = predicates.ifResult ?? null;
    this.exceptionPredicate = predicates.ifException ?? null;
    this.#predicates = predicates;
  }

  canRetry(currentAttempts: number): boolean {
    return currentAttempts <= this.maxAttempts;
  }

  backoffTimeMillis(currentAttempts: number): number {
    return Math.min(this.initialDelay * this.multiplier ** (currentAttempts - 1), this.maxRetryDelay);
  }

  [ship](): ShipReference {
    return {
      module: 'flinkc',
      name: 'ExponentialBackoffRetryStrategy',
      args: [this.maxAttempts, this.initialDelay, this.maxRetryDelay, this.multiplier, this.#predicates],
    };
  }
}

/** flink: AsyncRetryStrategies */
export const AsyncRetryStrategies = {
  fixedDelay<O>(
    maxAttempts: number,
    backoff: Duration,
    predicates?: RetryPredicates<O>,
  ): FixedDelayRetryStrategy<O> {
    return new FixedDelayRetryStrategy(maxAttempts, backoff, predicates);
  },
  exponentialBackoff<O>(
    maxAttempts: number,
    initialDelay: Duration,
    maxRetryDelay: Duration,
    multiplier: number,
    predicates?: RetryPredicates<O>,
  ): ExponentialBackoffRetryStrategy<O> {
    return new ExponentialBackoffRetryStrategy(
      maxAttempts,
      initialDelay,
      maxRetryDelay,
      multiplier,
      predicates,
    );
  },
} as const;
