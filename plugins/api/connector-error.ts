/** A connector or format failed for a reason outside the program: missing file, refused connection, wrong input. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError';
  /** permanent code FC53xx (connectors) or FC54xx (formats), explained in compiler/diagnostics/messages */
  readonly code: string;
  readonly fix: string | null;
  /** whether the same operation may succeed later without anybody changing anything */
  readonly retryable: boolean;
  /** "key: value" lines of the report, e.g. position */
  readonly facts: Readonly<Record<string, string>>;

  /** By name: artifacts carry their own copy of this class, and the engine must know it all the same. */
  static override [Symbol.hasInstance](value: unknown): value is ConnectorError {
    return value instanceof Error && value.name === 'ConnectorError';
  }

  constructor(
    code: string,
    options: {
      readonly message: string;
      readonly fix?: string;
      readonly retryable?: boolean;
      readonly facts?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    },
  ) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fix = options.fix ?? null;
    this.retryable = options.retryable ?? false;
    this.facts = options.facts ?? {};
  }
}
