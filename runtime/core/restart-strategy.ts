/** After a failure: whether the job starts again, and when (datastream-semantics §14). Pure: time and chance come in. */
import { decimal, duration, integer, type Option, type ReadOption } from './options.js';

export type RestartStrategySettings =
  | { readonly type: 'none' }
  | { readonly type: 'fixed-delay'; readonly attempts: number; readonly delayMs: number }
  | {
      readonly type: 'failure-rate';
      readonly maxFailures: number;
      readonly intervalMs: number;
      readonly delayMs: number;
    }
  | {
      readonly type: 'exponential-delay';
      readonly initialMs: number;
      readonly maxMs: number;
      readonly multiplier: number;
      /** running for so long sets the delay back */
      readonly resetMs: number;
      /** 0…1: share of the delay that chance adds or takes */
      readonly jitter: number;
      /** restarts without such a reset; Infinity: as many as it takes */
      readonly attempts: number;
    };

export type RestartDecision =
  | {
      readonly restart: true;
      readonly delayMs: number;
      /** False: it belongs to the failure whose restart is pending. */
      readonly isNewAttempt: boolean;
    }
  | { readonly restart: false; readonly reason: string };

export interface RestartStrategy {
  /** Once for every failure that restarting can mend. */
  failed(now: number): RestartDecision;
}

export function createRestartStrategy(
  settings: RestartStrategySettings,
  random: () => number,
): RestartStrategy {
  switch (settings.type) {
    case 'none':
      return { failed: () => ({ restart: false, reason: 'no restart strategy is set' }) };
    case 'fixed-delay':
      return new FixedDelay(settings);
    case 'failure-rate':
      return new FailureRate(settings);
    case 'exponential-delay':
      return new ExponentialDelay(settings, random);
  }
}

type SettingsOf<T> = Extract<RestartStrategySettings, { readonly type: T }>;

/** Never set back. */
class FixedDelay implements RestartStrategy {
  readonly #settings: SettingsOf<'fixed-delay'>;
  #failures = 0;

  constructor(settings: SettingsOf<'fixed-delay'>) {
    this.#settings = settings;
  }

  failed(): RestartDecision {
    const { attempts, delayMs } = this.#settings;
    return ++this.#failures <= attempts
      ? { restart: true, delayMs, isNewAttempt: true }
      : {
          restart: false,
          reason: `it was restarted ${attempts} times (restart-strategy.fixed-delay.attempts)`,
        };
  }
}

class FailureRate implements RestartStrategy {
  readonly #settings: SettingsOf<'failure-rate'>;
  /** times of the last failures, one more than are tolerated */
  readonly #times: number[] = [];

  constructor(settings: SettingsOf<'failure-rate'>) {
    this.#settings = settings;
  }

