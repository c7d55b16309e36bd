/** How an option's text becomes a value: Flink's durations, sizes, booleans, enums. */

export interface Option<T> {
  readonly key: string;
  readonly deprecated?: readonly string[];
  readonly parse: (text: string) => T | undefined;
  readonly expected: string;
}

export const integer = (min: number): Pick<Option<number>, 'parse' | 'expected'> => ({
  parse: text => (/^[+-]?\d+$/.test(text) && Number(text) >= min ? Number(text) : undefined),
  expected: `a whole number of at least ${min}`,
});
export const boolean: Pick<Option<boolean>, 'parse' | 'expected'> = {
  parse: text => (/^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined),
  expected: 'true or false',
};
export const duration: Pick<Option<number>, 'parse' | 'expected'> = {
  parse: parseDuration,
  expected: "a duration such as '100 ms', '5 s' or '1 min'",
};
export const memory: Pick<Option<number>, 'parse' | 'expected'> = {
  parse: parseMemorySize,
  expected: "a size such as '32 kb', '128 mb' or '1 gb'",
};

export const decimal = (
  expected: string,
  allowed: (value: number) => boolean,
): Pick<Option<number>, 'parse' | 'expected'> => ({
  parse: text => (/^[+-]?\d+(\.\d+)?$/.test(text) && allowed(Number(text)) ? Number(text) : undefined),
  expected,
});
export const oneOf = <T extends string>(...values: readonly T[]): Pick<Option<T>, 'parse' | 'expected'> => ({
  parse: text => values.find(value => value.toLowerCase() === text.toLowerCase()),
  expected: `${values.slice(0, -1).join(', ')} or ${values.at(-1)!}`,
});
export const text = (expected: string): Pick<Option<string>, 'parse' | 'expected'> => ({
  parse: value => (value === '' ? undefined : value),
  expected,
});
/** Gives the value of an option, undefined when it is not set or not valid; a problem is kept for the caller. */
export type ReadOption = <T>(option: Option<T>) => T | undefined;

const durationUnits: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  milli: 1,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  secs: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/** Milliseconds; a number without unit means milliseconds, as in Flink. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+)\s*([a-z]*)$/i.exec(text);
  const unit = match && durationUnits[match[2]!.toLowerCase()];
  return unit === null || unit === undefined ? undefined : Number(match![1]) * unit;
}

export function parseBufferTimeout(text: string): number | undefined {
  return /^-1(\s*ms)?$/.test(text) ? -1 : parseDuration(text);
}

const memoryUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  bytes: 1,
  k: 2 ** 10,
  kb: 2 ** 10,
  kibibytes: 2 ** 10,
  m: 2 ** 20,
  mb: 2 ** 20,
  mebibytes: 2 ** 20,
  g: 2 ** 30,
  gb: 2 ** 30,
  gibibytes: 2 ** 30,
  t: 2 ** 40,
  tb: 2 ** 40,
  tebibytes: 2 ** 40,
};

/** Bytes; units are powers of 1024, as in Flink. */
export function parseMemorySize(text: string): number | undefined {
  const match = /^(\d+)\s*([a-z]*)$/i.exec(text);
  const unit = match && memoryUnits[match[2]!.toLowerCase()];
  return unit === null || unit === undefined ? undefined : Number(match![1]) * unit;
}
