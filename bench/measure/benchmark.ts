/** What a benchmark is and what it says. */
export interface BenchmarkOptions {
  /** small inputs and few runs, for CI: finds regressions, not figures */
  readonly quick: boolean;
}
export interface Benchmark {
  readonly name: string;
  readonly about: string;
  run(options: BenchmarkOptions): Promise<readonly Row[]>;
}
/** One line of the report. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** lowest and highest of the runs */
  readonly spread?: readonly [low: number, high: number];
  readonly target?: Target;
  readonly note?: string;
}
export interface Target {
  readonly bound: 'at most' | 'at least';
  readonly value: number;
  /** what fails a quick run: so far off that noise does not reach it and a threefold regression does */
  readonly limit: number;
}

export const atMost = (value: number, limit: number): Target => ({ bound: 'at most', value, limit });
export const atLeast = (value: number, limit: number): Target => ({ bound: 'at least', value, limit });

export function meets(value: number, target: Target, limit: number): boolean {
  return target.bound === 'at most' ? value <= limit : value >= limit;
}

/** So far off that a quick round fails. */
export function isBeyond({ value, target }: Row): boolean {
  return target !== undefined && !meets(value, target, target.limit);
}

/** Of two rounds of a benchmark: where a row of the first is beyond its limit, that of the second. */
export function best(first: readonly Row[], second: readonly Row[]): readonly Row[] {
  return first.map(row => (isBeyond(row) ? (second.find(({ what }) => what === row.what) ?? row) : row));
}
