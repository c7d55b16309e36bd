import { openArtifact } from '../../runtime/artifact/open-artifact.js';
import { helpText, oneArgument, parseCommand, type CommandSpec } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { flinkcVersion } from '../version.js';

const options = { help: { type: 'boolean', short: 'h', help: 'show this help' } } as const;
const spec: CommandSpec<typeof options> = {
  name: 'verify',
  positionals: '<artifact>',
  summary:
    'Hash every entry again and compare with manifest.json. Exit code 0: complete, unchanged, and this flinkc can run it.',
  options,
  examples: ['flinkc verify job', 'flinkc verify job.zip'],
};

export async function main(args: readonly string[]): Promise<number> {
  const { options: given, positionals } = parseCommand(spec, args);
  if (given.help) {
    process.stdout.write(helpText(spec));
    return exitCodes.ok;
  }
  const path = oneArgument('verify', 'one artifact', 'job', positionals);
  const artifact = openArtifact(path, flinkcVersion);
  const entries = Object.keys(artifact.manifest.entries).length;
  process.stdout.write(`${path}: ok, ${entries} entries, id ${artifact.id}\n`);
  return exitCodes.ok;
}
