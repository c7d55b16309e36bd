import { clientOptions, helpOption, jobIdOf, runCommand } from '../client/client-command.js';
import { UsageError, type CommandSpec } from '../command-line.js';

const options = {
  ...clientOptions,
  dispose: { type: 'string', short: 'd', value: 'path', help: 'delete this savepoint instead' },
  help: helpOption,
} as const;
const spec: CommandSpec<typeof options> = {
  name: 'savepoint',
  positionals: '<job id> [folder]',
  summary: 'Take a savepoint of a job, which goes on; or delete one.',
  options,
  examples: [
    'flinkc savepoint 5e20cb6b0f357591171dfcca2eea09de /var/flinkc/savepoints',
    'flinkc savepoint --dispose /var/flinkc/savepoints/savepoint-5e20cb-3f1c0a9d2b71',
  ],
};

export const main = (args: readonly string[]): Promise<number> =>
  runCommand(spec, args, async (client, { options: given, positionals }) => {
    if (given.dispose !== undefined) {
      if (positionals.length > 0)
        throw new UsageError('FC4005', {
          command: 'savepoint --dispose',
          expected: 'the path of a savepoint only',
          given: positionals.join(' '),
          example: 'flinkc savepoint --dispose /var/flinkc/savepoints/savepoint-5e20cb-3f1c0a9d2b71',
        });
      await client.operation('/savepoint-disposal', id => `/savepoint-disposal/${id}`, {
        'savepoint-path': given.dispose,
      });
      process.stdout.write(`Savepoint '${given.dispose}' disposed.\n`);
      return;
    }
    const id = jobIdOf('savepoint', positionals, 1);
    const { location } = await client.operation<{ readonly location: string }>(
      `/jobs/${id}/savepoints`,
      request => `/jobs/${id}/savepoints/${request}`,
      { 'target-directory': positionals[1] ?? null, 'cancel-job': false, formatType: 'CANONICAL' },
    );
    process.stdout.write(`Savepoint completed. Path: ${location}\n`);
  });