  failed(now: number): RestartDecision {
    const { maxFailures, intervalMs, delayMs } = this.#settings;
    this.#times.push(now);
    if (this.#times.length > maxFailures + 1) this.#times.shift();
    if (this.#times.length <= maxFailures || now - this.#times[0]! > intervalMs)
      return { restart: true, delayMs, isNewAttempt: true };
    return {
      restart: false,
      reason: `it failed more than ${maxFailures} times within ${intervalMs} ms (restart-strategy.failure-rate.max-failures-per-interval)`,
    };
  }
}

class ExponentialDelay implements RestartStrategy {
  readonly #settings: SettingsOf<'exponential-delay'>;
  readonly #random: () => number;
  /** since the delay was last set back */
  #restarts = 0;
  #restartAt = -Infinity;

  constructor(settings: SettingsOf<'exponential-delay'>, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  failed(now: number): RestartDecision {
    const { attempts, resetMs } = this.#settings;
    // What fails before the restart fails for the same reason.
    if (now <= this.#restartAt) return { restart: true, delayMs: this.#restartAt - now, isNewAttempt: false };
    if (now - this.#restartAt >= resetMs) this.#restarts = 0;
    if (this.#restarts >= attempts)
      return {
        restart: false,
        reason: `it was restarted ${attempts} times (restart-strategy.exponential-delay.attempts-before-reset-backoff)`,
      };
    const delayMs = this.#delay();
    this.#restarts++;
    this.#restartAt = now + delayMs;
    return { restart: true, delayMs, isNewAttempt: true };
  }

  #delay(): number {
    const { initialMs, maxMs, multiplier, jitter } = this.#settings;
    const delay = Math.min(initialMs * multiplier ** this.#restarts, maxMs);
    const offset = delay * jitter * (2 * this.#random() - 1);
    return Math.round(Math.max(initialMs, Math.min(delay + offset, maxMs)));
  }
}

const types: Readonly<Record<string, RestartStrategySettings['type']>> = {
  none: 'none',
  off: 'none',
  disable: 'none',
  'fixed-delay': 'fixed-delay',
  fixeddelay: 'fixed-delay',
  'failure-rate': 'failure-rate',
  failurerate: 'failure-rate',
  'exponential-delay': 'exponential-delay',
  exponentialdelay: 'exponential-delay',
};

export const restartOptions = {
  restartType: {
    key: 'restart-strategy.type',
    deprecated: ['restart-strategy'],
    parse: (value: string) => types[value.toLowerCase()],
    expected: 'none, fixed-delay, failure-rate or exponential-delay',
  },
  fixedAttempts: { key: 'restart-strategy.fixed-delay.attempts', ...integer(1) },
  fixedDelay: { key: 'restart-strategy.fixed-delay.delay', ...duration },
  rateFailures: { key: 'restart-strategy.failure-rate.max-failures-per-interval', ...integer(1) },
  rateInterval: { key: 'restart-strategy.failure-rate.failure-rate-interval', ...duration },
  rateDelay: { key: 'restart-strategy.failure-rate.delay', ...duration },
  exponentialInitial: { key: 'restart-strategy.exponential-delay.initial-backoff', ...duration },
  exponentialMax: { key: 'restart-strategy.exponential-delay.max-backoff', ...duration },
  exponentialMultiplier: {
    key: 'restart-strategy.exponential-delay.backoff-multiplier',
    ...decimal('a number above 1', value => value > 1),
  },
  exponentialReset: { key: 'restart-strategy.exponential-delay.reset-backoff-threshold', ...duration },
  exponentialJitter: {
    key: 'restart-strategy.exponential-delay.jitter-factor',
    ...decimal('a number from 0 to 1', value => value >= 0 && value <= 1),
  },
  exponentialAttempts: {
    key: 'restart-strategy.exponential-delay.attempts-before-reset-backoff',
    parse: (value: string) => (value.toLowerCase() === 'infinite' ? Infinity : integer(1).parse(value)),
    expected: 'a whole number of at least 1, or infinite',
  },
} as const satisfies Record<string, Option<unknown>>;

/** Not set: none without checkpoints, exponential-delay with them. */
export function readRestartStrategy(read: ReadOption, checkpointing: boolean): RestartStrategySettings {
  const settings = {
    none: { type: 'none' },
    'fixed-delay': {
      type: 'fixed-delay',
      attempts: read(restartOptions.fixedAttempts) ?? 1,
      delayMs: read(restartOptions.fixedDelay) ?? 1_000,
    },
    'failure-rate': {
      type: 'failure-rate',
      maxFailures: read(restartOptions.rateFailures) ?? 1,
      intervalMs: read(restartOptions.rateInterval) ?? 60_000,
      delayMs: read(restartOptions.rateDelay) ?? 1_000,
    },
    'exponential-delay': {
      type: 'exponential-delay',
      initialMs: read(restartOptions.exponentialInitial) ?? 1_000,
      maxMs: read(restartOptions.exponentialMax) ?? 60_000,
      multiplier: read(restartOptions.exponentialMultiplier) ?? 1.5,
      resetMs: read(restartOptions.exponentialReset) ?? 3_600_000,
      jitter: read(restartOptions.exponentialJitter) ?? 0.1,
      attempts: read(restartOptions.exponentialAttempts) ?? Infinity,
    },
  } as const satisfies { [T in RestartStrategySettings['type']]: SettingsOf<T> };
  return settings[read(restartOptions.restartType) ?? (checkpointing ? 'exponential-delay' : 'none')];
}
