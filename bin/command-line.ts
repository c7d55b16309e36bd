/** Command-line parsing: each command declares its options once; parsing, help and suggestions come from that. */
import { parseArgs } from 'node:util';
import { diagnose } from '../compiler/diagnostics/diagnose.js';
import { DiagnosticError } from '../compiler/diagnostics/diagnostic-error.js';
import type { MessageCode } from '../compiler/diagnostics/messages.generated.js';
import { suggest } from '../runtime/core/suggest.js';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** may be given several times */
  readonly multiple?: boolean;
  /** placeholder in help: `-o, --output <path>` */
  readonly value?: string;
  readonly help: string;
}
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface CommandSpec<O extends OptionSpecs> {
  readonly name: string;
  /** 'program.ts' or '' */
  readonly positionals: string;
  readonly summary: string;
  readonly options: O;
  readonly examples: readonly string[];
}
export type OptionValues<O extends OptionSpecs> = {
  readonly [N in keyof O]: O[N]['type'] extends 'boolean'
    ? boolean
    : O[N]['multiple'] extends true
      ? readonly string[]
      : string | undefined;
};
export interface ParsedCommand<O extends OptionSpecs> {
  readonly options: OptionValues<O>;
  readonly positionals: readonly string[];
}

/** The command line is wrong: exit code 2. */
export class UsageError extends DiagnosticError {
  override readonly name = 'UsageError';
  /** `fix` replaces the one of the message, where the command knows a better one. */
  constructor(code: MessageCode, args: Readonly<Record<string, string>>, fix?: string) {
    super(diagnose(code, args, null, fix === undefined ? {} : { fix }));
  }
}

export function parseCommand<O extends OptionSpecs>(
  spec: CommandSpec<O>,
  args: readonly string[],
): ParsedCommand<O> {
  const config = Object.fromEntries(
    Object.entries(spec.options).map(([name, o]) => [
      name,
      { type: o.type, ...(o.short ? { short: o.short } : {}), ...(o.multiple ? { multiple: true } : {}) },
    ]),
  );
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: config,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = spec.options[token.name];
    if (!option) {
      const near = suggest(token.name, Object.keys(spec.options));
      throw new UsageError(
        'FC4002',
        { command: spec.name, option: token.rawName },
        near === null ? undefined : `did you mean --${near}?`,
      );
    }
    if (option.type === 'string' && (token.value === undefined || token.value === ''))
      throw new UsageError('FC4003', { option: token.name, value: option.value ?? 'value' });
    if (option.type === 'boolean' && token.value !== undefined)
      throw new UsageError('FC4004', { option: token.name });
  }
  const defaults = Object.fromEntries(
    Object.entries(spec.options).map(([name, o]) => [
      name,
      o.type === 'boolean' ? false : o.multiple ? [] : undefined,
    ]),
  );
  return { options: { ...defaults, ...values } as OptionValues<O>, positionals };
}

/** The single program or artifact that a command is about. */
export function oneArgument(
  command: string,
  expected: string,
  example: string,
  positionals: readonly string[],
): string {
  const [only, ...more] = positionals;
  if (only !== undefined && more.length === 0) return only;
  throw new UsageError('FC4005', {
    command,
    expected,
    given: only === undefined ? 'nothing' : `${positionals.length} (${positionals.join(', ')})`,
    example: `flinkc ${command} ${only ?? example}`,
  });
}

/** `k=v` pairs of a repeatable option. */
export function parsePairs(option: string, pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError('FC4006', { option, value: pair, example: `--${option} name=value` });
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

export function helpText(spec: CommandSpec<OptionSpecs>): string {
  const rows = Object.entries(spec.options).map(([name, o]) => [
    `${o.short ? `-${o.short}, ` : '    '}--${name}${o.type === 'string' ? ` <${o.value ?? 'value'}>` : ''}`,
    o.help,
  ]);
  const width = Math.max(...rows.map(([left]) => left!.length), 0);
  return [
    `flinkc ${spec.name} ${spec.positionals}`.trimEnd(),
    '',
    `  ${spec.summary}`,
    '',
    ...(rows.length > 0
      ? ['Options:', ...rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`), '']
      : []),
    ...(spec.examples.length > 0 ? ['Examples:', ...spec.examples.map(example => `  ${example}`), ''] : []),
  ].join('\n');
}
