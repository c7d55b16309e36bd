import { clientOptions, helpOption, jobIdOf, runCommand } from '../client/client-command.js';
import { UsageError, type CommandSpec } from '../command-line.js';
import { parallelismOf } from '../job-runner.js';

const options = {
  ...clientOptions,
  parallelism: {
    type: 'string',
    short: 'p',
    value: 'n',
    help: 'new parallelism of the job’s most parallel tasks; the others keep theirs',
  },
  help: helpOption,
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'rescale',
  positionals: '<job id>',
  summary: 'Change the parallelism of a job that runs: it goes on from a checkpoint that is taken for it.',
  options,
  examples: ['flinkc rescale 5e20cb6b0f357591171dfcca2eea09de -p 4'],
};

type Requirements = Record<string, { parallelism: { lowerBound: number; upperBound: number } }>;

export const main = (args: readonly string[]): Promise<number> =>
  runCommand(spec, args, async (client, { options: given, positionals }) => {
    const id = jobIdOf('rescale', positionals);
    const wanted = parallelismOf(given.parallelism);
    if (wanted === undefined)
      throw new UsageError('FC4005', {
        command: 'rescale',
        expected: '--parallelism',
        given: 'none',
        example: `flinkc rescale ${id} --parallelism 4`,
      });
    const path = `/jobs/${id}/resource-requirements`;
    const current = (await client.get(path)) as Requirements;
    const widest = Math.max(...Object.values(current).map(({ parallelism }) => parallelism.upperBound));
    const changed = Object.fromEntries(
      Object.entries(current).map(([vertex, bounds]) => [
        vertex,
        bounds.parallelism.upperBound === widest
          ? { parallelism: { lowerBound: 1, upperBound: wanted } }
          : bounds,
      ]),
    );
    await client.send('PUT', path, changed);
    process.stdout.write(`Job ${id} has parallelism ${wanted}.\n`);
  });
