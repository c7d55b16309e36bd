/** An error of the running system: whose fault it is and whether trying again can help. */
export type FaultDomain = 'user' | 'external' | 'config' | 'artifact' | 'internal';
export type RetryHint = 'never' | 'restart' | 'backoff';

export class RuntimeFault extends Error {
  override readonly name = 'RuntimeFault';
  /** permanent code, FC5xxx; explained in compiler/diagnostics/messages */
  readonly code: string;
  readonly domain: FaultDomain;
  readonly retry: RetryHint;
  readonly fix: string | null;
  /**
   * Operator, position of the record, user's line: printed as "key: value" lines. Not called `details`, which test
   * runners take for a text.
   */
  readonly facts: Readonly<Record<string, string>>;

  /** By name: artifacts carry their own copy of this class, and the engine must know it all the same. */
  static override [Symbol.hasInstance](value: unknown): value is RuntimeFault {
    return value instanceof Error && value.name === 'RuntimeFault';
  }

  constructor(
    code: string,
    options: {
      readonly message: string;
      readonly domain: FaultDomain;
      readonly retry?: RetryHint;
      readonly fix?: string;
      readonly facts?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    },
  ) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.domain = options.domain;
    this.retry = options.retry ?? 'never';
    this.fix = options.fix ?? null;
    this.facts = options.facts ?? {};
  }
}
