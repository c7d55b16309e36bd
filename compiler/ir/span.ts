/** A place in the user's program. Offsets are UTF-16 units; line and column start at 1. `file` is relative to the project root, with '/'. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

export function unreachable(value: never): never {
  throw new Error(`compiler bug: unexpected ${JSON.stringify(value)}`);
}
