/** What the commands that talk to a cluster have in common. */
import { configurationOf } from '../../runtime/jobmanager/configuration-of.js';
import {
  helpText,
  parseCommand,
  parsePairs,
  UsageError,
  type CommandSpec,
  type OptionSpecs,
  type ParsedCommand,
} from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { clientOptions, type ClientFlags } from './client-options.js';
import { RestClient } from './rest-client.js';

export { clientOptions };
export const helpOption = { type: 'boolean', short: 'h', help: 'show this help' } as const;

export function clientOf({ jobmanager, define }: ClientFlags): RestClient {
  const entries = parsePairs('define', define);
  return new RestClient({
    jobManager: jobmanager ?? null,
    configuration: configurationOf(entries),
    entries,
  });
}

/** Parses, answers --help, and runs the command. */
export async function runCommand<O extends OptionSpecs & typeof clientOptions & { help: typeof helpOption }>(
  spec: CommandSpec<O>,
  args: readonly string[],
  run: (client: RestClient, parsed: ParsedCommand<O>) => Promise<number | void>,
): Promise<number> {
  const parsed = parseCommand(spec, args);
  const flags = parsed.options as unknown as ClientFlags & { readonly help: boolean };
  if (flags.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  if (spec.positionals === '' && parsed.positionals.length > 0)
    throw new UsageError('FC4005', {
      command: spec.name,
      expected: 'options only',
      given: parsed.positionals.join(' '),
      example: spec.examples[0]!,
    });
  return (await run(clientOf(flags), parsed)) ?? exitCodes.ok;
}

/** The id among the arguments. */
export function jobIdOf(command: string, positionals: readonly string[], more = 0): string {
  const [id, ...others] = positionals;
  if (id === undefined || others.length > more)
    throw new UsageError('FC4005', {
      command,
      expected: 'one job id',
      given: id === undefined ? 'nothing' : positionals.join(' '),
      example: `flinkc ${command} 0123456789abcdef0123456789abcdef`,
    });
  if (!/^[0-9a-f]{32}$/i.test(id))
    throw new UsageError('FC4005', {
      command,
      expected: 'a job id of 32 hexadecimal digits',
      given: id,
      example: `flinkc ${command} 0123456789abcdef0123456789abcdef`,
    });
  return id.toLowerCase();
}
