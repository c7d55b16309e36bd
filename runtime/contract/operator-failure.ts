/** An exception inside an operator, thrown on by generated code: the engine adds names, position and the user's line. */
export class OperatorFailure extends Error {
  override readonly name = 'OperatorFailure';
  /** index into TaskModule.operators */
  readonly operator: number;
  /** row of the batch being processed; -1 outside batches (timers, watermarks, end of input) */
  readonly row: number;

  /** By name: artifacts carry their own copy of this class, and the engine must know it all the same. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'OperatorFailure';
  }

  constructor(operator: number, row: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.operator = operator;
    this.row = row;
  }
}

/** Runs what one operator does outside batches, so that its failures name it. */
export function inOperator<R>(operator: number, run: () => R): R {
  try {
    return run();
  } catch (error) {
    throw operatorFailure(error, operator, -1);
  }
}

/** The innermost operator knows best: a failure that already names one passes through, getting its row where it had none. */
export function operatorFailure(cause: unknown, operator: number, row: number): OperatorFailure {
  if (!(cause instanceof OperatorFailure)) return new OperatorFailure(operator, row, cause);
  return cause.row >= 0 || row < 0 ? cause : new OperatorFailure(cause.operator, row, cause.cause);
}
